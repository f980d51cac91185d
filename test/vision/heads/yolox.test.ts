import { expect, test } from 'vitest';
import { ModelOutputError } from '../../../src/vision/heads/head.ts';
import { makeHead } from '../../../src/vision/heads/make-head.ts';
import { corners, decode, headShape } from '../../support/heads.ts';

const yolox = { type: 'yolox' as const, strides: [16, 32] };
const size = { width_px: 32, height_px: 64 };
const shape = headShape(size, [0.3, 0.3, Number.POSITIVE_INFINITY], yolox);
const WIDTH = 8;
/** 2x4 cells of stride 16, then 1x2 of stride 32. */
const ROWS = 10;

function output(rows: Record<number, readonly number[]>): Float32Array {
  const values = new Float32Array(ROWS * WIDTH);
  for (const [row, given] of Object.entries(rows)) values.set(given, Number(row) * WIDTH);
  return values;
}

test('counts the cells of all strides', () => {
  expect(makeHead(shape).outputs).toEqual([{ dims: [1, ROWS, WIDTH] }]);
  const square = headShape({ width_px: 416, height_px: 416 }, [0.3], { type: 'yolox', strides: [8, 16, 32] });
  expect(makeHead(square).outputs).toEqual([{ dims: [1, 3549, 6] }]);
});

test('places boxes by cell and stride', () => {
  const found = decode(
    shape,
    output({
      // Column 1, row 2 of stride 16: centre (1.5, 2.25) * 16, width 16 * e^ln2, height 16.
      5: [0.5, 0.25, Math.log(2), 0, 0.8, 0.5, 0.9, 0.1],
      // Row 1 of stride 32.
      9: [0.5, 0.5, 0, Math.log(0.5), 1, 0.6, 0, 0],
    }),
  );
  expect(found).toHaveLength(2);
  expect(found.map(({ label }) => label)).toEqual([1, 0]);
  expect(corners(found[0])).toEqual([8, 28, 40, 44]);
  expect(found[0]?.score).toBeCloseTo(0.72);
  expect(corners(found[1])).toEqual([0, 40, 32, 56]);
  expect(found[1]?.score).toBeCloseTo(0.6);
});

test('leaves out what is below its threshold, and labels without a class', () => {
  const below = [0, 0, 0, 0, 0.5, 0.59, 0, 0];
  const at = [0, 0, 0, 0, 0.5, 0.61, 0, 0];
  const unmapped = [0, 0, 0, 0, 1, 0.5, 0, 0.9];
  expect(decode(shape, output({ 0: below, 1: unmapped }))).toEqual([]);
  expect(decode(shape, output({ 0: at }))).toHaveLength(1);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %s', (value) => {
  const values = output({});
  values[17] = value;
  expect(() => decode(shape, values)).toThrow(ModelOutputError);
  expect(() => decode(shape, values)).toThrow(`holds ${value} at index 17 of 80`);
});

test('reports several labels of one cell where the manifest says so', () => {
  const both = [0.5, 0.5, 0, 0, 1, 0.4, 0.6, 0.9];
  const multi = { ...yolox, multi_label: true };
  const found = decode({ ...shape, head: { ...shape.head, ...multi } }, output({ 0: both }));
  expect(found.map(({ label }) => label)).toEqual([0, 1]);
  expect(found.map(({ score }) => Math.round(score * 100) / 100)).toEqual([0.4, 0.6]);
  expect(corners(found[0])).toEqual(corners(found[1]));
  // Each label has its own threshold.
  const strict = headShape(size, [0.5, 0.5, 0.5], multi);
  expect(decode(strict, output({ 0: both })).map(({ label }) => label)).toEqual([1, 2]);
  // Without it the best speaks alone, and here it has no class.
  expect(decode(shape, output({ 0: both }))).toEqual([]);
});
