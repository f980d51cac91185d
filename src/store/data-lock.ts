import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';

/**
 * Makes this process the only gateway on a data folder, since two would evaluate the same journal twice. The
 * lock is SQLite's on a file of its own: the system frees it when the process dies, however it dies. Throws
 * where another gateway holds it.
 */
export function lockDataDir(dataDir: string): { release: () => void } {
  mkdirSync(dataDir, { recursive: true });
  const db = new Sqlite(join(dataDir, 'gateway.lock'), { timeout: 0 });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) {
      throw new Error(`another gateway is running on ${dataDir}`);
    }
    throw error;
  }
  return {
    release: () => {
      db.close();
    },
  };
}
