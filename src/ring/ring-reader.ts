import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { HELD, listSegments, type Segment } from './segment-name.ts';
import { codecOf } from './stream-codec.ts';

const TABLES_BYTES = 2 * 188;

/** Pictures of a camera without a break. */
export interface Footage {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly segments: readonly Segment[];
}

/**
 * The footage of a camera that covers most of a time, from the ring and from what suspicions hold; it may begin some
 * seconds earlier, with a key picture. Undefined where there is none of that time. Segments without a break come from
 * one ffmpeg, so their time stamps go on as well. Any process may read.
 */
export async function findFootage(
  folder: string,
  from_ms: number,
  to_ms: number,
): Promise<Footage | undefined> {
  const known = new Map<number, Segment>();
  for (const place of [folder, ...(await heldFolders(folder))]) {
    for (const segment of await listSegments(place)) known.set(segment.start_ms, segment);
  }
  const wanted = [...known.values()]
    .filter((segment) => segment.isWhole && segment.end_ms > from_ms && segment.start_ms < to_ms)
    .sort((a, b) => a.start_ms - b.start_ms);
  let best: Footage | undefined;
  let run: Segment[] = [];
  for (const segment of wanted) {
    run = run.at(-1)?.end_ms === segment.start_ms ? [...run, segment] : [segment];
    const start_ms = run[0]?.start_ms ?? segment.start_ms;
    const footage = { start_ms, end_ms: segment.end_ms, segments: run };
    if (best === undefined || covered(footage, from_ms, to_ms) > covered(best, from_ms, to_ms))
      best = footage;
  }
  return best;
}

/** The footage's bytes, one MPEG-TS stream. A segment that is dropped meanwhile ends it with an error. */
export function readFootage({ segments }: Footage): Readable {
  return Readable.from(chunks(segments), { objectMode: false });
}

/** How the footage is encoded; undefined where that is neither H.264 nor H.265. */
export async function footageCodec({ segments }: Footage): Promise<'h264' | 'h265' | undefined> {
  const path = segments[0]?.path;
  if (path === undefined) return undefined;
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(TABLES_BYTES);
    await file.read(head, 0, TABLES_BYTES, 0);
    return codecOf(head);
  } finally {
    await file.close();
  }
}

async function* chunks(segments: readonly Segment[]): AsyncGenerator<Buffer> {
  for (const { path } of segments) yield* createReadStream(path) as AsyncIterable<Buffer>;
}

function covered({ start_ms, end_ms }: Footage, from_ms: number, to_ms: number): number {
  return Math.min(end_ms, to_ms) - Math.max(start_ms, from_ms);
}

async function heldFolders(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, HELD)).catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map((name) => join(folder, HELD, name));
}
