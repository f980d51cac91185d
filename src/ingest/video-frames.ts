import { Writable } from 'node:stream';
import type { FfmpegRun, FfmpegTools } from './ffmpeg.ts';
import { decodeFootage, decodeVideo, type FootageFrames, type VideoFrames } from './ffmpeg-video.ts';
import { type PpmFrame, PpmSplitter } from './ppm-splitter.ts';

/** A frame and its time from the beginning of its video (of footage, from its first frame). */
export interface TimedFrame extends PpmFrame {
  readonly at_s: number;
}

const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/**
 * The wanted frames of a video, in order. ffmpeg waits while nobody takes them: of a long video there is never
 * more in memory than a frame or two. Throws where the video cannot be read to its end.
 */
export function videoFrames(tools: FfmpegTools, wanted: VideoFrames): AsyncGenerator<TimedFrame> {
  return timedFrames((sink, onTime) => decodeVideo(tools, wanted, sink, onTime), wanted.file);
}

/** The same of a camera's stream as it was kept; what of it cannot be decoded is left out. Throws where nothing can. */
export async function* footageFrames(tools: FfmpegTools, wanted: FootageFrames): AsyncGenerator<TimedFrame> {
  let first_s: number | undefined;
  const frames = timedFrames((sink, onTime) => decodeFootage(tools, wanted, sink, onTime), 'the stream');
  try {
    for await (const frame of frames) {
      first_s ??= frame.at_s;
      yield { ...frame, at_s: frame.at_s - first_s };
    }
  } catch (error) {
    if (first_s === undefined) throw error;
  }
}

async function* timedFrames(
  start: (sink: Writable, onTime: (at_s: number) => void) => FfmpegRun,
  name: string,
): AsyncGenerator<TimedFrame> {
  const frames: PpmFrame[] = [];
  const times_s: number[] = [];
  let ended: string | undefined;
  let goOn: (() => void) | undefined;
  let wake: () => void = () => undefined;
  /** Nobody wants more: what still comes is let through, for a pipe that nobody reads keeps ffmpeg from being gone. */
  let isOver = false;
  const splitter = new PpmSplitter({
    frame_bytes_max: FRAME_BYTES_MAX,
    wanted: () => true,
    onFrame: (frame) => {
      if (frame !== undefined) frames.push(frame);
    },
  });
  const sink = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      if (isOver) {
        done();
        return;
      }
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
  const run = start(sink, (at_s) => {
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
        if (ended !== '') throw new Error(`${name}: ${ended}`);
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    isOver = true;
    run.kill();
    goOn?.();
    await run.ended;
    sink.destroy();
  }
}
