import type { DetectionsObservation } from '../domain/observation.ts';
import { lumaPlane } from './picture-stats.ts';
import type { RgbFrame } from './preprocess.ts';
import { hasChanged, type ZoneLook, type ZonePolygon, zoneLook } from './zone-change.ts';

/** How a {@link ChangeGate} decides. */
export interface ChangeGateOptions {
  /** A frame is judged at least this often, changed or not; 0: each frame is. */
  readonly refresh_ms: number;
  /** The zones of a camera; where there are none, its whole picture counts. */
  readonly zonesOf: (cameraId: string) => readonly ZonePolygon[];
}

interface Known {
  readonly look: ZoneLook;
  readonly inferred_ms: number;
  readonly observations: readonly DetectionsObservation[];
  /** The judgement before said the same: what one frame shows may be a blunder. */
  readonly isSettled: boolean;
  /** Until then something there is new. */
  readonly suspect_ms: number;
}

/** Boxes that overlap by so much of their union are the same thing. */
const SAME_IOU = 0.5;
/** So long after something new was found, its camera goes first. */
const SUSPECT_MS = 60_000;

/**
 * Spares the detectors frames on which nothing has changed in the camera's zones since the last one that was judged:
 * the finding of that one is repeated. Only what two judgements in a row have said is repeated.
 */
export class ChangeGate {
  readonly #options: ChangeGateOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: ChangeGateOptions) {
    this.#options = options;
  }

  /** How a frame looks in the camera's zones. */
  look(cameraId: string, frame: RgbFrame): ZoneLook {
    return zoneLook(lumaPlane(frame), this.#options.zonesOf(cameraId));
  }

  /** What is to be said of a frame that need not be judged; undefined where it must be. */
  repeat(cameraId: string, look: ZoneLook, at_ms: number): DetectionsObservation[] | undefined {
    const known = this.#known.get(cameraId);
    if (known === undefined || !known.isSettled) return undefined;
    const age_ms = at_ms - known.inferred_ms;
    if (age_ms < 0 || age_ms >= this.#options.refresh_ms || hasChanged(known.look, look)) return undefined;
    return known.observations.map(({ frame: _, ...observation }) => ({
      ...observation,
      at_ms,
      received_ms: at_ms,
      unchanged: true,
    }));
  }

  /** Remembers what the detectors said; nothing is repeated of a frame on which one failed. */
  judged(
    cameraId: string,
    look: ZoneLook,
    at_ms: number,
    observations: readonly DetectionsObservation[],
    hasFailed: boolean,
  ): void {
    const before = this.#known.get(cameraId);
    const isSame = before !== undefined && saySame(before.observations, observations);
    const isNew = !isSame && observations.some(({ detections }) => detections.length > 0);
    this.#known.set(cameraId, {
      look,
      inferred_ms: at_ms,
      observations,
      isSettled: isSame && !hasFailed,
      suspect_ms: isNew ? at_ms + SUSPECT_MS : (before?.suspect_ms ?? 0),
    });
  }

  /** Forgets a camera that has gone elsewhere. */
  forget(cameraId: string): void {
    this.#known.delete(cameraId);
  }

  /** True where the last judgement found something: a frame without it is worth keeping. */
  foundBefore(cameraId: string): boolean {
    return this.#known.get(cameraId)?.observations.some(({ detections }) => detections.length > 0) ?? false;
  }

  /** Something new was found lately: its camera should not wait for others. */
  isSuspicious(cameraId: string, at_ms: number): boolean {
    return (this.#known.get(cameraId)?.suspect_ms ?? 0) > at_ms;
  }
}

function saySame(before: readonly DetectionsObservation[], now: readonly DetectionsObservation[]): boolean {
  return (
    before.length === now.length &&
    now.every(({ model, detections }) => {
      const other = before.find((made) => made.model.id === model.id)?.detections;
      if (other === undefined || other.length !== detections.length) return false;
      return detections.every((one) =>
        other.some((two) => two.class === one.class && iou(two.box, one.box) >= SAME_IOU),
      );
    })
  );
}

type Box = DetectionsObservation['detections'][number]['box'];

function iou(a: Box, b: Box): number {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const area = (box: Box): number => (box[2] - box[0]) * (box[3] - box[1]);
  const union = area(a) + area(b) - width * height;
  return union <= 0 ? 0 : (width * height) / union;
}
