import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRenderBrowser, type RenderBrowser, say } from './browser.ts';
import type { Picture, Style } from './page/studio.ts';

/** What to render and where to. */
export interface PicturesOptions {
  readonly out: string;
  readonly count: number;
  readonly seed: number;
  /** `street` is the set of the street detector, the others are of the garbage detector. */
  readonly style: Style | 'street';
}

/** Browsers grow over time, so each one renders this many scenes only. */
const SCENES_PER_BROWSER = 400;

async function writeAtOnce(path: string, content: string | Buffer): Promise<void> {
  const draft = `${path}.part`;
  await writeFile(draft, content);
  await rename(draft, path);
}

/** Labels first: whoever watches the folder for images must find the labels already there. */
async function writePicture(out: string, name: string, picture: Picture): Promise<void> {
  await writeAtOnce(join(out, 'labels', `${name}.txt`), picture.labels);
  await writeAtOnce(join(out, 'images', `${name}.jpg`), Buffer.from(picture.jpeg, 'base64'));
}

async function renderSeed(
  browser: RenderBrowser,
  seed: number,
  style: PicturesOptions['style'],
): Promise<Picture[]> {
  return browser.page.evaluate(([s, st]) => window.renderPage?.pictures(s, st) ?? [], [seed, style] as const);
}

/** Renders training pictures until there are `count` of them. */
export async function renderPictures(options: PicturesOptions): Promise<void> {
  await mkdir(join(options.out, 'images'), { recursive: true });
  await mkdir(join(options.out, 'labels'), { recursive: true });
  let browser = await openRenderBrowser();
  let written = 0;
  const started = Date.now();
  try {
    for (let i = 0; written < options.count; i += 1) {
      if (i > 0 && i % SCENES_PER_BROWSER === 0) {
        await browser.close();
        browser = await openRenderBrowser();
      }
      const pictures = await renderSeed(browser, options.seed * 1_000_003 + i, options.style);
      for (const [k, picture] of pictures.slice(0, options.count - written).entries()) {
        await writePicture(
          options.out,
          `${options.style}-${options.seed}-${String(i).padStart(5, '0')}-${k}`,
          picture,
        );
        written += 1;
      }
      if (i % 50 === 49)
        say(`${written} pictures, ${((Date.now() - started) / 1000 / written).toFixed(2)} s each`);
    }
  } finally {
    await browser.close();
  }
  say(`${written} pictures in ${options.out}`);
}
