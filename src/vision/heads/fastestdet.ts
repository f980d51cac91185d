import type { Candidate } from '../boxes.ts';
import { assertFinite, type HeadShape, lowestThreshold } from './head.ts';

/**
 * Reads the output of a FastestDet head, planes of `[1, 5 + labels, H, W]`: objectness, four of the box, then
 * the labels. cx = (gx + tanh(r0)) / W, cy = (gy + tanh(r1)) / H, w = sigmoid(r2), h = sigmoid(r3) as shares of
 * the input; score = objectness^0.6 * class^0.4.
 */
export function decodeFastestDet(output: Float32Array, shape: HeadShape): Candidate[] {
  assertFinite(output);
  const { thresholds, width_px, height_px } = shape;
  const stride = shape.strides[0] ?? 1;
  const columns = Math.floor(width_px / stride);
  const rows = Math.floor(height_px / stride);
  const plane = columns * rows;
  // A class score is at most 1, so objectness alone must reach this.
  const objectnessMin = lowestThreshold(thresholds) ** (1 / 0.6);
  const candidates: Candidate[] = [];
  for (let cell = 0; cell < plane; cell += 1) {
    const objectness = output[cell] as number;
    if (objectness < objectnessMin) continue;
    const label = bestLabel(output, cell, plane, thresholds.length);
    const score = objectness ** 0.6 * (output[(5 + label) * plane + cell] as number) ** 0.4;
    if (!(score >= (thresholds[label] as number))) continue;
    const gx = cell % columns;
    const gy = (cell - gx) / columns;
    const cx = ((gx + Math.tanh(output[plane + cell] as number)) / columns) * width_px;
    const cy = ((gy + Math.tanh(output[2 * plane + cell] as number)) / rows) * height_px;
    const halfWidth = (sigmoid(output[3 * plane + cell] as number) * width_px) / 2;
    const halfHeight = (sigmoid(output[4 * plane + cell] as number) * height_px) / 2;
    candidates.push({
      label,
      score,
      x1: cx - halfWidth,
      y1: cy - halfHeight,
      x2: cx + halfWidth,
      y2: cy + halfHeight,
    });
  }
  return candidates;
}

function bestLabel(output: Float32Array, cell: number, plane: number, labels: number): number {
  let best = 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (let label = 0, at = 5 * plane + cell; label < labels; label += 1, at += plane) {
    const score = output[at] as number;
    if (score > bestScore) {
      bestScore = score;
      best = label;
    }
  }
  return best;
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
