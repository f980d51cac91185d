import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  hasPrivateStream,
  hiddenParts,
  type MaskPolygon,
  PictureMask,
} from '../../src/domain/picture-mask.ts';

const WIDTH = 40;
const HEIGHT = 30;

/** A white picture with its masks applied: true where a pixel is black; none is half black. */
function blacked(masks: readonly MaskPolygon[], width_px = WIDTH, height_px = HEIGHT): boolean[] {
  const data = new Uint8Array(width_px * height_px * 3).fill(255);
  new PictureMask(masks).apply({ data, width_px, height_px });
  const black = Array.from({ length: width_px * height_px }, (_, pixel) => data[pixel * 3] === 0);
  expect(
    black.every((isBlack, pixel) => [1, 2].every((i) => data[pixel * 3 + i] === (isBlack ? 0 : 255))),
  ).toBe(true);
  return black;
}

test('blacks out a rectangle to the pixel, in each size', () => {
  const left: MaskPolygon = [
    [0, 0],
    [0.5, 0],
    [0.5, 1],
    [0, 1],
  ];
  const mask = new PictureMask([left]);
  for (const width_px of [10, 20]) {
    const data = new Uint8Array(width_px * 4 * 3).fill(9);
    mask.apply({ data, width_px, height_px: 4 });
    const row = [...data.subarray(0, width_px * 3)];
    expect(row.slice(0, (width_px / 2) * 3).every((value) => value === 0)).toBe(true);
    expect(row.slice((width_px / 2) * 3).every((value) => value === 9)).toBe(true);
  }
});

const share = fc.double({ min: 0, max: 1, noNaN: true });
const polygon = fc.array(fc.tuple(share, share), { minLength: 3, maxLength: 8 });

/** The even-odd rule at one point. */
function isInside(mask: readonly (readonly [number, number])[], x: number, y: number): boolean {
  let inside = false;
  mask.forEach(([x1, y1], index) => {
    const [x2, y2] = mask[(index + 1) % mask.length] ?? [x1, y1];
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  });
  return inside;
}

test('of whatever polygon, no pixel with a point inside is left, and none far from it is touched', () => {
  fc.assert(
    fc.property(polygon, (mask) => {
      const black = blacked([mask]);
      const xs = mask.map(([x]) => x * WIDTH);
      const ys = mask.map(([, y]) => y * HEIGHT);
      const wrong: string[] = [];
      black.forEach((isBlack, pixel) => {
        const x = pixel % WIDTH;
        const y = Math.floor(pixel / WIDTH);
        const inside = [0.02, 0.5, 0.98].some((dx) =>
          [0.02, 0.5, 0.98].some((dy) => isInside(mask, (x + dx) / WIDTH, (y + dy) / HEIGHT)),
        );
        if (inside && !isBlack) wrong.push(`${x}, ${y} is left`);
        const isFar =
          x + 1 < Math.min(...xs) || x > Math.max(...xs) || y + 1 < Math.min(...ys) || y > Math.max(...ys);
        if (isFar && isBlack) wrong.push(`${x}, ${y} is black`);
      });
      expect(wrong).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

test('a camera with masks has a private stream', () => {
  expect(hasPrivateStream({})).toBe(false);
  expect(hasPrivateStream({ masks: [] })).toBe(false);
  expect(
    hasPrivateStream({
      masks: [
        [
          [0, 0],
          [1, 0],
          [1, 1],
        ],
      ],
    }),
  ).toBe(true);
  expect(PictureMask.of({})).toBeUndefined();
});

test('rectangles for a stream that is encoded anew cover the polygons, with a margin', () => {
  expect(hiddenParts({})).toEqual([]);
  fc.assert(
    fc.property(polygon, (mask) => {
      const [[x = 1, y = 1, w = 0, h = 0] = []] = hiddenParts({ masks: [mask] });
      for (const [cx, cy] of mask) {
        expect(cx >= x && cx <= x + w + 1e-9 && cy >= y && cy <= y + h + 1e-9).toBe(true);
      }
      expect(x >= 0 && y >= 0 && x + w <= 1 + 1e-9 && y + h <= 1 + 1e-9).toBe(true);
    }),
  );
});
