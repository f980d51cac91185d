import type { Exhibit } from '../domain/finding.ts';
import type { Detection, DetectionsObservation } from '../domain/observation.ts';
import type { CameraZone } from '../domain/zone.ts';
import type { Sighting } from './crowd.ts';

type Snapshot = Extract<Exhibit, { kind: 'snapshot' }>;

/** Something on the ground. Plain JSON. */
export interface Thing {
  /** From where it was first seen, in thousandths of the picture. */
  readonly id: string;
  readonly zoneId: string;
  readonly model: { readonly id: string; readonly sha256: string };
  readonly first_ms: number;
  /** Its place was watched empty before: it was brought. */
  readonly isNew: boolean;
  cls: string;
  box: Detection['box'];
  score: number;
  lastSeen_ms: number;
  lastJudged_ms: number;
  /** Observed without it since it was last seen, while nobody stood in front of it. */
  vacant_ms: number;
  /** Such frames in a row. */
  misses: number;
  /** Who was beside it when it came. */
  who: Sighting | null;
  /** When somebody who may have left it was last there. */
  lastThere_ms: number;
  /** How long nobody was beside it before that, in all. */
  alone_ms: number;
  /** Frames that could have shown it, and those that did. */
  judged: number;
  seen: number;
  /** Frames that showed it by more than a weak sighting. */
  sure: number;
  /** The same since somebody was beside it last. */
  judgedAlone: number;
  seenAlone: number;
  /** Share of all frames that showed it, when it was last seen. */
  shows: number;
  /** Whoever brought it beside it; and it alone. */
  withWho: Snapshot | null;
  best: Snapshot | null;
  open: { updated_ms: number; cameFrom?: string; leftTo?: string } | null;
}

/** The thing that a box shows, if it is known: by the distance of their feet in shares of the larger box. */
export function thingAt<T extends { readonly box: Detection['box'] }>(
  things: readonly T[],
  { box }: Pick<Detection, 'box'>,
  radius: number,
): T | undefined {
  let found: T | undefined;
  let least = 1;
  for (const thing of things) {
    const [x1, y1, x2, y2] = thing.box;
    const width = Math.max(x2 - x1, box[2] - box[0], 1e-6);
    const height = Math.max(y2 - y1, box[3] - box[1], 1e-6);
    const dx = Math.abs((x1 + x2 - box[0] - box[2]) / 2) / width;
    const dy = Math.abs(y2 - box[3]) / height;
    const distance = Math.max(dx, dy) / radius;
    if (distance < least) {
      least = distance;
      found = thing;
    }
  }
  return found;
}

/** A thing that a frame shows for the first time. */
export function newThing(
  { class: cls, box, score }: Detection,
  zone: CameraZone,
  { at_ms, model }: DetectionsObservation,
  isNew: boolean,
): Thing {
  return {
    id: `${Math.round(((box[0] + box[2]) / 2) * 1000)}-${Math.round(box[3] * 1000)}`,
    zoneId: zone.id,
    model,
    first_ms: at_ms,
    isNew,
    cls,
    box,
    score,
    lastSeen_ms: at_ms,
    lastJudged_ms: at_ms,
    vacant_ms: 0,
    misses: 0,
    who: null,
    lastThere_ms: at_ms,
    alone_ms: 0,
    judged: 0,
    seen: 0,
    sure: 0,
    judgedAlone: 0,
    seenAlone: 0,
    shows: 1,
    withWho: null,
    best: null,
    open: null,
  };
}

/** The picture of a frame with some of its boxes. */
export function snapshotOf(
  { deviceId, at_ms, frame }: DetectionsObservation,
  detections: readonly Detection[],
  zone: CameraZone,
): Snapshot | null {
  if (frame === undefined) return null;
  return { kind: 'snapshot', deviceId, at_ms, frame, detections, zone: zone.polygon };
}
