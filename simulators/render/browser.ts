/// <reference lib="dom" />

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';

/** A browser page with the renderer in it. */
export interface RenderBrowser {
  readonly page: Page;
  readonly close: () => Promise<void>;
}

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

const CHROMIUM_ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

/** Writes a line of progress. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Writes a line about something that went wrong. */
export function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Path of the browser: CHROMIUM_PATH, or the first of the usual names found on PATH. */
export function findChromium(env: NodeJS.ProcessEnv): string {
  const given = env.CHROMIUM_PATH;
  if (given) return given;
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    for (const name of CHROMIUM_NAMES) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here: look on.
      }
    }
  }
  throw new Error('no Chromium found: set CHROMIUM_PATH to its executable');
}

/** Bundles the page's code in memory. */
async function bundlePage(): Promise<string> {
  const entry = fileURLToPath(new URL('./page/entry.ts', import.meta.url));
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    logLevel: 'error',
  });
  const file = result.outputFiles[0];
  if (!file) throw new Error("the page's code could not be bundled");
  return file.text;
}

/** Starts a browser without a window and loads the renderer into an empty page. */
export async function openRenderBrowser(): Promise<RenderBrowser> {
  const code = await bundlePage();
  const browser: Browser = await chromium.launch({
    executablePath: findChromium(process.env),
    args: CHROMIUM_ARGS,
  });
  const page = await browser.newPage();
  page.on('pageerror', (error) => complain(`page: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complain(`page: ${message.text()}`);
  });
  await page.setContent("<!doctype html><meta charset='utf-8'><title>render</title>");
  await page.addScriptTag({ content: code });
  await page.waitForFunction(() => window.renderPage !== undefined);
  return { page, close: () => browser.close() };
}
