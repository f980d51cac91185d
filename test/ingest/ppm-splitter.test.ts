import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PpmError, type PpmFrame, PpmSplitter } from '../../src/ingest/ppm-splitter.ts';

const LIMIT = 3000;

function picture(width_px: number, height_px: number, seed: number): Buffer {
  const pixels = Buffer.alloc(width_px * height_px * 3).map((_, i) => (i * 31 + seed) & 255);
  return Buffer.concat([Buffer.from(`P6\n${width_px} ${height_px}\n255\n`), pixels]);
}

function split(chunks: Iterable<Uint8Array>, wanted = () => true): (PpmFrame | undefined)[] {
  const frames: (PpmFrame | undefined)[] = [];
  const splitter = new PpmSplitter({
    frame_bytes_max: LIMIT,
    wanted,
    onFrame: (frame) => frames.push(frame),
  });
  for (const chunk of chunks) splitter.push(chunk);
  return frames;
}

function* chunked(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

describe('a stream of pictures', () => {
  test('gives the same frames however it is chunked, sizes changing', () => {
    const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 })), {
      minLength: 1,
      maxLength: 5,
    });
    const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sizes, cuts, (given, chunkSizes) => {
        const pictures = given.map(([width, height], index) => picture(width, height, index));
        const frames = split(chunked(Buffer.concat(pictures), chunkSizes));
        expect(frames.map((frame) => [frame?.width_px, frame?.height_px])).toEqual(given);
        frames.forEach((frame, index) => {
          const whole = pictures[index] ?? Buffer.alloc(0);
          expect(
            Buffer.compare(frame?.data ?? Buffer.alloc(0), whole.subarray(-(frame?.data.length ?? 0))),
          ).toBe(0);
        });
      }),
    );
  });

  test('keeps an unfinished picture to itself', () => {
    const bytes = Buffer.concat([picture(4, 4, 1), picture(4, 4, 2)]);
    expect(split([bytes.subarray(0, -1)])).toHaveLength(1);
  });

  test('passes over the pixels of a picture that is not wanted', () => {
    let asked = 0;
    const bytes = Buffer.concat([picture(4, 4, 1), picture(5, 3, 2), picture(4, 4, 3)]);
    const frames = split(chunked(bytes, [7]), () => {
      asked += 1;
      return asked === 2;
    });
    expect(frames.map((frame) => frame?.width_px)).toEqual([undefined, 5, undefined]);
    expect(asked).toBe(3);
  });
});

describe('rubbish', () => {
  test.each([
    ['text', Buffer.from('HTTP/1.1 200 OK\r\n')],
    ['another format', Buffer.from('P5\n4 4\n255\n')],
    ['16 bits a colour', Buffer.from('P6\n4 4\n65535\n                              ')],
    ['a header without end', Buffer.from(`P6\n${'9'.repeat(100)}`)],
    ['rubbish after a picture', Buffer.concat([picture(4, 4, 1), Buffer.from('xx')])],
  ])('%s is refused', (_name, bytes) => {
    expect(() => split([bytes])).toThrow(PpmError);
    expect(() => split(chunked(bytes, [1]))).toThrow(PpmError);
  });

  test('a picture beyond the bound, or without pixels, is refused before memory is taken', () => {
    expect(() => split([Buffer.from('P6\n99999 99999\n255\n')])).toThrow('a frame of 99999x99999');
    expect(() => split([Buffer.from('P6\n0 10\n255\n')])).toThrow(PpmError);
    expect(split([picture(10, 100, 1)])).toHaveLength(1);
    expect(() => split([picture(10, 101, 1)])).toThrow(`not within 1 to ${LIMIT} bytes`);
  });

  test('never makes it fail otherwise', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 }), (chunks) => {
        try {
          split([Buffer.from('P6\n'), ...chunks]);
        } catch (error) {
          expect(error).toBeInstanceOf(PpmError);
        }
      }),
    );
  });
});
