import type { Candidates } from './candidates.ts';

/** Candidates compared with each other per frame; of more, the best scored are kept. */
export const CANDIDATES_MAX = 1000;

/** Which boxes rival each other: those of one label, all of them, or none. */
export type NmsMode = 'per-class' | 'agnostic' | 'none';

/**
 * Greedy non-maximum suppression: of boxes that rival each other and overlap by more than `iouThreshold`, the best
 * scored stays. Gives the places of those that stay, by falling score; equal scores keep their order.
 */
export function suppress(found: Candidates, iouThreshold: number, mode: NmsMode = 'per-class'): number[] {
  const kept: number[] = [];
  for (const place of found.ranked(CANDIDATES_MAX)) {
    if (mode === 'none' || !hasBetter(found, kept, place, iouThreshold, mode)) kept.push(place);
  }
  return kept;
}

function hasBetter(
  { label, box }: Candidates,
  kept: readonly number[],
  place: number,
  iouThreshold: number,
  mode: NmsMode,
): boolean {
  for (let i = 0; i < kept.length; i += 1) {
    const rival = kept[i] as number;
    if (mode === 'per-class' && label[rival] !== label[place]) continue;
    if (overlap(box, rival * 4, place * 4) > iouThreshold) return true;
  }
  return false;
}

/** Intersection over union of the boxes that begin at `a` and `b`. */
function overlap(box: Float64Array, a: number, b: number): number {
  const ax1 = box[a] as number;
  const ay1 = box[a + 1] as number;
  const ax2 = box[a + 2] as number;
  const ay2 = box[a + 3] as number;
  const bx1 = box[b] as number;
  const by1 = box[b + 1] as number;
  const bx2 = box[b + 2] as number;
  const by2 = box[b + 3] as number;
  const width = Math.min(ax2, bx2) - Math.max(ax1, bx1);
  const height = Math.min(ay2, by2) - Math.max(ay1, by1);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / ((ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - both);
}
