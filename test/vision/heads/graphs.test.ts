import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { Detector } from '../../../src/vision/detector.ts';
import { loadManifest } from '../../../src/vision/manifest.ts';
import type { ManifestHead, ModelManifest } from '../../../src/vision/manifest-schema.ts';
import { checkModel } from '../../../src/vision/model-check.ts';
import { type GraphOutput, onnxGraph } from '../../support/onnx-graph.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { writeModel, YOLOX_NANO } from '../../support/test-models.ts';

/** Every graph below means one box in its input of 64x32: 16, 8 to 48, 24, label `b` of `a`, `b`, score 0.8. */
const INPUT = { width: 64, height: 32 };
const LN3 = Math.log(3);
const LN4 = Math.log(4);

/** Zeros but for what is given by place. */
function sparse(length: number, given: Readonly<Record<number, readonly number[]>>): number[] {
  const values = new Array<number>(length).fill(0);
  for (const [at, some] of Object.entries(given)) values.splice(Number(at), some.length, ...some);
  return values;
}
const output = (dims: readonly number[], values: readonly number[]): GraphOutput => ({
  name: 'output',
  dims,
  values,
});
/** The distribution of NanoDet whose mean is `distance`, a multiple of a half. */
const bins = (distance: number): number[] =>
  Array.from({ length: 8 }, (_, bin) => (Math.abs(bin - distance) <= 0.5 ? 40 : 0));

const MAP = { x: LN3, y: LN3, w: 0, h: 0, objectness: 20, a: -20, b: LN4 };
/** One anchor of 32x16 in 4x2 cells; the box is in the cell of column 1, row 0. */
const maps = sparse(
  56,
  Object.fromEntries(Object.values(MAP).map((value, plane) => [plane * 8 + 1, [value]])),
);

type Case = [name: string, head: Pick<ManifestHead, 'type'> & Partial<ManifestHead>, outputs: GraphOutput[]];
const CASES: Case[] = [
  [
    'yolox',
    { type: 'yolox', strides: [16] },
    [output([1, 8, 7], sparse(56, { 7: [1, 1, Math.log(2), 0, 1, 0, 0.8] }))],
  ],
  [
    'yolov5',
    { type: 'yolov5', strides: [16] },
    [output([1, 24, 7], sparse(168, { 35: [32, 16, 32, 16, 1, 0, 0.8] }))],
  ],
  [
    'yolov5 with its maps as further outputs',
    { type: 'yolov5', strides: [16], anchors_per_cell: 1 },
    [
      { ...output([1, 7, 2, 4], maps), name: 'first' },
      output([1, 8, 7], sparse(56, { 14: [32, 16, 32, 16, 1, 0, 0.8] })),
    ],
  ],
  [
    'yolov5 maps',
    { type: 'yolov5', layout: 'maps', strides: [16], anchors: [[32, 16]] },
    [output([1, 7, 2, 4], maps)],
  ],
  [
    'yolov5 grids, of two strides in any order',
    {
      type: 'yolov5',
      layout: 'grids',
      strides: [16, 32],
      anchors: [
        [32, 16],
        [9, 9],
      ],
    },
    [
      { ...output([1, 1, 1, 2, 7], sparse(14, {})), name: 'coarse' },
      output([1, 1, 2, 4, 7], sparse(56, { 7: Object.values(MAP) })),
    ],
  ],
  [
    'yolov8',
    { type: 'yolov8', strides: [16] },
    [output([1, 6, 8], sparse(48, { 3: [32], 11: [16], 19: [32], 27: [16], 43: [0.8] }))],
  ],
  [
    'yolov8 transposed',
    { type: 'yolov8', layout: 'rows', strides: [16] },
    [output([1, 8, 6], sparse(48, { 12: [32, 16, 32, 16, 0, 0.8] }))],
  ],
  [
    'nanodet-plus',
    { type: 'nanodet', strides: [16], reg_max: 7 },
    [output([1, 8, 34], sparse(272, { 204: [0, 0.8, ...bins(1), ...bins(0.5), ...bins(1), ...bins(0.5)] }))],
  ],
  [
    'nanodet',
    { type: 'nanodet', strides: [16], cell_offset: 0.5 },
    [output([1, 8, 34], sparse(272, { 204: [0, 0.8, ...bins(1.5), ...bins(1), ...bins(0.5), ...bins(0)] }))],
  ],
  ['end-to-end', { type: 'end-to-end' }, [output([1, 3, 6], sparse(18, { 0: [16, 8, 48, 24, 0.8, 1] }))]],
  [
    'end-to-end batched',
    { type: 'end-to-end', layout: 'batched' },
    [output([2, 7], sparse(14, { 0: [0, 16, 8, 48, 24, 1, 0.8] }))],
  ],
  [
    'end-to-end in parts',
    {
      type: 'end-to-end',
      layout: 'parts',
      outputs: { boxes: 'boxes', scores: 'scores', classes: 'classes', count: 'count' },
      box_units: 'shares',
      box_order: 'yxyx',
      first_label: 1,
    },
    [
      { name: 'count', dims: [1, 1], values: [1], type: 'int32' },
      // The second would count, were it not beyond the count.
      { name: 'boxes', dims: [1, 2, 4], values: [0.25, 0.25, 0.75, 0.75, 0, 0, 1, 1] },
      { name: 'scores', dims: [1, 2], values: [0.8, 0.9] },
      { name: 'classes', dims: [1, 2], values: [2, 1], type: 'int64' },
    ],
  ],
];

