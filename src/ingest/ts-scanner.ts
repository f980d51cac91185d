/** Whole MPEG-TS packets that carry one picture (an access unit), as ffmpeg's muxer wrote them. */
export interface TsPicture {
  /** When its first packet came. */
  readonly at_ms: number;
  readonly bytes: Buffer;
  /** Decoding can begin here. */
  readonly isKey: boolean;
  /** Presentation time in ticks of 90 kHz (33 bits, so it wraps after 26.5 hours); undefined where there is none. */
  readonly pts: number | undefined;
}

/** Thrown where the bytes are no MPEG-TS, or one picture is larger than allowed. */
export class TsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TsError';
  }
}

const PACKET_BYTES = 188;
const SYNC = 0x47;
/** PIDs as ffmpeg gives them to the first programme and its first stream. */
const PID_PAT = 0;
const PID_PMT = 0x1000;
const PID_VIDEO = 0x100;

/**
 * Cuts MPEG-TS (ISO/IEC 13818-1) with one video stream into pictures, however its bytes are chunked. A picture is
 * given once the next one begins. Holds at most one picture.
 */
export class TsScanner {
  readonly #picture_bytes_max: number;
  readonly #clock: () => number;
  readonly #onPicture: (picture: TsPicture) => void;
  #rest: Buffer = Buffer.alloc(0);
  #pat: Buffer | undefined;
  #pmt: Buffer | undefined;
  #parts: Buffer[] = [];
  #bytes = 0;
  #at_ms = 0;
  #isKey = false;
  #pts: number | undefined;

  constructor(picture_bytes_max: number, clock: () => number, onPicture: (picture: TsPicture) => void) {
    this.#picture_bytes_max = picture_bytes_max;
    this.#clock = clock;
    this.#onPicture = onPicture;
  }

  /** The tables with which a file has to begin; undefined until they have come. */
  get tables(): Buffer | undefined {
    return this.#pat === undefined || this.#pmt === undefined
      ? undefined
      : Buffer.concat([this.#pat, this.#pmt]);
  }

  /** Takes the next bytes. Throws {@link TsError}; the scanner is then of no use. */
  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const whole = bytes.length - (bytes.length % PACKET_BYTES);
    let from = 0;
    for (let at = 0; at < whole; at += PACKET_BYTES) {
      if (bytes[at] !== SYNC) throw new TsError('no MPEG-TS packet where one should begin');
      const starts = ((bytes[at + 1] ?? 0) & 0x40) !== 0;
      const pid = (((bytes[at + 1] ?? 0) & 0x1f) << 8) | (bytes[at + 2] ?? 0);
      if (pid === PID_VIDEO && !starts) continue;
      this.#keep(bytes, from, at);
      from = at;
      if (pid === PID_VIDEO) this.#begin(bytes.subarray(at, at + PACKET_BYTES));
      else {
        this.#table(pid, bytes.subarray(at, at + PACKET_BYTES));
        from = at + PACKET_BYTES;
      }
    }
    this.#keep(bytes, from, whole);
    this.#rest = Buffer.from(bytes.subarray(whole));
  }

  /** Gives the last picture, when the stream is over. */
  end(): void {
    this.#give();
  }

  #table(pid: number, packet: Buffer): void {
    if (pid === PID_PAT) this.#pat = Buffer.from(packet);
    else if (pid === PID_PMT) this.#pmt = Buffer.from(packet);
  }

  #begin(packet: Buffer): void {
    this.#give();
    this.#at_ms = this.#clock();
    const adaptation_bytes = ((packet[3] ?? 0) & 0x20) === 0 ? 0 : 1 + (packet[4] ?? 0);
    this.#isKey = adaptation_bytes > 1 && ((packet[5] ?? 0) & 0x40) !== 0;
    this.#pts = ptsOf(packet.subarray(4 + adaptation_bytes));
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    if (to <= from) return;
    // A copy, since the chunk belongs to whoever reads the socket.
    this.#parts.push(Buffer.from(bytes.subarray(from, to)));
    this.#bytes += to - from;
    if (this.#bytes > this.#picture_bytes_max)
      throw new TsError(`a picture of more than ${this.#picture_bytes_max} bytes`);
  }

  #give(): void {
    if (this.#parts.length === 0) return;
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    this.#onPicture({ at_ms: this.#at_ms, bytes, isKey: this.#isKey, pts: this.#pts });
  }
}

/** The time of a PES packet (13818-1, 2.4.3.6). */
function ptsOf(pes: Buffer): number | undefined {
  const isPes = pes.length >= 14 && pes[0] === 0 && pes[1] === 0 && pes[2] === 1;
  if (!isPes || ((pes[7] ?? 0) & 0x80) === 0) return undefined;
  const byte = (at: number): number => pes[at] ?? 0;
  const high = (byte(9) >> 1) & 0x07;
  // Not by shifts alone: the value has 33 bits.
  return high * 2 ** 30 + ((byte(10) << 22) | ((byte(11) >> 1) << 15) | (byte(12) << 7) | (byte(13) >> 1));
}

const GROUP_PICTURE_BYTES_MAX = 16 * 1024 * 1024;
const TICKS_PER_MS = 90;

/**
 * The pictures from the last key picture of a piece of MPEG-TS to its end, as if the last had come at `last_ms` and the others
 * as far before as their times say. None where it is damaged or has no key picture.
 */
export function newestGroup(
  bytes: Buffer,
  last_ms: number,
): { at_ms: number; bytes: Buffer; isKey: boolean; pts: number | undefined; tables: Buffer }[] {
  let group: TsPicture[] = [];
  const scanner = new TsScanner(
    GROUP_PICTURE_BYTES_MAX,
    () => last_ms,
    (picture) => {
      if (picture.isKey) group = [picture];
      else if (group.length > 0) group.push(picture);
    },
  );
  try {
    scanner.push(bytes);
    scanner.end();
  } catch {
    return [];
  }
  const { tables } = scanner;
  const lastPts = group.at(-1)?.pts;
  if (tables === undefined) return [];
  return group.map((picture) => {
    const { pts } = picture;
    const before_ms = pts === undefined || lastPts === undefined ? 0 : (lastPts - pts) / TICKS_PER_MS;
    return { ...picture, at_ms: last_ms - before_ms, tables };
  });
}
