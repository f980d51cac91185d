import type { Observation, ObservationText } from '../domain/observation.ts';
import type { Database } from './database.ts';
import { DamagedEntryError, entryCrc, isDamage, type StoredEntry } from './entry-crc.ts';
import { EntryInsert } from './entry-insert.ts';
import type { Journal, JournalBody, JournalEntry, JournalRecord } from './journal.ts';
import { RecentRecords } from './recent-records.ts';

interface Row extends StoredEntry {
  /** Null in entries older than the checksum. */
  readonly crc: number | null;
}

/** Told how far the journal has come, outside of the database. */
interface Mark {
  note(seq: number): void;
  notePruned(seq: number): void;
}

interface Waiting {
  readonly entries: readonly (JournalEntry | ObservationText)[];
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
  readonly #mark: Mark | undefined;
  readonly #insert;
  readonly #head;
  readonly #readAll;
  readonly #readEvents;
  readonly #getCursor;
  readonly #setCursor;
  readonly #listeners = new Set<() => void>();
  readonly #recent = new RecentRecords();
  /** Places of readers that are not on disk yet. */
  readonly #noted = new Map<string, number>();
  #waiting: Waiting[] = [];
  #scheduled = false;
  #closed = false;
  #fault: string | undefined;
  #damage: string | undefined;

  constructor(db: Database, mark?: Mark) {
    this.#db = db;
    this.#mark = mark;
    this.#insert = new EntryInsert(db);
    // sqlite_sequence remembers the newest number even where its entry was pruned.
    this.#head = db.prepare<[], { seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'journal'");
    this.#readAll = db.prepare<[number, number], Row>(
      'SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?',
    );
    // The literal list lets SQLite use the partial index, so that events among millions of readings page fast.
    this.#readEvents = db.prepare<[number, number], Row>(
      `SELECT * FROM journal WHERE kind IN ('incident', 'case') AND seq > ? ORDER BY seq LIMIT ?`,
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

  /** The first damage that a reader met; undefined where there was none. Repaired at the next start. */
  get damage(): string | undefined {
    return this.#damage;
  }

  append(entries: readonly (JournalEntry | ObservationText)[]): Promise<number> {
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
    const first = this.#db
      .transaction(() => {
        const head = this.head();
        this.#insert.begin();
        items.forEach(({ observation, text }, index) => {
          const { kind, deviceId, at_ms, received_ms } = observation;
          const seq = head + 1 + index;
          this.#insert.add({ seq, kind, subject_id: deviceId, at_ms, received_ms, body: text });
        });
        this.#insert.finish();
        return head + 1;
      })
      .immediate();
    this.#committed(first + items.length - 1);
    return first;
  }

  transact<T>(work: () => { readonly entries: readonly JournalEntry[]; readonly result: T }): T {
    const { result, seq } = this.#db
      .transaction(() => {
        const done = work();
        const head = this.head();
        this.#insert.begin();
        done.entries.forEach((entry, index) => {
          this.#write(head + 1 + index, entry);
        });
        this.#insert.finish();
        return { result: done.result, seq: done.entries.length === 0 ? 0 : head + done.entries.length };
      })
      .immediate();
    if (seq > 0) this.#committed(seq);
    return result;
  }

