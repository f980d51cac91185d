import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { hasPrivateStream } from '../domain/picture-mask.ts';
import type { RecordedVideo } from '../domain/recording.ts';
import { findFfmpeg } from '../ingest/ffmpeg.ts';
import { cleanObservation } from '../recording/clean.ts';
import { createStillCopier } from '../recording/recorded-stills.ts';
import { MANIFEST_FILE, RecordingError } from '../recording/recording-files.ts';
import { RecordingWriter } from '../recording/recording-writer.ts';
import { pause } from '../runtime/backoff.ts';
import { filmCamera } from './camera-film.ts';
import { type JournalTail, openJournalTail } from './journal-tail.ts';

/** What is recorded, and how much of it. */
export interface RecordOptions {
  readonly dir: string;
  readonly config: Config;
  /** The gateway's data folder. */
  readonly dataDir: string;
  readonly max_bytes: number;
  /** Where the first observation is not the next one: arrival time. */
  readonly from_ms?: number;
  /** False: neither films nor stills. */
  readonly video: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the recording cleanly. */
  readonly signal: AbortSignal;
  readonly onNote: (note: string) => void;
  readonly onProgress?: (progress: { readonly observations: number; readonly bytes: number }) => void;
}

/** What a recording has when it ends. */
export interface RecordResult {
  readonly observations: number;
  readonly bytes: number;
  readonly videos: number;
  /** Whether it ended because it was full. */
  readonly full: boolean;
}

/** Where a gateway keeps pictures, in its data folder. */
const FRAMES_FOLDER = 'frames';
const LOOK_INTERVAL_MS = 250;
/** What a crash may lose. */
const FLUSH_INTERVAL_MS = 2000;
/** A camera without a picture for longer is a gap. */
const GAP_MIN_MS = 5000;

/**
 * Records what enters a gateway from now on: its journal, read beside it, and a second stream of each camera.
 * Continues a recording that is there. Rejects where there is no journal, or the recording is of something else.
 */
export async function recordGateway(options: RecordOptions): Promise<RecordResult> {
  const tail = openJournalTail(options.dataDir);
  try {
    const writer = await openWriter(options, tail);
    return await follow(options, tail, writer).catch(async (error: unknown) => {
      // What was flushed is a recording that can be continued.
      await writer.abandon();
      throw error;
    });
  } finally {
    tail.close();
  }
}

async function openWriter(options: RecordOptions, tail: JournalTail): Promise<RecordingWriter> {
  const { dir, config, from_ms, onNote } = options;
  const source = { kind: 'gateway', name: config.name } as const;
  if (!existsSync(join(dir, MANIFEST_FILE))) {
    const place = from_ms === undefined ? tail.head() : tail.before(from_ms);
    return RecordingWriter.create(dir, { name: config.name, source, place });
  }
  if (from_ms !== undefined)
    throw new RecordingError(`${dir}: a recording that goes on does so where it stopped`);
  const writer = await RecordingWriter.resume(dir);
  const { kind, name } = writer.manifest.source ?? {};
  const fault =
    kind !== 'gateway' || name !== config.name
      ? `is a recording of ${name ?? 'something'}, not of the gateway ${config.name}`
      : writer.place > tail.head()
        ? 'is ahead of this journal: another data folder?'
        : undefined;
  if (fault !== undefined) {
    await writer.abandon();
    throw new RecordingError(`${dir}: ${fault}`);
  }
  onNote(`${dir}: goes on after ${writer.manifest.observations.count} observations`);
  return writer;
}

