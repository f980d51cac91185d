import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ManifestHead } from '../../../src/vision/manifest-schema.ts';
import { type Candidate, decode, headShape } from '../../support/heads.ts';

/**
 * Heads against a slow reading that follows the definitions word by word: value by value through an accessor, every
 * formula in its plain form.
 */
const SIZE = { width_px: 64, height_px: 32 };
const STRIDES = [8, 16];
/** Columns and rows of each stride. */
const GRIDS = [
  [8, 4],
  [4, 2],
] as const;
const CELLS = 40;
const LABELS = 3;
const ANCHORS = [
  [10, 13, 16, 30],
  [30, 61, 62, 45],
];
const THRESHOLDS = [0.5, 0.6, 0.4];

type At = (channel: number) => number;
const sig = (value: number): number => 1 / (1 + Math.exp(-value));

/** Values that repeat for a seed, from `low` to `high`. */
function noise(seed: number, length: number, low: number, high: number): Float32Array {
  let state = seed % 2147483646 || 1;
  return Float32Array.from({ length }, () => {
    state = (state * 48271) % 2147483647;
    return low + (state / 2147483647) * (high - low);
  });
}

function read(scores: readonly number[], box: () => readonly number[], isMulti: boolean): Candidate[] {
  const best = scores.indexOf(Math.max(...scores));
  const said = isMulti ? scores.map((_, label) => label) : [best];
  return said
    .filter((label) => (scores[label] ?? 0) >= Math.fround(THRESHOLDS[label] ?? 1))
    .map((label) => {
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = box();
      return { label, score: scores[label] ?? 0, x1, y1, x2, y2 };
    });
}
const labels = (at: At, first: number): number[] =>
  Array.from({ length: LABELS }, (_, label) => at(first + label));
const centred = (cx: number, cy: number, w: number, h: number): number[] => [
  cx - w / 2,
  cy - h / 2,
  cx + w / 2,
  cy + h / 2,
];

/** Each cell with its stride, column and row, in the order in which rows of all strides follow each other. */
function cells(): { stride: number; gx: number; gy: number }[] {
  return GRIDS.flatMap(([columns, rows], level) =>
    Array.from({ length: columns * rows }, (_, cell) => ({
      stride: STRIDES[level] ?? 0,
      gx: cell % columns,
      gy: Math.floor(cell / columns),
    })),
  );
}

function sorted(found: readonly Candidate[]): number[][] {
  return found.map(({ label, score, x1, y1, x2, y2 }) => [label, score, x1, y1, x2, y2]).sort(compare);
}
/** By place, then by label; differences of the last digits do not count. */
function compare(a: readonly number[], b: readonly number[]): number {
  for (const i of [2, 3, 4, 5, 0]) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (Math.abs(difference) > 1e-6) return difference;
  }
  return 0;
}

function agree(
  head: Pick<ManifestHead, 'type'> & Partial<ManifestHead>,
  outputs: Float32Array[],
  slow: (isMulti: boolean) => Candidate[],
): void {
  for (const multi_label of [false, true]) {
    const fast = sorted(decode(headShape(SIZE, THRESHOLDS, { ...head, multi_label }), ...outputs));
    const expected = sorted(slow(multi_label));
    expect(fast).toHaveLength(expected.length);
    fast.forEach((box, index) => {
      box.forEach((value, place) => {
        expect(value).toBeCloseTo(expected[index]?.[place] ?? Number.NaN, 4);
      });
    });
  }
}
const forSeeds = (check: (seed: number) => void): void =>
  fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 31 - 2 }), check), { numRuns: 30 });

test('yolox', () => {
  const width = 5 + LABELS;
  forSeeds((seed) => {
    const output = noise(seed, CELLS * width, 0, 1);
    agree({ type: 'yolox', strides: STRIDES }, [output], (isMulti) =>
      cells().flatMap(({ stride, gx, gy }, cell) => {
        const at: At = (channel) => output[cell * width + channel] ?? 0;
        const box = () =>
          centred(
            (at(0) + gx) * stride,
            (at(1) + gy) * stride,
            Math.exp(at(2)) * stride,
            Math.exp(at(3)) * stride,
          );
        return read(
          labels(at, 5).map((value) => value * at(4)),
          box,
          isMulti,
        );
      }),
    );
  });
});

