import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { isDeviceId } from '../domain/device.ts';
import { fileSize, writeFileDurably } from './evidence-file.ts';
import { OldestFirst } from './oldest-first.ts';

/** A file that a terminal uploaded, as the journal refers to it. */
export interface MediaRef {
  /** Relative to the folder, `/`-separated; made here, never by a device. */
  readonly path: string;
  readonly sha256: string;
  readonly size_bytes: number;
}

/** What is to be kept. */
interface MediaFile {
  readonly deviceId: string;
  readonly at_ms: number;
  readonly bytes: Uint8Array;
  /** Ending of its name: letters and digits. */
  readonly ending: string;
}

/** Sounds, films and odd pictures of trucks, hashed when they come; above the bound the oldest go. */
export class TerminalMediaStore {
  readonly #root: string;
  readonly #max_bytes: number;
  readonly #files = new OldestFirst();

  constructor(root: string, max_bytes: number) {
    this.#root = resolve(root);
    this.#max_bytes = max_bytes;
  }

  /** Takes stock of what an earlier run left. */
  async start(): Promise<void> {
    await mkdir(this.#root, { recursive: true });
    const found: { path: string; size: number; written_ms: number }[] = [];
    for (const entry of await readdir(this.#root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const full = join(entry.parentPath, entry.name);
      const { size, mtimeMs } = await stat(full);
      found.push({ path: relative(this.#root, full).split(sep).join('/'), size, written_ms: mtimeMs });
    }
    found.sort((a, b) => a.written_ms - b.written_ms);
    for (const { path, size } of found) this.#files.add(path, size);
    await this.#drop();
  }

  /** Keeps a file; on disk (fsync) when this resolves. The same one twice is the same file. */
  async put({ deviceId, at_ms, bytes, ending }: MediaFile): Promise<MediaRef> {
    if (!isDeviceId(deviceId) || !/^[a-z0-9]{1,8}$/.test(ending)) throw new RangeError('no name for a file');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const day = new Date(at_ms).toISOString().slice(0, 10);
    const path = `${deviceId}/${day}/${at_ms}-${sha256.slice(0, 8)}.${ending}`;
    const full = join(this.#root, path);
    if (fileSize(full) !== bytes.length) await writeFileDurably(full, bytes);
    this.#files.add(path, bytes.length);
    await this.#drop();
    return { path, sha256, size_bytes: bytes.length };
  }

  stats(): { readonly files: number; readonly bytes: number } {
    return { files: this.#files.count, bytes: this.#files.bytes };
  }

  #drop(): Promise<void> {
    return this.#files.shrink(this.#max_bytes, (path) => rm(join(this.#root, path), { force: true }));
  }
}
