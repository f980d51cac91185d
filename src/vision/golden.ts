import type { Detection } from '../domain/observation.ts';
import { type Box, iou } from './boxes.ts';
import type { ManifestGolden } from './manifest-schema.ts';
import type { RgbFrame } from './preprocess.ts';

/**
 * Compares what a detector found in the golden picture with what it must find there: each expected box by
 * class, overlap and score, and no other box (one that barely passes its threshold is forgiven: the last digits
 * differ between processors). Returns what is wrong, in words; empty where all is well.
 */
export function compareGolden(
  found: readonly Detection[],
  golden: ManifestGolden,
  size: Pick<RgbFrame, 'width_px' | 'height_px'>,
  thresholdOf: (className: string) => number,
): string[] {
  const { width_px, height_px } = size;
  const rest = new Set(found);
  const problems: string[] = [];
  golden.boxes.forEach((expected, index) => {
    const [x1, y1, x2, y2] = expected.box;
    const box: Box = [x1 / width_px, y1 / height_px, x2 / width_px, y2 / height_px];
    const what = `golden.boxes[${index}] (${expected.class} at ${expected.box.map(Math.round).join(', ')})`;
    const [best, overlap] = bestMatch(rest, expected.class, box);
    if (best === undefined || overlap < golden.iou) {
      problems.push(`${what}: not found${best ? `; the nearest overlaps by ${overlap.toFixed(2)}` : ''}`);
      return;
    }
    rest.delete(best);
    if (Math.abs(best.score - expected.score) > golden.score_tolerance) {
      problems.push(`${what}: score ${best.score.toFixed(3)}, expected ${expected.score}`);
    }
  });
  for (const { class: name, score, box } of rest) {
    if (score < thresholdOf(name) + golden.score_tolerance) continue;
    const at = [box[0] * width_px, box[1] * height_px, box[2] * width_px, box[3] * height_px];
    problems.push(`a box that is not expected: ${name} at ${at.map(Math.round).join(', ')}, score ${score}`);
  }
  return problems;
}

function bestMatch(
  found: Iterable<Detection>,
  name: string,
  box: Box,
): [Detection | undefined, overlap: number] {
  let best: Detection | undefined;
  let overlap = 0;
  for (const detection of found) {
    if (detection.class !== name) continue;
    const value = iou(detection.box, box);
    if (best === undefined || value > overlap) {
      best = detection;
      overlap = value;
    }
  }
  return [best, overlap];
}
