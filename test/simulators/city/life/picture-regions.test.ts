import { expect, it } from 'vitest';
import { pictureRegions } from '../../../../simulators/city/life/picture-regions.ts';
import type { PictureZone } from '../../../../simulators/city/life/picture-zones.ts';

const zone = (kind: string, ...polygon: [number, number][]): PictureZone => ({
  id: kind,
  kind,
  road_class: 'lane',
  polygon,
});

it('shows the whole picture, and the ground of a street in parts that overlap by more than a stall', () => {
  const [whole, ...parts] = pictureRegions([
    zone('street', [0, 0.5], [1, 0.3], [1, 1], [0, 1]),
    zone('vending', [0, 0], [0.1, 0], [0.1, 0.1]),
  ]);
  expect(whole).toEqual([0, 0, 1, 1]);
  expect(parts[0]?.[0]).toBe(0);
  expect(parts.at(-1)?.[2]).toBe(1);
  for (const [index, [left, top, right, bottom]] of parts.entries()) {
    expect(right - left).toBeCloseTo(0.45);
    expect([top, bottom]).toEqual([0.18, 1]);
    const next = parts[index + 1];
    if (next !== undefined) expect(right - next[0]).toBeGreaterThanOrEqual(0.14);
  }
});

it('is one part of a narrow street, and none where no street is seen', () => {
  expect(pictureRegions([zone('street', [0.4, 0.3], [0.6, 0.3], [0.7, 1], [0.3, 1])])).toEqual([
    [0, 0, 1, 1],
    [0.3, 0.18, 0.7, 1],
  ]);
  expect(pictureRegions([zone('vending', [0, 0], [1, 0], [1, 1])])).toEqual([]);
});
