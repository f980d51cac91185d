import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { haveTimesJumped } from '../domain/picture-times.ts';
import type { RingLimits } from '../domain/ring.ts';
import { HeldSegments } from './held-segments.ts';
import { HELD, listSegments, type Segment, segmentName } from './segment-name.ts';

/** A picture of a stream in MPEG-TS. */
export interface RingPicture {
  readonly at_ms: number;
  readonly bytes: Uint8Array;
  readonly isKey: boolean;
  /** Ticks of 90 kHz. */
  readonly pts: number | undefined;
  /** What a file that begins with it has to begin with. */
  readonly tables: Uint8Array;
}

/** What a {@link RingWriter} works with. */
export interface RingWriterOptions {
  /** The camera's own folder. */
  readonly folder: string;
  readonly limits: RingLimits;
  /** Told of what could not be written (disk full); the ring goes on with the next key picture. */
  readonly onFault: (reason: string) => void;
}

/** What a {@link RingWriter} has. */
export interface RingStats {
  readonly bytes: number;
  readonly held_bytes: number;
  /** From the oldest picture to the newest. */
  readonly span_ms: number;
  /** Pictures that were not written: a slow or full disk. */
  readonly lost: number;
}

interface Current {
  readonly start_ms: number;
  readonly handle: FileHandle;
  bytes: number;
}

/** Pictures not yet on disk; beyond it the stream is skipped up to the next key picture. */
const PENDING_BYTES_MAX = 16 * 1024 * 1024;
/** Written at once, for a ring of many cameras is many files. */
const CHUNK_BYTES = 256 * 1024;
const CHUNK_MS = 1000;

/** The newest pictures of one camera on disk, as its stream came. The only writer of its folder. */
export class RingWriter {
  readonly #options: RingWriterOptions;
  readonly #held: HeldSegments;
  #segments: Segment[] = [];
  #current: Current | undefined;
  #work: Promise<void>;
  #parts: Uint8Array[] = [];
  #parts_bytes = 0;
  #pending_bytes = 0;
  #flushed_ms = 0;
  #isOpen = false;
  #start_ms = 0;
  #last: RingPicture | undefined;
  #lost = 0;

  constructor(options: RingWriterOptions) {
    this.#options = options;
    const { folder, limits } = options;
    this.#held = new HeldSegments(join(folder, HELD), limits.held_bytes_max);
    this.#work = this.#takeStock().catch((error: unknown) => this.#fault(error));
  }

  /** Takes a picture; returns at once. Pictures before the first key picture are left out. */
  write(picture: RingPicture): void {
    const last = this.#last;
    this.#last = picture;
    if (last !== undefined && haveTimesJumped(last, picture)) this.#end(last.at_ms);
    if (
      picture.isKey &&
      (!this.#isOpen || picture.at_ms - this.#start_ms >= this.#options.limits.segment_ms)
    ) {
      if (this.#isOpen) this.#end(picture.at_ms);
      this.#begin(picture);
    }
    if (!this.#isOpen) return;
    if (this.#pending_bytes > PENDING_BYTES_MAX) {
      this.#lost += 1;
      this.#end(picture.at_ms);
      return;
    }
    this.#add(picture.bytes);
    if (this.#parts_bytes >= CHUNK_BYTES || picture.at_ms - this.#flushed_ms >= CHUNK_MS)
      this.#flush(picture.at_ms);
  }

  /** The stream is broken off. */
  cut(): void {
    if (this.#isOpen) this.#end(this.#last?.at_ms ?? this.#start_ms);
    this.#last = undefined;
  }

  /**
   * The open segment with every picture that was taken before the call; it begins with a key picture. Undefined where none is
   * open, or it is larger than `bytes_max`.
   */
  async newest(bytes_max: number): Promise<Buffer | undefined> {
    if (!this.#isOpen) return undefined;
    this.#flush(this.#last?.at_ms ?? this.#start_ms);
    let bytes: Buffer | undefined;
    this.#do(async () => {
      const current = this.#current;
      if (current === undefined || current.bytes > bytes_max) return;
      bytes = await readFile(join(this.#options.folder, segmentName(current.start_ms)));
    });
    await this.#work;
    return bytes;
  }

  /** Keeps what lies in this time, and what will, beyond the ring's own bounds. */
  hold(from_ms: number, to_ms: number): void {
    this.#do(async () => {
      await this.#held.begin(from_ms, to_ms, this.#segments);
    });
  }

  /** Drops what was held from this time on. */
  release(from_ms: number): void {
    this.#do(() => this.#held.drop(from_ms));
  }

  stats(): RingStats {
    const bytes = this.#segments.reduce((sum, segment) => sum + segment.bytes, this.#current?.bytes ?? 0);
    const oldest_ms = this.#segments[0]?.start_ms ?? this.#start_ms;
    const newest_ms = this.#last?.at_ms ?? this.#segments.at(-1)?.end_ms ?? oldest_ms;
    return {
      bytes,
      held_bytes: this.#held.bytes,
      span_ms: Math.max(0, newest_ms - oldest_ms),
      lost: this.#lost,
    };
  }

  /** Resolves when everything is on disk. */
  async stop(): Promise<void> {
    this.cut();
    await this.#work;
  }

  #begin({ at_ms, tables }: RingPicture): void {
    this.#isOpen = true;
    this.#start_ms = at_ms;
    this.#flushed_ms = at_ms;
    this.#do(async () => {
      await mkdir(this.#options.folder, { recursive: true });
      const handle = await open(join(this.#options.folder, segmentName(at_ms)), 'w');
      this.#current = { start_ms: at_ms, handle, bytes: 0 };
    });
    this.#add(tables);
  }

  #add(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#parts_bytes += bytes.length;
  }

  #flush(at_ms: number): void {
    this.#flushed_ms = at_ms;
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#parts_bytes = 0;
    this.#pending_bytes += bytes.length;
    this.#do(async () => {
      this.#pending_bytes -= bytes.length;
      const current = this.#current;
      if (current === undefined) return;
      await current.handle.write(bytes);
      current.bytes += bytes.length;
    });
  }

