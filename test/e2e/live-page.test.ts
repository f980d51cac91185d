import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { expect, it, onTestFinished, vi } from 'vitest';
import { hasChromium, launchChromium } from '../support/chromium.ts';
import { startLiveWorld } from '../support/live-world.ts';
import { tempDir } from '../support/temp-dir.ts';
import { makeClip } from '../support/test-clip.ts';
import { waitUntil } from '../support/wait-until.ts';

// A real browser, cameras and ffmpegs; a busy machine takes its time.
vi.setConfig({ testTimeout: 240_000 });

/** Mean difference of brightness between what is shown now and a while ago, and how much the picture itself varies. */
async function looked(page: Page, selector: string): Promise<{ moved: number; spread: number }> {
  const shot = async () =>
    sharp(await page.locator(selector).screenshot())
      .greyscale()
      .raw()
      .toBuffer();
  const first = await shot();
  await page.waitForTimeout(700);
  const second = await shot();
  const moved = first.reduce((sum, value, at) => sum + Math.abs(value - (second[at] ?? 0)), 0) / first.length;
  const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
  const spread = first.reduce((sum, value) => sum + Math.abs(value - mean), 0) / first.length;
  return { moved, spread };
}

it.skipIf(!hasChromium())(
  'shows moving pictures of both kinds on the page (skipped without chromium)',
  async () => {
    const dir = tempDir();
    const { http, adminKey } = await startLiveWorld({
      plain: makeClip(join(dir, 'h264.mp4'), 'h264', 20),
      modern: makeClip(join(dir, 'h265.mp4'), 'h265', 20),
    });
    const browser = await launchChromium();
    onTestFinished(() => browser.close());
    const page = await browser.newPage({ locale: 'en-GB', viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(90_000);
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    // 503 is what the gateway says of its health while its detectors are being loaded.
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('503')) complaints.push(message.text());
    });
    await page.goto(`${http}/#key=${adminKey}`);
    await page.locator('#cameras-button').click();
    const moves = (selector: string) =>
      waitUntil(`moving pictures in ${selector}`, async () => {
        const { moved, spread } = await looked(page, selector);
        return moved > 0.5 && spread > 20;
      });
    await page.locator('.camera-list button', { hasText: 'plain' }).click();
    await page.locator('.stage .said').waitFor({ state: 'hidden' });
    await moves('.stage video');
    await page.screenshot({ path: join(process.env.SHOTS ?? dir, 'plain.png') });
    await page.locator('.camera-list button', { hasText: 'modern' }).click();
    await page.locator('.stage canvas').waitFor();
    await page.locator('.stage .said').waitFor({ state: 'hidden' });
    await moves('.stage canvas');
    await page.screenshot({ path: join(process.env.SHOTS ?? dir, 'modern.png') });
    expect(await page.locator('.stage video').count()).toBe(0);
    expect(complaints).toEqual([]);
  },
);
