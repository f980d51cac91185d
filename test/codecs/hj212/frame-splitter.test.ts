import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crcText, hj212Crc } from '../../../src/codecs/hj212/crc.ts';
import { type Hj212Piece, Hj212Splitter } from '../../../src/codecs/hj212/frame-splitter.ts';
import { frameOf } from '../../support/hj212.ts';

const VECTORS = JSON.parse(
  readFileSync(new URL('../../vectors/hj212/frames.json', import.meta.url), 'utf8'),
) as { name: string; frame: string; crc: string; expect: 'frame' | 'checksum' | 'malformed' }[];

/** Pieces of bytes that come in chunks, and after which nothing comes. */
function split(...chunks: Uint8Array[]): Hj212Piece[] {
  const splitter = new Hj212Splitter();
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.flush()];
}

function told(pieces: readonly Hj212Piece[]): string[] {
  return pieces.map((piece) => {
    if (piece.kind === 'deviation') return piece.name;
    return piece.kind === 'frame'
      ? piece.segment.toString()
      : `${piece.error.code}: ${piece.bytes.toString()}`;
  });
}

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [
    0,
    ...[...at].map((place) => place % (bytes.length + 1)).sort((a, b) => a - b),
    bytes.length,
  ];
  return places.slice(1).map((to, index) => bytes.subarray(places[index], to));
}

const A = frameOf('2011', 'DataTime=20260701093000;a34002-Rtd=80.5,a34002-Flag=N');
const B = frameOf('2011', 'DataTime=20260701093100;a34002-Rtd=81.5,a34002-Flag=N');
const SEGMENT = A.subarray(6, -6).toString();
const NEXT = B.subarray(6, -6).toString();
const WRONG = Buffer.from(A.toString().replace('80.5', '90.5'));

describe('the CRC', () => {
  it('is that of annex A, and not Modbus', () => {
    const segment =
      'QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&';
    expect(crcText(hj212Crc(Buffer.from(segment)))).toBe('1C80');
  });

  it.each(VECTORS)('$name', ({ frame, crc, expect: wanted }) => {
    const [piece] = split(Buffer.from(frame));
    if (piece?.kind === 'bad') expect(piece.error.code).toBe(wanted);
    else if (piece?.kind === 'frame') {
      expect(wanted).toBe('frame');
      expect(crcText(hj212Crc(piece.segment))).toBe(crc);
    }
    expect(piece).toBeDefined();
  });
});

