import fc from 'fast-check';
import { expect, test } from 'vitest';
import { letterbox } from '../../src/vision/letterbox.ts';
import type { ManifestInput } from '../../src/vision/manifest-schema.ts';
import { fillInput, type RgbFrame } from '../../src/vision/preprocess.ts';

const BASE: ManifestInput = {
  name: 'x',
  width: 4,
  height: 4,
  layout: 'nchw',
  channels: 'rgb',
  scale: 1,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  letterbox: { mode: 'stretch', pad: 114 },
};

function solid(width_px: number, height_px: number, colour: readonly number[]): RgbFrame {
  const data = new Uint8Array(width_px * height_px * 3).map((_, i) => colour[i % 3] ?? 0);
  return { data, width_px, height_px };
}

function fill(frame: RgbFrame, change: Partial<ManifestInput> = {}): number[] {
  const input = { ...BASE, ...change };
  const out = new Float32Array(3 * input.width * input.height).fill(-1);
  const size = { width_px: input.width, height_px: input.height };
  fillInput(frame, letterbox(frame, size, input.letterbox.mode), input, out);
  return [...out];
}

const repeat = (...values: number[]): number[] => values.flatMap((value) => Array<number>(16).fill(value));

test('orders planes and channels', () => {
  const frame = solid(4, 4, [10, 20, 30]);
  expect(fill(frame)).toEqual(repeat(10, 20, 30));
  expect(fill(frame, { channels: 'bgr' })).toEqual(repeat(30, 20, 10));
  expect(fill(frame, { layout: 'nhwc' }).slice(0, 6)).toEqual([10, 20, 30, 10, 20, 30]);
  expect(fill(frame, { layout: 'nhwc', channels: 'bgr' }).slice(0, 3)).toEqual([30, 20, 10]);
});

test('normalises in the order of the fed channels: (pixel * scale - mean) / std', () => {
  const change = { channels: 'bgr', scale: 0.1, mean: [1, 1, 0], std: [2, 1, 0.5] } as const;
  const made = fill(solid(4, 4, [10, 20, 30]), { ...change, mean: [...change.mean], std: [...change.std] });
  expect([made[0], made[16], made[32]].map((v) => Math.round((v ?? 0) * 1000) / 1000)).toEqual([1, 1, 2]);
});

test('pads below, and around, with the normalised padding', () => {
  const frame = solid(8, 4, [50, 50, 50]);
  const rows = (made: number[]): (number | undefined)[] => [made[0], made[4], made[8], made[12]];
  expect(rows(fill(frame, { letterbox: { mode: 'top-left', pad: 114 } }))).toEqual([50, 50, 114, 114]);
  expect(rows(fill(frame, { letterbox: { mode: 'center', pad: 0 } }))).toEqual([0, 50, 50, 0]);
  const scaled = fill(frame, { scale: 0.5, letterbox: { mode: 'top-left', pad: 114 } });
  expect(rows(scaled)).toEqual([25, 25, 57, 57]);
});

test('enlarges bilinearly, pixel centres aligned', () => {
  const frame = { data: Uint8Array.from([0, 0, 0, 100, 100, 100]), width_px: 2, height_px: 1 };
  expect(fill(frame).slice(0, 4)).toEqual([0, 25, 75, 100]);
});

test('averages where it shrinks to less than half: a chequer of single pixels becomes grey', () => {
  const data = new Uint8Array(12 * 12 * 3);
  for (let i = 0; i < 12 * 12; i += 1) {
    data.fill(((i % 12) + Math.floor(i / 12)) % 2 ? 255 : 0, i * 3, i * 3 + 3);
  }
  for (const value of fill({ data, width_px: 12, height_px: 12 })) {
    expect(Math.abs(value - 127.5)).toBeLessThan(15);
  }
});

test('stays within the colours of the frame, whatever the sizes', () => {
  const side = fc.integer({ min: 1, max: 40 });
  const mode = fc.constantFrom('top-left' as const, 'center' as const, 'stretch' as const);
  fc.assert(
    fc.property(side, side, mode, fc.nat(255), (width_px, height_px, how, colour) => {
      const made = fill(solid(width_px, height_px, [colour, colour, colour]), {
        letterbox: { mode: how, pad: colour },
      });
      for (const value of made) expect(value).toBeCloseTo(colour, 2);
    }),
  );
});
