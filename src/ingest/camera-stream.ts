import { Writable } from 'node:stream';
import type { Clock } from '../runtime/clock.ts';
import { decodeFrames, type FrameSource } from './camera-frames.ts';
import type { FfmpegRun, FfmpegTools } from './ffmpeg.ts';
import { KeyDates } from './key-dates.ts';
import { type PpmFrame, PpmSplitter } from './ppm-splitter.ts';
import type { TappedPicture } from './stream-tap.ts';

/** A decoded frame, when its picture came, and that picture as the camera sent it where it is a key frame. */
export interface TimedFrame {
  readonly at_ms: number;
  /** Undefined where nobody wanted the pixels. */
  readonly frame: PpmFrame | undefined;
  readonly key?: Buffer;
}

/** What {@link CameraStream} needs. */
export interface CameraStreamOptions {
  readonly ffmpeg: FfmpegTools;
  readonly source: FrameSource;
  readonly frame_bytes_max: number;
  readonly clock: Clock;
  /** Whether the frame that begins now is wanted; else its pixels are skipped. */
  readonly wanted: () => boolean;
  readonly onFrame: (frame: TimedFrame) => void;
}

interface WaitingFrame {
  readonly arrived_ms: number;
  readonly frame: PpmFrame | undefined;
}

/** So long a frame waits for its picture: a picture is known once the next one begins. */
const PICTURE_WAIT_MS = 5000;

/**
 * One ffmpeg that reads a camera. Brings together the frames (its standard output) and the stream's pictures (the
 * tap): a frame is dated by its picture, which came earlier, with reordered streams by a key frame or two.
 */
export class CameraStream {
  readonly run: FfmpegRun;
  readonly #options: CameraStreamOptions;
  readonly #dates = new KeyDates();
  /** Only where pictures are tapped and key frames alone are decoded: then each frame has its key picture. */
  readonly #isDated: boolean;
  #waiting: WaitingFrame[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CameraStreamOptions) {
    this.#options = options;
    const { ffmpeg, source } = options;
    this.#isDated = source.copyTo !== undefined && source.every_ms === undefined;
    this.run = decodeFrames(ffmpeg, source, this.#sink());
  }

  /** Takes note of a picture that this ffmpeg copied. */
  seen({ at_ms, isKey, bytes, tables }: TappedPicture): void {
    if (!isKey || !this.#isDated) return;
    this.#dates.key({ at_ms, bytes: Buffer.concat([tables, bytes]) });
    this.#give(false);
  }

  #sink(): Writable {
    const { frame_bytes_max, clock, wanted } = this.#options;
    const splitter = new PpmSplitter({
      frame_bytes_max,
      wanted,
      onFrame: (frame) => {
        if (this.#isDated) this.#dates.frame();
        this.#waiting.push({ arrived_ms: clock(), frame });
        this.#give(false);
      },
    });
    return new Writable({
      write(chunk: Uint8Array, _encoding, done) {
        try {
          splitter.push(chunk);
          done();
        } catch (error) {
          done(error as Error);
        }
      },
    });
  }

  /** Hands out, in order, the frames whose pictures are known, and those that have waited in vain. */
  #give(isLate: boolean): void {
    clearTimeout(this.#timer);
    const waiting = this.#waiting;
    while (waiting.length > 0) {
      const picture = this.#isDated ? this.#dates.of(waiting.length) : undefined;
      if (picture === undefined && this.#isDated && !isLate && waiting.length === 1) {
        this.#timer = setTimeout(() => this.#give(true), PICTURE_WAIT_MS).unref();
        return;
      }
      const first = waiting.shift();
      if (first === undefined) return;
      const { arrived_ms, frame } = first;
      const key = picture === undefined ? {} : { key: picture.bytes };
      const at_ms = Math.min(picture?.at_ms ?? arrived_ms, arrived_ms);
      this.#options.onFrame({ at_ms, frame, ...key });
    }
  }
}
