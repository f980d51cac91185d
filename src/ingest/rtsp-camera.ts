import type { CameraSource } from '../domain/camera.ts';
import type { CameraCounts, CameraState, CameraStatus } from '../domain/camera-status.ts';
import { PictureMask } from '../domain/picture-mask.ts';
import { type BackoffLimits, backoff_ms, pause } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { CameraAddress } from './camera-input.ts';
import { CameraStream, type TimedFrame } from './camera-stream.ts';
import { schemeFault, withoutSecrets } from './camera-url.ts';
import type { FfmpegRun, FfmpegTools } from './ffmpeg.ts';
import type { PpmFrame } from './ppm-splitter.ts';
import { openTap, type StreamTap, type TappedPicture } from './stream-tap.ts';

/** A frame and the time at which its picture came. */
export interface CameraFrame extends PpmFrame {
  readonly cameraId: string;
  readonly at_ms: number;
  /** The same picture as the camera sent it, in full size and MPEG-TS; only of key frames. */
  readonly key?: Buffer;
  /** Of a camera with masks: the frame is blacked out already, `key` is not. */
  readonly mask?: PictureMask;
  /** Frames before it that nobody took in time, since the last one that was taken. */
  readonly skipped: number;
}

/** Gets every picture of the stream as it came. */
export interface StreamSink {
  write(picture: TappedPicture): void;
  /** The stream is broken off; what comes next has other time stamps. */
  cut(): void;
  /** It cannot be had, and why. */
  fault(reason: string): void;
}

/** What a camera needs from outside. */
export interface RtspCameraOptions {
  readonly source: CameraSource;
  readonly ffmpeg: FfmpegTools;
  readonly allowFiles: boolean;
  readonly frame_bytes_max: number;
  /** Frames are scaled down to this; left out, they keep their size. */
  readonly width_px_max?: number;
  /** Where the stream itself goes; an ffmpeg older than 5.0 cannot give it. */
  readonly stream?: StreamSink;
  readonly backoff: BackoffLimits;
  readonly clock: Clock;
  /**
   * Seconds of `clock` in a second of the stream: 1 but for rehearsals. In quick motion every frame is decoded, for
   * key frames a second apart are far apart there.
   */
  readonly clock_rate?: number;
  /** 0..1, for the jitter of retries. */
  readonly random: () => number;
  /** An open stream whose first two key frames are further apart (at most half the stall timeout) is decoded whole. */
  readonly key_frame_patience_ms?: number;
  /** Called on each change of state or reason, not on each retry. */
  readonly onStatus: (status: CameraStatus) => void;
  /** Called when a frame lies in the mailbox. */
  readonly onFrame: () => void;
}

/** A stream that lived so long was healthy: the next failure is retried quickly again. */
const HEALTHY_AFTER_MS = 10_000;
/** Key frames come with jitter; one that is early by this share of the interval is not put off to the next. */
const EARLY_SHARE = 0.1;
const KEY_FRAME_PATIENCE_MS = 10_000;
const RARE_KEY_FRAMES = 'its key frames are rare: every frame is decoded';

/** How a stream ended. `rare` is no fault of it: it is opened again to decode every frame. */
interface StreamEnd {
  readonly state: 'stalled' | 'failed' | 'rare';
  readonly reason: string;
}

/**
 * Keeps one camera open: its key frames, thinned out to the patrol interval, end up in a mailbox of one place
 * where a newer frame replaces an older. Where key frames are too far apart, every frame is decoded instead.
 * Reopens with growing delay whatever goes wrong.
 */
export class RtspCamera {
  readonly id: string;
  readonly #options: RtspCameraOptions;
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  #run: FfmpegRun | undefined;
  #tap: StreamTap | undefined;
  #stream: CameraStream | undefined;
  #mailbox: CameraFrame | undefined;
  #latest: CameraFrame | undefined;
  #status: CameraStatus | undefined;
  readonly #mask: PictureMask | undefined;
  #due_ms = 0;
  #decodesAll: boolean;
  #decoded = 0;
  #dropped = 0;
  #skipped = 0;
  #opened = 0;
  #lastFrame_ms: number | undefined;

