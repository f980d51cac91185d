import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Observation } from '../domain/observation.ts';

/** Reads the journal of a gateway that may be running. */
export interface JournalTail {
  /** Observations after an entry, and the number of the last entry looked at. */
  read(after: number): { readonly observations: readonly Observation[]; readonly last: number };
  /** Number of the newest entry. */
  head(): number;
  /** Number of the oldest entry that is still there; 0 where there is none. */
  oldest(): number;
  /** Number of the entry before the first that arrived at a time or later. */
  before(time_ms: number): number;
  close(): void;
}

const BATCH = 2000;

/**
 * Opens the journal of a data folder for reading alone: the gateway goes on, and nothing here can change what it
 * has. Throws where there is no journal.
 */
export function openJournalTail(dataDir: string): JournalTail {
  const file = join(dataDir, 'xuncheng.db');
  if (!existsSync(file)) throw new Error(`no database in ${dataDir}`);
  const db = new Sqlite(file, { readonly: true, timeout: 5000 });
  const entries = db.prepare<[number, number], { seq: number; kind: string; body: string }>(
    'SELECT seq, kind, body FROM journal WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  const number = (sql: string, ...values: number[]): number =>
    db.prepare<number[], { seq: number | null }>(sql).get(...values)?.seq ?? 0;
  const head = (): number => number("SELECT seq FROM sqlite_sequence WHERE name = 'journal'");
  return {
    read: (after) => {
      const rows = entries.all(after, BATCH);
      // What the gateway made of it is none of its input.
      const observed = rows.filter(({ kind }) => kind !== 'incident' && kind !== 'case');
      return {
        observations: observed.map(({ body }) => JSON.parse(body) as Observation),
        last: rows.at(-1)?.seq ?? after,
      };
    },
    head,
    oldest: () => number('SELECT min(seq) AS seq FROM journal'),
    before: (time_ms) => {
      const first = number('SELECT min(seq) AS seq FROM journal WHERE received_ms >= ?', time_ms);
      return first === 0 ? head() : first - 1;
    },
    close: () => {
      db.close();
    },
  };
}
