import { FRAME_BYTES_MAX } from './frame.ts';

/** What a stream of bytes holds: frames (without their flags), and what is none. */
export type SplitPiece =
  | { readonly kind: 'frame'; readonly bytes: Buffer }
  | {
      readonly kind: 'junk';
      readonly reason: string;
      /** Its beginning. */
      readonly bytes: Buffer;
      readonly total_bytes: number;
    };

const FLAG = 0x7e;
const EMPTY = Buffer.alloc(0);

/**
 * Cuts a stream at its 0x7e flags, however it is chunked. One flag may end a frame and begin the next. What comes
 * before the first flag, and what is longer than any frame can be, is junk; the frame after the next flag is taken
 * again. Holds at most one frame's length.
 */
export class FrameSplitter {
  #held: Buffer = EMPTY;
  /** Bytes since the last flag, those included that are too many to be held. */
  #length = 0;
  #hasBegun = false;

  /** Takes the next bytes of the stream; gives what they complete, in order. The pieces may be views of `chunk`. */
  push(chunk: Buffer): SplitPiece[] {
    const pieces: SplitPiece[] = [];
    let from = 0;
    while (from < chunk.length) {
      const flag = chunk.indexOf(FLAG, from);
      if (flag < 0) {
        this.#hold(chunk.subarray(from));
        break;
      }
      const piece = this.#close(chunk.subarray(from, flag));
      if (piece !== undefined) pieces.push(piece);
      this.#hasBegun = true;
      from = flag + 1;
    }
    return pieces;
  }

  /** At the end of the stream: bytes that no flag ever came with. A frame that was cut off is nobody's mistake. */
  end(): SplitPiece | undefined {
    if (this.#hasBegun || this.#length === 0) return undefined;
    return this.#close(EMPTY);
  }

  #hold(bytes: Buffer): void {
    const room = FRAME_BYTES_MAX - this.#held.length;
    // A copy: a view would keep the whole chunk of the socket in memory.
    if (room > 0) this.#held = Buffer.concat([this.#held, bytes.subarray(0, room)]);
    this.#length += bytes.length;
  }

  #close(last: Buffer): SplitPiece | undefined {
    const total_bytes = this.#length + last.length;
    const room = FRAME_BYTES_MAX - this.#held.length;
    const bytes =
      this.#held.length === 0 ? last.subarray(0, room) : Buffer.concat([this.#held, last.subarray(0, room)]);
    this.#held = EMPTY;
    this.#length = 0;
    if (total_bytes === 0) return undefined;
    if (!this.#hasBegun) {
      return { kind: 'junk', reason: 'bytes before the first 0x7e', bytes, total_bytes };
    }
    if (total_bytes > FRAME_BYTES_MAX) {
      const reason = `${total_bytes} bytes between two 0x7e; a frame has at most ${FRAME_BYTES_MAX}`;
      return { kind: 'junk', reason, bytes, total_bytes };
    }
    return { kind: 'frame', bytes };
  }
}