  constructor(options: RtspCameraOptions) {
    this.id = options.source.id;
    this.#options = options;
    this.#mask = PictureMask.of(options.source);
    this.#decodesAll = isQuick(options);
  }

  start(): void {
    this.#running = this.#keepOpen();
  }

  /** Resolves when ffmpeg is gone. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#run?.kill();
    await this.#running;
    await this.#tap?.close();
  }

  /** Of its ffmpeg, while there is one. */
  get pid(): number | undefined {
    return this.#run?.pid();
  }

  /** Takes the frame that waits, if any. */
  take(): CameraFrame | undefined {
    const frame = this.#mailbox;
    this.#mailbox = undefined;
    // From here on, not from its arrival: a slow judge gets rest between two frames as well.
    if (frame !== undefined) {
      this.#due_ms = this.#dueAfter(frame.at_ms);
      this.#skipped = 0;
    }
    return frame;
  }

  /** Time of the frame that waits. */
  get waiting_ms(): number | undefined {
    return this.#mailbox?.at_ms;
  }

  /** The newest frame at the patrol interval, taken or not. */
  get latest(): CameraFrame | undefined {
    return this.#latest;
  }

  get status(): CameraStatus | undefined {
    return this.#status;
  }

  get counts(): CameraCounts {
    const counts = { decoded: this.#decoded, dropped: this.#dropped, opened: this.#opened };
    return this.#lastFrame_ms === undefined ? counts : { ...counts, lastFrame_ms: this.#lastFrame_ms };
  }

  async #keepOpen(): Promise<void> {
    const { source, allowFiles, backoff, random, clock } = this.#options;
    const fault = schemeFault(source.url, allowFiles);
    if (fault !== undefined) return this.#say('failed', fault);
    this.#say('connecting');
    await this.#listen();
    for (let attempt = 0; !this.#abort.signal.aborted; attempt += 1) {
      const opened_ms = clock();
      const { state, reason } = await this.#open();
      if (this.#abort.signal.aborted) return;
      const wasLive = this.#lastFrame_ms !== undefined && this.#lastFrame_ms >= opened_ms;
      // A stream that gave nothing may be another one when it comes back.
      this.#decodesAll = isQuick(this.#options) || state === 'rare' || (this.#decodesAll && wasLive);
      if (state === 'rare') continue;
      this.#say(state, reason);
      if (wasLive && clock() - opened_ms >= HEALTHY_AFTER_MS) attempt = 0;
      await pause(backoff_ms(attempt, backoff, random), this.#abort.signal);
    }
  }

  /** Without a tap the camera is patrolled all the same. */
  async #listen(): Promise<void> {
    const { stream, ffmpeg, clock } = this.#options;
    if (stream === undefined) return;
    if (!ffmpeg.takesLists) return stream.fault('this ffmpeg is older than 5.0');
    try {
      this.#tap = await openTap(clock, (picture) => {
        stream.write(picture);
        this.#stream?.seen(picture);
      });
    } catch (error) {
      stream.fault(error instanceof Error ? error.message : String(error));
    }
  }

  /** One ffmpeg from start to end; tells how it ended. */
  async #open(): Promise<StreamEnd> {
    const { source, clock_rate = 1, key_frame_patience_ms = KEY_FRAME_PATIENCE_MS } = this.#options;
    const { url, transport, stall_timeout_ms, patrol_interval_ms: every_ms } = source;
    this.#opened += 1;
    let cause: 'stalled' | 'rare' | undefined;
    const killFor = (why: 'stalled' | 'rare'): void => {
      cause ??= why;
      run.kill();
    };
    let patience: NodeJS.Timeout | undefined;
    let frames = 0;
    // A server that starts with a key frame, and makes the viewer wait for it, leaves no time for patience.
    const watchdog = setTimeout(
      () => killFor(patience !== undefined && frames < 2 ? 'rare' : 'stalled'),
      stall_timeout_ms,
    );
    const camera: CameraAddress = { url, transport, timeout_ms: stall_timeout_ms };
    const thinned = { every_ms: (every_ms * (1 - EARLY_SHARE)) / clock_rate };
    const { run } = this.#start(camera, this.#decodesAll ? thinned : {}, (frame) => {
      watchdog.refresh();
      frames += 1;
      if (frames > 1) clearTimeout(patience);
      else patience?.refresh();
      this.#accept(frame);
    });
    this.#run = run;
    if (this.#abort.signal.aborted) run.kill();
    void run.opened.then(() => {
      if (this.#decodesAll || frames > 1 || this.#run !== run) return;
      patience = setTimeout(() => killFor('rare'), Math.min(key_frame_patience_ms, stall_timeout_ms / 2));
    });
    const ended = await run.ended;
    clearTimeout(watchdog);
    clearTimeout(patience);
    this.#run = undefined;
    this.#stream = undefined;
    this.#tap?.reset();
    this.#options.stream?.cut();
    if (cause === undefined) return { state: 'failed', reason: withoutSecrets(ended.reason, url) };
    if (cause === 'rare') return { state: cause, reason: RARE_KEY_FRAMES };
    const said = withoutSecrets(ended.lastLine, url);
    const reason = `no frame within ${stall_timeout_ms} ms`;
    return { state: cause, reason: said === '' ? reason : `${reason}; ffmpeg: ${said}` };
  }

  #start(
    camera: CameraAddress,
    every: { readonly every_ms?: number },
    onFrame: (frame: TimedFrame) => void,
  ): CameraStream {
    const { ffmpeg, frame_bytes_max, clock, width_px_max } = this.#options;
    const width = width_px_max === undefined ? {} : { width_px_max };
    const copy = this.#tap === undefined ? {} : { copyTo: this.#tap.path };
    const stream = new CameraStream({
      ffmpeg,
      source: { ...camera, ...every, ...width, ...copy },
      frame_bytes_max,
      clock,
      wanted: () => clock() >= this.#due_ms,
      onFrame,
    });
    this.#stream = stream;
    return stream;
  }

  #accept({ at_ms: came_ms, frame, key }: TimedFrame): void {
    // Never back: a stream that is opened again may begin with pictures that the server had kept.
    const at_ms = Math.max(came_ms, (this.#lastFrame_ms ?? 0) + 1);
    this.#decoded += 1;
    this.#lastFrame_ms = at_ms;
    this.#say('live', this.#decodesAll ? RARE_KEY_FRAMES : undefined);
    // One that was on its way when the frame before was taken is too early all the same.
    if (frame === undefined || at_ms < this.#due_ms) return;
    this.#mask?.apply(frame);
    if (this.#mailbox !== undefined) {
      this.#dropped += 1;
      this.#skipped += 1;
    }
    const skipped = this.#skipped;
    this.#latest = {
      ...frame,
      cameraId: this.id,
      at_ms,
      skipped,
      ...(key === undefined ? {} : { key }),
      ...(this.#mask === undefined ? {} : { mask: this.#mask }),
    };
    this.#mailbox = this.#latest;
    this.#options.onFrame();
  }

  #dueAfter(at_ms: number): number {
    return at_ms + this.#options.source.patrol_interval_ms * (1 - EARLY_SHARE);
  }

  #say(state: CameraState, reason?: string): void {
    if (this.#status?.state === state && this.#status.reason === reason) return;
    const at_ms = this.#options.clock();
    this.#status = { cameraId: this.id, state, at_ms, ...(reason === undefined ? {} : { reason }) };
    this.#options.onStatus(this.#status);
  }
}

function isQuick({ clock_rate = 1 }: RtspCameraOptions): boolean {
  return clock_rate > 1;
}
