import { constants, copyFileSync, existsSync, rmSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { putSchemaPages } from './damage.ts';
import type { Database } from './database.ts';

/** What was got out of a table; not `complete` where some of its pages could not be read. */
export interface SalvagedTable {
  readonly rows: number;
  readonly complete: boolean;
}

/** Read row by row elsewhere, or of no use once copied. */
const LEFT_OUT = new Set(['journal']);

/**
 * Copies what can be read of every table from a broken database into a new one: from the front up to the damage,
 * and from the back up to it. Works on a copy, so that the broken file is kept as it was found.
 */
export function salvageTables(
  db: Database,
  brokenPath: string,
  schemaPagesPath: string,
): Record<string, SalvagedTable> {
  const copy = `${brokenPath}.copy`;
  copyFileSync(brokenPath, copy, constants.COPYFILE_FICLONE);
  if (existsSync(`${brokenPath}-wal`)) copyFileSync(`${brokenPath}-wal`, `${copy}-wal`);
  const tables = tablesOf(db);
  db.pragma('foreign_keys = OFF');
  try {
    if (!isSchemaReadable(copy, tables.includes('cursors') ? 'cursors' : 'sqlite_schema')) {
      // What the log has of these pages may be what is broken.
      rmSync(`${copy}-wal`, { force: true });
      rmSync(`${copy}-shm`, { force: true });
      putSchemaPages(schemaPagesPath, copy);
    }
    return Object.fromEntries(tables.map((table) => [table, copyTable(db, copy, table)]));
  } finally {
    db.pragma('foreign_keys = ON');
    for (const end of ['', '-wal', '-shm']) rmSync(`${copy}${end}`, { force: true });
  }
}

function isSchemaReadable(path: string, table: string): boolean {
  let db: Database | undefined;
  try {
    db = new Sqlite(path);
    db.prepare(`SELECT count(*) FROM ${table}`).get();
    return true;
  } catch {
    return false;
  } finally {
    db?.close();
  }
}

function tablesOf(db: Database): string[] {
  return db
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all()
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('sqlite_') && !LEFT_OUT.has(name));
}

/** Each table with a connection of its own: after damage was met, one may refuse everything that follows. */
function copyTable(db: Database, path: string, table: string): SalvagedTable {
  let rows = 0;
  for (const direction of ['ASC', 'DESC'] as const) {
    let from: Database | undefined;
    try {
      from = new Sqlite(path);
      rows += copyRows(db, from, table, direction);
      return { rows, complete: true };
    } catch (error) {
      if (error instanceof PartError) rows += error.rows;
    } finally {
      from?.close();
    }
  }
  return { rows, complete: false };
}

/** Damage was met after so many rows. */
class PartError extends Error {
  readonly rows: number;

  constructor(rows: number) {
    super('damage');
    this.rows = rows;
  }
}

function copyRows(db: Database, from: Database, table: string, direction: 'ASC' | 'DESC'): number {
  const known = new Set(columnsOf(from, table).map(({ name }) => name));
  const columns = columnsOf(db, table);
  const shared = columns.map(({ name }) => name).filter((name) => known.has(name));
  const keys = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  const order = keys.map(({ name }) => `"${name}" ${direction}`).join(', ') || `rowid ${direction}`;
  const list = shared.map((name) => `"${name}"`).join(', ');
  const put = db.prepare(
    `INSERT OR IGNORE INTO "${table}" (${list}) VALUES (${shared.map(() => '?').join(', ')})`,
  );
  const read = from.prepare<[], unknown[]>(`SELECT ${list} FROM "${table}" ORDER BY ${order}`).raw();
  let rows = 0;
  let damaged = false;
  // One transaction for what could be read, the damage notwithstanding.
  db.transaction(() => {
    try {
      for (const row of read.iterate()) rows += put.run(...row).changes;
    } catch {
      damaged = true;
    }
  }).immediate();
  if (damaged) throw new PartError(rows);
  return rows;
}

function columnsOf(db: Database, table: string): { readonly name: string; readonly pk: number }[] {
  return db.pragma(`table_info("${table}")`) as { name: string; pk: number }[];
}
