import { Candidates } from '../../src/vision/candidates.ts';
import { makeHead } from '../../src/vision/heads/make-head.ts';
import type { ManifestHead } from '../../src/vision/manifest-schema.ts';
import { suppress } from '../../src/vision/nms.ts';

/**
 * Milliseconds of reading the outputs of the usual exports (80 labels) and of suppression, with few boxes as in a street
 * and with a thousand, beside one pass that only adds up the same numbers; and bytes allocated for each frame.
 */
const RUNS = 100;
const STRIDES = [8, 16, 32];
const ANCHORS = [
  [10, 13, 16, 30, 33, 23],
  [30, 61, 62, 45, 59, 119],
  [116, 90, 156, 198, 373, 326],
];

type Head = Pick<ManifestHead, 'type'> & Partial<ManifestHead>;
const CASES: readonly [name: string, side_px: number, head: Head][] = [
  ['yolox 416', 416, { type: 'yolox', strides: STRIDES }],
  ['yolov5 640', 640, { type: 'yolov5', strides: STRIDES }],
  ['yolov5 640 maps', 640, { type: 'yolov5', layout: 'maps', strides: STRIDES, anchors: ANCHORS }],
  ['yolov8 640', 640, { type: 'yolov8', strides: STRIDES }],
  ['yolov8 640 rows', 640, { type: 'yolov8', layout: 'rows', strides: STRIDES }],
  ['nanodet 416', 416, { type: 'nanodet', strides: [8, 16, 32, 64] }],
  ['fastestdet 352', 352, { type: 'fastestdet', strides: [16] }],
];

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** Values of which about `boxes` places reach the threshold. */
function outputs(dims: readonly (readonly number[])[], share: number): Float32Array[] {
  let state = 7;
  return dims.map((sizes) =>
    Float32Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647 < share ? 0.9 : 0.01;
    }),
  );
}

function measure(name: string, side_px: number, given: Head, share: number): void {
  const head = makeHead({
    width_px: side_px,
    height_px: side_px,
    thresholds: new Float32Array(80).fill(0.5),
    head: { iou_threshold: 0.45, score_threshold: 0.5, ...given },
  });
  const values = outputs(
    head.outputs.map(({ dims = [] }) => dims),
    share,
  );
  const found = new Candidates();
  const times = { read: [] as number[], nms: [] as number[], sum: [] as number[] };
  let bytes = 0;
  let kept = 0;
  for (let run = 0; run < RUNS + 20; run += 1) {
    const heap = process.memoryUsage().heapUsed;
    const start = performance.now();
    found.clear();
    head.decode(values, found);
    const decoded = performance.now();
    const used = process.memoryUsage().heapUsed - heap;
    const suppressing = performance.now();
    kept = suppress(found, 0.45).length;
    const suppressed = performance.now();
    let sum = 0;
    for (const output of values) for (let i = 0; i < output.length; i += 1) sum += output[i] as number;
    const summed = performance.now();
    if (run < 20 || sum < 0) continue;
    times.read.push(decoded - start);
    times.nms.push(suppressed - suppressing);
    times.sum.push(summed - suppressed);
    bytes += Math.max(0, used);
  }
  const [read, nms, sum] = [times.read, times.nms, times.sum].map((list) => median(list).toFixed(3));
  console.log(
    `${name}: ${found.count} boxes, ${kept} kept: read ${read} ms, suppress ${nms} ms; bare pass ${sum} ms; ${Math.round(bytes / RUNS)} bytes a frame`,
  );
}

for (const [name, side_px, head] of CASES) {
  measure(name, side_px, head, 0.00001);
  measure(`${name}, crowded`, side_px, head, 0.003);
}
