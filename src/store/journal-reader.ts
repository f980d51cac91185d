import { backoff_ms, pause } from '../runtime/backoff.ts';
import type { Log } from '../runtime/log.ts';
import type { Journal, JournalRecord } from './journal.ts';

/** A reader of the journal with a name under which its place is remembered. */
export interface ReaderOptions {
  readonly name: string;
  readonly journal: Journal;
  readonly log: Log;
  /** `events` reads incident and case events alone. */
  readonly only?: 'events';
  readonly batch_max: number;
  /**
   * Applies a batch, at least once: after a crash the same records come again. A rejection is retried with
   * growing delay and holds the reader at this batch, so that nothing is skipped.
   */
  readonly apply: (records: readonly JournalRecord[]) => Promise<void> | void;
  /** Where the reader keeps its own place (in the transaction of its own store); else the journal does. */
  readonly cursor?: { readonly load: () => number; readonly save: (seq: number) => void };
}

/** Follows the journal from its cursor until stopped. */
export class JournalReader {
  readonly #options: ReaderOptions;
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #seq = 0;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** Newest sequence number applied. */
  get seq(): number {
    return this.#seq;
  }

  start(): void {
    const { cursor, journal, name } = this.#options;
    this.#seq = cursor ? cursor.load() : journal.cursor(name);
    this.#running = this.#run();
  }

  /** Lets the batch in hand finish, then stops. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#wake?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { journal } = this.#options;
    const unsubscribe = journal.onCommit(() => this.#wake?.());
    let attempt = 0;
    while (!this.#abort.signal.aborted) {
      try {
        const applied = await this.#step();
        attempt = 0;
        if (!applied) await this.#idle();
        // Lets sockets and timers have their turn between two batches of a long backlog.
        else await new Promise<void>((resolve) => setImmediate(resolve));
      } catch (error) {
        this.#options.log.error(
          { err: error, reader: this.#options.name, attempt },
          'journal reader failed; will retry',
        );
        await pause(backoff_ms(attempt, { first_ms: 200, max_ms: 30_000 }, Math.random), this.#abort.signal);
        attempt += 1;
      }
    }
    unsubscribe();
  }

  async #step(): Promise<boolean> {
    const { journal, only, batch_max, apply, cursor, name } = this.#options;
    const records =
      only === 'events' ? journal.readEvents(this.#seq, batch_max) : journal.read(this.#seq, batch_max);
    const last = records.at(-1);
    if (last === undefined) return false;
    await apply(records);
    this.#seq = last.seq;
    if (cursor) cursor.save(last.seq);
    else journal.noteCursor(name, last.seq);
    return true;
  }

  #idle(): Promise<void> {
    // A commit between the empty read and here is not missed: both happen in the same turn of the event loop.
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
      if (this.#abort.signal.aborted) this.#wake();
    });
  }
}
