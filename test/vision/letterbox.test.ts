import fc from 'fast-check';
import { expect, test } from 'vitest';
import { letterbox, toInput, toShares } from '../../src/vision/letterbox.ts';

const size = (width_px: number, height_px: number) => ({ width_px, height_px });
test.each([
  ['top-left', { width_px: 416, height_px: 234, left_px: 0, top_px: 0 }],
  ['center', { width_px: 416, height_px: 234, left_px: 0, top_px: 91 }],
  ['stretch', { width_px: 416, height_px: 416, left_px: 0, top_px: 0 }],
] as const)('%s fits 1080p into a square', (mode, expected) => {
  expect(letterbox(size(1920, 1080), size(416, 416), mode)).toMatchObject(expected);
});

test('centres a tall picture between padding left and right', () => {
  const fit = letterbox(size(100, 200), size(320, 320), 'center');
  expect(fit).toMatchObject({ width_px: 160, height_px: 320, left_px: 80, top_px: 0 });
  expect(toShares([80, 0, 240, 320], fit)).toEqual([0, 0, 1, 1]);
  expect(toShares([120, 80, 200, 240], fit)).toEqual([0.25, 0.25, 0.75, 0.75]);
});

test('cuts a box at the edges of the frame', () => {
  const fit = letterbox(size(640, 480), size(320, 320), 'top-left');
  expect(toShares([-50, 100, 400, 500], fit)).toEqual([0, 100 / 240, 1, 1]);
});

test('shares go into the input and come back', () => {
  const side = fc.integer({ min: 1, max: 5000 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const mode = fc.constantFrom('top-left' as const, 'center' as const, 'stretch' as const);
  fc.assert(
    fc.property(side, side, mode, share, share, share, share, (width, height, how, x1, y1, x2, y2) => {
      const fit = letterbox(size(width, height), size(416, 320), how);
      expect(fit.left_px + fit.width_px).toBeLessThanOrEqual(416);
      expect(fit.top_px + fit.height_px).toBeLessThanOrEqual(320);
      const [a, b, c, d] = toInput([x1, y1, x2, y2], fit);
      const back = toShares([a, b, c, d], fit);
      [x1, y1, x2, y2].forEach((value, index) => {
        expect(back[index]).toBeCloseTo(value, 9);
      });
    }),
  );
});
