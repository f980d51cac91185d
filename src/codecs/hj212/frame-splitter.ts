import type { DecodeError } from '../../domain/decoded.ts';
import { crcText, hj212Crc } from './crc.ts';
import type { Hj212Deviation } from './deviation.ts';

/** A piece of the byte stream of one station. */
export type Hj212Piece =
  | { readonly kind: 'frame'; readonly segment: Buffer; readonly bytes: Buffer }
  /** Not a frame, or one that is damaged: for the quarantine. */
  | { readonly kind: 'bad'; readonly error: DecodeError; readonly bytes: Buffer }
  | { readonly kind: 'deviation'; readonly name: Hj212Deviation };

/** `##` and four digits of length before the data segment, four of CRC behind it. */
const HEAD_BYTES = 6;
const CRC_BYTES = 4;
/** What the standard allows; more is taken up to what four digits can say. */
const SEGMENT_BYTES_STANDARD = 1024;
/** Bytes that are no frame are handed on in pieces of at most so many. */
const JUNK_BYTES_MAX = 1024;
const [HASH, LF, ZERO, NINE] = [0x23, 0x0a, 0x30, 0x39];

/**
 * Cuts the bytes of a connection into frames (HJ 212-2017, 6.3.1), however they are chunked. A frame whose
 * length or CRC is wrong is given out as bad, up to the end of its line or the next frame's beginning, and the
 * one behind it is found. Holds at most one frame and 1 KiB.
 */
export class Hj212Splitter {
  #rest: Buffer = Buffer.alloc(0);
  /** What came between the last good frame and the next byte of something else; undefined when told. */
  #lineEnd: string | undefined;

  /** Bytes of something that has begun and is not whole. */
  get waiting_bytes(): number {
    return this.#rest.length;
  }

