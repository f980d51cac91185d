import type { Candidates } from '../candidates.ts';
import {
  assertFinite,
  gridOf,
  type Head,
  type HeadShape,
  lowestThreshold,
  sigmoid,
  stridesOf,
} from './head.ts';
import { LabelPicker } from './label-picker.ts';

/**
 * FastestDet: planes of `[1, 5 + labels, H, W]`: objectness, four of the box, then the labels. cx = (gx + tanh(r0)) / W,
 * cy = (gy + tanh(r1)) / H, w = sigmoid(r2), h = sigmoid(r3) as shares of the input; score = objectness^0.6 * class^0.4.
 */
export function fastestDetHead(shape: HeadShape): Head {
  const { width_px, height_px, thresholds } = shape;
  const { columns, rows } = gridOf(shape, stridesOf(shape)[0] ?? 1);
  const plane = columns * rows;
  // A class score is at most 1, so objectness alone must reach this.
  const objectnessMin = lowestThreshold(thresholds) ** (1 / 0.6);
  const picker = new LabelPicker(shape, (value) => value ** 0.4);
  const decode = ([output]: readonly Float32Array[], found: Candidates): void => {
    if (output === undefined) return;
    assertFinite(output);
    for (let cell = 0; cell < plane; cell += 1) {
      const objectness = output[cell] as number;
      if (objectness < objectnessMin) continue;
      if (picker.pick(output, 5 * plane + cell, plane, objectness ** 0.6) === 0) continue;
      const gx = cell % columns;
      const gy = (cell - gx) / columns;
      const cx = ((gx + Math.tanh(output[plane + cell] as number)) / columns) * width_px;
      const cy = ((gy + Math.tanh(output[2 * plane + cell] as number)) / rows) * height_px;
      const halfWidth = (sigmoid(output[3 * plane + cell] as number) * width_px) / 2;
      const halfHeight = (sigmoid(output[4 * plane + cell] as number) * height_px) / 2;
      const label = picker.labels[0] as number;
      const score = picker.scores[0] as number;
      found.add(label, score, cx - halfWidth, cy - halfHeight, cx + halfWidth, cy + halfHeight);
    }
  };
  return {
    outputs: [{ dims: [1, 5 + thresholds.length, rows, columns] }],
    labelsIn: (dims) => (dims.length === 4 && dims[1] !== undefined ? dims[1] - 5 : undefined),
    decode,
  };
}
