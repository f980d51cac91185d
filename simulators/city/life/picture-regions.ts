import type { PictureZone } from './picture-zones.ts';

type Region = readonly [left: number, top: number, right: number, bottom: number];

/** Width of a part of the picture in which bags some metres away are wide enough to be found, as a share of the picture. */
const PART_WIDTH = 0.45;
/** Neighbours have so much in common: a stall is narrower. */
const OVERLAP = 0.14;
/** What stands at the far end of a street reaches so far above the ground. */
const HEADROOM = 0.12;

/**
 * Parts of a camera's picture to be judged at a detector's full size: the whole, in which large things are not cut, and side by
 * side the parts that show ground of a street, for what is small. None where no street is in the picture.
 */
export function pictureRegions(zones: readonly PictureZone[]): Region[] {
  const points = zones.filter(({ kind }) => kind === 'street').flatMap(({ polygon }) => polygon);
  if (points.length === 0) return [];
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const left = Math.min(...xs);
  const width = Math.max(...xs) - left;
  const top = Math.max(0, Math.min(...ys) - HEADROOM);
  const bottom = Math.max(...ys);
  const part = Math.min(width, PART_WIDTH);
  const count = Math.max(1, Math.ceil((width - OVERLAP) / (PART_WIDTH - OVERLAP)));
  const step = count === 1 ? 0 : (width - part) / (count - 1);
  const parts = Array.from({ length: count }, (_none, index): Region => {
    const from = left + index * step;
    return [rounded(from), rounded(top), rounded(from + part), rounded(bottom)];
  });
  return [[0, 0, 1, 1], ...parts];
}

function rounded(share: number): number {
  return Math.round(share * 1000) / 1000;
}
