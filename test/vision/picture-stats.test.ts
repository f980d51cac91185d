import { describe, expect, it } from 'vitest';
import { PICTURE_CELLS } from '../../src/domain/picture.ts';
import { lumaPlane, pictureStats, samplesOf } from '../../src/vision/picture-stats.ts';
import { PictureWatch } from '../../src/vision/picture-watch.ts';
import type { RgbFrame } from '../../src/vision/preprocess.ts';
import { clipFrames } from '../support/clip-frames.ts';
import { sharedData } from '../support/shared-data.ts';

const street = sharedData('video/carcounter_cam1.mp4');
const SQUARE = { width_px: 640, height_px: 640 };

function paint(width_px: number, height_px: number, levelAt: (x: number, y: number) => number): RgbFrame {
  const data = new Uint8Array(width_px * height_px * 3);
  for (let i = 0; i < width_px * height_px; i += 1) {
    data.fill(levelAt(i % width_px, Math.floor(i / width_px)), i * 3, i * 3 + 3);
  }
  return { data, width_px, height_px };
}

function statsOf(frame: RgbFrame, before?: RgbFrame) {
  const plane = lumaPlane(frame);
  const earlier = before === undefined ? undefined : samplesOf(lumaPlane(before), 0);
  return pictureStats(plane, samplesOf(plane, 5000), earlier);
}

const cells = (text: string): number[] => [...Buffer.from(text, 'base64')];

describe('of painted pictures', () => {
  it('measures brightness as a whole and in cells', () => {
    const halves = statsOf(paint(240, 140, (x) => (x < 120 ? 40 : 200)));
    expect(halves).toMatchObject({ luma_mean: 120, luma_std: 80, luma_p99: 200 });
    const grid = cells(halves.grid);
    expect(grid).toHaveLength(PICTURE_CELLS.columns * PICTURE_CELLS.rows);
    expect([grid[0], grid[11], grid[12], grid.at(-1)]).toEqual([40, 40, 200, 200]);
  });

  it('tells a sharp edge from a blurred one, however strong it is', () => {
    for (const contrast of [30, 120]) {
      const sharp = statsOf(paint(320, 180, (x) => (x % 20 < 10 ? 60 : 60 + contrast)));
      const soft = statsOf(paint(320, 180, (x) => 60 + (contrast / 2) * (1 + Math.sin(x / 4))));
      expect(sharp.sharpness).toBe(1);
      expect(soft.sharpness).toBeLessThan(0.45);
    }
  });

  it('says nothing of the sharpness of an empty picture', () => {
    expect(statsOf(paint(64, 64, () => 9))).toMatchObject({ detail: 0, sharpness: 0, luma_std: 0 });
  });

  it('sees that nothing changed but a clock in the corner, and that all has changed', () => {
    const before = paint(640, 360, (x, y) => (x * 7 + y * 13) % 200);
    const clock = paint(640, 360, (x, y) => (x < 60 && y < 20 ? 255 : (x * 7 + y * 13) % 200));
    const later = statsOf(clock, before).since;
    expect(later).toMatchObject({ elapsed_ms: 5000, noise: 0 });
    expect(later?.changed_share).toBeGreaterThan(0);
    expect(later?.changed_share).toBeLessThan(0.02);
    const other = paint(640, 360, (x, y) => (x * 11 + y * 5) % 200);
    expect(statsOf(other, before).since?.changed_share).toBe(1);
  });

  it('takes a picture of one pixel, and one of another size than before', () => {
    expect(statsOf(paint(1, 1, () => 77))).toMatchObject({ luma_mean: 77, luma_std: 0 });
    expect(
      statsOf(
        paint(64, 36, () => 5),
        paint(32, 18, () => 5),
      ).since,
    ).toMatchObject({ changed_share: 1 });
  });
});

describe.skipIf(street === undefined)('of a street (skipped without the shared test material)', () => {
  const look = (filter?: string) =>
    clipFrames(street ?? '', SQUARE, 5, 2, filter).map((frame) => statsOf(frame));

  it('finds the blur of a lens out of focus, and darkness', () => {
    for (const { sharpness } of look()) expect(sharpness).toBeGreaterThan(0.45);
    for (const { sharpness } of look('gblur=sigma=4')) expect(sharpness).toBeLessThan(0.3);
    for (const dark of look('lutrgb=r=val*0.03:g=val*0.03:b=val*0.03')) {
      expect(dark.luma_p99).toBeLessThan(12);
    }
  });

  it('tells a frozen picture from a living one', () => {
    const since = (filter?: string) => {
      const frames = clipFrames(street ?? '', SQUARE, 10, 3, filter);
      return frames.slice(1).map((frame, index) => statsOf(frame, frames[index]).since?.noise ?? 0);
    };
    for (const noise of since('loop=loop=-1:size=1:start=0')) expect(noise).toBe(0);
    for (const noise of since()) expect(noise).toBeGreaterThan(1);
  });
});

describe('the watch', () => {
  const grey = paint(64, 36, () => 90);

  it('looks every ten seconds, and compares with the picture before', () => {
    const watch = new PictureWatch();
    const seen = [0, 2, 4, 6, 8, 10, 12, 20].map((at_s) =>
      watch.frame('cam-1', { ...grey, at_ms: at_s * 1000 }),
    );
    expect(seen.map((made) => made?.at_ms)).toEqual([0, ...Array(4), 10_000, undefined, 20_000]);
    expect(seen.at(-1)?.picture.since).toEqual({ elapsed_ms: 10_000, noise: 0, changed_share: 0 });
    expect(watch.frame('cam-2', { ...grey, at_ms: 21_000 })?.picture.since).toBeUndefined();
  });

  it('goes on after a clock that was set back', () => {
    const watch = new PictureWatch();
    watch.frame('cam-1', { ...grey, at_ms: 100_000 });
    expect(watch.frame('cam-1', { ...grey, at_ms: 50_000 })?.picture.since).toBeUndefined();
  });

  it('notes by how much a still is dated wrong', () => {
    const still = new PictureWatch().still('cam-1', grey, { at_ms: 5_000, received_ms: 3_605_000 });
    expect(still).toMatchObject({ at_ms: 3_605_000, received_ms: 3_605_000, clock_ahead_ms: -3_600_000 });
  });
});
