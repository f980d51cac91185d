import { describe, expect, it } from 'vitest';
import { type StreetBox, streetLines, worthyBoxes } from '../../../simulators/render/page/street-labels.ts';

const box = (over: Partial<StreetBox>): StreetBox => ({
  labelClass: 'stall',
  x1: 100,
  y1: 100,
  x2: 140,
  y2: 130,
  pixels: 900,
  visible: 1,
  ...over,
});

describe('boxes of the street set', () => {
  it('keeps what shows enough, or shows much though most is hidden', () => {
    const hidden = box({ visible: 0.2 });
    const largeHidden = box({ visible: 0.2, pixels: 2000 });
    const speck = box({ x2: 104 });
    expect(worthyBoxes([box({}), hidden, largeHidden, speck], 640, 360)).toEqual([box({}), largeHidden]);
  });

  it('are written as class, middle and size in shares of the picture', () => {
    const lines = streetLines([box({ labelClass: 'canopy', x1: 0, x2: 64, y1: 36, y2: 72 })], 640, 360);
    expect(lines).toBe('7 0.050000 0.150000 0.100000 0.100000\n');
  });
});
