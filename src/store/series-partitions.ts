import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database, Migration } from './database.ts';
import { isDamage } from './entry-crc.ts';
import type { RecoveryReport } from './recovery-report.ts';
import { openOrSalvage } from './series-database.ts';

export const DAY_MS = 86_400_000;
/** Files open at once; of more, those used longest ago are closed. */
const OPEN_MAX = 48;
/** Partitions that may be written are checked when they are first opened; older ones when they give an error. */
const CHECKED_NEWEST = 2;

const PARTITION_SCHEMA: readonly Migration[] = [
  `
  CREATE TABLE points (
    series_id INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    value REAL NOT NULL,
    flag TEXT,
    PRIMARY KEY (series_id, at_ms)
  ) WITHOUT ROWID;
  `,
];

/** Follows the name of a file whose day is dropped: nobody reads it any more. */
const DROPPED = '.dropped';
/** A file gives its blocks back in parts: in one go, gigabytes keep the disk from everybody else for half a second. */
const DISCARD_BYTES = 64 * 1024 * 1024;

/** The day (UTC, days since 1970) of a time. */
export function dayOf(at_ms: number): number {
  return Math.floor(at_ms / DAY_MS);
}

/**
 * The points of time series, one SQLite file for each day (UTC): what is old goes with its file, at once and
 * without holding up what is written, and a file that is damaged costs that day alone.
 */
export class SeriesPartitions {
  readonly #dir: string;
  readonly #onRecovery: (report: RecoveryReport) => void;
  readonly #days = new Set<number>();
  /** In the order of use. */
  readonly #open = new Map<number, Database>();
  readonly #dirty = new Set<number>();
  readonly #checked = new Set<number>();

  constructor(dir: string, onRecovery: (report: RecoveryReport) => void) {
    this.#dir = dir;
    this.#onRecovery = onRecovery;
    mkdirSync(dir, { recursive: true });
    for (const name of readdirSync(dir)) {
      const day = /^(\d{4}-\d\d-\d\d)\.db$/.exec(name)?.[1];
      if (day !== undefined) this.#days.add(dayOf(Date.parse(`${day}T00:00:00Z`)));
    }
  }

  /** Days that have a file between two days, both included, oldest first. */
  days(from: number, to: number): number[] {
    return [...this.#days].filter((day) => day >= from && day <= to).sort((a, b) => a - b);
  }

  /** Reads from a day's file; a damaged one is repaired first. */
  read<T>(day: number, work: (db: Database) => T): T {
    return this.#use(day, work);
  }

  /** Writes to a day's file in one transaction, which is on disk after the next `sync`. */
  write(day: number, work: (db: Database) => void): void {
    this.#days.add(day);
    this.#use(day, (db) => {
      db.transaction(() => work(db)).immediate();
    });
    this.#dirty.add(day);
  }

  /** Returns once everything written is on disk. */
  sync(): void {
    for (const day of this.#dirty) this.#use(day, (db) => db.pragma('wal_checkpoint(PASSIVE)'));
    this.#dirty.clear();
  }

  /** Drops whole days before a time; how many. They are gone at once; it resolves when their disk space is free. */
  async dropBefore(before_ms: number): Promise<number> {
    const old = this.days(Number.NEGATIVE_INFINITY, dayOf(before_ms) - 1);
    for (const day of old) {
      this.#close(day);
      this.#days.delete(day);
      this.#dirty.delete(day);
      for (const end of ['-wal', '-shm']) rmSync(`${this.#path(day)}${end}`, { force: true });
      const path = this.#path(day);
      if (existsSync(path)) renameSync(path, `${path}${DROPPED}`);
    }
    // Those that an earlier run did not come to are among them.
    const dropped = readdirSync(this.#dir).filter((name) => name.endsWith(DROPPED));
    for (const name of dropped) await discard(join(this.#dir, name));
    return old.length;
  }

  close(): void {
    for (const day of [...this.#open.keys()]) this.#close(day);
  }

  #use<T>(day: number, work: (db: Database) => T): T {
    try {
      return work(this.#database(day, false));
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#close(day);
      return work(this.#database(day, true));
    }
  }

  #database(day: number, isDamaged: boolean): Database {
    const known = this.#open.get(day);
    if (known !== undefined) {
      this.#open.delete(day);
      this.#open.set(day, known);
      return known;
    }
    const isNew = !existsSync(this.#path(day));
    const isNewest = this.days(day, Number.POSITIVE_INFINITY).length <= CHECKED_NEWEST;
    const check = isDamaged || (!isNew && isNewest && !this.#checked.has(day));
    const { db, recovery } = openOrSalvage(this.#path(day), PARTITION_SCHEMA, Date.now(), {
      check,
      isDamaged,
    });
    this.#checked.add(day);
    this.#open.set(day, db);
    if (recovery !== undefined) this.#onRecovery(recovery);
    const [oldest] = this.#open.keys();
    if (this.#open.size > OPEN_MAX && oldest !== undefined) this.#close(oldest);
    return db;
  }

  #close(day: number): void {
    this.#open.get(day)?.close();
    this.#open.delete(day);
  }

  #path(day: number): string {
    return join(this.#dir, `${new Date(day * DAY_MS).toISOString().slice(0, 10)}.db`);
  }
}

/** Removes a file, however large, in steps beside which others get their turn. */
async function discard(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    for (let { size } = await file.stat(); size > 0; ) {
      size = Math.max(0, size - DISCARD_BYTES);
      await file.truncate(size);
    }
  } finally {
    await file.close();
  }
  await rm(path, { force: true });
}
