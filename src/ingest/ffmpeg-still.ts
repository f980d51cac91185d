import { Readable, Writable } from 'node:stream';
import createCommand from 'fluent-ffmpeg';
import { type FfmpegTools, STDERR_LINES_MAX, supervise } from './ffmpeg.ts';
import { type PpmFrame, PpmSplitter } from './ppm-splitter.ts';

const FRAME_BYTES_MAX = 64 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/**
 * Decodes one key picture, in MPEG-TS as a camera's stream was copied, at its full size. Rejects where it is none, or
 * takes longer than half a minute.
 */
export async function decodeStill(tools: FfmpegTools, key: Uint8Array): Promise<PpmFrame> {
  let found: PpmFrame | undefined;
  const splitter = new PpmSplitter({
    frame_bytes_max: FRAME_BYTES_MAX,
    wanted: () => found === undefined,
    onFrame: (frame) => {
      found ??= frame;
    },
  });
  const sink = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      try {
        splitter.push(chunk);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
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
  if (found === undefined) throw new Error(`the picture cannot be decoded: ${lastLine || reason}`);
  return found;
}
