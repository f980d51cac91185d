import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Database } from './database.ts';
import { DamagedEntryError, entryCrc, type StoredEntry } from './entry-crc.ts';

/** Entries at the end of the journal that a start checks one by one; the rest is checked while it runs. */
const TAIL_ENTRIES = 50_000;
/** Of a larger file the structure of the journal is not checked as a whole at a start. */
const STRUCTURE_PAGES_MAX = 65_536;
const PROBLEMS_MAX = 20;

/**
 * What is wrong with an open database, in words; empty where nothing is. The time it takes depends on the state
 * of the city and not on the length of the journal: every other table is checked, and the journal's end.
 */
export function findDamage(db: Database, path: string): string[] {
  const problems: string[] = [];
  const attempt = (work: () => void): void => {
    if (problems.length >= PROBLEMS_MAX) return;
    try {
      work();
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  };
  const pages = { count: 0 };
  attempt(() => {
    pages.count = Number(db.pragma('page_count', { simple: true }));
    const [log] = db.pragma('wal_checkpoint(PASSIVE)') as { log: number; checkpointed: number }[];
    const missing = pages.count * Number(db.pragma('page_size', { simple: true })) - statSync(path).size;
    if (log?.log === log?.checkpointed && missing > 0)
      problems.push(`the file is ${missing} bytes too short`);
  });
  for (const table of tablesOf(db, problems)) {
    if (table === 'journal' && pages.count > STRUCTURE_PAGES_MAX) continue;
    attempt(() => {
      const check = table === 'journal' ? 'quick_check' : 'integrity_check';
      const rows = db.pragma(`${check}("${table}")`) as Record<string, string>[];
      const bad = rows.flatMap((row) => Object.values(row)).filter((word) => word !== 'ok');
      problems.push(...bad.slice(0, PROBLEMS_MAX).map((word) => `${table}: ${word}`));
    });
  }
  attempt(() => checkTail(db));
  return problems;
}

/** Checksums of the newest entries, and that no number is missing among them. */
function checkTail(db: Database): void {
  const newest = db
    .prepare<[number], StoredEntry & { crc: number | null }>(
      'SELECT * FROM journal ORDER BY seq DESC LIMIT ?',
    )
    .iterate(TAIL_ENTRIES);
  let after: number | undefined;
  for (const row of newest) {
    if (row.crc !== null && row.crc !== entryCrc(row)) throw new DamagedEntryError(row.seq);
    if (
      after !== undefined &&
      row.seq !== after - 1 &&
      row.crc !== null &&
      !isKnownHole(db, row.seq, after)
    ) {
      throw new Error(`journal entries ${row.seq + 1} to ${after - 1} are missing`);
    }
    after = row.seq;
  }
}

/** True where an earlier recovery has told of this hole already. */
function isKnownHole(db: Database, from: number, to: number): boolean {
  return (
    db.prepare('SELECT 1 FROM lost_entries WHERE first <= ? AND last >= ?').get(from + 1, to - 1) !==
    undefined
  );
}

function tablesOf(db: Database, problems: string[]): string[] {
  try {
    return db
      .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .all()
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('sqlite_'));
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return [];
  }
}

interface SavedPages {
  readonly pageBytes: number;
  readonly pages: readonly { readonly page: number; readonly base64: string }[];
}

/**
 * Keeps a copy of the few pages that say which tables there are: without them the rest of a database cannot be
 * read, however whole it is. To be called once the schema is up to date.
 */
export function saveSchemaPages(db: Database, databasePath: string, path: string): void {
  db.pragma('wal_checkpoint(PASSIVE)');
  const numbers = db
    .prepare<[], { pageno: number }>("SELECT pageno FROM dbstat WHERE name = 'sqlite_schema'")
    .all();
  const pageBytes = Number(db.pragma('page_size', { simple: true }));
  const fd = openSync(databasePath, 'r');
  try {
    const pages = numbers.map(({ pageno }) => {
      const image = Buffer.alloc(pageBytes);
      readSync(fd, image, 0, pageBytes, (pageno - 1) * pageBytes);
      return { page: pageno, base64: image.toString('base64') };
    });
    const json = JSON.stringify({ pageBytes, pages } satisfies SavedPages);
    writeFileSync(path, `${crc32(json)}\n${json}`);
  } finally {
    closeSync(fd);
  }
}

/** Writes the kept pages over those of a copy of the database; does nothing where they are not whole themselves. */
export function putSchemaPages(path: string, databasePath: string): void {
  if (!existsSync(path)) return;
  const text = readFileSync(path, 'utf8');
  const cut = text.indexOf('\n');
  const json = text.slice(cut + 1);
  if (Number(text.slice(0, cut)) !== crc32(json)) return;
  const saved = JSON.parse(json) as SavedPages;
  const fd = openSync(databasePath, 'r+');
  try {
    for (const { page, base64 } of saved.pages) {
      writeSync(fd, Buffer.from(base64, 'base64'), 0, saved.pageBytes, (page - 1) * saved.pageBytes);
    }
  } finally {
    closeSync(fd);
  }
}
