import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file of published frames beside the project, or undefined where it is not there. */
export function fieldVectors<T>(name: string): T | undefined {
  const full = fileURLToPath(new URL(`../../../shared/field/${name}`, import.meta.url));
  return existsSync(full) ? (JSON.parse(readFileSync(full, 'utf8')) as T) : undefined;
}
