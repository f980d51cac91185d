import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';

/** A file of the page, held in memory. */
export interface PageFile {
  readonly body: Buffer;
  readonly mediaType: string;
  readonly etag: string;
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The decoder of MPEG-1 as its package has it for browsers. */
function playerPath(): string {
  const main = createRequire(import.meta.url).resolve('@cycjimmy/jsmpeg-player');
  return join(dirname(main), 'jsmpeg-player.esm.js');
}

function pageFile(path: string, mediaType: string): PageFile {
  const body = readFileSync(path);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { body, mediaType, etag };
}

/** Reads the page's files once; throws where the folder or its `index.html` is missing. */
export function readPageFiles(dir: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of readdirSync(dir)) {
    const mediaType = MEDIA_TYPES[extname(name)];
    if (mediaType === undefined) continue;
    files.set(name, pageFile(join(dir, name), mediaType));
  }
  files.set('jsmpeg-player.js', pageFile(playerPath(), MEDIA_TYPES['.js'] ?? ''));
  if (!files.has('index.html')) throw new Error(`${dir}: the page's index.html is missing`);
  return files;
}
