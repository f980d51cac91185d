import { existsSync, renameSync, rmSync } from 'node:fs';
import { isoTime } from '../domain/time.ts';
import { type Database, type Migration, openDatabase } from './database.ts';
import type { RecoveryReport } from './recovery-report.ts';
import { salvageTables } from './salvage-tables.ts';

/** Of a larger file only the opening is checked: its pages are read when they are asked for. */
const CHECKED_PAGES_MAX = 16_384;

/**
 * Opens a database of its own: time series, or what the broker keeps. One that is damaged is set aside, what can be
 * read of it goes into a new one; the rest of a series has to come from the journal. `isDamaged` says that damage was met already.
 */
export function openOrSalvage(
  path: string,
  schema: readonly Migration[],
  now_ms: number,
  {
    check = true,
    isDamaged = false,
    durable = false,
  }: { readonly check?: boolean; readonly isDamaged?: boolean; readonly durable?: boolean } = {},
): { readonly db: Database; readonly recovery?: RecoveryReport } {
  let problems: string[] = [];
  let db: Database | undefined;
  try {
    db = openDatabase(path, schema, durable);
    problems = isDamaged ? ['a page could not be read'] : check ? problemsOf(db) : [];
    if (problems.length === 0) return { db };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const code = (error as { code?: string }).code ?? '';
    if (!/^SQLITE_(CORRUPT|NOTADB|ERROR|IOERR)/.test(code)) throw error;
    problems = [reason];
  }
  db?.close();
  const at = isoTime(now_ms);
  const broken = freeName(`${path}.damaged-${at.replaceAll(/[-:]|\.\d+/g, '')}`);
  renameSync(path, broken);
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${broken}-wal`);
  rmSync(`${path}-shm`, { force: true });
  db = openDatabase(path, schema, durable);
  const tables = salvageTables(db, broken, '');
  // Points that are gone come back with the entries that the journal still has.
  if ('cursors' in tables) db.exec('DELETE FROM cursors');
  const nameOf = (file: string): string => file.split('/').at(-1) ?? file;
  const recovery: RecoveryReport = {
    at,
    file: nameOf(path),
    problems,
    kept: [nameOf(broken)],
    entriesLost: 0,
    lost: [],
    entriesSaved: 0,
    tables,
  };
  return { db, recovery };
}

function problemsOf(db: Database): string[] {
  if (Number(db.pragma('page_count', { simple: true })) > CHECKED_PAGES_MAX) return [];
  const rows = db.pragma('quick_check(20)') as Record<string, string>[];
  return rows.flatMap((row) => Object.values(row)).filter((word) => word !== 'ok');
}

function freeName(name: string): string {
  let path = name;
  for (let n = 2; existsSync(path); n += 1) path = `${name}-${n}`;
  return path;
}
