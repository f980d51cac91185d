import { describe, expect, it } from 'vitest';
import type { FocusAim } from '../../src/domain/focus.ts';
import type { Detection } from '../../src/domain/observation.ts';
import { FocusPictures, plateRegion, sharpnessOf } from '../../src/vision/focus-pictures.ts';
import type { RgbFrame } from '../../src/vision/preprocess.ts';
import { box } from '../rules/support.ts';

const [WIDTH, HEIGHT] = [320, 180];
const AIM: FocusAim = {
  class: 'garbage',
  box: [0.47, 0.66, 0.53, 0.72],
  appeared_ms: 0,
  actors: ['person', 'car', 'muck-truck'],
  reach: 1,
};
const thing: Detection = { class: 'garbage', label: 'garbage', score: 0.8, box: AIM.box };

/** Stripes of so many pixels: the finer, the sharper. */
function picture(stripe_px: number): RgbFrame {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let at = 0; at < data.length; at += 3) {
    const x = (at / 3) % WIDTH;
    data.fill(Math.floor(x / stripe_px) % 2 === 0 ? 40 : 200, at, at + 3);
  }
  return { data, width_px: WIDTH, height_px: HEIGHT };
}

function choose(...frames: (readonly [stripe_px: number, ...detections: Detection[]])[]) {
  const pictures = new FocusPictures(AIM);
  frames.forEach(([stripe_px, ...detections], at_ms) => {
    pictures.take({ ...picture(stripe_px), at_ms, detections });
  });
  return pictures;
}

describe('the best picture', () => {
  it('is the one on which actor and thing are both seen', () => {
    const large = box('person', 0.5, 0.74, 0.4);
    const small = box('person', 0.5, 0.74, 0.2);
    expect(choose([4, large], [4, small, thing], [4, large]).best()).toMatchObject({
      at_ms: 1,
      detections: [small, thing],
    });
  });

  it('shows him large, sharp, whole, and with nobody in front', () => {
    const small = box('person', 0.5, 0.74, 0.2);
    const large = box('person', 0.5, 0.74, 0.3);
    const cut = { ...large, box: [0.4, 0, 0.7, 0.74] as const };
    const inFront = box('car', 0.52, 0.95, 0.35);
    expect(choose([4, small], [4, large]).best()?.at_ms).toBe(1);
    expect(choose([16, large], [4, large]).best()?.at_ms).toBe(1);
    expect(choose([4, cut], [4, large]).best()?.at_ms).toBe(1);
    expect(choose([4, large, inFront], [4, large]).best()?.at_ms).toBe(1);
  });

  it('shows the vehicle rather than the driver, and nobody elsewhere', () => {
    const truck = box('muck-truck', 0.5, 0.76, 0.3);
    expect(choose([4, box('person', 0.5, 0.74, 0.4)], [4, truck]).best()?.detections).toEqual([truck]);
    expect(choose([4, box('muck-truck', 0.1, 0.3, 0.2)], [4, thing]).best()).toBeUndefined();
    expect(choose([4, box('person', 0.5, 0.74, 0.4)]).vehicle()).toBeUndefined();
  });

  it('has the lower part of the vehicle in all its pixels', async () => {
    const chosen = choose([4, box('muck-truck', 0.5, 0.8, 0.4)]).vehicle();
    const part = chosen && (await plateRegion(chosen));
    // From 0.58 down to 0.848 of the height, and an eighth of its width beyond on both sides.
    expect(part).toMatchObject({ width_px: 160, height_px: 49 });
    expect(part?.data.length).toBe(160 * 49 * 3);
    const tiny = choose([4, box('muck-truck', 0.5, 0.71, 0.05)]).vehicle();
    expect(tiny && (await plateRegion(tiny))).toBeUndefined();
  });

  it('measures sharpness in the box alone', () => {
    const whole: Detection['box'] = [0, 0, 1, 1];
    expect(sharpnessOf(picture(WIDTH), whole)).toBe(0);
    expect(sharpnessOf(picture(4), whole)).toBeGreaterThan(sharpnessOf(picture(16), whole));
  });
});
