import type { Candidates } from '../candidates.ts';
import { assertFinite, cellsOf, type Head, type HeadShape } from './head.ts';
import { LabelPicker } from './label-picker.ts';

/**
 * YOLOv8, YOLOv9 and YOLO11 as they are exported: centre, width and height in pixels of the input, then the classes as
 * shares; no objectness. Layout `columns`: one output `[1, 4 + labels, cells]`; `rows`: the same transposed,
 * `[1, cells, 4 + labels]`.
 */
export function yolov8Head(shape: HeadShape): Head {
  const cells = cellsOf(shape);
  const width = 4 + shape.thresholds.length;
  if (shape.head.layout === 'rows') {
    return {
      outputs: [{ dims: [1, cells, width] }],
      labelsIn: (dims) => (dims.length === 3 && dims[2] !== undefined ? dims[2] - 4 : undefined),
      decode: rowsDecoder(shape, width),
    };
  }
  return {
    outputs: [{ dims: [1, width, cells] }],
    labelsIn: (dims) => (dims.length === 3 && dims[1] !== undefined ? dims[1] - 4 : undefined),
    decode: shape.head.multi_label === true ? eachLabel(shape, cells) : bestLabel(shape, cells),
  };
}

function rowsDecoder(shape: HeadShape, width: number): Head['decode'] {
  const picker = new LabelPicker(shape);
  return ([output], found) => {
    if (output === undefined) return;
    assertFinite(output);
    for (let at = 0; at < output.length; at += width) {
      const picked = picker.pick(output, at + 4, 1, 1);
      for (let i = 0; i < picked; i += 1) {
        addAt(found, picker.labels[i] as number, picker.scores[i] as number, output, at, 1);
      }
    }
  };
}

/** Plane by plane, for a cell's labels lie far apart: reading them cell by cell would miss the cache each time. */
function bestLabel({ thresholds }: HeadShape, cells: number): Head['decode'] {
  const best = new Float32Array(cells);
  const labels = new Int32Array(cells);
  return ([output], found) => {
    if (output === undefined) return;
    assertFinite(output);
    best.set(output.subarray(4 * cells, 5 * cells));
    labels.fill(0);
    for (let label = 1, at = 5 * cells; label < thresholds.length; label += 1) {
      for (let cell = 0; cell < cells; cell += 1, at += 1) {
        const score = output[at] as number;
        if (score <= (best[cell] as number)) continue;
        best[cell] = score;
        labels[cell] = label;
      }
    }
    for (let cell = 0; cell < cells; cell += 1) {
      const score = best[cell] as number;
      const label = labels[cell] as number;
      if (score >= (thresholds[label] as number)) addAt(found, label, score, output, cell, cells);
    }
  };
}

function eachLabel({ thresholds }: HeadShape, cells: number): Head['decode'] {
  return ([output], found) => {
    if (output === undefined) return;
    assertFinite(output);
    for (let label = 0, at = 4 * cells; label < thresholds.length; label += 1) {
      const threshold = thresholds[label] as number;
      for (let cell = 0; cell < cells; cell += 1, at += 1) {
        const score = output[at] as number;
        if (score >= threshold) addAt(found, label, score, output, cell, cells);
      }
    }
  };
}

/** The box whose four values begin at `at` and are `step` apart. */
function addAt(
  found: Candidates,
  label: number,
  score: number,
  output: Float32Array,
  at: number,
  step: number,
): void {
  const cx = output[at] as number;
  const cy = output[at + step] as number;
  const halfWidth = (output[at + 2 * step] as number) / 2;
  const halfHeight = (output[at + 3 * step] as number) / 2;
  found.add(label, score, cx - halfWidth, cy - halfHeight, cx + halfWidth, cy + halfHeight);
}
