import { areaOf, intersection, overlap } from '../domain/box.ts';
import type { Detection } from '../domain/observation.ts';

type Box = Detection['box'];

/** Somebody in a frame. */
export type Sighting = [at_ms: number, cls: string, box: Box];

/** Somebody who stood in front of something for a while. */
export interface Hider {
  box: Box;
  readonly from_ms: number;
  to_ms: number;
}

/** Who was in a camera's picture lately. Plain JSON. */
export interface Crowd {
  sightings: Sighting[];
  hiders: Hider[];
}

/** Of more, the oldest are forgotten. */
const SIGHTINGS_MAX = 600;
const HIDERS_MAX = 60;
/** Boxes that overlap so much from one frame to the next are one that stands. */
const STANDS_IOU = 0.4;
/** Whom so many frames in a row miss is away: who is there afterwards is somebody else. */
const STANDS_GAP_FRAMES = 3;
const STANDS_GAP_MS = { least: 5_000, most: 20_000 } as const;
/** One who hid something for less matters to nobody. */
const HIDES_MS = 5_000;
const HIDERS_KEPT_MS = 3_600_000;
const HIDES_NOW_MS = 6_000;
/** A box that covers so much of another hides it. */
const HIDES_SHARE = 0.5;
/** From one frame to the next somebody moves by no more than so many of his own widths and heights. */
const STRIDE = 2.5;
/** Displaced by more than his own size, he came from there. */
const DIRECTION_SIZES = 1;

/**
 * Adds the actors of a frame, `since_ms` after the one before; what is older than `keep_ms` goes. Gives those who stood
 * there before already.
 */
export function joinCrowd(
  crowd: Crowd,
  actors: readonly Detection[],
  {
    at_ms,
    since_ms,
    keep_ms,
  }: { readonly at_ms: number; readonly since_ms: number; readonly keep_ms: number },
): Box[] {
  const standing: Box[] = [];
  const gap_ms = Math.min(STANDS_GAP_MS.most, Math.max(STANDS_GAP_MS.least, since_ms * STANDS_GAP_FRAMES));
  for (const { class: cls, box } of actors) {
    crowd.sightings.push([at_ms, cls, box]);
    const known = crowd.hiders.find(
      (hider) => at_ms - hider.to_ms <= gap_ms && overlap(hider.box, box) >= STANDS_IOU,
    );
    if (known === undefined) crowd.hiders.push({ box, from_ms: at_ms, to_ms: at_ms });
    else {
      if (known.to_ms < at_ms) standing.push(box);
      known.box = box;
      known.to_ms = at_ms;
    }
  }
  crowd.sightings = crowd.sightings.filter(([seen_ms]) => at_ms - seen_ms <= keep_ms).slice(-SIGHTINGS_MAX);
  crowd.hiders = crowd.hiders
    .filter(({ from_ms, to_ms }) => {
      const isNow = at_ms - to_ms <= gap_ms;
      return isNow || (to_ms - from_ms >= HIDES_MS && at_ms - to_ms <= HIDERS_KEPT_MS);
    })
    .slice(-HIDERS_MAX);
  return standing;
}

/** How long something in the box was hidden between two times. */
export function hidden_ms({ hiders }: Crowd, box: Box, from_ms: number, to_ms: number): number {
  let sum_ms = 0;
  for (const hider of hiders) {
    if (!hides(hider.box, box)) continue;
    sum_ms += Math.max(0, Math.min(hider.to_ms, to_ms) - Math.max(hider.from_ms, from_ms));
  }
  return Math.min(sum_ms, Math.max(0, to_ms - from_ms));
}

/** True where one or several stand in front of the box, or stood there a moment ago: detectors take turns. */
export function isHiddenNow({ hiders }: Crowd, box: Box, at_ms: number): boolean {
  const hidden = hiders.reduce(
    (sum, hider) => (at_ms - hider.to_ms <= HIDES_NOW_MS ? sum + intersection(hider.box, box) : sum),
    0,
  );
  return hidden >= areaOf(box) * HIDES_SHARE;
}

/** True where the first box covers most of the second. */
function hides(front: Box, behind: Box): boolean {
  return intersection(front, behind) >= areaOf(behind) * HIDES_SHARE;
}

/**
 * Where the one who was at `box` at `at_ms` came from (`step` -1) or went to (1), as the picture shows it; undefined
 * where he was not seen on his way.
 */
export function directionOf(
  { sightings }: Crowd,
  [at_ms, cls, box]: Sighting,
  step: -1 | 1,
): 'left' | 'right' | 'far' | 'near' | undefined {
  const frames = [...new Set(sightings.map(([seen_ms]) => seen_ms))]
    .filter((seen_ms) => (step < 0 ? seen_ms < at_ms : seen_ms > at_ms))
    .sort((a, b) => (a - b) * step);
  let here = box;
  for (const seen_ms of frames) {
    const next = nearest(here, sightings, seen_ms, cls);
    if (next === undefined) break;
    here = next;
  }
  const dx = ((here[0] + here[2]) / 2 - (box[0] + box[2]) / 2) / (box[2] - box[0]);
  const dy = (here[3] - box[3]) / (box[3] - box[1]);
  if (Math.max(Math.abs(dx), Math.abs(dy) * 2) < DIRECTION_SIZES) return undefined;
  if (Math.abs(dx) >= Math.abs(dy)) return dx < 0 ? 'left' : 'right';
  return dy < 0 ? 'far' : 'near';
}

function nearest(here: Box, sightings: readonly Sighting[], at_ms: number, cls: string): Box | undefined {
  let best: Box | undefined;
  let least = STRIDE;
  for (const [seen_ms, seen, box] of sightings) {
    if (seen_ms !== at_ms || seen !== cls) continue;
    const dx = Math.abs(box[0] + box[2] - here[0] - here[2]) / 2 / Math.max(here[2] - here[0], 1e-6);
    const dy = Math.abs(box[3] - here[3]) / Math.max(here[3] - here[1], 1e-6);
    const distance = Math.max(dx, dy);
    if (distance < least) {
      least = distance;
      best = box;
    }
  }
  return best;
}
