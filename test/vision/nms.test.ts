import fc from 'fast-check';
import { expect, test } from 'vitest';
import { iou } from '../../src/vision/boxes.ts';
import { CANDIDATES_MAX, type NmsMode, suppress as suppressColumns } from '../../src/vision/nms.ts';
import { type Candidate, toColumns } from '../support/heads.ts';

const box = (label: number, score: number, x1: number, y1: number, x2: number, y2: number): Candidate => ({
  label,
  score: Math.fround(score),
  x1,
  y1,
  x2,
  y2,
});
/** The boxes that stay, in their order. */
const suppress = (boxes: readonly Candidate[], limit: number, mode?: NmsMode): Candidate[] =>
  suppressColumns(toColumns(boxes), limit, mode).flatMap((place) => boxes[place] ?? []);
const overlap = (a: Candidate, b: Candidate): number =>
  iou([a.x1, a.y1, a.x2, a.y2], [b.x1, b.y1, b.x2, b.y2]);

test('overlap is what they share of what they cover', () => {
  expect(iou([0, 0, 2, 2], [1, 1, 3, 3])).toBeCloseTo(1 / 7);
  expect(iou([0, 0, 1, 1], [1, 0, 2, 1])).toBe(0);
  expect(iou([0, 0, 1, 1], [0, 0, 1, 1])).toBe(1);
  expect(iou([0, 0, 0, 0], [0, 0, 0, 0])).toBe(0);
});

test('keeps the best of boxes of one class that overlap, and other classes', () => {
  const best = box(0, 0.9, 0, 0, 10, 10);
  const rival = box(0, 0.8, 1, 0, 11, 10);
  const apart = box(0, 0.7, 20, 0, 30, 10);
  const other = box(1, 0.6, 0, 0, 10, 10);
  expect(suppress([other, rival, apart, best], 0.5)).toEqual([best, apart, other]);
  expect(suppress([rival, best], 0.9)).toEqual([best, rival]);
});

test('compares boxes of all classes, or none, where a manifest says so', () => {
  const best = box(0, 0.9, 0, 0, 10, 10);
  const other = box(1, 0.6, 0, 0, 10, 10);
  const rival = box(0, 0.8, 1, 0, 11, 10);
  expect(suppress([other, best, rival], 0.5, 'agnostic')).toEqual([best]);
  expect(suppress([other, best, rival], 0.5, 'none')).toEqual([best, rival, other]);
});

test('compares at most so many candidates, the best scored', () => {
  const many = Array.from({ length: CANDIDATES_MAX + 10 }, (_, i) => box(0, i, i * 10, 0, i * 10 + 5, 5));
  const kept = suppress(many, 0.5);
  expect(kept).toHaveLength(CANDIDATES_MAX);
  expect(kept.at(-1)?.score).toBe(10);
});

const anyBox = fc
  .tuple(
    fc.nat(3),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.nat(50),
    fc.nat(50),
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 1, max: 50 }),
  )
  .map(([label, score, x, y, w, h]) => box(label, score, x, y, x + w, y + h));

test('twice is once; what is left does not overlap, what is gone did', () => {
  fc.assert(
    fc.property(
      fc.array(anyBox, { maxLength: 60 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (boxes, limit) => {
        const kept = suppress(boxes, limit);
        expect(suppress(kept, limit)).toEqual(kept);
        const rivals = (one: Candidate) => kept.filter((k) => k !== one && k.label === one.label);
        for (const one of kept) expect(rivals(one).every((k) => overlap(one, k) <= limit)).toBe(true);
        for (const one of boxes.filter((b) => !kept.includes(b))) {
          expect(rivals(one).some((k) => overlap(one, k) > limit && k.score >= one.score)).toBe(true);
        }
      },
    ),
  );
});
