import type { Writable } from 'node:stream';
import createCommand from 'fluent-ffmpeg';
import { addCamera, type CameraAddress } from './camera-input.ts';
import { type FfmpegRun, type FfmpegTools, STDERR_LINES_MAX, supervise } from './ffmpeg.ts';

/** What to read from, and how it is to be decoded. */
export interface FrameSource extends CameraAddress {
  /** Left out, key frames alone are decoded; else every frame, and one in so many milliseconds handed out. */
  readonly every_ms?: number;
  /** Wider frames are scaled down to this; left out, frames keep their size. */
  readonly width_px_max?: number;
  /** Where the stream goes as it comes, in MPEG-TS: the path of a Unix socket that somebody listens at. */
  readonly copyTo?: string;
}

/**
 * What all copied packets' time stamps are moved by: 2^32 ticks of 90 kHz. Cameras give no decoding time, and MPEG-TS
 * needs one that rises and comes before the time of showing; so it counts packets, from long ago.
 */
const COPY_OFFSET_TICKS = 2 ** 32;

/**
 * Decodes a camera's key frames (or all, see {@link FrameSource}) as binary PPM pictures into `sink`, until killed or
 * the source ends; with `copyTo` the same process and connection also give the stream itself. One decoder thread:
 * with frame threads each picture would come several key frames late. (An encoder that reorders frames still makes
 * ffmpeg hold each picture until one or more further key frames have come.)
 */
export function decodeFrames(tools: FfmpegTools, source: FrameSource, sink: Writable): FfmpegRun {
  const command = createCommand({ stdoutLines: STDERR_LINES_MAX }).setFfmpegPath(tools.path);
  const { every_ms, copyTo } = source;
  addCamera(command, tools, source, [
    ...['-hide_banner', '-v', 'level+info', '-nostats', '-threads', '1', '-fflags', '+nofillin'],
    ...(every_ms === undefined ? ['-skip_frame', 'nokey'] : []),
  ]);
  command
    .output(sink, { end: true })
    .outputOptions(['-filter_threads', '1', '-map', '0:v:0', '-vf', filters(source).join(',')])
    .outputOptions([tools.frameModeOption, 'passthrough', '-c:v', 'ppm', '-f', 'image2pipe']);
  if (copyTo !== undefined) {
    command
      .output(`unix:${copyTo}`)
      .outputOptions(['-map', '0:v:0', '-c', 'copy', '-bsf:v', `setts=pts=${PTS}:dts=N-${COPY_OFFSET_TICKS}`])
      .outputOptions(['-muxdelay', '0', '-muxpreload', '0', '-flush_packets', '1', '-f', 'mpegts']);
  }
  return supervise(command, sink);
}

/** The first packet of a stream may come without a time. */
const PTS = 'if(eq(PTS\\,NOPTS)\\,0\\,PTS)';

/** Thinned out before the pixels are touched; a clock that jumps back does not end the pictures. */
function filters({ every_ms, width_px_max }: FrameSource): string[] {
  const every_s = String((every_ms ?? 0) / 1000);
  const next = `isnan(prev_selected_t)+gte(t-prev_selected_t\\,${every_s})+lt(t\\,prev_selected_t)`;
  return [
    ...(every_ms === undefined ? [] : [`select=${next}`]),
    'null',
    ...(width_px_max === undefined ? [] : [`scale=w=min(iw\\,${width_px_max}):h=-2:flags=area`]),
  ];
}
