import type { Database } from '../store/database.ts';

/** A whole snapshot: its pieces, and the journal entry up to which the rules had been fed. */
export interface StoredSnapshot {
  readonly seq: number;
  /** Read while they are taken; what is damaged throws then. */
  readonly pieces: Iterable<string>;
}

/**
 * The state of the rules in SQLite, in pieces that are written one after the other. A snapshot counts once it is
 * `finish`ed; until then the one before it does.
 */
export class RuleSnapshots {
  readonly #db: Database;
  readonly #find;
  readonly #put;

  constructor(db: Database) {
    this.#db = db;
    this.#find = db.prepare<[], { seq: number; state: string }>(
      'SELECT seq, state FROM rule_snapshots WHERE id = 1',
    );
    this.#put = db.prepare<[number, number, string]>(
      'INSERT OR REPLACE INTO rule_snapshot_pieces (seq, number, piece) VALUES (?, ?, ?)',
    );
  }

  /** The newest whole snapshot. */
  load(): StoredSnapshot | undefined {
    const row = this.#find.get();
    if (row === undefined) return undefined;
    // Written by an earlier version: all in one.
    if (row.state !== '') return { seq: row.seq, pieces: piecesOf(row.state) };
    const pieces = this.#db
      .prepare<[number], string>('SELECT piece FROM rule_snapshot_pieces WHERE seq = ? ORDER BY number')
      .pluck()
      .all(row.seq);
    return { seq: row.seq, pieces };
  }

  /** Up to which journal entry the newest whole snapshot was fed. */
  seq(): number | undefined {
    return this.#find.get()?.seq;
  }

  /** Adds a piece to the snapshot at `seq`. */
  add(seq: number, number: number, piece: string): void {
    this.#put.run(seq, number, piece);
  }

  /** Makes the snapshot at `seq` the one that counts, and drops all others. */
  finish(seq: number): void {
    this.#db.prepare("INSERT OR REPLACE INTO rule_snapshots (id, seq, state) VALUES (1, ?, '')").run(seq);
    this.#db.prepare('DELETE FROM rule_snapshot_pieces WHERE seq <> ?').run(seq);
  }

  /** Drops what was begun and not finished. */
  discard(): void {
    this.#db
      .prepare('DELETE FROM rule_snapshot_pieces WHERE seq <> coalesce((SELECT seq FROM rule_snapshots), -1)')
      .run();
  }
}

/** An earlier version's snapshot in the pieces of this one. */
function* piecesOf(state: string): Generator<string> {
  const { ordering, rules, ...head } = JSON.parse(state) as {
    ordering: { lanes: unknown; held: unknown };
    rules: { cells: unknown }[];
  };
  const cells = rules.flatMap(({ cells: some, ...rule }) => [{ rule }, { cells: some }]);
  for (const piece of [{ head }, { lanes: ordering.lanes }, { held: ordering.held }, ...cells]) {
    yield JSON.stringify(piece);
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
