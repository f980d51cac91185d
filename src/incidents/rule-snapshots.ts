import type { Database } from '../store/database.ts';

/** The state of the rules in SQLite: one row, replaced each time. */
export class RuleSnapshots {
  readonly #load;
  readonly #save;

  constructor(db: Database) {
    this.#load = db.prepare<[], { seq: number; state: string }>(
      'SELECT seq, state FROM rule_snapshots WHERE id = 1',
    );
    this.#save = db.prepare<[number, string]>(
      'INSERT OR REPLACE INTO rule_snapshots (id, seq, state) VALUES (1, ?, ?)',
    );
  }

  /** The newest snapshot and the journal entry up to which it was fed. */
  load(): { readonly seq: number; readonly state: string } | undefined {
    return this.#load.get();
  }

  save(seq: number, state: string): void {
    this.#save.run(seq, state);
  }
}

const INTERVAL_MS = 10_000;
const RECORDS = 5000;
/** A large state is saved less often: its writing should cost little beside the evaluation. */
const BYTES_PER_MS = 1000;
const BYTES_PER_RECORD = 1000;

/** When the next snapshot is due, in arrival time and records: no clock of its own, so that replays do the same. */
export class SnapshotPace {
  #records = 0;
  #last_ms = 0;
  #bytes = 0;

  /** Starts counting at the arrival time of the newest record. */
  reset(received_ms: number): void {
    this.saved(received_ms, 0);
  }

  count(): void {
    this.#records += 1;
  }

  isDue(received_ms: number): boolean {
    if (this.#records === 0) return false;
    const enoughTime_ms = Math.max(INTERVAL_MS, this.#bytes / BYTES_PER_MS);
    const enoughRecords = Math.max(RECORDS, this.#bytes / BYTES_PER_RECORD);
    return received_ms - this.#last_ms >= enoughTime_ms || this.#records >= enoughRecords;
  }

  saved(received_ms: number, bytes: number): void {
    this.#records = 0;
    this.#last_ms = received_ms;
    this.#bytes = bytes;
  }
}
