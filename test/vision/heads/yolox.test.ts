import { expect, test } from 'vitest';
import type { Candidate } from '../../../src/vision/boxes.ts';
import { ModelOutputError } from '../../../src/vision/heads/head.ts';
import { decodeYolox, yoloxRows } from '../../../src/vision/heads/yolox.ts';

const shape = {
  width_px: 32,
  height_px: 64,
  strides: [16, 32],
  thresholds: Float32Array.from([0.3, 0.3, Number.POSITIVE_INFINITY]),
};
const WIDTH = 8;
/** 2x4 cells of stride 16, then 1x2 of stride 32. */
const ROWS = 10;

function output(rows: Record<number, readonly number[]>): Float32Array {
  const values = new Float32Array(ROWS * WIDTH);
  for (const [row, given] of Object.entries(rows)) values.set(given, Number(row) * WIDTH);
  return values;
}

const corners = (box?: Candidate): number[] =>
  box === undefined ? [] : [box.x1, box.y1, box.x2, box.y2].map((value) => Math.round(value * 1e4) / 1e4);

test('counts the cells of all strides', () => {
  expect(yoloxRows(shape)).toBe(ROWS);
  expect(yoloxRows({ width_px: 416, height_px: 416, strides: [8, 16, 32] })).toBe(3549);
});

test('places boxes by cell and stride', () => {
  const found = decodeYolox(
    output({
      // Column 1, row 2 of stride 16: centre (1.5, 2.25) * 16, width 16 * e^ln2, height 16.
      5: [0.5, 0.25, Math.log(2), 0, 0.8, 0.5, 0.9, 0.1],
      // Row 1 of stride 32.
      9: [0.5, 0.5, 0, Math.log(0.5), 1, 0.6, 0, 0],
    }),
    shape,
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
  expect(decodeYolox(output({ 0: below, 1: unmapped }), shape)).toEqual([]);
  expect(decodeYolox(output({ 0: at }), shape)).toHaveLength(1);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %s', (value) => {
  const values = output({});
  values[17] = value;
  expect(() => decodeYolox(values, shape)).toThrow(ModelOutputError);
  expect(() => decodeYolox(values, shape)).toThrow(`holds ${value} at index 17 of 80`);
});

test('reports several labels of one cell where the manifest says so', () => {
  const both = [0.5, 0.5, 0, 0, 1, 0.4, 0.6, 0.9];
  const found = decodeYolox(output({ 0: both }), { ...shape, multi_label: true });
  expect(found.map(({ label }) => label)).toEqual([0, 1]);
  expect(found.map(({ score }) => Math.round(score * 100) / 100)).toEqual([0.4, 0.6]);
  expect(corners(found[0])).toEqual(corners(found[1]));
  // Each label has its own threshold.
  const strict = { ...shape, thresholds: Float32Array.from([0.5, 0.5, 0.5]), multi_label: true };
  expect(decodeYolox(output({ 0: both }), strict).map(({ label }) => label)).toEqual([1, 2]);
  // Without it the best speaks alone, and here it has no class.
  expect(decodeYolox(output({ 0: both }), shape)).toEqual([]);
});