  #end(end_ms: number): void {
    if (!this.#isOpen) return;
    this.#flush(end_ms);
    this.#isOpen = false;
    this.#do(async () => {
      const current = this.#current;
      this.#current = undefined;
      if (current === undefined) return;
      await current.handle.close();
      const { folder } = this.#options;
      const path = join(folder, segmentName(current.start_ms, end_ms));
      await rename(join(folder, segmentName(current.start_ms)), path);
      const segment = { path, start_ms: current.start_ms, end_ms, bytes: current.bytes, isWhole: true };
      this.#segments.push(segment);
      await this.#held.offer(segment);
      await this.#drop();
    });
  }

  /** One after the other; what fails costs its segment, no more. */
  #do(step: () => Promise<void>): void {
    this.#work = this.#work.then(step).catch((error: unknown) => this.#fault(error));
  }

  async #fault(error: unknown): Promise<void> {
    this.#lost += 1;
    this.#options.onFault(error instanceof Error ? error.message : String(error));
    const current = this.#current;
    this.#current = undefined;
    this.#isOpen = false;
    if (current === undefined) return;
    await current.handle.close().catch(() => undefined);
    await rm(join(this.#options.folder, segmentName(current.start_ms)), { force: true }).catch(
      () => undefined,
    );
    // Where the disk is full, the oldest of one's own makes room.
    const oldest = this.#segments.shift();
    if (oldest !== undefined) await rm(oldest.path, { force: true }).catch(() => undefined);
  }

  async #takeStock(): Promise<void> {
    const { folder } = this.#options;
    for (const segment of await listSegments(folder)) {
      const path = join(folder, segmentName(segment.start_ms, segment.end_ms));
      // Left open by a writer that was killed.
      if (!segment.isWhole) await rename(segment.path, path);
      this.#segments.push({ ...segment, path: join(folder, basename(path)), isWhole: true });
    }
    await this.#held.takeStock();
    await this.#drop();
  }

  async #drop(): Promise<void> {
    const { ring_ms, bytes_max } = this.#options.limits;
    let bytes = this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
    for (;;) {
      const [oldest] = this.#segments;
      const newest_ms = this.#segments.at(-1)?.end_ms ?? 0;
      if (oldest === undefined) return;
      if (bytes <= bytes_max && newest_ms - oldest.end_ms <= ring_ms) return;
      this.#segments.shift();
      bytes -= oldest.bytes;
      await rm(oldest.path, { force: true });
    }
  }
}
