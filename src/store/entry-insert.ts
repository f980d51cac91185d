import type { Database } from './database.ts';
import { entryCrc, type StoredEntry } from './entry-crc.ts';

/** Rows of one statement: each has its work on the table's sequence, which many rows share so. */
const ROWS = 16;
const COLUMNS = 7;
const ROW = '(?, ?, ?, ?, ?, ?, ?)';

/** Writes entries into the journal's table, many with one statement; within a transaction of the caller's. */
export class EntryInsert {
  readonly #one;
  readonly #many;
  readonly #values: unknown[] = new Array(ROWS * COLUMNS).fill(null);
  #rows = 0;

  constructor(db: Database) {
    const insert = 'INSERT INTO journal (seq, kind, subject_id, at_ms, received_ms, body, crc) VALUES ';
    this.#one = db.prepare<unknown[]>(insert + ROW);
    this.#many = db.prepare<unknown[]>(insert + new Array(ROWS).fill(ROW).join(', '));
  }

  /** Forgets what an attempt that failed has left. */
  begin(): void {
    this.#rows = 0;
  }

  /** Takes an entry, which is in the table after `finish` at the latest. */
  add(entry: StoredEntry): void {
    const { seq, kind, subject_id, at_ms, received_ms, body } = entry;
    const values = this.#values;
    const at = this.#rows * COLUMNS;
    values[at] = seq;
    values[at + 1] = kind;
    values[at + 2] = subject_id;
    values[at + 3] = at_ms;
    values[at + 4] = received_ms;
    values[at + 5] = body;
    values[at + 6] = entryCrc(entry);
    this.#rows += 1;
    if (this.#rows < ROWS) return;
    this.#many.run(values);
    this.#rows = 0;
  }

  /** Puts the rest into the table. */
  finish(): void {
    for (let row = 0; row < this.#rows; row += 1) {
      this.#one.run(this.#values.slice(row * COLUMNS, (row + 1) * COLUMNS));
    }
    this.#rows = 0;
  }
}
