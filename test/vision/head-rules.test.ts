import { expect, test } from 'vitest';
import { headFaults } from '../../src/vision/head-rules.ts';
import { makeHead } from '../../src/vision/heads/make-head.ts';
import type { ManifestHead } from '../../src/vision/manifest-schema.ts';
import { headShape } from '../support/heads.ts';
import { YOLOX_NANO } from '../support/test-models.ts';

const faults = (head: Pick<ManifestHead, 'type'> & Partial<ManifestHead>): string[] =>
  headFaults({ iou_threshold: 0.5, score_threshold: 0.3, ...head }, YOLOX_NANO.input).map(
    ({ key, message }) => `${key.join('.')}: ${message}`,
  );

test.each([
  [{ type: 'yolox' }, 'strides: missing: the head yolox needs it'],
  [{ type: 'yolox', strides: [30] }, 'strides.0: does not divide the input size 416x416'],
  [{ type: 'yolox', strides: [8], reg_max: 7 }, 'reg_max: the head yolox has no such key'],
  [{ type: 'yolov8', strides: [8], layout: 'maps' }, 'layout: the head yolov8 has columns, rows'],
  [{ type: 'yolov5', strides: [8], layout: 'maps' }, 'anchors: missing: maps need them'],
  [
    { type: 'yolov5', strides: [8, 16], layout: 'grids', anchors: [[1, 2]] },
    'anchors: 2 strides, but anchors for 1',
  ],
  [
    { type: 'yolov5', strides: [8], layout: 'maps', anchors: [[1, 2, 3]] },
    'anchors.0: width and height of each: an even number of them',
  ],
  [
    { type: 'yolov5', strides: [8], anchors: [[1, 2]] },
    'anchors: for maps and grids alone; rows take anchors_per_cell',
  ],
  [{ type: 'fastestdet', strides: [16, 32] }, 'strides: fastestdet has one stride'],
  [
    { type: 'fastestdet', strides: [16], multi_label: true },
    'multi_label: the head fastestdet has no such key',
  ],
  [{ type: 'end-to-end', strides: [8] }, 'strides: the head end-to-end has no such key'],
  [{ type: 'end-to-end', layout: 'parts' }, 'outputs: missing: parts need the names of the outputs'],
] as [Pick<ManifestHead, 'type'> & Partial<ManifestHead>, string][])('%j is refused', (head, message) => {
  expect(faults(head)).toEqual([message]);
});

test("a stride that does not divide the input is NanoDet-Plus' own way", () => {
  const head = { type: 'nanodet' as const, strides: [8, 16, 32, 64] };
  expect(faults(head)).toEqual([]);
  // As its authors export it: 416x416, 80 labels.
  const shape = headShape({ width_px: 416, height_px: 416 }, new Array<number>(80).fill(0.4), head);
  expect(makeHead(shape).outputs).toEqual([{ dims: [1, 3598, 112] }]);
});

test('the usual exports have the sizes that they are known by', () => {
  const at = (head: Pick<ManifestHead, 'type'> & Partial<ManifestHead>) =>
    makeHead(headShape({ width_px: 640, height_px: 640 }, new Array<number>(80).fill(0.4), head)).outputs.map(
      ({ dims }) => dims,
    );
  const strides = [8, 16, 32];
  expect(at({ type: 'yolov5', strides })).toEqual([[1, 25200, 85]]);
  expect(at({ type: 'yolov8', strides })).toEqual([[1, 84, 8400]]);
  const anchors = [
    [10, 13, 16, 30, 33, 23],
    [30, 61, 62, 45, 59, 119],
    [116, 90, 156, 198, 373, 326],
  ];
  expect(at({ type: 'yolov5', layout: 'maps', strides, anchors })).toEqual([
    [1, 255, 80, 80],
    [1, 255, 40, 40],
    [1, 255, 20, 20],
  ]);
  expect(at({ type: 'yolov5', layout: 'grids', strides, anchors })[0]).toEqual([1, 3, 80, 80, 85]);
});
