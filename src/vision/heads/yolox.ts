import type { Candidate } from '../boxes.ts';
import { assertFinite, type HeadShape, lowestThreshold } from './head.ts';

/** Number of rows of a YOLOX output for an input size: one for each cell of each stride. */
export function yoloxRows(shape: Pick<HeadShape, 'width_px' | 'height_px' | 'strides'>): number {
  return shape.strides.reduce(
    (rows, stride) => rows + Math.floor(shape.width_px / stride) * Math.floor(shape.height_px / stride),
    0,
  );
}

/**
 * Reads the raw output of a YOLOX head, `[1, rows, 5 + labels]`: cx = (x + gx) * s, cy = (y + gy) * s,
 * w = exp(w) * s, h = exp(h) * s; score = objectness * class. Each cell speaks for its best label alone.
 */
export function decodeYolox(output: Float32Array, shape: HeadShape): Candidate[] {
  assertFinite(output);
  const { thresholds } = shape;
  const width = 5 + thresholds.length;
  const lowest = lowestThreshold(thresholds);
  const candidates: Candidate[] = [];
  let at = 0;
  for (const stride of shape.strides) {
    const columns = Math.floor(shape.width_px / stride);
    const rows = Math.floor(shape.height_px / stride);
    for (let gy = 0; gy < rows; gy += 1) {
      for (let gx = 0; gx < columns; gx += 1, at += width) {
        const objectness = output[at + 4] as number;
        if (objectness < lowest) continue;
        const label = bestLabel(output, at + 5, at + width);
        const score = objectness * (output[at + 5 + label] as number);
        if (!(score >= (thresholds[label] as number))) continue;
        const cx = ((output[at] as number) + gx) * stride;
        const cy = ((output[at + 1] as number) + gy) * stride;
        const halfWidth = (Math.exp(output[at + 2] as number) * stride) / 2;
        const halfHeight = (Math.exp(output[at + 3] as number) * stride) / 2;
        candidates.push({
          label,
          score,
          x1: cx - halfWidth,
          y1: cy - halfHeight,
          x2: cx + halfWidth,
          y2: cy + halfHeight,
        });
      }
    }
  }
  return candidates;
}

function bestLabel(output: Float32Array, from: number, to: number): number {
  let best = from;
  for (let i = from + 1; i < to; i += 1) if ((output[i] as number) > (output[best] as number)) best = i;
  return best - from;
}
