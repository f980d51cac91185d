import type { Candidates } from '../candidates.ts';
import {
  assertFinite,
  cellsOf,
  gridOf,
  type Head,
  type HeadShape,
  lowestThreshold,
  stridesOf,
} from './head.ts';
import { LabelPicker } from './label-picker.ts';

/**
 * YOLOX as it is exported: one output `[1, cells, 5 + labels]`, row by row of the grid of each stride. cx = (x + gx) * s,
 * cy = (y + gy) * s, w = exp(w) * s, h = exp(h) * s; score = objectness * class, both shares already.
 */
export function yoloxHead(shape: HeadShape): Head {
  const width = 5 + shape.thresholds.length;
  const lowest = lowestThreshold(shape.thresholds);
  const picker = new LabelPicker(shape);
  const decode = ([output]: readonly Float32Array[], found: Candidates): void => {
    if (output === undefined) return;
    assertFinite(output);
    let at = 0;
    for (const stride of stridesOf(shape)) {
      const { columns, rows } = gridOf(shape, stride);
      for (let gy = 0; gy < rows; gy += 1) {
        for (let gx = 0; gx < columns; gx += 1, at += width) {
          const objectness = output[at + 4] as number;
          if (objectness < lowest) continue;
          const picked = picker.pick(output, at + 5, 1, objectness);
          if (picked === 0) continue;
          const cx = ((output[at] as number) + gx) * stride;
          const cy = ((output[at + 1] as number) + gy) * stride;
          const halfWidth = (Math.exp(output[at + 2] as number) * stride) / 2;
          const halfHeight = (Math.exp(output[at + 3] as number) * stride) / 2;
          const { labels, scores } = picker;
          for (let i = 0; i < picked; i += 1) {
            found.add(
              labels[i] as number,
              scores[i] as number,
              cx - halfWidth,
              cy - halfHeight,
              cx + halfWidth,
              cy + halfHeight,
            );
          }
        }
      }
    }
  };
  return {
    outputs: [{ dims: [1, cellsOf(shape), width] }],
    labelsIn: (dims) => (dims.length === 3 && dims[2] !== undefined ? dims[2] - 5 : undefined),
    decode,
  };
}
