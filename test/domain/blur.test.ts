import { expect, test } from 'vitest';
import { blurRegions } from '../../src/domain/blur.ts';

const classes = { people: ['person'], vehicles: ['car'] };
const rounded = (regions: readonly (readonly number[])[]): number[][] =>
  regions.map((region) => region.map((share) => Math.round(share * 1000) / 1000));

test('heads and plates are parts of boxes, with a margin and within the picture', () => {
  const person = { class: 'person', box: [0.2, 0.1, 0.3, 0.6] } as const;
  const car = { class: 'car', box: [0.5, 0.6, 1, 1] } as const;
  const bin = { class: 'bin', box: [0, 0, 1, 1] } as const;
  expect(rounded(blurRegions([person, car, bin], [], classes))).toEqual([
    [0.192, 0.06, 0.308, 0.25],
    [0.46, 0.8, 1, 1],
  ]);
});

test('what made the incident is left as it is', () => {
  const truck = { class: 'car', box: [0.5, 0.5, 0.9, 0.9] } as const;
  const near = { class: 'car', box: [0.8, 0.5, 1, 0.9] } as const;
  const own = [{ class: 'muck-truck', box: [0.51, 0.5, 0.9, 0.92] } as const];
  expect(blurRegions([truck, near], own, classes)).toHaveLength(1);
});
