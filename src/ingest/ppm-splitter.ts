/** A decoded picture as ffmpeg wrote it: interleaved 8-bit RGB rows. */
export interface PpmFrame {
  readonly data: Uint8Array;
  readonly width_px: number;
  readonly height_px: number;
}

/** Thrown where the bytes are no PPM pictures, or one is larger than allowed. */
export class PpmError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PpmError';
  }
}

/** How a {@link PpmSplitter} treats what it finds. */
export interface PpmSplitterOptions {
  readonly frame_bytes_max: number;
  /** Asked at each frame's start; where false, its pixels are skipped without being copied. */
  readonly wanted: () => boolean;
  /** Gets each complete frame, without pixels where it was not wanted. */
  readonly onFrame: (frame: PpmFrame | undefined) => void;
}

/** `P6`, width, height and 255, each ended by white space: ffmpeg writes some 15 bytes. */
const HEADER = /^P6\s(\d{1,5})\s(\d{1,5})\s255\s/;
const HEADER_BYTES_MAX = 32;

/**
 * Cuts a stream of binary PPM pictures into frames, however its bytes are chunked. Each frame tells its own
 * size, so a camera may change resolution. Holds at most one unfinished frame.
 */
export class PpmSplitter {
  readonly #options: PpmSplitterOptions;
  #header = '';
  #size = { width_px: 0, height_px: 0 };
  #pixels: Uint8Array | undefined;
  #filled_bytes = 0;
  /** Pixel bytes of the frame in hand that are still to come; 0 while its header is read. */
  #missing_bytes = 0;

  constructor(options: PpmSplitterOptions) {
    this.#options = options;
  }

  /** Takes the next bytes. Throws {@link PpmError} for anything else than PPM; the splitter is then of no use. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      at = this.#missing_bytes > 0 ? this.#takePixels(chunk, at) : this.#takeHeader(chunk, at);
    }
  }

  #takePixels(chunk: Uint8Array, from: number): number {
    const to = Math.min(chunk.length, from + this.#missing_bytes);
    this.#pixels?.set(chunk.subarray(from, to), this.#filled_bytes);
    this.#filled_bytes += to - from;
    this.#missing_bytes -= to - from;
    if (this.#missing_bytes === 0) {
      const data = this.#pixels;
      this.#pixels = undefined;
      this.#options.onFrame(data === undefined ? undefined : { data, ...this.#size });
    }
    return to;
  }

  #takeHeader(chunk: Uint8Array, from: number): number {
    const before = this.#header.length;
    const room = HEADER_BYTES_MAX - before;
    this.#header += String.fromCharCode(...chunk.subarray(from, from + room));
    const match = HEADER.exec(this.#header);
    if (match === null) {
      if (this.#header.length >= HEADER_BYTES_MAX || !'P6'.startsWith(this.#header.slice(0, 2))) {
        throw new PpmError(`no PPM header in ${JSON.stringify(this.#header)}`);
      }
      return chunk.length;
    }
    this.#startFrame(Number(match[1]), Number(match[2]));
    this.#header = '';
    return from + match[0].length - before;
  }

  #startFrame(width_px: number, height_px: number): void {
    const bytes = width_px * height_px * 3;
    if (bytes === 0 || bytes > this.#options.frame_bytes_max) {
      throw new PpmError(
        `a frame of ${width_px}x${height_px} is not within 1 to ${this.#options.frame_bytes_max} bytes`,
      );
    }
    this.#size = { width_px, height_px };
    this.#pixels = this.#options.wanted() ? new Uint8Array(bytes) : undefined;
    this.#filled_bytes = 0;
    this.#missing_bytes = bytes;
  }
}
