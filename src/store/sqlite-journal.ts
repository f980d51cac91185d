import type { Observation } from '../domain/observation.ts';
import type { Database } from './database.ts';
import type { Journal, JournalBody, JournalEntry, JournalRecord } from './journal.ts';

interface Row {
  seq: number;
  subject_id: string;
  at_ms: number;
  received_ms: number;
  body: string;
}

interface Waiting {
  readonly entries: readonly JournalEntry[];
  readonly resolve: (seq: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The journal in SQLite. Appends that arrive in one turn of the event loop share one transaction and so one
 * fsync; while it runs, the next group gathers in the sockets. Memory is bounded by the senders, each of
 * which waits for its acknowledgement.
 */
export class SqliteJournal implements Journal {
  readonly #db: Database;
  readonly #insert;
  readonly #readAll;
  readonly #readEvents;
  readonly #getCursor;
  readonly #setCursor;
  readonly #listeners = new Set<() => void>();
  #waiting: Waiting[] = [];
  #scheduled = false;
  #closed = false;
  #fault: string | undefined;

  constructor(db: Database) {
    this.#db = db;
    this.#insert = db.prepare<[string, string, number, number, string]>(
      'INSERT INTO journal (kind, subject_id, at_ms, received_ms, body) VALUES (?, ?, ?, ?, ?)',
    );
    this.#readAll = db.prepare<[number, number], Row>(
      'SELECT seq, subject_id, at_ms, received_ms, body FROM journal WHERE seq > ? ORDER BY seq LIMIT ?',
    );
    // The literal list lets SQLite use the partial index, so that events among millions of readings page fast.
    this.#readEvents = db.prepare<[number, number], Row>(
      `SELECT seq, subject_id, at_ms, received_ms, body FROM journal
       WHERE kind IN ('incident', 'case') AND seq > ? ORDER BY seq LIMIT ?`,
    );
    this.#getCursor = db.prepare<[string], { seq: number }>('SELECT seq FROM cursors WHERE name = ?');
    this.#setCursor = db.prepare<[string, number]>(
      'INSERT INTO cursors (name, seq) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq',
    );
  }

  /** Why the newest commit failed (the disk is full, say); undefined where it did not. */
  get fault(): string | undefined {
    return this.#fault;
  }

  append(entries: readonly JournalEntry[]): Promise<number> {
    if (this.#closed) return Promise.reject(new Error('the journal is closed'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entries, resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => this.#flush());
    });
  }

  /**
   * Appends observations, their texts as they are, in one transaction; returns the number of the first. The
   * others follow without a gap. For a replay, which reads them from a file and has nobody to acknowledge to.
   */
  appendTexts(items: readonly { readonly observation: Observation; readonly text: string }[]): number {
    let last = 0;
    this.#db
      .transaction(() => {
        for (const { observation, text } of items) {
          const { kind, deviceId, at_ms, received_ms } = observation;
          last = Number(this.#insert.run(kind, deviceId, at_ms, received_ms, text).lastInsertRowid);
        }
      })
      .immediate();
    this.#notify();
    return last - items.length + 1;
  }

  transact<T>(work: () => { readonly entries: readonly JournalEntry[]; readonly result: T }): T {
    const { result, wrote } = this.#db
      .transaction(() => {
        const done = work();
        for (const entry of done.entries) this.#write(entry);
        return { result: done.result, wrote: done.entries.length > 0 };
      })
      .immediate();
    if (wrote) this.#notify();
    return result;
  }

  read(after: number, limit: number): JournalRecord[] {
    return this.#readAll.all(after, limit).map(toRecord);
  }

  readEvents(after: number, limit: number): JournalRecord[] {
    return this.#readEvents.all(after, limit).map(toRecord);
  }

  head(): number {
    // sqlite_sequence remembers the newest number even where its entry was pruned.
    const row = this.#db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'journal'").get() as
      | { seq: number }
      | undefined;
    return row?.seq ?? 0;
  }

  cursor(name: string): number {
    return this.#getCursor.get(name)?.seq ?? 0;
  }

  saveCursor(name: string, seq: number): void {
    this.#setCursor.run(name, seq);
  }

  /**
   * Drops at most `rows_max` of the oldest entries that were received before `before_ms` and up to `seq`, which
   * every reader must have passed. Returns how many went; small steps keep appends from waiting.
   */
  prune(seq: number, before_ms: number, rows_max: number): number {
    return this.#db
      .prepare<[number, number, number]>(
        `DELETE FROM journal WHERE seq IN
         (SELECT seq FROM journal WHERE seq <= ? AND received_ms < ? ORDER BY seq LIMIT ?)`,
      )
      .run(seq, before_ms, rows_max).changes;
  }

  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Commits what is waiting and refuses what comes after. The database stays open for its owner to close. */
  close(): void {
    this.#closed = true;
    this.#flush();
  }

  #flush(): void {
    this.#scheduled = false;
    const group = this.#waiting;
    if (group.length === 0) return;
    this.#waiting = [];
    const lastSeqs: number[] = [];
    try {
      this.#db
        .transaction(() => {
          for (const { entries } of group) {
            let seq = 0;
            for (const entry of entries) seq = this.#write(entry);
            lastSeqs.push(seq);
          }
        })
        .immediate();
    } catch (error) {
      this.#fault = error instanceof Error ? error.message : String(error);
      for (const { reject } of group) reject(error);
      return;
    }
    this.#fault = undefined;
    group.forEach(({ resolve }, index) => {
      resolve(lastSeqs[index] ?? 0);
    });
    this.#notify();
  }

  #write(entry: JournalEntry): number {
    const { subjectId, at_ms, received_ms, body } = entry;
    const info = this.#insert.run(body.kind, subjectId, at_ms, received_ms, JSON.stringify(body));
    return Number(info.lastInsertRowid);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

function toRecord(row: Row): JournalRecord {
  return {
    seq: row.seq,
    subjectId: row.subject_id,
    at_ms: row.at_ms,
    received_ms: row.received_ms,
    body: JSON.parse(row.body) as JournalBody,
  };
}
