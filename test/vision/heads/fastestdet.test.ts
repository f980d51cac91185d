import { expect, test } from 'vitest';
import { ModelOutputError } from '../../../src/vision/heads/head.ts';
import { decode, headShape } from '../../support/heads.ts';

const shape = headShape({ width_px: 64, height_px: 32 }, [0.5, 0.5], { type: 'fastestdet', strides: [16] });
/** 4x2 cells. */
const PLANE = 8;

function output(cell: number, planes: readonly number[]): Float32Array {
  const values = new Float32Array(7 * PLANE);
  planes.forEach((value, plane) => {
    values[plane * PLANE + cell] = value;
  });
  return values;
}

test('places a box by cell, tanh and sigmoid', () => {
  // Column 2, row 1; width 0.5 of 64, height 0.5 of 32.
  const [found, ...rest] = decode(shape, output(6, [0.9, 0, 0, 0, 0, 0.2, 0.8]));
  expect(rest).toEqual([]);
  expect(found).toMatchObject({ label: 1, x1: 16, y1: 8, x2: 48, y2: 24 });
  expect(found?.score).toBeCloseTo(0.9 ** 0.6 * 0.8 ** 0.4, 6);
  const [moved] = decode(shape, output(6, [0.9, Math.atanh(0.5), Math.atanh(-0.5), 0, 0, 0, 0.8]));
  expect((moved?.x1 ?? 0) - 16).toBeCloseTo(8, 4);
  expect((moved?.y1 ?? 0) - 8).toBeCloseTo(-8, 4);
});

test('leaves out what is below the threshold', () => {
  expect(decode(shape, output(0, [0.31, 0, 0, 0, 0, 1, 0]))).toEqual([]);
  expect(decode(shape, output(0, [0.33, 0, 0, 0, 0, 1, 0]))).toHaveLength(1);
  expect(decode(shape, output(0, [0.9, 0, 0, 0, 0, 0.1, 0]))).toEqual([]);
});

test('refuses what is no number', () => {
  expect(() => decode(shape, output(0, [0, 0, 0, Number.NaN]))).toThrow(ModelOutputError);
});
