import { cpSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import type { Observation } from '../../src/domain/observation.ts';
import type { JournalEntry } from '../../src/store/journal.ts';
import { type MainDatabase, openMainDatabase } from '../../src/store/main-database.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { tempDir } from './temp-dir.ts';

const log = pino({ level: 'silent' });
export const NOW_MS = Date.UTC(2026, 10, 25);

/** A dust reading; every fortieth has so long an `extra` that it does not fit a page of the database. */
export function dust(number: number): JournalEntry {
  const body: Observation = {
    kind: 'reading',
    deviceKind: 'dust',
    deviceId: `dust-${number % 7}`,
    at_ms: NOW_MS + number,
    received_ms: NOW_MS + number,
    metrics: { pm10_ug_m3: 50 + (number % 100) },
    ...(number % 40 === 0 && { extra: { note: 'x'.repeat(9000) } }),
  };
  return { subjectId: body.deviceId, at_ms: body.at_ms, received_ms: body.received_ms, body };
}

/** Opens a data folder's main database as the gateway does. */
export function openFolder(dir: string, seen = 0): MainDatabase & { readonly journal: SqliteJournal } {
  const main = openMainDatabase(dir, seen, NOW_MS, log);
  return { ...main, journal: new SqliteJournal(main.db, main.mark) };
}

/** Closes it in order. */
export function closeFolder({ journal, mark, db }: ReturnType<typeof openFolder>): void {
  journal.close();
  mark.close();
  db.close();
}

/**
 * A data folder as a killed gateway leaves it: `inFile` entries in the database file and `inLog` more that are in
 * its write-ahead log alone.
 */
export async function killedFolder(inFile: number, inLog: number): Promise<string> {
  const dir = tempDir();
  const folder = openFolder(dir);
  folder.db.prepare("INSERT INTO devices (id, kind, created_ms) VALUES ('dust-1', 'dust', 1)").run();
  for (let number = 1; number <= inFile + inLog; number += 20) {
    const count = Math.min(20, inFile + inLog - number + 1);
    await folder.journal.append(Array.from({ length: count }, (_, index) => dust(number + index)));
    if (number + count - 1 === inFile) folder.db.pragma('wal_checkpoint(TRUNCATE)');
  }
  const copy = tempDir();
  cpSync(dir, copy, { recursive: true });
  closeFolder(folder);
  return copy;
}

/** A copy of a folder in which one file is changed. */
export function damagedCopy(dir: string, file: string, damage: (path: string) => void): string {
  const copy = tempDir();
  cpSync(dir, copy, { recursive: true });
  damage(join(copy, file));
  return copy;
}

/** Turns one bit around. */
export function flipBit(path: string, bit: number): void {
  const bytes = readFileSync(path);
  const at = Math.floor(bit / 8);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit % 8));
  writeFileSync(path, bytes);
}

/** Cuts a file off. */
export function cutOff(path: string, length: number): void {
  truncateSync(path, length);
}

/** Numbers in 0..1 that are the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
