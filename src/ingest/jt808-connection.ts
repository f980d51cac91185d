import type { Duplex } from 'node:stream';
import { FrameSplitter, type SplitPiece } from '../codecs/jt808/frame-splitter.ts';
import type { WorkBudget } from '../runtime/work-budget.ts';
import type { Jt808Limits } from './jt808-limits.ts';

/** What a connection does with what it hears. */
export interface PieceHandler {
  /**
   * Takes the next piece of the stream. What it returns resolves once the piece is done with; `isExclusive` tells
   * that nothing may be taken before that (who is speaking is being found out). Rejects where it could not be stored.
   */
  take(piece: SplitPiece): { readonly done: Promise<void>; readonly isExclusive: boolean };
  /** The stream is over, whoever ended it. */
  closed(): void;
  /** The other side does not read. */
  overrun(): void;
}

/** Cost of a piece beside its bytes: what is made of it. */
const PIECE_COST_BYTES = 512;

/**
 * One TCP connection: cuts the stream, hands its pieces on in order, and reads no further while too much is being
 * stored, here or on all connections together; so TCP slows the sender down.
 */
export class Jt808Connection {
  readonly #socket: Duplex;
  readonly #limits: Jt808Limits;
  readonly #budget: WorkBudget;
  readonly #handler: PieceHandler;
  readonly #splitter = new FrameSplitter();
  readonly #pump = (): void => this.#take();
  #waiting: SplitPiece[] = [];
  #inflight = 0;
  #isLocked = false;
  #isHeld = false;
  #hasEnded = false;
  #isClosed = false;
  #heard_ms = performance.now();

  constructor(socket: Duplex, handler: PieceHandler, limits: Jt808Limits, budget: WorkBudget) {
    this.#socket = socket;
    this.#handler = handler;
    this.#limits = limits;
    this.#budget = budget;
    socket.on('data', (chunk: Buffer) => {
      this.#waiting.push(...this.#splitter.push(chunk));
      this.#take();
    });
    socket.on('end', () => {
      const last = this.#splitter.end();
      if (last !== undefined) this.#waiting.push(last);
      this.#hasEnded = true;
      this.#take();
    });
    // What the socket says here, it says again by closing.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#close());
  }

  /** Pieces that are being worked on. */
  get inflight(): number {
    return this.#inflight;
  }

  /** Monotonic ms of the newest whole frame. */
  get heard_ms(): number {
    return this.#heard_ms;
  }

  /** Sends bytes; a terminal that leaves too many of them unread is disconnected. */
  send(bytes: Buffer): void {
    if (this.#isClosed || this.#socket.destroyed) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength <= this.#limits.unread_bytes_max) return;
    this.#handler.overrun();
    this.destroy();
  }

  /** Takes nothing more. */
  hold(): void {
    this.#isHeld = true;
    this.#socket.pause();
  }

  /** Closes once what was sent is out. */
  end(): void {
    this.#isHeld = true;
    this.#socket.end(() => this.#socket.destroy());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(): void {
    while (this.#waiting.length > 0 && this.#mayTake()) {
      const piece = this.#waiting.shift();
      if (piece === undefined) break;
      this.#begin(piece);
    }
    if (this.#isClosed) return;
    // A sender that closed its side gets its answers all the same.
    if (this.#hasEnded && this.#waiting.length === 0 && this.#inflight === 0) this.#socket.end();
    else if (this.#waiting.length > 0 || this.#isHeld) this.#socket.pause();
    else this.#socket.resume();
  }

  #mayTake(): boolean {
    if (this.#isHeld || this.#isLocked || this.#isClosed) return false;
    return this.#inflight < this.#limits.inflight_frames_max && this.#budget.hasRoom(this.#pump);
  }

  #begin(piece: SplitPiece): void {
    const cost = piece.bytes.length + PIECE_COST_BYTES;
    if (piece.kind === 'frame') this.#heard_ms = performance.now();
    this.#inflight += 1;
    this.#budget.take(cost);
    const { done, isExclusive } = this.#handler.take(piece);
    if (isExclusive) this.#isLocked = true;
    done
      // Not stored, so not acknowledged: the terminal sends it again on its next connection.
      .catch(() => this.destroy())
      .finally(() => {
        if (isExclusive) this.#isLocked = false;
        this.#inflight -= 1;
        this.#budget.give(cost);
        this.#take();
      });
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting = [];
    this.#budget.leave(this.#pump);
    this.#handler.closed();
  }
}
