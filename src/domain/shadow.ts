import type { DetectionsObservation } from './observation.ts';

/** A detector that runs next to the active one and is compared, never believed. */
export interface ShadowSetting {
  /** Name of the detector that is tried. */
  readonly model: string;
  /** Name of the detector that is believed. */
  readonly active: string;
  /** Of the frames that the active one judges, so many are judged by both (0..1). */
  readonly share: number;
  /** Absent: on every camera of the active one. */
  readonly cameras?: readonly string[];
}

/** What both detectors said of one class. */
export interface ShadowClass {
  /** Boxes of both that overlap. */
  agreed: number;
  onlyActive: number;
  onlyShadow: number;
  /** Over the boxes that agree: the shadow's score less the active one's, and the overlap; sums. */
  scoreShift: number;
  overlap: number;
}

/** What was compared on one camera. */
export interface ShadowTally {
  readonly cameraId: string;
  /** Names and versions, as with detections. */
  readonly active: string;
  readonly shadow: string;
  /** Frames that both judged. */
  frames: number;
  /** Frames of its share for which there was no time. */
  skipped: number;
  /** Frames on which the shadow failed. */
  failed: number;
  readonly classes: Record<string, ShadowClass>;
  /** By type: incidents that the rules would open on the detections of either. */
  readonly incidents: Record<string, { active: number; shadow: number }>;
}

/** What both said of one frame; of a frame on which nothing had changed, again. */
export interface ShadowPair {
  readonly active: DetectionsObservation;
  readonly shadow: DetectionsObservation;
}

/** Two detectors compared, over all cameras. */
export interface ShadowReport {
  readonly active: string;
  readonly shadow: string;
  readonly frames: number;
  readonly skipped: number;
  readonly failed: number;
  readonly cameras: readonly string[];
  readonly classes: Readonly<Record<string, ShadowClassReport>>;
  /** By type: incidents that the rules would have opened on the detections of either, on the same frames. */
  readonly incidents: Readonly<Record<string, { readonly active: number; readonly shadow: number }>>;
}

/** Of one class: counts of boxes, and shares and means of those on which both agree. */
export interface ShadowClassReport {
  readonly agreed: number;
  readonly onlyActive: number;
  readonly onlyShadow: number;
  /** Agreed boxes of all that either found. */
  readonly agreement: number;
  /** Mean of the shadow's score less the active one's. */
  readonly scoreShift: number;
  /** Mean intersection over union. */
  readonly overlap: number;
}

/** Adds what one tally counted to another. */
export function addTally(to: ShadowTally, from: ShadowTally): void {
  to.frames += from.frames;
  to.skipped += from.skipped;
  to.failed += from.failed;
  for (const [name, more] of Object.entries(from.classes)) {
    const known = to.classes[name] ?? emptyClass();
    to.classes[name] = known;
    known.agreed += more.agreed;
    known.onlyActive += more.onlyActive;
    known.onlyShadow += more.onlyShadow;
    known.scoreShift += more.scoreShift;
    known.overlap += more.overlap;
  }
  for (const [type, more] of Object.entries(from.incidents)) {
    const known = to.incidents[type] ?? { active: 0, shadow: 0 };
    to.incidents[type] = { active: known.active + more.active, shadow: known.shadow + more.shadow };
  }
}

/** A tally of nothing yet. */
export function emptyTally({
  cameraId,
  active,
  shadow,
}: Pick<ShadowTally, 'cameraId' | 'active' | 'shadow'>): ShadowTally {
  return { cameraId, active, shadow, frames: 0, skipped: 0, failed: 0, classes: {}, incidents: {} };
}

export function emptyClass(): ShadowClass {
  return { agreed: 0, onlyActive: 0, onlyShadow: 0, scoreShift: 0, overlap: 0 };
}
