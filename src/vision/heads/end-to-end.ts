import type { Candidates } from '../candidates.ts';
import { assertFinite, type Head, type HeadShape, lowestThreshold, ModelOutputError } from './head.ts';

/** Where a row of each layout has what. */
const ROWS = {
  rows: { width: 6, box: 0, score: 4, label: 5 },
  batched: { width: 7, box: 1, score: 6, label: 5 },
} as const;

/**
 * A graph that has suppressed what overlaps itself. Layout `rows`: one output `[1, boxes, 6]` of x1, y1, x2, y2, score,
 * class (YOLOv10, YOLOv8 and YOLO11 exported with their suppression). `batched`: `[boxes, 7]` of picture, x1, y1, x2, y2,
 * class, score (YOLOv7's). `parts`: outputs of their own for boxes `[1, boxes, 4]`, scores and classes `[1, boxes]` and
 * how many of them count (TensorRT's EfficientNMS, TensorFlow's detection models), named in the manifest. Boxes are
 * pixels of the input unless `box_units` is `shares`; `box_order: yxyx` has them as y1, x1, y2, x2.
 */
export function endToEndHead(shape: HeadShape): Head {
  const layout = shape.head.layout ?? 'rows';
  if (layout === 'parts') return partsHead(shape);
  const { width, box, score, label } = layout === 'batched' ? ROWS.batched : ROWS.rows;
  const add = adder(shape);
  return {
    outputs: [{ dims: layout === 'batched' ? [-1, width] : [1, -1, width] }],
    labelsIn: () => undefined,
    decode: ([output], found) => {
      if (output === undefined) return;
      assertFinite(output);
      for (let at = 0; at < output.length; at += width) {
        add(found, output[at + label] as number, output[at + score] as number, output, at + box);
      }
    },
  };
}

function partsHead(shape: HeadShape): Head {
  const names = shape.head.outputs ?? { boxes: '', scores: '', classes: '' };
  const add = adder(shape);
  const { boxes, scores, classes, count } = names;
  return {
    outputs: [
      { name: boxes, dims: [1, -1, 4] },
      { name: scores, dims: [1, -1] },
      { name: classes, dims: [1, -1] },
      ...(count === undefined ? [] : [{ name: count }]),
    ],
    labelsIn: () => undefined,
    decode: ([box, score, label, counted], found) => {
      if (box === undefined || score === undefined || label === undefined) return;
      for (const values of [box, score, label]) assertFinite(values);
      const most = Math.min(box.length / 4, score.length, label.length);
      const rows = counted === undefined ? most : Math.min(most, counted[0] ?? 0);
      for (let row = 0; row < rows; row += 1) {
        add(found, label[row] as number, score[row] as number, box, row * 4);
      }
    },
  };
}

type Add = (found: Candidates, label: number, score: number, box: Float32Array, at: number) => void;

function adder({ head, thresholds, width_px, height_px }: HeadShape): Add {
  const isShares = head.box_units === 'shares';
  const scaleX = isShares ? width_px : 1;
  const scaleY = isShares ? height_px : 1;
  const [x, y] = head.box_order === 'yxyx' ? [1, 0] : [0, 1];
  const first = head.first_label ?? 0;
  const lowest = lowestThreshold(thresholds);
  return (found, given, score, box, at) => {
    // What fills up a fixed number of rows has no score, and any class.
    if (score < lowest) return;
    const label = given - first;
    const threshold = thresholds[label];
    if (threshold === undefined) {
      throw new ModelOutputError(
        `the network gives class ${given}, the manifest has ${thresholds.length} labels`,
      );
    }
    if (score < threshold) return;
    const x1 = (box[at + x] as number) * scaleX;
    const y1 = (box[at + y] as number) * scaleY;
    found.add(
      label,
      score,
      x1,
      y1,
      (box[at + 2 + x] as number) * scaleX,
      (box[at + 2 + y] as number) * scaleY,
    );
  };
}