/** A folder with a graph, a golden picture of white, 128x64, and what must be found in it. */
async function written([, head, outputs]: Case, change: Partial<ModelManifest> = {}): Promise<string> {
  const models = tempDir();
  const onnx = join(models, 'graph.onnx');
  writeFileSync(onnx, onnxGraph(INPUT, outputs));
  mkdirSync(join(models, 'graph'));
  const white = await sharp({ create: { width: 128, height: 64, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();
  const manifest: ModelManifest = {
    ...YOLOX_NANO,
    name: 'graph',
    input: { ...YOLOX_NANO.input, ...INPUT, scale: 1 / 255, letterbox: { mode: 'top-left', pad: 0 } },
    head: { iou_threshold: 0.45, score_threshold: 0.3, ...head },
    labels: ['a', 'b'],
    classes: { a: 'a', b: 'b' },
    golden: {
      image: 'golden.png',
      iou: 0.99,
      score_tolerance: 0.001,
      boxes: [{ class: 'b', score: 0.8, box: [32, 16, 96, 48] }],
    },
    ...change,
  };
  return writeModel(models, onnx, manifest, white);
}

test.each(CASES)('%s is read as its graph means it', async (...given) => {
  const dir = await written(given);
  expect(await checkModel(dir)).toMatchObject({ ok: true, problems: [] });
  const result = await loadManifest(dir);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const detector = await Detector.load(result.loaded);
  const black = { data: new Uint8Array(128 * 64 * 3), width_px: 128, height_px: 64 };
  expect(await detector.detect(black)).toEqual([]);
  await detector.close();
});

test.each(CASES.filter(([, { type }]) => type !== 'end-to-end'))(
  '%s with another number of labels is refused',
  async (...given) => {
    const three = { labels: ['a', 'b', 'c'], classes: { a: 'a', b: 'b', c: 'c' } };
    const { problems } = await checkModel(await written(given, three));
    expect(problems.join()).toContain('the graph has 2 labels, the manifest 3');
  },
);

test('an end-to-end graph that gives a class beyond the labels is refused', async () => {
  const given: Case = ['', { type: 'end-to-end' }, [output([1, 1, 6], [16, 8, 48, 24, 0.8, 2])]];
  expect((await checkModel(await written(given))).problems).toEqual([
    'the network gives class 2, the manifest has 2 labels',
  ]);
});
