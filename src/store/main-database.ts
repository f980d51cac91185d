import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { isoTime } from '../domain/time.ts';
import type { Log } from '../runtime/log.ts';
import { findDamage, saveSchemaPages } from './damage.ts';
import { type Database, openDatabase } from './database.ts';
import { JournalMark, type MarkState, readMark } from './journal-mark.ts';
import { type RecoveryReport, writeReport } from './recovery-report.ts';
import { salvageEntries } from './salvage-entries.ts';
import { type SalvagedTable, salvageTables } from './salvage-tables.ts';
import { MAIN_SCHEMA } from './schema.ts';
import { readWal } from './sqlite-wal.ts';

/** The main database, checked, and repaired where it had to be. */
export interface MainDatabase {
  readonly db: Database;
  readonly mark: JournalMark;
  /** What this start found and did; undefined where all was well. */
  readonly recovery?: RecoveryReport;
}

/** What one start knows and finds. */
interface Finding {
  readonly problems: string[];
  readonly kept: string[];
  tables?: Record<string, SalvagedTable>;
  entriesSaved: number;
}

const RANGES_MAX = 100;

/**
 * Opens `xuncheng.db`. What is damaged is set aside under another name, never deleted; what can be read of it goes
 * into a new file; what is lost is told, by entry numbers. Nothing is lost that lies outside of the damage.
 * `seen` is the newest entry that any other file tells of.
 */
export function openMainDatabase(dataDir: string, seen: number, now_ms: number, log: Log): MainDatabase {
  mkdirSync(dataDir, { recursive: true });
  const paths = pathsOf(dataDir, now_ms);
  const finding: Finding = { problems: [], kept: [], entriesSaved: 0 };
  const read = readMark(paths.mark);
  const mark: MarkState | undefined = read === 'unreadable' ? undefined : read;
  if (read === 'unreadable') log.warn({ file: paths.mark }, 'journal mark is unreadable and is made anew');
  const high = Math.max(mark?.seq ?? 0, seen);

  const wal = readWal(paths.wal);
  if (isEmpty(paths.db) && (high > 0 || wal !== undefined)) {
    finding.problems.push(existsSync(paths.db) ? 'the database is empty' : 'the database is missing');
  } else if (wal?.damagedAt !== undefined) {
    finding.problems.push(`the write-ahead log is damaged at byte ${wal.damagedAt}`);
    copyFileSync(paths.wal, `${paths.brokenWalCopy}`);
    finding.kept.push(paths.brokenWalCopy);
  }
  let db = isEmpty(paths.db) && finding.problems.length > 0 ? undefined : openIfWhole(paths, high, finding);
  db ??= replace(paths, mark, finding, log);
  if (wal?.damagedAt !== undefined && finding.tables === undefined) {
    const wish = { after: headOf(db), observationsOnly: true };
    finding.entriesSaved = salvageEntries(db, paths.db, paths.brokenWalCopy, wish);
  }
  const head = headOf(db);
  if (head < high && finding.problems.length === 0) {
    finding.problems.push(`the journal ends at entry ${head} but had come to ${high}`);
  }
  let recovery: RecoveryReport | undefined;
  if (finding.problems.length > 0) {
    recovery = report(db, finding, mark, high, now_ms);
    writeReport(dataDir, recovery);
  }
  rmSync(paths.request, { force: true });
  saveSchemaPages(db, paths.db, paths.schemaPages);
  const first = {
    seq: Math.max(headOf(db), high),
    pruned: mark?.pruned ?? oldestOf(db) - 1,
    cursors: mark?.cursors ?? {},
  };
  return { db, mark: new JournalMark(paths.mark, first, () => cursorsOf(db)), ...(recovery && { recovery }) };
}

/** Asks the next start for a full repair: for damage that is met while the gateway runs. */
export function requestRepair(dataDir: string, reason: string): void {
  writeFileSync(join(dataDir, 'repair-requested'), reason);
}

function pathsOf(dataDir: string, now_ms: number) {
  const db = join(dataDir, 'xuncheng.db');
  const stamp = isoTime(now_ms).replaceAll(/[-:]|\.\d+/g, '');
  const free = (name: string): string => {
    let path = name;
    for (let n = 2; existsSync(path); n += 1) path = `${name}-${n}`;
    return path;
  };
  const unfinished = `${db}.unfinished`;
  // A repair that a crash cut short is begun again from the file that it had set aside.
  const earlier = !existsSync(db) && existsSync(unfinished) ? newestBroken(dataDir) : undefined;
  const broken = earlier ?? free(`${db}.damaged-${stamp}`);
  return {
    db,
    wal: `${db}-wal`,
    mark: join(dataDir, 'journal.mark'),
    schemaPages: join(dataDir, 'xuncheng.db.schema'),
    request: join(dataDir, 'repair-requested'),
    broken,
    unfinished,
    brokenWalCopy: free(`${db}-wal.damaged-${stamp}`),
  };
}

function newestBroken(dataDir: string): string | undefined {
  const names = readdirSync(dataDir).filter((name) => /^xuncheng\.db\.damaged-[^.]*?\d(Z|Z-\d+)$/.test(name));
  const newest = names.sort().at(-1);
  return newest === undefined ? undefined : join(dataDir, newest);
}
type Paths = ReturnType<typeof pathsOf>;

/** A file of no bytes is what a full disk or a mistaken copy leaves. */
function isEmpty(path: string): boolean {
  return !existsSync(path) || statSync(path).size === 0;
}

