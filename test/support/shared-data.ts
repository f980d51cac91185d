import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where a file of the shared test material lies, or undefined with the reason printed by the skipped test. */
export function sharedData(path: string): string | undefined {
  const full = fileURLToPath(new URL(`../../../shared/data/${path}`, import.meta.url));
  return existsSync(full) ? full : undefined;
}

/** Where a file of the shared protocol facts lies; undefined where it is absent. */
export function sharedField(path: string): string | undefined {
  const full = fileURLToPath(new URL(`../../../shared/field/${path}`, import.meta.url));
  return existsSync(full) ? full : undefined;
}
