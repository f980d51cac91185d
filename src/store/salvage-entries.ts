import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import type { Database } from './database.ts';
import { entryCrc, type StoredEntry } from './entry-crc.ts';
import { leafRows, type SqliteValue } from './sqlite-pages.ts';
import { readWal } from './sqlite-wal.ts';

const READ_PAGES = 1024;
const BATCH = 5000;
/** Columns of the journal table before and after the checksum. */
const COLUMNS = [6, 7];

/** Which entries are wanted. */
export interface EntryWish {
  readonly after: number;
  /** True leaves out what rules and people make of observations: it has to go with its tables, or not at all. */
  readonly observationsOnly: boolean;
}

interface Found extends StoredEntry {
  readonly crc: number | null;
}

/**
 * Looks through every page of a broken database and of its log for journal entries and puts those into `db` that
 * it does not have. An entry proves itself by its checksum, so nothing else of the file needs to be whole: not
 * its header, not the tree that led to the page. Returns how many were added.
 */
export function salvageEntries(db: Database, databasePath: string, walPath: string, wish: EntryWish): number {
  const put = db.prepare(
    `INSERT OR IGNORE INTO journal (seq, kind, subject_id, at_ms, received_ms, body, crc)
     VALUES (@seq, @kind, @subject_id, @at_ms, @received_ms, @body, @crc)`,
  );
  let added = 0;
  let batch: Found[] = [];
  const flush = (): void => {
    db.transaction(() => {
      for (const entry of batch) added += put.run(entry).changes;
    }).immediate();
    batch = [];
  };
  for (const entry of entriesIn(databasePath, walPath)) {
    if (entry.seq <= wish.after) continue;
    if (wish.observationsOnly && (entry.kind === 'incident' || entry.kind === 'case')) continue;
    batch.push(entry);
    if (batch.length >= BATCH) flush();
  }
  flush();
  return added;
}

function* entriesIn(databasePath: string, walPath: string): Generator<Found> {
  const wal = readWal(walPath);
  const newest = new Map(wal?.frames.map(({ page, data }) => [page, data]));
  const fd = existsSync(databasePath) ? openSync(databasePath, 'r') : undefined;
  const pageBytes = wal?.pageBytes ?? 4096;
  const pageInFile = (page: number): Buffer | undefined => {
    if (fd === undefined || page < 1) return undefined;
    const image = Buffer.alloc(pageBytes);
    return readSync(fd, image, 0, pageBytes, (page - 1) * pageBytes) === pageBytes ? image : undefined;
  };
  const ways = [(page: number) => newest.get(page) ?? pageInFile(page), pageInFile];
  try {
    // The log first: what is in both is newer there.
    for (const { data } of wal?.frames ?? []) yield* entriesOf(data, 0, ways);
    for (let first = 1; fd !== undefined; first += READ_PAGES) {
      const bytes = Buffer.alloc(READ_PAGES * pageBytes);
      const length = readSync(fd, bytes, 0, bytes.length, (first - 1) * pageBytes);
      for (let at = 0; at + pageBytes <= length; at += pageBytes) {
        const headerAt = first === 1 && at === 0 ? 100 : 0;
        yield* entriesOf(bytes.subarray(at, at + pageBytes), headerAt, ways);
      }
      if (length < bytes.length) break;
    }
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Tries each way to long entries' further pages, since only one of them may be whole. */
function* entriesOf(
  page: Buffer,
  headerAt: number,
  ways: readonly ((page: number) => Buffer | undefined)[],
): Generator<Found> {
  const told = new Set<number>();
  for (const pageOf of ways) {
    for (const { rowid, values } of leafRows(page, headerAt, pageOf)) {
      if (told.has(rowid)) continue;
      const entry = toEntry(rowid, values);
      if (entry === undefined) continue;
      told.add(rowid);
      yield entry;
    }
  }
}

function toEntry(seq: number, values: readonly SqliteValue[]): Found | undefined {
  if (!COLUMNS.includes(values.length) || !Number.isSafeInteger(seq) || seq < 1) return undefined;
  const [, kind, subject_id, at_ms, received_ms, body, crc = null] = values;
  if (typeof kind !== 'string' || typeof subject_id !== 'string' || typeof body !== 'string')
    return undefined;
  if (typeof at_ms !== 'number' || typeof received_ms !== 'number') return undefined;
  const entry = { seq, kind, subject_id, at_ms, received_ms, body };
  if (typeof crc === 'number') return crc === entryCrc(entry) ? { ...entry, crc } : undefined;
  return crc === null && isBodyOf(kind, body) ? { ...entry, crc } : undefined;
}

/** All that can be asked of an entry older than the checksum. */
function isBodyOf(kind: string, body: string): boolean {
  try {
    return (JSON.parse(body) as { kind?: unknown }).kind === kind;
  } catch {
    return false;
  }
}
