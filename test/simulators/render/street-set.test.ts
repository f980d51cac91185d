import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { openRenderBrowser } from '../../../simulators/render/browser.ts';
import { STREET_CLASSES } from '../../../simulators/render/page/street-classes.ts';
import type { Picture } from '../../../simulators/render/page/studio.ts';
import { hasChromium } from './chromium.ts';

/** A seed whose street has stalls. */
const SEED = 13 * 1_000_003;

async function renderTwice(): Promise<readonly [Picture[], Picture[]]> {
  const browser = await openRenderBrowser();
  try {
    return await browser.page.evaluate((seed) => {
      const pictures = (): Picture[] => window.renderPage?.pictures(seed, 'street') ?? [];
      return [pictures(), pictures()] as const;
    }, SEED);
  } finally {
    await browser.close();
  }
}

describe.skipIf(!hasChromium())('the street set (skipped where there is no Chromium)', () => {
  it('boxes what is in its pictures, the same each time', { timeout: 300_000 }, async () => {
    const [first, second] = await renderTwice();
    expect(first.length).toBeGreaterThan(1);
    expect(second.map(({ labels }) => labels)).toEqual(first.map(({ labels }) => labels));
    const { width, height } = await sharp(Buffer.from(first[0]?.jpeg ?? '', 'base64')).metadata();
    expect([width, height]).toEqual([640, 360]);
    const rows = first.flatMap(({ labels }) => labels.split('\n').filter((line) => line !== ''));
    for (const row of rows) {
      const [number = -1, x = -1, y = -1, w = -1, h = -1] = row.split(' ').map(Number);
      expect(STREET_CLASSES[number]).toBeDefined();
      expect(Math.min(x - w / 2, y - h / 2)).toBeGreaterThanOrEqual(-1e-5);
      expect(Math.max(x + w / 2, y + h / 2)).toBeLessThanOrEqual(1 + 1e-5);
      expect(Math.min(w * 640, h * 360)).toBeGreaterThanOrEqual(5 - 1e-3);
    }
    const seen = new Set(rows.map((row) => STREET_CLASSES[Number(row.split(' ')[0])]));
    expect([...seen]).toEqual(expect.arrayContaining(['stall', 'person']));
  });
});
