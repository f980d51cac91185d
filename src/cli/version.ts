import { existsSync, readFileSync } from 'node:fs';

/** The version of the package that this file belongs to, run from the sources or from dist/. */
export function packageVersion(): string {
  for (const place of ['../../package.json', '../../../package.json']) {
    const url = new URL(place, import.meta.url);
    if (existsSync(url)) return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
  }
  return 'unknown';
}
