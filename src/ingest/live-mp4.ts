import { PassThrough, Writable } from 'node:stream';
import createCommand from 'fluent-ffmpeg';
import type { LiveEncoder, LiveSink } from '../domain/live.ts';
import { type FfmpegTools, STDERR_LINES_MAX, supervise } from './ffmpeg.ts';
import { Mp4Fragments } from './mp4-fragments.ts';

/** Bytes that wait for ffmpeg; copying keeps up with any camera, so at the bound it hangs. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;
/** A 4K key frame of a generous camera has 2 MB. */
const BOX_BYTES_MAX = 16 * 1024 * 1024;
/** Enough of a stream to know it by. All of it is shown: with `nobuffer` ffmpeg would leave out what it has probed. */
const PROBE_BYTES = 32_000;

/**
 * Copies H.264 pictures (MPEG-TS) into fragmented MP4, a fragment for each picture: nothing is decoded. Decoding times in
 * the stream are stand-ins, so they are left out and found again from the times of showing.
 */
export function openLiveMp4(tools: FfmpegTools, sink: LiveSink): LiveEncoder {
  const input = new PassThrough({ highWaterMark: WAITING_BYTES_MAX });
  const fragments = new Mp4Fragments(BOX_BYTES_MAX, {
    init: (init, mime) => sink.head({ format: 'mp4', mime, init }),
    fragment: (bytes, isKey) => sink.part({ bytes, isKey }),
  });
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        fragments.push(chunk);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  const command = createCommand({ stdoutLines: STDERR_LINES_MAX })
    .setFfmpegPath(tools.path)
    .input(input)
    .inputOptions(['-hide_banner', '-v', 'level+error', '-nostats', '-protocol_whitelist', 'pipe'])
    .inputOptions(['-fflags', '+igndts', '-probesize', String(PROBE_BYTES)])
    .inputOptions(['-analyzeduration', '0', '-fpsprobesize', '0', '-f', 'mpegts'])
    .output(output, { end: true })
    .outputOptions(['-map', '0:v:0', '-c', 'copy', '-f', 'mp4', '-flush_packets', '1'])
    .outputOptions(['-movflags', '+empty_moov+default_base_moof+frag_every_frame']);
  const run = supervise(command, output);
  return {
    write: (bytes) => {
      if (input.writableLength + bytes.length > WAITING_BYTES_MAX) return false;
      input.write(bytes);
      return true;
    },
    stop: () => {
      run.kill();
      input.destroy();
    },
    ended: run.ended.then(({ reason }) => {
      input.destroy();
      return reason;
    }),
  };
}
