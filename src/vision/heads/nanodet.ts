import type { Candidates } from '../candidates.ts';
import { assertFinite, cellsOf, gridOf, type Head, type HeadShape, stridesOf } from './head.ts';
import { LabelPicker } from './label-picker.ts';

/** Steps of a side's distance where the manifest says nothing. */
const REG_MAX = 7;

/**
 * NanoDet and NanoDet-Plus: one output `[1, cells, labels + 4 * (reg_max + 1)]`, row by row of the grid of each stride.
 * The classes are shares already. Each side's distance from the cell's point, in strides, is the mean of a distribution
 * over 0 ... reg_max (the softmax of its values): left, top, right, bottom. The point is the cell's corner, as
 * NanoDet-Plus has it, or, with `cell_offset: 0.5`, its middle, as NanoDet before it.
 */
export function nanodetHead(shape: HeadShape): Head {
  const labelCount = shape.thresholds.length;
  const bins = (shape.head.reg_max ?? REG_MAX) + 1;
  const width = labelCount + 4 * bins;
  const offset = shape.head.cell_offset ?? 0;
  const picker = new LabelPicker(shape);
  const decode = ([output]: readonly Float32Array[], found: Candidates): void => {
    if (output === undefined) return;
    assertFinite(output);
    let at = 0;
    for (const stride of stridesOf(shape)) {
      const { columns, rows } = gridOf(shape, stride);
      for (let gy = 0; gy < rows; gy += 1) {
        for (let gx = 0; gx < columns; gx += 1, at += width) {
          const picked = picker.pick(output, at, 1, 1);
          if (picked === 0) continue;
          const sides = at + labelCount;
          const x1 = (gx + offset - mean(output, sides, bins)) * stride;
          const y1 = (gy + offset - mean(output, sides + bins, bins)) * stride;
          const x2 = (gx + offset + mean(output, sides + 2 * bins, bins)) * stride;
          const y2 = (gy + offset + mean(output, sides + 3 * bins, bins)) * stride;
          for (let i = 0; i < picked; i += 1) {
            found.add(picker.labels[i] as number, picker.scores[i] as number, x1, y1, x2, y2);
          }
        }
      }
    }
  };
  return {
    outputs: [{ dims: [1, cellsOf(shape), width] }],
    labelsIn: (dims) => (dims.length === 3 && dims[2] !== undefined ? dims[2] - 4 * bins : undefined),
    decode,
  };
}

/** The mean of the distribution whose logarithms begin at `at`. */
function mean(values: Float32Array, at: number, bins: number): number {
  let highest = values[at] as number;
  for (let bin = 1; bin < bins; bin += 1) highest = Math.max(highest, values[at + bin] as number);
  let sum = 0;
  let weighted = 0;
  for (let bin = 0; bin < bins; bin += 1) {
    const weight = Math.exp((values[at + bin] as number) - highest);
    sum += weight;
    weighted += weight * bin;
  }
  return weighted / sum;
}
