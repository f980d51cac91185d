/** Left, top, right, bottom; in whatever unit the caller uses (pixels or shares). */
export type Box = readonly [number, number, number, number];

/** Intersection over union of two boxes, 0..1; 0 where either has no area. */
export function iou(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both);
}
