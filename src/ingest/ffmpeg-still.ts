import { Readable } from 'node:stream';
import createCommand from 'fluent-ffmpeg';
import { type FfmpegTools, STDERR_LINES_MAX, supervise } from './ffmpeg.ts';
import { firstFrameSink } from './first-frame.ts';
import type { PpmFrame } from './ppm-splitter.ts';

const FRAME_BYTES_MAX = 64 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/**
 * Decodes one key picture, in MPEG-TS as a camera's stream was copied, at its full size. Rejects where it is none, or
 * takes longer than half a minute.
 */
export async function decodeStill(tools: FfmpegTools, key: Uint8Array): Promise<PpmFrame> {
  const { sink, found } = firstFrameSink(FRAME_BYTES_MAX);
  const command = createCommand({ stdoutLines: STDERR_LINES_MAX })
    .setFfmpegPath(tools.path)
    .input(Readable.from([key]))
    .inputOptions(['-hide_banner', '-v', 'level+error', '-nostats', '-threads', '1'])
    .inputOptions(['-protocol_whitelist', 'pipe', '-f', 'mpegts'])
    .outputOptions(['-map', '0:v:0', '-frames:v', '1', tools.frameModeOption, 'passthrough'])
    .outputOptions(['-c:v', 'ppm', '-f', 'image2pipe'])
    .output(sink, { end: true });
  const run = supervise(command, sink);
  const timer = setTimeout(run.kill, TIMEOUT_MS);
  const { reason, lastLine } = await run.ended;
  clearTimeout(timer);
  const frame = found();
  if (frame === undefined) throw new Error(`the picture cannot be decoded: ${lastLine || reason}`);
  return frame;
}
