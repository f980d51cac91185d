import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Observation } from '../domain/observation.ts';
import {
  RECORDING_FORMAT,
  RECORDING_VERSION,
  type RecordedVideo,
  type RecordingManifest,
} from '../domain/recording.ts';
import { OBSERVATIONS_FILE, RecordingError, readManifest, writeManifest } from './recording-files.ts';

const compress = promisify(gzip);

/** Text of one gzip member: also what waits in memory. */
const MEMBER_CHARS = 4 * 1024 * 1024;

/** What a new recording is about. */
export interface RecordingAbout {
  readonly name: string;
  readonly source?: NonNullable<RecordingManifest['source']>;
  /** Where the first observation is not its beginning; else the arrival of the first one. */
  readonly from_ms?: number;
  /** See {@link RecordingWriter.place}. */
  readonly place?: number;
}

type Progress = NonNullable<RecordingManifest['progress']>;

/**
 * Writes a recording: observations in the order in which they are given, videos, gaps. The observations' file
 * is a row of whole gzip members, each on disk before the manifest counts it, so a crash loses at most what was
 * appended since the last {@link RecordingWriter.flush}, and a writer can continue. Not for several at once.
 */
export class RecordingWriter {
  readonly dir: string;
  readonly #file: FileHandle;
  #manifest: RecordingManifest;
  #progress: Progress;
  #lines: string[] = [];
  #chars = 0;
  #pending = { count: 0, from_ms: Number.POSITIVE_INFINITY, to_ms: 0, detections: false };

  private constructor(dir: string, file: FileHandle, manifest: RecordingManifest) {
    this.dir = dir;
    this.#file = file;
    this.#manifest = manifest;
    this.#progress = manifest.progress ?? { bytes: 0, place: 0 };
  }

  /** Begins a recording in a folder that has none yet; the folder is made. */
  static async create(dir: string, about: RecordingAbout): Promise<RecordingWriter> {
    await mkdir(join(dir, 'video'), { recursive: true });
    const file = await open(join(dir, OBSERVATIONS_FILE), 'wx').catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? new RecordingError(`${dir}: there is a recording already`) : error;
    });
    const writer = new RecordingWriter(dir, file, emptyManifest(about));
    await writer.flush(about.place);
    return writer;
  }

  /** Continues a recording after its last whole member; what a crash left behind it goes. */
  static async resume(dir: string): Promise<RecordingWriter> {
    const manifest = await readManifest(dir);
    const { progress } = manifest;
    if (progress === undefined)
      throw new RecordingError(`${dir}: does not say how far it came: it cannot be continued`);
    const file = await open(join(dir, OBSERVATIONS_FILE), 'r+');
    if ((await file.stat()).size < progress.bytes) {
      await file.close();
      throw new RecordingError(`${dir}: ${OBSERVATIONS_FILE} is shorter than it was: it cannot be continued`);
    }
    await file.truncate(progress.bytes);
    return new RecordingWriter(dir, file, { ...manifest, complete: false });
  }

  /** Where the writer stood at its last flush, in the caller's own counting; 0 for a new recording. */
  get place(): number {
    return this.#progress.place;
  }

  /** Bytes of observations on disk. */
  get bytes(): number {
    return this.#progress.bytes;
  }

  /** The manifest as of now. */
  get manifest(): RecordingManifest {
    return this.#manifest;
  }

  /** Appends observations; they are in memory until the next flush, or until there are some megabytes of them. */
  async append(observations: readonly Observation[]): Promise<void> {
    for (const observation of observations) {
      const line = JSON.stringify(observation);
      this.#lines.push(line);
      this.#chars += line.length + 1;
      const pending = this.#pending;
      pending.count += 1;
      pending.from_ms = Math.min(pending.from_ms, observation.received_ms);
      pending.to_ms = Math.max(pending.to_ms, observation.received_ms);
      pending.detections ||= observation.kind === 'detections';
      if (this.#chars >= MEMBER_CHARS) await this.#writeMember();
    }
  }

  /** Enters a video that lies in the folder; one of the same file is replaced. */
  setVideo(cameraId: string, video: RecordedVideo): void {
    const { cameras } = this.#manifest;
    const known = cameras.find(({ id }) => id === cameraId)?.videos ?? [];
    const videos = [...known.filter(({ file }) => file !== video.file), video];
    videos.sort((a, b) => a.start_ms - b.start_ms || (a.file < b.file ? -1 : 1));
    this.#manifest = {
      ...this.#manifest,
      cameras: [...cameras.filter(({ id }) => id !== cameraId), { id: cameraId, videos }].sort((a, b) =>
        a.id < b.id ? -1 : 1,
      ),
    };
  }

  /** Says what is not in the recording. */
  addGap(gap: RecordingManifest['gaps'][number]): void {
    this.#manifest = { ...this.#manifest, gaps: [...this.#manifest.gaps, gap] };
  }

  /** Puts everything on disk; `place` is remembered with it. */
  async flush(place: number = this.place): Promise<void> {
    await this.#writeMember();
    this.#progress = { ...this.#progress, place };
    // Bytes, count and place change in one step: a crash before it leaves all three as they were.
    this.#manifest = { ...this.#manifest, progress: this.#progress };
    await writeManifest(this.dir, this.#manifest);
  }

  /** Ends the recording; `to_ms` where the last observation is not its end. */
  async close({ to_ms }: { readonly to_ms?: number } = {}): Promise<void> {
    this.#manifest = {
      ...this.#manifest,
      complete: true,
      to_ms: Math.max(this.#manifest.to_ms, to_ms ?? 0),
    };
    try {
      await this.flush();
    } finally {
      await this.#file.close();
    }
  }

  /** Lets go of the file and leaves the recording as it was at the last flush. */
  async abandon(): Promise<void> {
    await this.#file.close();
  }

  async #writeMember(): Promise<void> {
    if (this.#lines.length === 0) return;
    const member = await compress(`${this.#lines.join('\n')}\n`);
    const { bytes, place } = this.#progress;
    await this.#file.write(member, 0, member.length, bytes);
    await this.#file.datasync();
    this.#progress = { bytes: bytes + member.length, place };
    this.#count();
    this.#lines = [];
    this.#chars = 0;
  }

  #count(): void {
    const { count, from_ms, to_ms, detections } = this.#pending;
    const { observations, ...manifest } = this.#manifest;
    const isFirst = observations.count === 0 && manifest.from_ms === 0;
    this.#manifest = {
      ...manifest,
      from_ms: isFirst ? from_ms : Math.min(manifest.from_ms, from_ms),
      to_ms: Math.max(manifest.to_ms, to_ms),
      observations: {
        ...observations,
        count: observations.count + count,
        detections: observations.detections || detections,
      },
    };
    this.#pending = { count: 0, from_ms: Number.POSITIVE_INFINITY, to_ms: 0, detections: false };
  }
}

function emptyManifest({ name, source, from_ms = 0 }: RecordingAbout): RecordingManifest {
  return {
    format: RECORDING_FORMAT,
    version: RECORDING_VERSION,
    name,
    from_ms,
    to_ms: from_ms,
    complete: false,
    cameras: [],
    observations: { file: OBSERVATIONS_FILE, count: 0, detections: false },
    ...(source === undefined ? {} : { source }),
    gaps: [],
  };
}