test('yolov5 rows', () => {
  const width = 5 + LABELS;
  forSeeds((seed) => {
    const output = noise(seed, CELLS * 3 * width, 0, 1);
    agree({ type: 'yolov5', strides: STRIDES }, [output], (isMulti) =>
      Array.from(
        { length: CELLS * 3 },
        (_, row): At =>
          (channel) =>
            output[row * width + channel] ?? 0,
      ).flatMap((at) =>
        read(
          labels(at, 5).map((value) => value * at(4)),
          () => centred(at(0), at(1), at(2), at(3)),
          isMulti,
        ),
      ),
    );
  });
});

test.each(['maps', 'grids'] as const)('yolov5 %s', (layout) => {
  const width = 5 + LABELS;
  forSeeds((seed) => {
    const outputs = GRIDS.map(([columns, rows], level) =>
      noise(seed + level, columns * rows * 2 * width, -4, 4),
    );
    agree({ type: 'yolov5', layout, strides: STRIDES, anchors: ANCHORS }, outputs, (isMulti) =>
      GRIDS.flatMap(([columns, rows], level) => {
        const output = outputs[level] ?? new Float32Array();
        const stride = STRIDES[level] ?? 0;
        return [0, 1].flatMap((anchor) =>
          Array.from({ length: columns * rows }, (_, cell) => {
            const gx = cell % columns;
            const gy = Math.floor(cell / columns);
            const at: At = (channel) =>
              (layout === 'maps'
                ? output[((anchor * width + channel) * rows + gy) * columns + gx]
                : output[((anchor * rows + gy) * columns + gx) * width + channel]) ?? 0;
            const [aw = 0, ah = 0] = (ANCHORS[level] ?? []).slice(anchor * 2);
            const box = () =>
              centred(
                (sig(at(0)) * 2 - 0.5 + gx) * stride,
                (sig(at(1)) * 2 - 0.5 + gy) * stride,
                (sig(at(2)) * 2) ** 2 * aw,
                (sig(at(3)) * 2) ** 2 * ah,
              );
            return read(
              labels(at, 5).map((value) => sig(value) * sig(at(4))),
              box,
              isMulti,
            );
          }).flat(),
        );
      }),
    );
  });
});

test.each(['columns', 'rows'] as const)('yolov8 %s', (layout) => {
  const width = 4 + LABELS;
  forSeeds((seed) => {
    const output = noise(seed, CELLS * width, 0, 0.7);
    agree({ type: 'yolov8', layout, strides: STRIDES }, [output], (isMulti) =>
      Array.from(
        { length: CELLS },
        (_, cell): At =>
          (channel) =>
            output[layout === 'rows' ? cell * width + channel : channel * CELLS + cell] ?? 0,
      ).flatMap((at) => read(labels(at, 4), () => centred(at(0), at(1), at(2), at(3)), isMulti)),
    );
  });
});

test.each([0, 0.5])('nanodet with the point at %s of its cell', (cell_offset) => {
  const width = LABELS + 4 * 5;
  forSeeds((seed) => {
    const output = noise(seed, CELLS * width, 0, 0.8);
    agree({ type: 'nanodet', strides: STRIDES, reg_max: 4, cell_offset }, [output], (isMulti) =>
      cells().flatMap(({ stride, gx, gy }, cell) => {
        const at: At = (channel) => output[cell * width + channel] ?? 0;
        const side = (index: number): number => {
          const weights = [0, 1, 2, 3, 4].map((bin) => Math.exp(at(LABELS + index * 5 + bin)));
          const sum = weights.reduce((a, b) => a + b);
          return weights.reduce((mean, weight, bin) => mean + (weight / sum) * bin, 0) * stride;
        };
        const x = (gx + cell_offset) * stride;
        const y = (gy + cell_offset) * stride;
        return read(labels(at, 0), () => [x - side(0), y - side(1), x + side(2), y + side(3)], isMulti);
      }),
    );
  });
});
