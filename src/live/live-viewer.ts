import type { LiveHead, LivePart } from '../domain/live.ts';

/** The connection of somebody who looks. */
export interface LiveConnection {
  /** Text and bytes in the order in which they are given. */
  send(data: string | Uint8Array): void;
  /** Bytes that the other side has not taken yet. */
  readonly waiting_bytes: number;
  /** Ends it, with the reason in words. */
  close(reason: string): void;
}

/** A viewer who has not taken so many bytes skips up to a key picture. */
const WAITING_BYTES_MAX = 2 * 1024 * 1024;

/**
 * One who looks at a camera. Is told in JSON (`waiting`, `start`, `fault`) and given bytes; one who is slow skips pictures
 * rather than lag behind, and holds up nobody.
 */
export class LiveViewer {
  readonly #connection: LiveConnection;
  #isSkipping = true;
  #skipped = 0;

  constructor(connection: LiveConnection) {
    this.#connection = connection;
  }

  /** Parts that it did not get because it was slow. */
  get skipped(): number {
    return this.#skipped;
  }

  /** There is no picture yet, or none any more. */
  wait(reason: string): void {
    this.#isSkipping = true;
    this.#connection.send(JSON.stringify({ type: 'waiting', reason }));
  }

  /** A stream begins, and what was given before is over. */
  start(head: LiveHead): void {
    this.#isSkipping = true;
    const { format } = head;
    const mime = format === 'mp4' ? { mime: head.mime } : {};
    this.#connection.send(JSON.stringify({ type: 'start', format, ...mime }));
    if (format === 'mp4') this.#connection.send(head.init);
  }

  give({ bytes, isKey }: LivePart): void {
    const { waiting_bytes } = this.#connection;
    if (waiting_bytes > WAITING_BYTES_MAX) this.#isSkipping = true;
    else if (isKey && waiting_bytes <= WAITING_BYTES_MAX / 2) this.#isSkipping = false;
    if (this.#isSkipping) this.#skipped += 1;
    else this.#connection.send(bytes);
  }

  close(reason: string): void {
    this.#connection.close(reason);
  }
}