  read(after: number, limit: number): JournalRecord[] {
    const known = this.#recent.after(after, limit) ?? [];
    if (known.length >= limit) return known;
    // What was written since then comes from the disk.
    const rows = this.#checked(() => this.#readAll.all(known.at(-1)?.seq ?? after, limit - known.length));
    const records = rows.map(toRecord);
    this.#recent.keep(
      records,
      rows.map(({ body }) => body.length),
    );
    return [...known, ...records];
  }

  readEvents(after: number, limit: number): JournalRecord[] {
    return this.#checked(() => this.#readEvents.all(after, limit)).map(toRecord);
  }

  head(): number {
    return this.#head.get()?.seq ?? 0;
  }

  cursor(name: string): number {
    return this.#noted.get(name) ?? this.#getCursor.get(name)?.seq ?? 0;
  }

  saveCursor(name: string, seq: number): void {
    this.#setCursor.run(name, seq);
    this.#noted.delete(name);
  }

  noteCursor(name: string, seq: number): void {
    this.#noted.set(name, seq);
  }

  /** The places of all readers that keep theirs here. */
  cursors(): Record<string, number> {
    const rows = this.#db.prepare<[], { name: string; seq: number }>('SELECT name, seq FROM cursors').all();
    return {
      ...Object.fromEntries(rows.map(({ name, seq }) => [name, seq])),
      ...Object.fromEntries(this.#noted),
    };
  }

  /**
   * Drops at most `rows_max` of the oldest entries that were received before `before_ms` and up to `seq`, which
   * every reader must have passed. Only ever from the front, so that a hole in the numbers is damage and nothing
   * else. Returns how many went; small steps keep appends from waiting.
   */
  prune(seq: number, before_ms: number, rows_max: number): number {
    const old = this.#db
      .prepare<[number], { seq: number; received_ms: number }>(
        'SELECT seq, received_ms FROM journal ORDER BY seq LIMIT ?',
      )
      .all(rows_max);
    const stays = old.findIndex((row) => row.seq > seq || row.received_ms >= before_ms);
    const last = old.at(stays === -1 ? -1 : stays - 1);
    if (last === undefined || stays === 0) return 0;
    this.#mark?.notePruned(last.seq);
    this.#recent.forget(last.seq);
    return this.#db.prepare<[number]>('DELETE FROM journal WHERE seq <= ?').run(last.seq).changes;
  }

  /** Reads entries and looks at their checksums alone; throws where one is damaged. Returns the last number. */
  scrub(after: number, limit: number): number | undefined {
    return this.#checked(() => this.#readAll.all(after, limit)).at(-1)?.seq;
  }

  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Commits what is waiting and refuses what comes after. The database stays open for its owner to close. */
  close(): void {
    this.#closed = true;
    this.#flush();
    for (const [name, seq] of [...this.#noted]) this.saveCursor(name, seq);
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
          let seq = this.head();
          this.#insert.begin();
          for (const { entries } of group) {
            for (const entry of entries) {
              seq += 1;
              this.#write(seq, entry);
            }
            lastSeqs.push(seq);
          }
          this.#insert.finish();
          for (const [name, place] of this.#noted) this.#setCursor.run(name, place);
        })
        .immediate();
    } catch (error) {
      this.#fault = error instanceof Error ? error.message : String(error);
      for (const { reject } of group) reject(error);
      return;
    }
    this.#fault = undefined;
    this.#noted.clear();
    this.#mark?.note(lastSeqs.at(-1) ?? 0);
    group.forEach(({ resolve }, index) => {
      resolve(lastSeqs[index] ?? 0);
    });
    this.#notify();
  }

  #write(seq: number, entry: JournalEntry | ObservationText): void {
    if ('text' in entry) {
      const { kind, deviceId, at_ms, received_ms, text } = entry;
      this.#insert.add({ seq, kind, subject_id: deviceId, at_ms, received_ms, body: text });
      return;
    }
    const { subjectId, at_ms, received_ms, body } = entry;
    const text = JSON.stringify(body);
    this.#insert.add({ seq, kind: body.kind, subject_id: subjectId, at_ms, received_ms, body: text });
  }

  #committed(seq: number): void {
    this.#mark?.note(seq);
    this.#notify();
  }

  /** Notes damage, of a page that SQLite cannot read or of an entry that is not as it was written. */
  #checked(read: () => Row[]): Row[] {
    try {
      const rows = read();
      for (const row of rows) {
        if (row.crc !== null && row.crc !== entryCrc(row)) throw new DamagedEntryError(row.seq);
      }
      return rows;
    } catch (error) {
      if (isDamage(error)) this.#damage ??= error.message;
      throw error;
    }
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
