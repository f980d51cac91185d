import type { Region } from '../domain/camera.ts';

/** The part of the smaller box that both have (0..1). */
export function boxShare(one: Region, other: Region): number {
  const smaller = Math.min(area(one), area(other));
  return smaller === 0 ? 0 : common(one, other) / smaller;
}

/** Intersection over union (0..1). */
export function boxIou(one: Region, other: Region): number {
  const both = common(one, other);
  const union = area(one) + area(other) - both;
  return union === 0 ? 0 : both / union;
}

function common(one: Region, other: Region): number {
  const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  return Math.max(0, width) * Math.max(0, height);
}

function area([x1, y1, x2, y2]: Region): number {
  return Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
}
