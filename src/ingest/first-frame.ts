import { Writable } from 'node:stream';
import { type PpmFrame, PpmSplitter } from './ppm-splitter.ts';

/** Takes in PPM pictures and keeps the first. A picture beyond `frame_bytes_max`, or none, fails the stream. */
export function firstFrameSink(frame_bytes_max: number): {
  readonly sink: Writable;
  /** The first picture; undefined while there is none. */
  found(): PpmFrame | undefined;
} {
  let found: PpmFrame | undefined;
  const splitter = new PpmSplitter({
    frame_bytes_max,
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
  return { sink, found: () => found };
}
