import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';

export type Database = Sqlite.Database;

/** One step of a schema; steps are applied once, in order, and never edited after release. */
export type Migration = string;

/**
 * Opens a SQLite file in WAL mode and brings its schema up to date. `durable` means every commit is fsynced
 * (`synchronous=FULL`); without it the newest commits may be lost with the power, for what can be rebuilt.
 */
export function openDatabase(path: string, migrations: readonly Migration[], durable: boolean): Database {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const db = new Sqlite(path);
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${durable ? 'FULL' : 'NORMAL'}`);
  db.pragma('foreign_keys = ON');
  db.pragma('busy_timeout = 5000');
  db.pragma('journal_size_limit = 67108864');
  migrate(db, path, migrations);
  return db;
}

function migrate(db: Database, path: string, migrations: readonly Migration[]): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > migrations.length) {
    db.close();
    throw new Error(
      `${path}: made by a newer version (schema ${version}, this one knows ${migrations.length})`,
    );
  }
  db.transaction(() => {
    for (const step of migrations.slice(version)) db.exec(step);
    db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
}
