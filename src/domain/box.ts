/** Left, top, right, bottom as shares of a picture. */
type Box = readonly [number, number, number, number];

/** True where two boxes touch when each is widened by `reach` of the wider one's width (of the height, downwards). */
export function isBeside(actor: Box, thing: Box, reach: number): boolean {
  const margin = Math.max(actor[2] - actor[0], thing[2] - thing[0]) * reach;
  const low = Math.max(actor[3] - actor[1], thing[3] - thing[1]) * reach * 0.5;
  const touchesAcross = actor[0] <= thing[2] + margin && actor[2] >= thing[0] - margin;
  // What counts is the ground: their feet must be near each other.
  return touchesAcross && Math.abs(actor[3] - thing[3]) <= low;
}

/** The area that two boxes share. */
export function intersection(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return width <= 0 || height <= 0 ? 0 : width * height;
}

/** Width times height. */
export function areaOf([x1, y1, x2, y2]: Box): number {
  return Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
}

/** Intersection over union, 0..1. */
export function overlap(a: Box, b: Box): number {
  const common = intersection(a, b);
  return common === 0 ? 0 : common / (areaOf(a) + areaOf(b) - common);
}
