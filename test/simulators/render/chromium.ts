import { existsSync } from 'node:fs';
import { findChromium } from '../../../simulators/render/browser.ts';

/** True where there is a browser to render in. */
export function hasChromium(): boolean {
  try {
    return existsSync(findChromium(process.env));
  } catch {
    return false;
  }
}