  /** The pieces that the chunk completes. */
  push(chunk: Uint8Array): Hj212Piece[] {
    const pieces: Hj212Piece[] = [];
    let rest: Buffer = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      rest = this.#skipLineEnd(rest, pieces);
      const taken = rest.length === 0 ? 0 : takePiece(rest, pieces);
      if (taken === 0) break;
      if (pieces.at(-1)?.kind === 'frame') this.#lineEnd = '';
      rest = rest.subarray(taken);
    }
    // A copy, so that a short rest does not hold on to the whole chunk.
    this.#rest = Buffer.from(rest);
    return pieces;
  }

  /** No more will come of what has begun: gives it out as bad. */
  flush(): Hj212Piece[] {
    const pieces: Hj212Piece[] = [];
    if (this.#rest.length > 0) pieces.push(bad(this.#rest, 'malformed', 'the frame ends in the middle'));
    else if (this.#lineEnd !== undefined && this.#lineEnd !== '\r\n')
      pieces.push({ kind: 'deviation', name: 'line-end' });
    this.#rest = Buffer.alloc(0);
    this.#lineEnd = undefined;
    return pieces;
  }

  #skipLineEnd(rest: Buffer, pieces: Hj212Piece[]): Buffer {
    let at = 0;
    while (at < rest.length && isBlank(rest[at])) at += 1;
    if (this.#lineEnd !== undefined) {
      this.#lineEnd = (this.#lineEnd + rest.toString('latin1', 0, Math.min(at, 3))).slice(0, 3);
      if (at < rest.length) {
        if (this.#lineEnd !== '\r\n') pieces.push({ kind: 'deviation', name: 'line-end' });
        this.#lineEnd = undefined;
      }
    }
    return rest.subarray(at);
  }
}

/** Takes the first piece of `rest`; the number of bytes that it took, 0 where more are needed to tell. */
function takePiece(rest: Buffer, pieces: Hj212Piece[]): number {
  const start = startsAt(rest, 0);
  if (start === undefined) return 0;
  if (!start) return takeJunk(rest, pieces);
  if (rest.length < HEAD_BYTES) return 0;
  const length = Number(rest.toString('latin1', 2, HEAD_BYTES));
  const end = HEAD_BYTES + length + CRC_BYTES;
  const lf = rest.subarray(HEAD_BYTES, end).indexOf(LF);
  if (lf !== -1) {
    const bytes = rest.subarray(0, HEAD_BYTES + lf + 1);
    pieces.push(
      bad(bytes, 'malformed', `its length says ${length} bytes, but ${segmentOf(bytes)} are there`),
    );
    return bytes.length;
  }
  if (rest.length < end) return 0;
  const segment = rest.subarray(HEAD_BYTES, HEAD_BYTES + length);
  const given = rest.toString('latin1', HEAD_BYTES + length, end);
  const wanted = crcText(hj212Crc(segment));
  if (given.toUpperCase() === wanted) {
    if (length > SEGMENT_BYTES_STANDARD) pieces.push({ kind: 'deviation', name: 'long-segment' });
    pieces.push({ kind: 'frame', segment, bytes: rest.subarray(0, end) });
    return end;
  }
  return takeDamaged(rest, end, { length, given, wanted }, pieces);
}

/** A frame that is as long as it says, or seems to be, with a CRC that is not its own. */
function takeDamaged(
  rest: Buffer,
  end: number,
  { length, given, wanted }: { readonly length: number; readonly given: string; readonly wanted: string },
  pieces: Hj212Piece[],
): number {
  const until = boundary(rest, 2, end + JUNK_BYTES_MAX);
  if (until === undefined) return 0;
  const bytes = rest.subarray(0, until);
  const isWhole = /^\r?\n?$/.test(rest.toString('latin1', Math.min(end, until), until)) && until >= end;
  if (isWhole)
    pieces.push(bad(bytes, 'checksum', `its CRC is ${printable(given)}, that of its data ${wanted}`));
  else {
    const there = segmentOf(bytes);
    pieces.push(bad(bytes, 'malformed', `its length says ${length} bytes, but ${there} are there`));
  }
  return until;
}

function takeJunk(rest: Buffer, pieces: Hj212Piece[]): number {
  const until = boundary(rest, 1, JUNK_BYTES_MAX);
  if (until === undefined) return 0;
  pieces.push(bad(rest.subarray(0, until), 'malformed', 'bytes that are no frame: none begins with ##'));
  return until;
}

/**
 * Where something that is no frame ends: behind the next line feed, before what looks like a frame's beginning, or
 * at `max`; undefined where the bytes at hand do not tell.
 */
function boundary(rest: Buffer, from: number, max: number): number | undefined {
  for (let at = from; at < Math.min(rest.length, max); at += 1) {
    if (rest[at - 1] === LF) return at;
    if (rest[at] !== HASH) continue;
    const start = startsAt(rest, at);
    if (start === undefined) return undefined;
    if (start) return at;
  }
  if (rest.length >= max) return max;
  return rest.length >= from && rest[rest.length - 1] === LF ? rest.length : undefined;
}

/** True where `##` and four digits stand at `at`; undefined where that may still become so. */
function startsAt(rest: Buffer, at: number): boolean | undefined {
  for (let index = 0; index < HEAD_BYTES; index += 1) {
    const byte = rest[at + index];
    if (byte === undefined) return undefined;
    if (index < 2 ? byte !== HASH : byte < ZERO || byte > NINE) return false;
  }
  return true;
}

/** Bytes of data segment in a line, if what is at its end is a CRC. */
function segmentOf(line: Buffer): number {
  const text = line.toString('latin1').replace(/\r?\n?$/, '');
  return Math.max(0, text.length - HEAD_BYTES - CRC_BYTES);
}

/** CR, LF, blank, tab, NUL. */
function isBlank(byte: number | undefined): boolean {
  return byte === 0x0d || byte === LF || byte === 0x20 || byte === 0x09 || byte === 0;
}

function printable(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '?');
}

function bad(bytes: Buffer, code: DecodeError['code'], message: string): Hj212Piece {
  return { kind: 'bad', error: { code, message }, bytes };
}
