import { PassThrough, type Readable } from 'node:stream';
import createCommand from 'fluent-ffmpeg';
import { type FfmpegTools, STDERR_LINES_MAX, supervise } from './ffmpeg.ts';

/** A clip to be made of a stream in MPEG-TS. */
export interface Clip {
  readonly stream: Readable;
  readonly codec: 'h264' | 'h265';
  readonly duration_s: number;
  /** When its first picture came, ISO 8601. */
  readonly start: string;
  /** Where the mp4 goes; what lies there is replaced. */
  readonly file: string;
}

const TIMEOUT_MS = 60_000;

/**
 * Makes an mp4 that a browser plays while it loads, of the stream's own pictures: nothing is decoded. Decoding times in
 * the stream are stand-ins, so they are left out and found again from the times of showing. Rejects where the stream
 * cannot be read or the file not be written.
 */
export async function copyClip(tools: FfmpegTools, clip: Clip): Promise<void> {
  const { stream, codec, duration_s, start, file } = clip;
  let fault: string | undefined;
  stream.once('error', (error) => {
    fault = error.message;
  });
  const command = createCommand({ stdoutLines: STDERR_LINES_MAX })
    .setFfmpegPath(tools.path)
    .input(stream)
    .inputOptions(['-hide_banner', '-v', 'level+error', '-nostats', '-protocol_whitelist', 'pipe'])
    .inputOptions(['-fflags', '+igndts', '-f', 'mpegts'])
    .outputOptions(['-map', '0:v:0', '-c', 'copy', '-t', duration_s.toFixed(3)])
    // Safari plays H.265 under this name alone.
    .outputOptions(codec === 'h265' ? ['-tag:v', 'hvc1'] : [])
    .outputOptions(['-metadata', `creation_time=${start}`, '-movflags', '+faststart', '-f', 'mp4', '-y'])
    .output(`file:${file}`);
  const run = supervise(command, new PassThrough());
  const timer = setTimeout(run.kill, TIMEOUT_MS);
  const { reason } = await run.ended;
  clearTimeout(timer);
  stream.destroy();
  if (fault !== undefined || reason !== 'the stream ended') throw new Error(fault ?? reason);
}
