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
 * w = exp(w) * s, h = exp(h) * s; score = objectness * class. Each cell speaks for its best label alone, or,
 * with `multi_label`, for every label that reaches its threshold.
 */
export function decodeYolox(output: Float32Array, shape: HeadShape): Candidate[] {
  assertFinite(output);
  const width = 5 + shape.thresholds.length;
  const lowest = lowestThreshold(shape.thresholds);
  const labelsOf = shape.multi_label === true ? passingLabels : bestLabel;
  const candidates: Candidate[] = [];
  let at = 0;
  for (const stride of shape.strides) {
    const columns = Math.floor(shape.width_px / stride);
    const rows = Math.floor(shape.height_px / stride);
    for (let gy = 0; gy < rows; gy += 1) {
      for (let gx = 0; gx < columns; gx += 1, at += width) {
        if ((output[at + 4] as number) < lowest) continue;
        for (const { label, score } of labelsOf(output, at + 4, shape.thresholds)) {
          candidates.push({ label, score, ...boxAt(output, at, gx, gy, stride) });
        }
      }
    }
  }
  return candidates;
}

function boxAt(output: Float32Array, at: number, gx: number, gy: number, stride: number) {
  const cx = ((output[at] as number) + gx) * stride;
  const cy = ((output[at + 1] as number) + gy) * stride;
  const halfWidth = (Math.exp(output[at + 2] as number) * stride) / 2;
  const halfHeight = (Math.exp(output[at + 3] as number) * stride) / 2;
  return { x1: cx - halfWidth, y1: cy - halfHeight, x2: cx + halfWidth, y2: cy + halfHeight };
}

interface LabelScore {
  readonly label: number;
  readonly score: number;
}

/** The best label of the cell whose objectness is at `from`, if it reaches its threshold. */
function bestLabel(output: Float32Array, from: number, thresholds: Float32Array): readonly LabelScore[] {
  let label = 0;
  for (let i = 1; i < thresholds.length; i += 1) {
    if ((output[from + 1 + i] as number) > (output[from + 1 + label] as number)) label = i;
  }
  const score = (output[from] as number) * (output[from + 1 + label] as number);
  return score >= (thresholds[label] as number) ? [{ label, score }] : NONE;
}

/** Every label of the cell that reaches its threshold. */
function passingLabels(output: Float32Array, from: number, thresholds: Float32Array): readonly LabelScore[] {
  const objectness = output[from] as number;
  let passing: LabelScore[] | undefined;
  for (let label = 0; label < thresholds.length; label += 1) {
    const score = objectness * (output[from + 1 + label] as number);
    if (!(score >= (thresholds[label] as number))) continue;
    passing ??= [];
    passing.push({ label, score });
  }
  return passing ?? NONE;
}

const NONE: readonly LabelScore[] = [];
