import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** `<incident>/<evidence>.<ending>`: nothing that leaves the root, whatever a damaged table says. */
const EVIDENCE_FILE = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,159}\/[A-Za-z0-9_][A-Za-z0-9_-]{0,159}\.(jpg|json|mp4)$/;

/** Where a file of evidence lies, or undefined where `file` is not of the form that the gateway makes. */
export function evidencePath(root: string, file: string): string | undefined {
  return EVIDENCE_FILE.test(file) ? join(root, file) : undefined;
}

/** Length and SHA-256 of a file, or undefined where there is no ordinary file. */
export async function hashFile(path: string): Promise<{ sha256: string; size_bytes: number } | undefined> {
  const size_bytes = fileSize(path);
  if (size_bytes === undefined) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return { sha256: hash.digest('hex'), size_bytes };
}

/** Length of an ordinary file in bytes; undefined for a link, a folder or nothing. */
export function fileSize(path: string): number | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : undefined;
}

/**
 * Writes a file so that after a crash it is there whole or not at all: a temporary file, fsync, rename, fsync
 * of the folder. Rejects with the system's error and leaves nothing behind.
 */
export async function writeFileDurably(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  const made = await mkdir(folder, { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', 0o640);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
  if (made !== undefined) await syncFolder(dirname(made));
}

/**
 * Writes a file without waiting for the disk, for evidence that can be made again. At once, since of many small
 * files the way to a thread and back costs more than the writing.
 */
export function writeFileQuickly(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes, { mode: 0o640 });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
