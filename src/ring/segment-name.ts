import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A piece of a camera's stream on disk: MPEG-TS that begins with a key picture. Times are those of arrival. */
export interface Segment {
  readonly path: string;
  readonly start_ms: number;
  /** Of the last picture; where the next segment goes on without a break, its start. */
  readonly end_ms: number;
  readonly bytes: number;
  /** False while it is being written. */
  readonly isWhole: boolean;
}

/** Folder of the segments that outlive the ring, each suspicion with a folder of its own. */
export const HELD = 'held';
const NAME = /^(\d{1,16})(?:-(\d{1,16}))?\.ts$/;

/** Name of a segment: its start, and its end once it is whole. */
export function segmentName(start_ms: number, end_ms?: number): string {
  return end_ms === undefined ? `${start_ms}.ts` : `${start_ms}-${end_ms}.ts`;
}

/** The segments in a folder, oldest first; none where there is no folder. What has another name is not one. */
export async function listSegments(folder: string): Promise<Segment[]> {
  const found: Segment[] = [];
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const name of names) {
    const match = NAME.exec(name);
    if (match === null) continue;
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    // It was dropped, or got its end, while this went through the folder.
    if (info === undefined) continue;
    const start_ms = Number(match[1]);
    const isWhole = match[2] !== undefined;
    // How long it was written to; the clock of its name need not be that of the disk.
    const written_ms = Math.max(0, Math.round(info.mtimeMs - info.birthtimeMs));
    const end_ms = isWhole ? Number(match[2]) : start_ms + written_ms;
    found.push({ path, start_ms, end_ms, bytes: info.size, isWhole });
  }
  return found.sort((a, b) => a.start_ms - b.start_ms);
}
