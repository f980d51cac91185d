import type { Detection } from '../domain/observation.ts';

/** One thing of interest in a frame: a box, or several that belong together. Shares of the picture, 0..1. */
export interface PlaceUnit {
  /** Middle of the lower edge: where it stands on the ground. */
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  /** The lowest score of its boxes. */
  readonly score: number;
  readonly detections: readonly Detection[];
  /** Its detector, or the rule, takes it for too little to begin with: it only goes on with what is known. */
  readonly isWeak: boolean;
}

/** A further class of a combination may be off the first one's box by this share of that box's size. */
const REACH = 0.5;

/** What a frame shows, and what counts as a weak sighting. */
export interface FrameBoxes {
  readonly detections: readonly Detection[];
  /** Weak by the detector's own word. */
  readonly weak?: readonly Detection[] | undefined;
  /** Others are weak below this score. */
  readonly min_score: number;
}

/** The units of a frame: for every combination, each box of its first class that has the other classes beside it. */
export function unitsOf(
  { detections, weak = [], min_score }: FrameBoxes,
  anyOf: readonly (readonly string[])[],
): PlaceUnit[] {
  const units: PlaceUnit[] = [];
  const made = weak.length === 0 ? detections : [...detections, ...weak];
  const isWeak = (one: Detection): boolean => one.score < min_score || weak.includes(one);
  for (const [first, ...others] of anyOf) {
    for (const seed of made) {
      if (seed.class !== first) continue;
      const members = gather(seed, others, made);
      if (members !== undefined) units.push(toUnit(members, members.some(isWeak)));
    }
  }
  return units;
}

/** The seed and the best of each other class beside it. */
function gather(
  seed: Detection,
  others: readonly string[],
  made: readonly Detection[],
): Detection[] | undefined {
  const members = [seed];
  for (const other of others) {
    let best: Detection | undefined;
    for (const candidate of made) {
      if (candidate.class !== other || members.includes(candidate)) continue;
      if (isBeside(seed, candidate) && (best === undefined || candidate.score > best.score)) best = candidate;
    }
    if (best === undefined) return undefined;
    members.push(best);
  }
  return members;
}

function isBeside(seed: Detection, other: Detection): boolean {
  const [x1, y1, x2, y2] = seed.box;
  const marginX = (x2 - x1) * REACH;
  const marginY = (y2 - y1) * REACH;
  const [a1, b1, a2, b2] = other.box;
  return a1 <= x2 + marginX && a2 >= x1 - marginX && b1 <= y2 + marginY && b2 >= y1 - marginY;
}

function toUnit(members: readonly Detection[], isWeak: boolean): PlaceUnit {
  const x1 = Math.min(...members.map(({ box }) => box[0]));
  const y1 = Math.min(...members.map(({ box }) => box[1]));
  const x2 = Math.max(...members.map(({ box }) => box[2]));
  const y2 = Math.max(...members.map(({ box }) => box[3]));
  return {
    x: (x1 + x2) / 2,
    y: y2,
    w: x2 - x1,
    h: y2 - y1,
    score: Math.min(...members.map(({ score }) => score)),
    detections: members,
    isWeak,
  };
}