/** Opens and checks; undefined, with what is wrong told, where it must be repaired. */
function openIfWhole(paths: Paths, high: number, finding: Finding): Database | undefined {
  if (existsSync(paths.request)) finding.problems.push(readFileSync(paths.request, 'utf8'));
  let db: Database | undefined;
  try {
    // A request is for content that SQLite itself takes for whole.
    if (existsSync(paths.request)) return undefined;
    if (high > 0 && holdsNothing(paths.db)) {
      finding.problems.push('the database holds nothing');
      return undefined;
    }
    db = openDatabase(paths.db, MAIN_SCHEMA, true);
    const problems = findDamage(db, paths.db);
    if (problems.length === 0) return db;
    finding.problems.push(...problems);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (/made by a newer version/.test(reason)) throw error;
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) throw error;
    finding.problems.push(reason);
  }
  db?.close();
  return undefined;
}

/** True for what SQLite takes for a new database: filling it would write over what is there. */
function holdsNothing(path: string): boolean {
  const db = new Sqlite(path);
  try {
    return db.pragma('user_version', { simple: true }) === 0;
  } finally {
    db.close();
  }
}

/** Sets the broken files aside and fills a new database from them. */
function replace(paths: Paths, mark: MarkState | undefined, finding: Finding, log: Log): Database {
  log.error({ problems: finding.problems }, 'the database is damaged; what can be read goes into a new one');
  for (const [from, to] of [
    [paths.db, paths.broken],
    [paths.wal, `${paths.broken}-wal`],
  ] as const) {
    if (!existsSync(from)) continue;
    renameSync(from, to);
    finding.kept.push(to);
  }
  rmSync(`${paths.db}-shm`, { force: true });
  const { unfinished } = paths;
  for (const end of ['', '-wal', '-shm']) rmSync(`${unfinished}${end}`, { force: true });
  const db = openDatabase(unfinished, MAIN_SCHEMA, false);
  finding.tables = existsSync(paths.broken) ? salvageTables(db, paths.broken, paths.schemaPages) : {};
  const wish = { after: mark?.pruned ?? 0, observationsOnly: false };
  finding.entriesSaved = salvageEntries(db, paths.broken, `${paths.broken}-wal`, wish);
  const put = db.prepare('INSERT OR IGNORE INTO cursors (name, seq) VALUES (?, ?)');
  for (const [name, seq] of Object.entries(mark?.cursors ?? {})) put.run(name, seq);
  // Renamed only when whole: after a crash in the middle the next start begins again.
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  renameSync(unfinished, paths.db);
  return openDatabase(paths.db, MAIN_SCHEMA, true);
}

/** Finds which entries are missing, remembers the holes, and sees that their numbers are not used again. */
function report(
  db: Database,
  finding: Finding,
  mark: MarkState | undefined,
  high: number,
  now_ms: number,
): RecoveryReport {
  const last = Math.max(headOf(db), high);
  const ranges: [first: number, last: number][] = [];
  const note = db.prepare('INSERT OR IGNORE INTO lost_entries (first, last) VALUES (?, ?)');
  const known = db.prepare<[number, number]>('SELECT 1 FROM lost_entries WHERE first <= ? AND last >= ?');
  let entriesLost = 0;
  const missing = (from: number, to: number): void => {
    if (from > to || known.get(from, to) !== undefined) return;
    entriesLost += to - from + 1;
    if (ranges.length < RANGES_MAX) ranges.push([from, to]);
    note.run(from, to);
  };
  const { first, newest } = db
    .prepare<[], { first: number | null; newest: number | null }>(
      'SELECT min(seq) AS first, max(seq) AS newest FROM journal',
    )
    .get() ?? { first: null, newest: null };
  const holes = db
    .prepare<[], { before: number; seq: number }>(
      `SELECT * FROM (SELECT seq, lag(seq) OVER (ORDER BY seq) AS before FROM journal) WHERE seq > before + 1`,
    )
    .all();
  db.transaction(() => {
    if (mark !== undefined) missing(mark.pruned + 1, (first ?? last + 1) - 1);
    for (const { before, seq } of holes) missing(before + 1, seq - 1);
    if (newest !== null) missing(newest + 1, last);
    const moved = db.prepare("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'journal'").run(last);
    if (moved.changes === 0) {
      db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('journal', ?)").run(last);
    }
  }).immediate();
  return {
    at: isoTime(now_ms),
    file: 'xuncheng.db',
    problems: finding.problems,
    kept: finding.kept.map((path) => path.split('/').at(-1) ?? path),
    entriesLost,
    lost: ranges,
    entriesSaved: finding.entriesSaved,
    ...(finding.tables && { tables: finding.tables }),
  };
}

function headOf(db: Database): number {
  const row = db.prepare<[], { seq: number | null }>('SELECT max(seq) AS seq FROM journal').get();
  const used = db
    .prepare<[], { seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'journal'")
    .get();
  return Math.max(row?.seq ?? 0, used?.seq ?? 0);
}

function oldestOf(db: Database): number {
  const row = db.prepare<[], { seq: number | null }>('SELECT min(seq) AS seq FROM journal').get();
  return row?.seq ?? headOf(db) + 1;
}

function cursorsOf(db: Database): Record<string, number> {
  const rows = db.prepare<[], { name: string; seq: number }>('SELECT name, seq FROM cursors').all();
  return Object.fromEntries(rows.map(({ name, seq }) => [name, seq]));
}
