import { PassThrough, type Readable, type Writable } from 'node:stream';
import createCommand, { type FfmpegCommand } from 'fluent-ffmpeg';
import { type FfmpegRun, type FfmpegTools, STDERR_LINES_MAX, supervise } from './ffmpeg.ts';

const TIME_BASE = /config in time_base: (\d+)\/(\d+)/;
const FRAME_TIME = /\] n: *\d+ pts: *(-?\d+) /;

/** Which frames of a video file are wanted, in seconds from its beginning. */
export interface VideoFrames {
  readonly file: string;
  readonly from_s: number;
  /** At most one frame in so many seconds. */
  readonly every_s?: number;
  /** At most so many frames. */
  readonly frames_max?: number;
}

/**
 * Decodes frames of a local file as binary PPM pictures into `sink`, all frames in between too. `onTime` gets
 * each handed-out frame's time, in seconds from the beginning, in the order of the frames.
 */
export function decodeVideo(
  tools: FfmpegTools,
  frames: VideoFrames,
  sink: Writable,
  onTime: (at_s: number) => void,
): FfmpegRun {
  const { file, from_s, every_s, frames_max } = frames;
  const command = createCommand({ stdoutLines: STDERR_LINES_MAX })
    .setFfmpegPath(tools.path)
    // The prefix keeps a name that looks like a protocol from being one.
    .input(`file:${file}`)
    .inputOptions(['-hide_banner', '-v', 'level+info', '-nostats', '-nostdin', '-threads', '1'])
    // Of this format alone: a playlist under that name would lead elsewhere.
    .inputFormat('mp4')
    .inputOptions(['-protocol_whitelist', 'file', ...(from_s > 0 ? ['-ss', from_s.toFixed(6)] : [])]);
  if (frames_max !== undefined) command.outputOptions(['-frames:v', String(frames_max)]);
  return decodeInto(tools, command, { every_s, sink, onTime: (at_s) => onTime(from_s + at_s) });
}

/** Which frames of a stream in MPEG-TS are wanted. */
export interface FootageFrames {
  readonly stream: Readable;
  /** At most one frame in so many seconds. */
  readonly every_s?: number;
}

/**
 * Decodes frames of a camera's stream as it was copied, in full size, as binary PPM pictures into `sink`; the stream's
 * decoding times are stand-ins and left out. Times are by the camera's clock: only their differences tell something.
 */
export function decodeFootage(
  tools: FfmpegTools,
  { stream, every_s }: FootageFrames,
  sink: Writable,
  onTime: (at_s: number) => void,
): FfmpegRun {
  // A segment that is dropped meanwhile ends the stream: ffmpeg then makes of it what there is.
  stream.once('error', () => stream.destroy());
  const command = createCommand({ stdoutLines: STDERR_LINES_MAX })
    .setFfmpegPath(tools.path)
    .input(stream)
    .inputOptions(['-hide_banner', '-v', 'level+info', '-nostats', '-threads', '1'])
    .inputOptions(['-protocol_whitelist', 'pipe', '-fflags', '+igndts', '-f', 'mpegts']);
  return decodeInto(tools, command, { every_s, sink, onTime });
}

function decodeInto(
  tools: FfmpegTools,
  command: FfmpegCommand,
  to: {
    readonly every_s: number | undefined;
    readonly sink: Writable;
    readonly onTime: (at_s: number) => void;
  },
): FfmpegRun {
  const { every_s, sink, onTime } = to;
  let tick_s = 0;
  command
    .outputOptions([
      ...['-filter_threads', '1', '-map', '0:v:0', '-an', '-sn'],
      ...['-vf', [...thinning(every_s), 'showinfo'].join(',')],
      ...[tools.frameModeOption, 'passthrough', '-c:v', 'ppm', '-f', 'image2pipe'],
    ])
    .output(sink, { end: true });
  command.on('stderr', (line: string) => {
    const base = TIME_BASE.exec(line);
    if (base !== null) tick_s = Number(base[1]) / Number(base[2]);
    const frame = FRAME_TIME.exec(line);
    if (frame !== null) onTime(Number(frame[1]) * tick_s);
  });
  return supervise(command, sink);
}

function thinning(every_s: number | undefined): string[] {
  if (every_s === undefined) return [];
  return [`select=isnan(prev_selected_t)+gte(t-prev_selected_t\\,${every_s.toFixed(6)})`];
}

/** A stream to be kept as it comes. */
export interface StreamCopy {
  readonly url: string;
  readonly transport: 'tcp' | 'udp';
  readonly timeout_ms: number;
  /** Where the mp4 goes. */
  readonly file: string;
  readonly duration_s: number;
}

/** Epoch seconds: `start:` of a stream whose packets have the time of their arrival. */
const STARTED = /Duration: .*\bstart: (\d{9,}\.\d+)/;
const FRAGMENT_US = 2_000_000;

/**
 * Copies a stream's video into an mp4 of fragments of some two seconds, each of them readable once it is written.
 * Times are those of arrival; `onStart` gets that of the first picture, in epoch milliseconds.
 */
export function copyStream(
  tools: FfmpegTools,
  copy: StreamCopy,
  onStart: (start_ms: number) => void,
): FfmpegRun {
  const { url, transport, timeout_ms, file, duration_s } = copy;
  const command = createCommand({ stdoutLines: STDERR_LINES_MAX })
    .setFfmpegPath(tools.path)
    .input(url)
    .inputOptions(['-hide_banner', '-v', 'level+info', '-nostats', '-nostdin'])
    .inputOptions(['-use_wallclock_as_timestamps', '1', '-analyzeduration', '1000000', '-fpsprobesize', '0'])
    .inputOptions(
      url.startsWith('file:')
        ? ['-protocol_whitelist', 'file', '-re', '-stream_loop', '-1']
        : [
            ...['-protocol_whitelist', 'rtsp,rtsps,rtp,srtp,udp,tcp,tls,crypto'],
            ...['-rtsp_transport', transport, '-allowed_media_types', 'video'],
            ...[tools.rtspTimeoutOption, String(timeout_ms * 1000)],
          ],
    )
    .outputOptions(['-map', '0:v:0', '-c', 'copy', '-t', String(duration_s), '-flush_packets', '1'])
    .outputOptions(['-movflags', '+frag_keyframe+empty_moov+default_base_moof'])
    .outputOptions(['-frag_duration', String(FRAGMENT_US), '-f', 'mp4', '-y'])
    .output(file);
  command.on('stderr', (line: string) => {
    const started = STARTED.exec(line);
    if (started !== null) onStart(Math.round(Number(started[1]) * 1000));
  });
  return supervise(command, new PassThrough());
}
