import { overlap } from '../domain/box.ts';
import type { Detection, DetectionsObservation } from '../domain/observation.ts';

/** Boxes that a camera showed lately, each with its newest time. Plain JSON. */
export type Covers = [at_ms: number, box: Detection['box']][];

/** So long a box counts after it was seen: detectors take turns, and none finds everything in every frame. */
const KEPT_MS = 60_000;
const SAME_IOU = 0.5;
const COVERS_MAX = 50;

/** What is remembered after a frame, of whichever detector: the boxes of these classes. */
export function withCovers(
  covers: Covers,
  { at_ms, detections }: DetectionsObservation,
  classes: readonly string[],
): Covers {
  if (classes.length === 0) return covers;
  const seen = detections.filter((made) => classes.includes(made.class)).map(({ box }) => box);
  const others = covers.filter(
    ([last_ms, box]) => at_ms - last_ms <= KEPT_MS && !seen.some((one) => overlap(one, box) >= SAME_IOU),
  );
  return [...others, ...seen.map((box): Covers[number] => [at_ms, box])].slice(-COVERS_MAX);
}

/** Whether the middle of a box lies within one of them. */
export function isCovered(covers: Covers, [x1, y1, x2, y2]: Detection['box']): boolean {
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  return covers.some(([, [left, top, right, bottom]]) => x >= left && x <= right && y >= top && y <= bottom);
}
