import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, openDatabase } from '../store/database.ts';
import { MAIN_SCHEMA } from '../store/schema.ts';
import type { CliIo, ExitCode } from './io.ts';

/**
 * Works on the database of a data folder, beside a running gateway too. It is made only where `mayCreate` says
 * so: behind a mistyped folder an empty one would list nothing, verify nothing, and look well.
 */
export async function withData(
  dataDir: string,
  io: CliIo,
  work: (db: Database) => Promise<ExitCode> | ExitCode,
  { mayCreate = false }: { readonly mayCreate?: boolean } = {},
): Promise<ExitCode> {
  const file = join(dataDir, 'xuncheng.db');
  if (!mayCreate && !existsSync(file)) {
    io.err(`no database in ${dataDir}`);
    return 1;
  }
  const db = openDatabase(file, MAIN_SCHEMA, true);
  try {
    return await work(db);
  } finally {
    db.close();
  }
}
