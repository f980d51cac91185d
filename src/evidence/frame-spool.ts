import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { StoredFrame } from '../domain/camera-status.ts';
import { isDeviceId } from '../domain/device.ts';
import type { FrameRef } from '../domain/observation.ts';
import { OldestFirst } from './oldest-first.ts';

/** A frame to keep; whoever has it knows that it is a JPEG of that size. */
export interface SpoolFrame {
  readonly cameraId: string;
  readonly at_ms: number;
  readonly jpeg: Uint8Array;
  readonly width_px: number;
  readonly height_px: number;
  /** The same picture as the camera sent it, in MPEG-TS. */
  readonly key?: Uint8Array;
}

/** What a {@link FrameSpool} holds. */
export interface SpoolStats {
  readonly frames: number;
  readonly bytes: number;
  readonly dropped: number;
}

/**
 * Writes a JPEG under `root` and returns once it is on disk (fsync). Any process may write; one
 * {@link FrameSpool} accounts for all of it. Rejects where the disk does not take it.
 */
export async function writeFrame(root: string, frame: SpoolFrame): Promise<StoredFrame> {
  const { cameraId, at_ms, jpeg, width_px, height_px, key } = frame;
  if (!isDeviceId(cameraId)) throw new RangeError('not a device id: the frame has no place');
  const sha256 = createHash('sha256').update(jpeg).digest('hex');
  const day = new Date(at_ms).toISOString().slice(0, 10);
  const path = `${cameraId}/${day}/${at_ms}-${sha256.slice(0, 8)}.jpg`;
  const full = join(root, path);
  await mkdir(dirname(full), { recursive: true });
  // First: a frame in the spool is never without what its reference promises.
  if (key !== undefined) await writeSynced(keyPath(full), key);
  await writeSynced(full, jpeg);
  await syncFolder(dirname(full));
  const ref = { path, sha256, width_px, height_px };
  if (key === undefined) return { ref, bytes: jpeg.length };
  const key_sha256 = createHash('sha256').update(key).digest('hex');
  return { ref: { ...ref, key_sha256 }, bytes: jpeg.length + key.length };
}

/** Where the picture as the camera sent it lies, beside its frame. */
function keyPath(path: string): string {
  return path.replace(/\.jpg$/, '.ts');
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Frames that may become evidence, oldest dropped at `max_bytes`: whoever opens an incident copies what it
 * needs from here. Files that other processes wrote are reported with {@link FrameSpool.account}.
 */
export class FrameSpool {
  readonly root: string;
  readonly #max_bytes: number;
  readonly #files = new OldestFirst();
  #dropped = 0;

  constructor(options: { readonly root: string; readonly max_bytes: number }) {
    this.root = resolve(options.root);
    this.#max_bytes = options.max_bytes;
  }

  /** Takes stock of what an earlier run left. */
  async start(): Promise<void> {
    await mkdir(this.root, { recursive: true });
    const found: { path: string; bytes: number; written_ms: number }[] = [];
    for (const entry of await readdir(this.root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.jpg')) continue;
      const full = join(entry.parentPath, entry.name);
      const info = await stat(full);
      const path = relative(this.root, full).split(sep).join('/');
      const key_bytes = await stat(keyPath(full)).then(
        ({ size }) => size,
        () => 0,
      );
      found.push({ path, bytes: info.size + key_bytes, written_ms: info.mtimeMs });
    }
    found.sort((a, b) => a.written_ms - b.written_ms);
    for (const { path, bytes } of found) this.#files.add(path, bytes);
    await this.#drop();
  }

  /** Keeps a frame; on disk (fsync) when this resolves. */
  async put(frame: SpoolFrame): Promise<FrameRef> {
    const stored = await writeFrame(this.root, frame);
    await this.account(stored);
    return stored.ref;
  }

  /** Counts a frame that another process wrote, and drops the oldest where the bound is passed. */
  async account(stored: StoredFrame): Promise<void> {
    this.#files.add(stored.ref.path, stored.bytes);
    await this.#drop();
  }

  /** The bytes of a frame as they were captured; undefined where they are gone or have changed. */
  async read(ref: Pick<FrameRef, 'path' | 'sha256'>): Promise<Buffer | undefined> {
    return this.#read(ref.path, ref.sha256);
  }

  /** The same picture as the camera sent it, in MPEG-TS; undefined where it is gone or was never there. */
  async readKey({ path, key_sha256 }: FrameRef): Promise<Buffer | undefined> {
    return key_sha256 === undefined ? undefined : this.#read(keyPath(path), key_sha256);
  }

  async #read(path: string, sha256: string): Promise<Buffer | undefined> {
    const full = resolve(this.root, path);
    if (!full.startsWith(this.root + sep)) return undefined;
    const bytes = await readFile(full).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (bytes === undefined) return undefined;
    return createHash('sha256').update(bytes).digest('hex') === sha256 ? bytes : undefined;
  }

  stats(): SpoolStats {
    return { frames: this.#files.count, bytes: this.#files.bytes, dropped: this.#dropped };
  }

  #drop(): Promise<void> {
    return this.#files.shrink(this.#max_bytes, async (path) => {
      this.#dropped += 1;
      await rm(join(this.root, path), { force: true });
      await rm(keyPath(join(this.root, path)), { force: true });
    });
  }
}

/** Makes a new name in a folder survive a power cut. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
