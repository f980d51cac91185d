import { Writable } from 'node:stream';
import type { CameraSource } from '../domain/camera.ts';
import type { CameraCounts, CameraState, CameraStatus } from '../domain/camera-status.ts';
import { type BackoffLimits, backoff_ms, pause } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import { redactUrls } from '../runtime/redact.ts';
import { decodeFrames, type FfmpegRun, type FfmpegTools } from './ffmpeg.ts';
import { type PpmFrame, PpmSplitter } from './ppm-splitter.ts';

/** A frame and the wall-clock time at which it was read. */
export interface CameraFrame extends PpmFrame {
  readonly cameraId: string;
  readonly at_ms: number;
}

/** What a camera needs from outside. */
export interface RtspCameraOptions {
  readonly source: CameraSource;
  readonly ffmpeg: FfmpegTools;
  readonly allowFiles: boolean;
  readonly frame_bytes_max: number;
  readonly backoff: BackoffLimits;
  readonly clock: Clock;
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
  #mailbox: CameraFrame | undefined;
  #latest: CameraFrame | undefined;
  #status: CameraStatus | undefined;
  #due_ms = 0;
  #decodesAll = false;
  #decoded = 0;
  #dropped = 0;
  #opened = 0;
  #lastFrame_ms: number | undefined;

  constructor(options: RtspCameraOptions) {
    this.id = options.source.id;
    this.#options = options;
  }

  start(): void {
    this.#running = this.#keepOpen();
  }

  /** Resolves when ffmpeg is gone. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#run?.kill();
    await this.#running;
  }

  /** Takes the frame that waits, if any. */
  take(): CameraFrame | undefined {
    const frame = this.#mailbox;
    this.#mailbox = undefined;
    // From here on, not from its arrival: a slow judge gets rest between two frames as well.
    if (frame !== undefined) this.#due_ms = this.#dueAfter(frame.at_ms);
    return frame;
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
    for (let attempt = 0; !this.#abort.signal.aborted; attempt += 1) {
      const opened_ms = clock();
      const { state, reason } = await this.#open();
      if (this.#abort.signal.aborted) return;
      const wasLive = this.#lastFrame_ms !== undefined && this.#lastFrame_ms >= opened_ms;
      // A stream that gave nothing may be another one when it comes back.
      this.#decodesAll = state === 'rare' || (this.#decodesAll && wasLive);
      if (state === 'rare') continue;
      this.#say(state, reason);
      if (wasLive && clock() - opened_ms >= HEALTHY_AFTER_MS) attempt = 0;
      await pause(backoff_ms(attempt, backoff, random), this.#abort.signal);
    }
  }

  /** One ffmpeg from start to end; tells how it ended. */
  async #open(): Promise<StreamEnd> {
    const { source, ffmpeg, key_frame_patience_ms = KEY_FRAME_PATIENCE_MS } = this.#options;
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
    const sink = this.#sink(() => {
      watchdog.refresh();
      frames += 1;
      if (frames > 1) clearTimeout(patience);
      else patience?.refresh();
    });
    const every = this.#decodesAll ? { every_ms } : {};
    const run = decodeFrames(ffmpeg, { url, transport, timeout_ms: stall_timeout_ms, ...every }, sink);
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
    if (cause === undefined) return { state: 'failed', reason: withoutSecrets(ended.reason, url) };
    if (cause === 'rare') return { state: cause, reason: RARE_KEY_FRAMES };
    const said = withoutSecrets(ended.lastLine, url);
    const reason = `no frame within ${stall_timeout_ms} ms`;
    return { state: cause, reason: said === '' ? reason : `${reason}; ffmpeg: ${said}` };
  }

  #sink(onFrame: () => void): Writable {
    const { frame_bytes_max, clock } = this.#options;
    const splitter = new PpmSplitter({
      frame_bytes_max,
      wanted: () => clock() >= this.#due_ms,
      onFrame: (frame) => {
        onFrame();
        this.#accept(frame);
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

  #accept(frame: PpmFrame | undefined): void {
    const at_ms = this.#options.clock();
    this.#decoded += 1;
    this.#lastFrame_ms = at_ms;
    this.#say('live', this.#decodesAll ? RARE_KEY_FRAMES : undefined);
    // One that was on its way when the frame before was taken is too early all the same.
    if (frame === undefined || at_ms < this.#due_ms) return;
    if (this.#mailbox !== undefined) this.#dropped += 1;
    this.#latest = { ...frame, cameraId: this.id, at_ms };
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

/** Why a URL is not opened at all, without repeating it. */
function schemeFault(url: string, allowFiles: boolean): string | undefined {
  if (!URL.canParse(url)) return 'the address is no URL';
  const { protocol } = new URL(url);
  if (protocol === 'rtsp:' || protocol === 'rtsps:') return undefined;
  if (protocol === 'file:') return allowFiles ? undefined : 'files are not allowed';
  return `scheme ${protocol} is not allowed; use rtsp or rtsps`;
}

/**
 * ffmpeg repeats the URL in its messages: it goes, and so does the password wherever else it stands, as it is
 * and decoded.
 */
function withoutSecrets(text: string, url: string): string {
  let clean = redactUrls(text.replaceAll(url, '')).replace(/^\s*:\s*/, '');
  for (const secret of secretsOf(url)) clean = clean.replaceAll(secret, '***');
  return clean.trim();
}

function secretsOf(url: string): string[] {
  const { password, username } = new URL(url);
  const decoded = [password, username].flatMap((secret) => {
    try {
      return [secret, decodeURIComponent(secret)];
    } catch {
      return [secret];
    }
  });
  return decoded.filter((secret) => secret.length >= 4);
}