async function follow(
  options: RecordOptions,
  tail: JournalTail,
  writer: RecordingWriter,
): Promise<RecordResult> {
  const { max_bytes, signal, onProgress, onNote } = options;
  const full = new AbortController();
  const end = AbortSignal.any([signal, full.signal]);
  noteDropped(tail, writer);
  const films = await startFilms(options, writer, end);
  const stills = options.video
    ? await createStillCopier(options.dir, join(options.dataDir, FRAMES_FOLDER))
    : undefined;
  let place = writer.place;
  let flushed_ms = performance.now();
  let bytes = 0;
  const copy = async (): Promise<boolean> => {
    const { observations, last } = tail.read(place);
    // First: what the observations name is there once they are.
    await stills?.copy(observations);
    await writer.append(observations.map(cleanObservation));
    const moved = last > place;
    place = last;
    return moved;
  };
  while (!end.aborted) {
    const moved = await copy();
    if (performance.now() - flushed_ms >= FLUSH_INTERVAL_MS) {
      await writer.flush(place);
      flushed_ms = performance.now();
      bytes = writer.bytes + films.bytes() + (stills?.bytes ?? 0);
      onProgress?.({ observations: writer.manifest.observations.count, bytes });
      if (bytes >= max_bytes) full.abort();
    }
    if (!moved) await pause(LOOK_INTERVAL_MS, end);
  }
  await films.stopped;
  // What arrived until the cameras were off still belongs to it; what comes after is another recording's.
  const last = tail.head();
  while (!full.signal.aborted && place < last) await copy();
  const { to_ms } = writer.manifest;
  if (full.signal.aborted) {
    const reason = `stopped at its bound of ${Math.round(max_bytes / 1e6)} MB`;
    writer.addGap({ reason, from_ms: to_ms, to_ms });
    onNote(`${options.dir}: ${reason}; run it again with more room to go on`);
  }
  films.noteGaps();
  noteMissed(stills?.missed ?? 0, writer);
  await writer.flush(place);
  await writer.close();
  const { observations } = writer.manifest;
  return {
    observations: observations.count,
    bytes: writer.bytes + films.bytes() + (stills?.bytes ?? 0),
    videos: writer.manifest.cameras.reduce((sum, { videos }) => sum + videos.length, 0),
    full: full.signal.aborted,
  };
}

/** Entries that the gateway dropped before they were recorded. */
function noteDropped(tail: JournalTail, writer: RecordingWriter): void {
  const oldest = tail.oldest();
  if (oldest <= writer.place + 1) return;
  const { to_ms } = writer.manifest;
  const reason = `the journal has dropped ${oldest - writer.place - 1} entries before they were recorded`;
  writer.addGap({ reason, from_ms: to_ms, to_ms });
}

function noteMissed(stills: number, writer: RecordingWriter): void {
  if (stills === 0) return;
  const { from_ms, to_ms } = writer.manifest;
  const reason = `the gateway has dropped ${stills} published stills before they were recorded`;
  writer.addGap({ reason, from_ms, to_ms });
}

/** Films every camera that has an address. */
async function startFilms(
  { dir, config, env, video, onNote }: RecordOptions,
  writer: RecordingWriter,
  end: AbortSignal,
) {
  const cameras = video ? config.cameras.filter((source) => !hasPrivateStream(source)) : [];
  for (const source of video ? config.cameras.filter(hasPrivateStream) : []) {
    onNote(`${source.id}: it has privacy masks, so no film is made of it`);
  }
  // Of one that goes on, the time in which nobody recorded is without pictures too.
  const started_ms = writer.manifest.to_ms === 0 ? Date.now() : writer.manifest.to_ms;
  const tools = cameras.length === 0 ? undefined : await findFfmpeg(env);
  const films = cameras.map((source) =>
    tools === undefined
      ? Promise.resolve()
      : filmCamera({
          source,
          tools,
          dir,
          signal: end,
          random: Math.random,
          onVideo: (filmed: RecordedVideo) => writer.setVideo(source.id, filmed),
          onFault: (reason) => onNote(`${source.id}: ${reason}; its stream is opened again`),
        }),
  );
  const videosOf = (id: string): readonly RecordedVideo[] =>
    writer.manifest.cameras.find((camera) => camera.id === id)?.videos ?? [];
  return {
    stopped: Promise.all(films),
    bytes: (): number =>
      writer.manifest.cameras
        .flatMap(({ videos }) => videos)
        .reduce(
          (sum, { file }) => sum + (statSync(join(dir, file), { throwIfNoEntry: false })?.size ?? 0),
          0,
        ),
    /** Where this run has no picture of a camera. */
    noteGaps: (): void => {
      for (const { id } of cameras) {
        let seen_ms = started_ms;
        const videos = videosOf(id).filter(({ end_ms }) => end_ms >= started_ms);
        for (const { start_ms, end_ms } of [...videos, { start_ms: Date.now(), end_ms: 0 }]) {
          if (start_ms - seen_ms >= GAP_MIN_MS) {
            writer.addGap({ deviceId: id, reason: 'no video', from_ms: seen_ms, to_ms: start_ms });
          }
          seen_ms = end_ms;
        }
      }
    },
  };
}