describe('the splitter', () => {
  it('cuts frames that are glued, and takes a CRC in lower case', () => {
    const lower = Buffer.from(A.toString().replace(/([0-9A-F]{4})\r\n$/, (crc) => crc.toLowerCase()));
    expect(told(split(Buffer.concat([A, B, lower])))).toEqual([SEGMENT, NEXT, SEGMENT]);
  });

  it.each([
    ['LF alone', '\n'],
    ['nothing', ''],
    ['a blank line more', '\r\n\r\n'],
  ])('takes %s for the end of a frame, and counts it', (_name, end) => {
    const bytes = Buffer.concat([A.subarray(0, -2), Buffer.from(end), B]);
    expect(told(split(bytes))).toEqual([SEGMENT, 'line-end', NEXT]);
    expect(told(split(bytes.subarray(0, -2)))).toEqual([SEGMENT, 'line-end', NEXT, 'line-end']);
  });

  it('gives out a damaged frame as it came, and goes on behind it', () => {
    for (const end of ['\r\n', '']) {
      const damaged = Buffer.concat([WRONG.subarray(0, -2), Buffer.from(end)]);
      expect(told(split(Buffer.concat([damaged, B])))).toEqual([`checksum: ${damaged.toString()}`, NEXT]);
    }
  });

  it.each([
    ['too long', '0999'],
    ['too long by a little', String(SEGMENT.length + 3).padStart(4, '0')],
    ['too short', '0020'],
    ['nothing', '0000'],
  ])('finds the frame behind one whose length is %s', (_name, length) => {
    const bytes = Buffer.concat([Buffer.from('##'), Buffer.from(length), A.subarray(6)]);
    const pieces = split(bytes, B);
    expect(told(pieces)).toEqual([`malformed: ${bytes.toString()}`, NEXT]);
    expect(pieces[0]).toMatchObject({
      error: { message: expect.stringContaining(`but ${SEGMENT.length} are there`) },
    });
  });

  it('tells a damaged frame before anything follows', () => {
    const splitter = new Hj212Splitter();
    expect(told(splitter.push(WRONG))).toEqual([`checksum: ${WRONG.toString()}`]);
    expect(splitter.waiting_bytes).toBe(0);
  });

  it('gives out other bytes line by line, and at most 1 KiB at once', () => {
    const junk = Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n');
    expect(told(split(junk, A))).toEqual([
      'malformed: GET / HTTP/1.1\r\n',
      'malformed: Host: x\r\n',
      SEGMENT,
    ]);
    const flood = split(Buffer.alloc(5000, 'x'), A);
    expect(flood.map((piece) => (piece.kind === 'bad' ? piece.bytes.length : piece.kind))).toEqual([
      ...[1024, 1024, 1024, 1024, 904],
      'frame',
    ]);
  });

  it('counts a data segment above 1,024 bytes, and takes it', () => {
    const long = frameOf('2011', `DataTime=20260701093000;${'a34002-Rtd=1.000;'.repeat(80)}a34004-Rtd=1`);
    expect(told(split(long))[0]).toBe('long-segment');
    expect(split(long)[1]?.kind).toBe('frame');
  });

  it('gives out what ends in the middle when nothing more comes', () => {
    expect(told(split(A.subarray(0, 50)))).toEqual([`malformed: ${A.subarray(0, 50).toString()}`]);
  });

  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom('#', '##', '##01', '##9999', '\r\n', '##0003abc', '&&').map((text) => Buffer.from(text)),
    fc.constantFrom(
      A,
      B,
      WRONG,
      A.subarray(0, -2),
      A.subarray(0, 60),
      Buffer.from(A.toString().replace('##0', '##1')),
    ),
  );

  it('gives the same pieces however the bytes are chunked, and keeps every byte', () => {
    fc.assert(
      fc.property(
        fc.array(noise, { maxLength: 12 }),
        fc.array(fc.nat(3000), { maxLength: 30 }),
        (parts, at) => {
          const bytes = Buffer.concat(parts);
          const whole = split(bytes);
          expect(told(split(...cut(bytes, at)))).toEqual(told(whole));
          const given = whole
            .map((piece) => (piece.kind === 'deviation' ? '' : piece.bytes.toString('latin1')))
            .join('');
          const blanks = /[\r\n\t \0]/g;
          expect(given.replace(blanks, '')).toBe(bytes.toString('latin1').replace(blanks, ''));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('gives the same pieces byte by byte', () => {
    const bytes = Buffer.concat([Buffer.from('junk'), A, WRONG, B, Buffer.from('##0'), A]);
    const single = Array.from(bytes, (byte) => Buffer.from([byte]));
    expect(told(split(...single))).toEqual(told(split(bytes)));
  });

  it('finds every whole frame behind a damaged one, wherever a byte was changed', () => {
    fc.assert(
      fc.property(fc.nat(A.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(A);
        changed[at] = value;
        const pieces = told(split(changed, B, B));
        expect(pieces.filter((one) => one === NEXT)).toHaveLength(2);
      }),
      { numRuns: 500 },
    );
  });

  it('holds no more than a frame and 1 KiB, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(noise, { minLength: 1, maxLength: 20 }), (parts) => {
        const splitter = new Hj212Splitter();
        for (let round = 0; round < 20; round += 1) {
          for (const part of parts) {
            splitter.push(part);
            expect(splitter.waiting_bytes).toBeLessThanOrEqual(9999 + 10 + 1024 + 6);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
