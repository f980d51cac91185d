import type { Exhibit, Finding } from '../domain/finding.ts';
import type { FocusAim } from '../domain/focus.ts';
import type { MissingSense } from '../domain/incident.ts';
import type { DetectionsObservation } from '../domain/observation.ts';
import type { ZoneDwellConfig } from '../domain/rule-config.ts';
import { isoTime } from '../domain/time.ts';
import type { CameraZone } from '../domain/zone.ts';
import { clampSeverity, round } from './numbers.ts';
import { type Occupancy, occupancyOf } from './occupancy.ts';
import type { Place } from './place.ts';

/** Words the findings of a zone rule; each call is about a place whose incident is open. */
export interface PlaceFindings {
  opened(place: Place, zone: CameraZone, seen: DetectionsObservation, occupancy: Occupancy): Finding;
  updated(place: Place, zone: CameraZone, seen: DetectionsObservation, occupancy: Occupancy): Finding;
  /** Observed empty for long enough. */
  gone(place: Place, zone: CameraZone, seen: DetectionsObservation): Finding;
  /** Nothing was judged since the place was last looked at. */
  silent(place: Place, zone: CameraZone, cameraId: string, now_ms: number, reason?: string): Finding;
  /** Over without having been seen to go, and why. */
  unverified(place: Place, zone: CameraZone, cameraId: string, at_ms: number, reason: string): Finding;
}

interface Wording {
  readonly action: Finding['action'];
  readonly cameraId: string;
  readonly at_ms: number;
  readonly occupancy?: Occupancy;
  readonly missing?: readonly MissingSense[];
  readonly exhibits?: readonly Exhibit[];
  readonly endReason?: string;
}

/** Makes the wording for one rule. */
export function placeFindings(
  config: ZoneDwellConfig,
  rule: { readonly id: string; readonly version: string },
): PlaceFindings {
  const word = (place: Place, zone: CameraZone, wording: Wording): Finding => {
    const { action, cameraId, at_ms, endReason } = wording;
    const onset_ms = place.open?.onset_ms ?? place.lastSeen_ms;
    const { occupied_ms, observed_ms, seen_ms } = wording.occupancy ?? occupancyOf(place.buckets);
    const gaps = (place.open?.gaps ?? []).map(([from_ms, to_ms, reason]) => noFrames(from_ms, to_ms, reason));
    return {
      action,
      rule: { id: rule.id, version: rule.version },
      type: config.type,
      key: `${cameraId}/${place.zoneId}/${place.id}`,
      onset_ms,
      at_ms,
      lastSeen_ms: place.lastSeen_ms,
      severity: clampSeverity(config.severity[zone.roadClass]),
      confidence: round(place.score, 3),
      place: { ...zone.place, zoneId: zone.id },
      subject: { deviceId: cameraId },
      sources: [
        {
          deviceId: cameraId,
          modality: 'camera',
          from: isoTime(onset_ms),
          to: isoTime(place.lastSeen_ms),
          weight: 1,
        },
      ],
      missing: [...gaps, ...(wording.missing ?? [])],
      measures: {
        classes: place.classes,
        place: place.id,
        zone_kind: zone.kind,
        road_class: zone.roadClass,
        dwell_s: round((place.lastSeen_ms - onset_ms) / 1000, 1),
        occupied_share: observed_ms === 0 ? 1 : round(occupied_ms / observed_ms, 3),
        seen_share: observed_ms === 0 ? 1 : round(seen_ms / observed_ms, 3),
      },
      model: place.model,
      exhibits: wording.exhibits ?? [],
      ...(action === 'open' && { focus: aimOf(place, onset_ms) }),
      ...(endReason === undefined ? {} : { endReason }),
    };
  };
  /** Each picture is handed over once; the next update carries a later one. */
  const takeBest = (place: Place): Exhibit[] => {
    const exhibits = place.best === null ? [] : [place.best];
    place.best = null;
    return exhibits;
  };
  return {
    opened: (place, zone, { deviceId, at_ms }, occupancy) =>
      word(place, zone, { action: 'open', cameraId: deviceId, at_ms, occupancy, exhibits: takeBest(place) }),
    updated: (place, zone, { deviceId, at_ms }, occupancy) =>
      word(place, zone, {
        action: 'update',
        cameraId: deviceId,
        at_ms,
        occupancy,
        exhibits: takeBest(place),
      }),
    gone: (place, zone, seen) =>
      word(place, zone, {
        action: 'end',
        cameraId: seen.deviceId,
        at_ms: seen.at_ms,
        exhibits: emptyPicture(seen, zone),
        endReason: `observed empty for ${round(place.vacant_ms / 1000, 1)} s`,
      }),
    silent: (place, zone, cameraId, now_ms, reason) =>
      word(place, zone, {
        action: 'update',
        cameraId,
        at_ms: now_ms,
        missing: [noFrames(place.lastJudged_ms, now_ms, reason)],
      }),
    unverified: (place, zone, cameraId, at_ms, reason) =>
      word(place, zone, {
        action: 'end',
        cameraId,
        at_ms,
        missing: [{ modality: 'camera', reason, from: isoTime(place.lastJudged_ms), to: isoTime(at_ms) }],
        endReason: reason,
      }),
  };
}

function noFrames(from_ms: number, to_ms: number, reason = 'no frame was judged'): MissingSense {
  return { modality: 'camera', reason, from: isoTime(from_ms), to: isoTime(to_ms) };
}

function emptyPicture({ deviceId, at_ms, frame }: DetectionsObservation, zone: CameraZone): Exhibit[] {
  if (frame === undefined) return [];
  return [{ kind: 'snapshot', deviceId, at_ms, frame, detections: [], zone: zone.polygon }];
}

/** Who may have set it up, the more telling ones last. */
const ACTORS = ['person', 'two-wheeler', 'tricycle', 'car', 'truck', 'muck-truck'];
/** So many widths away somebody is beside a place. */
const REACH = 1;

function aimOf({ x, y, w, h, classes }: Place, appeared_ms: number): FocusAim {
  const own = classes.split('+');
  return {
    class: classes,
    box: [Math.max(0, x - w / 2), Math.max(0, y - h), Math.min(1, x + w / 2), y],
    appeared_ms,
    // What is there already is not who brought it.
    actors: ACTORS.filter((actor) => !own.includes(actor)),
    reach: REACH,
  };
}
