import { existsSync, readFileSync } from 'node:fs';

/** A frame of a write-ahead log: an image of one page. */
export interface WalFrame {
  /** Where its header begins in the file. */
  readonly offset: number;
  readonly page: number;
  /** The last one of a transaction. */
  readonly isCommit: boolean;
  readonly data: Buffer;
  /** Its checksum follows from that of the frame before it, so neither was changed. */
  readonly isIntact: boolean;
}

/** A write-ahead log as it lies on the disk. */
export interface Wal {
  readonly pageBytes: number;
  readonly isHeaderIntact: boolean;
  /** Frames of the newest generation; those of earlier ones behind them are no longer part of the database. */
  readonly frames: readonly WalFrame[];
  /** Number of frames that SQLite will use: up to the last commit before anything that is damaged. */
  readonly usable: number;
  /**
   * Where the log is damaged: a frame that does not fit its checksum with a whole transaction behind it. What a
   * crash leaves at the end is no damage: it was never acknowledged.
   */
  readonly damagedAt?: number;
}

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;

/**
 * Reads a write-ahead log (SQLite file format, section 4). SQLite itself stops at the first frame that does not
 * fit, without a word: this tells whether anything was lost behind it. Undefined where there is no log.
 */
export function readWal(path: string): Wal | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  if (bytes.length < HEADER_BYTES + FRAME_HEADER_BYTES) return undefined;
  const magic = bytes.readUInt32BE(0);
  const bigEndian = (magic & 1) === 1;
  const seed = checksum(bytes, 0, 24, bigEndian, [0, 0]);
  const isHeaderIntact =
    (magic & ~1) === MAGIC && seed[0] === bytes.readUInt32BE(24) && seed[1] === bytes.readUInt32BE(28);
  const pageBytes = isHeaderIntact ? bytes.readUInt32BE(8) : 4096;
  const size = FRAME_HEADER_BYTES + pageBytes;
  const salt = isHeaderIntact ? bytes.subarray(16, 24) : saltOfFrames(bytes, size);
  let before: readonly [number, number] = isHeaderIntact ? seed : [-1, -1];
  const frames: WalFrame[] = [];
  for (let offset = HEADER_BYTES; offset + size <= bytes.length; offset += size) {
    const own = [bytes.readUInt32BE(offset + 16), bytes.readUInt32BE(offset + 20)] as const;
    const isOurs = bytes.subarray(offset + 8, offset + 16).equals(salt);
    const head = checksum(bytes, offset, 8, bigEndian, before);
    const sum = checksum(bytes, offset + FRAME_HEADER_BYTES, pageBytes, bigEndian, head);
    frames.push({
      offset,
      page: bytes.readUInt32BE(offset),
      isCommit: bytes.readUInt32BE(offset + 4) !== 0,
      data: bytes.subarray(offset + FRAME_HEADER_BYTES, offset + size),
      isIntact: isOurs && sum[0] === own[0] && sum[1] === own[1],
    });
    before = own;
  }
  return { pageBytes, isHeaderIntact, ...judge(frames, isHeaderIntact) };
}

/** The generation that two of the first three frames name; that of the first where they all differ. */
function saltOfFrames(bytes: Buffer, size: number): Buffer {
  const salts = [0, 1, 2].map((n) =>
    bytes.subarray(HEADER_BYTES + n * size + 8, HEADER_BYTES + n * size + 16),
  );
  const [first = Buffer.alloc(8), second, third] = salts;
  return second !== undefined && third !== undefined && second.length > 0 && second.equals(third)
    ? second
    : first;
}

/** Finds where the newest generation ends, and where it is broken. */
function judge(
  all: readonly WalFrame[],
  isHeaderIntact: boolean,
): Pick<Wal, 'frames' | 'usable' | 'damagedAt'> {
  // Nothing can be told without the header, and SQLite uses nothing.
  if (!isHeaderIntact) return { frames: all, usable: 0, damagedAt: 0 };
  const lastIntact = all.findLastIndex(({ isIntact, isCommit }) => isIntact && isCommit);
  const firstBad = all.findIndex(({ isIntact }) => !isIntact);
  const whole = firstBad === -1 ? all.length : firstBad;
  const usable = all.slice(0, whole).findLastIndex(({ isCommit }) => isCommit) + 1;
  const frames = all.slice(0, Math.max(lastIntact + 1, usable));
  if (frames.length <= usable) return { frames, usable };
  return { frames, usable, damagedAt: all[firstBad]?.offset ?? 0 };
}

/** The log's checksum over `length` bytes, a multiple of eight. */
function checksum(
  bytes: Buffer,
  at: number,
  length: number,
  bigEndian: boolean,
  [from0, from1]: readonly [number, number],
): readonly [number, number] {
  let s0 = from0;
  let s1 = from1;
  for (let i = at; i < at + length; i += 8) {
    s0 = (s0 + (bigEndian ? bytes.readUInt32BE(i) : bytes.readUInt32LE(i)) + s1) >>> 0;
    s1 = (s1 + (bigEndian ? bytes.readUInt32BE(i + 4) : bytes.readUInt32LE(i + 4)) + s0) >>> 0;
  }
  return [s0, s1];
}
