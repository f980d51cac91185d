import { createHash } from 'node:crypto';
import { copyFile, mkdir, open, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { FrameRef, Observation } from '../domain/observation.ts';
import { recordingPath } from './recording-files.ts';

/** The folder of a recording with the pictures that were sent one by one; each has the path of its frame in it. */
const STILLS_FOLDER = 'stills';
const STILL_BYTES_MAX = 64 * 1024 * 1024;

/** Takes stills over from a gateway's frames while they are still there. */
export interface StillCopier {
  /** Bytes of all that the recording has. */
  readonly bytes: number;
  /** Those whose frame was dropped before it could be taken over. */
  readonly missed: number;
  /** Copies the pictures of the snapshots among the observations; on disk when it resolves. */
  copy(observations: readonly Observation[]): Promise<void>;
}

/** A copier from the gateway's folder of frames into a recording, which may have some already. */
export async function createStillCopier(dir: string, frames: string): Promise<StillCopier> {
  let bytes = await bytesIn(join(dir, STILLS_FOLDER));
  let missed = 0;
  const copyOne = async ({ path }: FrameRef): Promise<void> => {
    const to = stillPath(dir, path);
    const before = await sizeOf(to);
    await mkdir(dirname(to), { recursive: true });
    try {
      await copyFile(join(frames, path), to);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      missed += 1;
      return;
    }
    await sync(to);
    bytes += (await sizeOf(to)) - before;
  };
  return {
    get bytes() {
      return bytes;
    },
    get missed() {
      return missed;
    },
    copy: async (observations) => {
      for (const observation of observations) {
        if (observation.kind === 'snapshot') await copyOne(observation.frame);
      }
    },
  };
}

/** A recorded still; undefined where it is not there, or not as it was. Rejects where its path leaves the recording. */
export async function readStill(
  dir: string,
  { path, sha256 }: Pick<FrameRef, 'path' | 'sha256'>,
): Promise<Buffer | undefined> {
  const file = stillPath(dir, path);
  const size = await sizeOf(file);
  if (size === 0 || size > STILL_BYTES_MAX) return undefined;
  const bytes = await readFile(file);
  return createHash('sha256').update(bytes).digest('hex') === sha256 ? bytes : undefined;
}

/** Where a recorded still lies, if the recording has it. Throws where its path leaves the recording. */
export function stillPath(dir: string, path: string): string {
  return recordingPath(dir, `${STILLS_FOLDER}/${path}`);
}

/** All stills of a recording, relative to it. */
export async function recordedStills(dir: string): Promise<string[]> {
  return (await filesIn(join(dir, STILLS_FOLDER))).map((path) => relative(dir, path));
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const path of await filesIn(folder)) bytes += await sizeOf(path);
  return bytes;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
