import type { Candidates } from '../candidates.ts';
import {
  assertFinite,
  cellsOf,
  gridOf,
  type Head,
  type HeadOutput,
  type HeadShape,
  lowestThreshold,
  sigmoid,
  stridesOf,
} from './head.ts';
import { LabelPicker } from './label-picker.ts';

/** Boxes of each cell where the manifest names no anchors. */
const ANCHORS_PER_CELL = 3;

/**
 * YOLOv5 and YOLOv7. Layout `rows`, as they are exported: one output `[1, boxes, 5 + labels]` that the graph has
 * decoded: centre, width and height in pixels of the input, objectness, classes. `maps` and `grids` are what the
 * convolutions give, one output for each stride: `[1, anchors * (5 + labels), H, W]` or `[1, anchors, H, W, 5 + labels]`.
 */
export function yolov5Head(shape: HeadShape): Head {
  return (shape.head.layout ?? 'rows') === 'rows' ? rowsHead(shape) : mapsHead(shape);
}

function rowsHead(shape: HeadShape): Head {
  const width = 5 + shape.thresholds.length;
  const anchors = shape.head.anchors_per_cell ?? ANCHORS_PER_CELL;
  const lowest = lowestThreshold(shape.thresholds);
  const picker = new LabelPicker(shape);
  const decode = ([output]: readonly Float32Array[], found: Candidates): void => {
    if (output === undefined) return;
    assertFinite(output);
    for (let at = 0; at < output.length; at += width) {
      const objectness = output[at + 4] as number;
      if (objectness < lowest) continue;
      const picked = picker.pick(output, at + 5, 1, objectness);
      if (picked === 0) continue;
      const cx = output[at] as number;
      const cy = output[at + 1] as number;
      addCentred(found, picker, picked, cx, cy, output[at + 2] as number, output[at + 3] as number);
    }
  };
  return {
    outputs: [{ dims: [1, cellsOf(shape) * anchors, width] }],
    labelsIn: (dims) => (dims.length === 3 && dims[2] !== undefined ? dims[2] - 5 : undefined),
    decode,
  };
}

/** Where a value lies in the map of one stride: value `channel` of anchor `a` in a cell is at `a * anchorStep + channel * step + cell * cellStep`. */
interface MapLayout {
  readonly stride: number;
  readonly columns: number;
  readonly rows: number;
  /** Width and height of each anchor in pixels. */
  readonly anchors: readonly number[];
  readonly anchorStep: number;
  readonly step: number;
  readonly cellStep: number;
}

/** cx = (2 * sigmoid(x) - 0.5 + gx) * s, w = (2 * sigmoid(w))^2 * anchor; score = sigmoid(objectness) * sigmoid(class). */
function mapsHead(shape: HeadShape): Head {
  const width = 5 + shape.thresholds.length;
  const isPlanar = shape.head.layout === 'maps';
  const maps = stridesOf(shape).map((stride, index): MapLayout => {
    const { columns, rows } = gridOf(shape, stride);
    const anchors = shape.head.anchors?.[index] ?? [];
    const plane = columns * rows;
    const steps = isPlanar ? { step: plane, cellStep: 1 } : { step: 1, cellStep: width };
    return { stride, columns, rows, anchors, anchorStep: plane * width, ...steps };
  });
  const lowest = lowestThreshold(shape.thresholds);
  // The logarithm of the odds: what objectness must reach before it is made a share. Nothing does where all are off.
  const lowestLogit = lowest >= 1 ? Number.POSITIVE_INFINITY : Math.log(lowest / (1 - lowest));
  const picker = new LabelPicker(shape, sigmoid);
  const outputs = maps.map(({ columns, rows, anchors }): HeadOutput => {
    const count = anchors.length / 2;
    return { dims: isPlanar ? [1, count * width, rows, columns] : [1, count, rows, columns, width] };
  });
  const decode = (values: readonly Float32Array[], found: Candidates): void => {
    for (const [index, map] of maps.entries()) {
      const output = values[index];
      if (output === undefined) continue;
      assertFinite(output);
      readMap(output, map, lowestLogit, picker, found);
    }
  };
  const labelsIn = (dims: readonly number[]): number | undefined => {
    const channels = isPlanar ? (dims[1] ?? 0) / ((maps[0]?.anchors.length ?? 2) / 2) : dims[4];
    return channels === undefined || !Number.isInteger(channels) ? undefined : channels - 5;
  };
  return { outputs, labelsIn, decode };
}

function readMap(
  output: Float32Array,
  map: MapLayout,
  lowestLogit: number,
  picker: LabelPicker,
  found: Candidates,
): void {
  const { stride, columns, rows, anchors, anchorStep, step, cellStep } = map;
  for (let anchor = 0; anchor * 2 < anchors.length; anchor += 1) {
    let at = anchor * anchorStep;
    for (let gy = 0; gy < rows; gy += 1) {
      for (let gx = 0; gx < columns; gx += 1, at += cellStep) {
        const objectness = output[at + 4 * step] as number;
        if (objectness < lowestLogit) continue;
        const picked = picker.pick(output, at + 5 * step, step, sigmoid(objectness));
        if (picked === 0) continue;
        const cx = (2 * sigmoid(output[at] as number) - 0.5 + gx) * stride;
        const cy = (2 * sigmoid(output[at + step] as number) - 0.5 + gy) * stride;
        const w = (2 * sigmoid(output[at + 2 * step] as number)) ** 2 * (anchors[anchor * 2] as number);
        const h = (2 * sigmoid(output[at + 3 * step] as number)) ** 2 * (anchors[anchor * 2 + 1] as number);
        addCentred(found, picker, picked, cx, cy, w, h);
      }
    }
  }
}

function addCentred(
  found: Candidates,
  { labels, scores }: LabelPicker,
  picked: number,
  cx: number,
  cy: number,
  w: number,
  h: number,
): void {
  for (let i = 0; i < picked; i += 1) {
    const label = labels[i] as number;
    found.add(label, scores[i] as number, cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2);
  }
}
