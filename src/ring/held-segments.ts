import { link, mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { listSegments, type Segment } from './segment-name.ts';

interface Hold {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly folder: string;
  bytes: number;
}

/**
 * Segments that suspicions hold on to: second names (links) of the ring's files, so that nothing is copied and the
 * ring may drop its own. The oldest hold goes when there are more bytes than allowed.
 */
export class HeldSegments {
  readonly #folder: string;
  readonly #bytes_max: number;
  #holds: Hold[] = [];

  constructor(folder: string, bytes_max: number) {
    this.#folder = folder;
    this.#bytes_max = bytes_max;
  }

  get bytes(): number {
    return this.#holds.reduce((sum, hold) => sum + hold.bytes, 0);
  }

  /** Reads what an earlier writer held; nothing is added to those holds any more. */
  async takeStock(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names.filter((entry) => /^\d+$/.test(entry))) {
      const folder = join(this.#folder, name);
      const bytes = (await listSegments(folder)).reduce((sum, segment) => sum + segment.bytes, 0);
      this.#holds.push({ from_ms: Number(name), to_ms: 0, folder, bytes });
    }
    this.#holds.sort((a, b) => a.from_ms - b.from_ms);
    await this.#bound();
  }

  /** Holds what there is of this time already, and takes what will be offered. */
  async begin(from_ms: number, to_ms: number, segments: readonly Segment[]): Promise<void> {
    if (this.#holds.some((hold) => hold.from_ms === from_ms)) return;
    const folder = join(this.#folder, String(from_ms));
    await mkdir(folder, { recursive: true });
    const hold: Hold = { from_ms, to_ms, folder, bytes: 0 };
    this.#holds.push(hold);
    for (const segment of segments) await take(hold, segment);
    await this.#bound();
  }

  /** A segment has become whole. */
  async offer(segment: Segment): Promise<void> {
    for (const hold of this.#holds) await take(hold, segment);
    await this.#bound();
  }

  async drop(from_ms: number): Promise<void> {
    const hold = this.#holds.find((known) => known.from_ms === from_ms);
    if (hold === undefined) return;
    this.#holds = this.#holds.filter((known) => known !== hold);
    await rm(hold.folder, { recursive: true, force: true });
  }

  async #bound(): Promise<void> {
    while (this.bytes > this.#bytes_max) {
      const oldest = this.#holds[0];
      if (oldest === undefined) return;
      await this.drop(oldest.from_ms);
    }
  }
}

async function take(hold: Hold, segment: Segment): Promise<void> {
  if (segment.end_ms < hold.from_ms || segment.start_ms > hold.to_ms) return;
  try {
    await link(segment.path, join(hold.folder, basename(segment.path)));
    hold.bytes += segment.bytes;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Held already, or dropped by the ring just now.
    if (code !== 'EEXIST' && code !== 'ENOENT') throw error;
  }
}
