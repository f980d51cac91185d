import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CameraSource } from '../domain/camera.ts';
import type { RecordedVideo } from '../domain/recording.ts';
import type { FfmpegTools } from '../ingest/ffmpeg.ts';
import { copyStream } from '../ingest/ffmpeg-video.ts';
import { type BackoffLimits, backoff_ms, pause } from '../runtime/backoff.ts';
import { redactUrls } from '../runtime/redact.ts';

/** What a camera's film needs. */
export interface CameraFilmOptions {
  readonly source: CameraSource;
  readonly tools: FfmpegTools;
  /** The recording's folder. */
  readonly dir: string;
  readonly signal: AbortSignal;
  readonly random: () => number;
  /** A video that grew: its `end_ms` is later than before. */
  readonly onVideo: (video: RecordedVideo) => void;
  /** The stream ended or never came; in words without addresses. */
  readonly onFault: (reason: string) => void;
  readonly reopen?: BackoffLimits;
}

const REOPEN: BackoffLimits = { first_ms: 1000, max_ms: 30_000 };
/** A video is no longer than this; then the stream is opened anew. */
const VIDEO_S = 3600;
const LOOK_INTERVAL_MS = 1000;
const HEALTHY_AFTER_MS = 10_000;

/** Keeps a camera's stream on disk until the signal aborts, a video for each time that it could be opened. */
export async function filmCamera(options: CameraFilmOptions): Promise<void> {
  const { signal, random, onFault, reopen = REOPEN } = options;
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const { filmed_ms, reason } = await filmOnce(options);
    if (signal.aborted) return;
    if (filmed_ms >= HEALTHY_AFTER_MS) attempt = 0;
    // A full hour is no fault: the next one begins at once.
    if (filmed_ms >= (VIDEO_S - 1) * 1000) continue;
    onFault(reason);
    await pause(backoff_ms(attempt, reopen, random), signal);
  }
}

async function filmOnce(
  options: CameraFilmOptions,
): Promise<{ readonly filmed_ms: number; readonly reason: string }> {
  const { source, tools, dir, signal, onVideo } = options;
  const { id, url, transport, stall_timeout_ms } = source;
  const name = `video/${id}-${Date.now()}.mp4`;
  const file = join(dir, name);
  let start_ms: number | undefined;
  let bytes = 0;
  let grown_ms = Date.now();
  let stalled = false;
  const run = copyStream(
    tools,
    { url, transport, timeout_ms: stall_timeout_ms, file, duration_s: VIDEO_S },
    (at_ms) => {
      start_ms ??= at_ms;
    },
  );
  const look = (): void => {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size > bytes) {
      bytes = size;
      grown_ms = Date.now();
      // The head alone, without a picture, is some hundred bytes; a first fragment comes after two seconds.
      if (start_ms !== undefined && grown_ms > start_ms + LOOK_INTERVAL_MS) {
        onVideo({ file: name, start_ms, end_ms: grown_ms, time_scale: 1 });
      }
    } else if (Date.now() - grown_ms > stall_timeout_ms) {
      stalled = true;
      run.kill();
    }
  };
  const timer = setInterval(look, LOOK_INTERVAL_MS);
  signal.addEventListener('abort', run.kill);
  const { reason } = await run.ended;
  signal.removeEventListener('abort', run.kill);
  clearInterval(timer);
  look();
  const filmed_ms = start_ms === undefined ? 0 : Math.max(0, grown_ms - start_ms);
  if (filmed_ms <= LOOK_INTERVAL_MS) rmSync(file, { force: true });
  return {
    filmed_ms,
    reason: stalled ? 'no picture came' : redactUrls(reason.replaceAll(url, '')).replace(/^[\s:]+/, ''),
  };
}
