/** What a {@link Mp4Fragments} gives out. */
export interface Mp4Sink {
  /** The initialisation segment (`ftyp`, `moov`) and its MIME type as MediaSource wants it (RFC 6381). */
  init(bytes: Buffer, mime: string): void;
  /** A media segment (`moof`, `mdat`); a decoder can begin with one that is `isKey`. */
  fragment(bytes: Buffer, isKey: boolean): void;
}

/** Thrown where the bytes are no fragmented MP4 with one H.264 stream, or a box is larger than allowed. */
export class Mp4Error extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Mp4Error';
  }
}

const HEADER_BYTES = 8;
/** `sample_is_non_sync_sample` of sample flags (ISO/IEC 14496-12, 8.8.3.1). */
const NON_SYNC = 0x0001_0000;
const MOOF_HEADER_BYTES = 8;

/** Cuts fragmented MP4 (ISO/IEC 14496-12) with one video track into segments, however its bytes are chunked. */
export class Mp4Fragments {
  readonly #box_bytes_max: number;
  readonly #sink: Mp4Sink;
  #rest: Buffer = Buffer.alloc(0);
  #ftyp: Buffer = Buffer.alloc(0);
  #moof: Buffer | undefined;

  constructor(box_bytes_max: number, sink: Mp4Sink) {
    this.#box_bytes_max = box_bytes_max;
    this.#sink = sink;
  }

  /** Takes the next bytes. Throws {@link Mp4Error}; the splitter is then of no use. */
  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= HEADER_BYTES) {
      const size = this.#rest.readUInt32BE(0);
      if (size < HEADER_BYTES || size > this.#box_bytes_max) throw new Mp4Error(`a box of ${size} bytes`);
      if (this.#rest.length < size) return;
      const box = this.#rest.subarray(0, size);
      this.#rest = this.#rest.subarray(size);
      this.#take(box.toString('latin1', 4, 8), box);
    }
  }

  #take(type: string, box: Buffer): void {
    if (type === 'ftyp') this.#ftyp = box;
    else if (type === 'moov') this.#sink.init(Buffer.concat([this.#ftyp, box]), mimeOf(box));
    else if (type === 'moof') this.#moof = box;
    else if (type === 'mdat' && this.#moof !== undefined) {
      const moof = this.#moof;
      this.#moof = undefined;
      this.#sink.fragment(Buffer.concat([moof, box]), beginsWithKey(moof));
    }
  }
}

/** Profile, constraints and level stand in the decoder's configuration (14496-15, 5.3.3.1). */
function mimeOf(moov: Buffer): string {
  const at = moov.indexOf('avcC');
  if (at < 0 || at + 8 > moov.length) throw new Mp4Error('no H.264 stream');
  return `video/mp4; codecs="avc1.${moov.toString('hex', at + 5, at + 8)}"`;
}

/** By the flags of the first sample, wherever they stand: in the run, or as the default of the fragment. */
function beginsWithKey(moof: Buffer): boolean {
  const traf = childOf(moof.subarray(MOOF_HEADER_BYTES), 'traf');
  const run = traf === undefined ? undefined : childOf(traf, 'trun');
  const head = traf === undefined ? undefined : childOf(traf, 'tfhd');
  if (run === undefined || head === undefined) throw new Mp4Error('a fragment without a run of samples');
  const flags = firstSampleFlags(run) ?? defaultSampleFlags(head);
  return flags === undefined || (flags & NON_SYNC) === 0;
}

function childOf(boxes: Buffer, type: string): Buffer | undefined {
  for (let at = 0; at + HEADER_BYTES <= boxes.length; ) {
    const size = boxes.readUInt32BE(at);
    if (size < HEADER_BYTES) return undefined;
    if (boxes.toString('latin1', at + 4, at + 8) === type)
      return boxes.subarray(at + HEADER_BYTES, at + size);
    at += size;
  }
  return undefined;
}

/** Of a `trun` (8.8.8): the first sample's own flags, which stand after its duration and size. */
function firstSampleFlags(run: Buffer): number | undefined {
  const flags = read(run, 0) & 0xff_ffff;
  const samples = HEADER_BYTES + (flags & 0x1 ? 4 : 0);
  if (flags & 0x4) return read(run, samples);
  if (!(flags & 0x400)) return undefined;
  return read(run, samples + (flags & 0x100 ? 4 : 0) + (flags & 0x200 ? 4 : 0));
}

/** Of a `tfhd` (8.8.7). */
function defaultSampleFlags(head: Buffer): number | undefined {
  const flags = read(head, 0) & 0xff_ffff;
  if (!(flags & 0x20)) return undefined;
  const sizes = [
    [0x1, 8],
    [0x2, 4],
    [0x8, 4],
    [0x10, 4],
  ] as const;
  return read(head, HEADER_BYTES + sizes.reduce((at, [flag, bytes]) => at + (flags & flag ? bytes : 0), 0));
}

function read(box: Buffer, at: number): number {
  if (at + 4 > box.length) throw new Mp4Error('a box ends too early');
  return box.readUInt32BE(at);
}
