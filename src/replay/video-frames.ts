import { Writable } from 'node:stream';
import type { FfmpegTools } from '../ingest/ffmpeg.ts';
import { decodeVideo, type VideoFrames } from '../ingest/ffmpeg-video.ts';
import { type PpmFrame, PpmSplitter } from '../ingest/ppm-splitter.ts';

/** A frame and its time from the beginning of its video. */
export interface TimedFrame extends PpmFrame {
  readonly at_s: number;
}

const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/**
 * The wanted frames of a video, in order. ffmpeg waits while nobody takes them: of a long video there is never
 * more in memory than a frame or two. Throws where the video cannot be read to its end.
 */
export async function* videoFrames(tools: FfmpegTools, wanted: VideoFrames): AsyncGenerator<TimedFrame> {
  const frames: PpmFrame[] = [];
  const times_s: number[] = [];
  let ended: string | undefined;
  let goOn: (() => void) | undefined;
  let wake: () => void = () => undefined;
  const splitter = new PpmSplitter({
    frame_bytes_max: FRAME_BYTES_MAX,
    wanted: () => true,
    onFrame: (frame) => {
      if (frame !== undefined) frames.push(frame);
    },
  });
  const sink = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      try {
        splitter.push(chunk);
      } catch (error) {
        done(error as Error);
        return;
      }
      if (frames.length === 0) done();
      else goOn = done;
      wake();
    },
  });
  const run = decodeVideo(tools, wanted, sink, (at_s) => {
    times_s.push(at_s);
    wake();
  });
  void run.ended.then(({ lastLine }) => {
    ended = lastLine;
    wake();
  });
  try {
    for (;;) {
      const [frame] = frames;
      const [at_s] = times_s;
      if (frame !== undefined && at_s !== undefined) {
        frames.shift();
        times_s.shift();
        yield { ...frame, at_s };
      } else if (frames.length === 0 && goOn !== undefined) {
        const done = goOn;
        goOn = undefined;
        done();
      } else if (ended !== undefined) {
        if (ended !== '') throw new Error(`${wanted.file}: ${ended}`);
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    run.kill();
    await run.ended;
    sink.destroy();
  }
}
