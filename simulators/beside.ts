import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Something of the project's root, also when this file runs from dist. */
export function beside(path: string): string {
  const here = fileURLToPath(new URL(`../${path}`, import.meta.url));
  return existsSync(here) ? here : fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
