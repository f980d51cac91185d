import type { CoverageCause, CoverageChange, CoverageGap } from '../domain/coverage.ts';
import type { Database } from './database.ts';

interface Row {
  readonly camera_id: string;
  readonly from_ms: number;
  readonly to_ms: number | null;
  readonly cause: string;
  readonly reason: string | null;
}

const FLUSH_INTERVAL_MS = 1000;
/** Changes that a disk which takes nothing lets pile up; of more, the oldest are lost. */
const PENDING_MAX = 100_000;

/**
 * When cameras did not watch, in SQLite. Changes are written each second; what a crash takes of them, the rules tell
 * again. Above the bound the oldest gaps that are over go, and `reach_ms` says from when on all are there.
 */
export class CoverageStore {
  readonly #rows_max: number;
  readonly #write;
  readonly #find;
  readonly #since;
  readonly #reach;
  readonly #prune;
  #pending: CoverageChange[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Database, rows_max: number) {
    this.#rows_max = rows_max;
    this.#write = writerOf(db);
    this.#find = db.prepare<[string, number, number], Row>(
      `SELECT camera_id, from_ms, to_ms, cause, reason FROM coverage_gaps
       WHERE camera_id = ? AND from_ms < ? AND (to_ms IS NULL OR to_ms > ?) ORDER BY from_ms`,
    );
    this.#since = db.prepare<[], { camera_id: string; since_ms: number }>(
      'SELECT camera_id, since_ms FROM coverage_cameras',
    );
    this.#reach = db.prepare<[], { from_ms: number }>('SELECT from_ms FROM coverage_reach');
    this.#prune = prunerOf(db);
  }

  tell(change: CoverageChange): void {
    this.#pending.push(change);
    if (this.#pending.length > PENDING_MAX) this.#pending.shift();
    this.#timer ??= setTimeout(() => this.#tryFlush(), FLUSH_INTERVAL_MS).unref();
  }

  /** A camera's gaps that touch a span, in order. */
  gaps(cameraId: string, from_ms: number, to_ms: number): CoverageGap[] {
    this.#tryFlush();
    return this.#find.all(cameraId, to_ms, from_ms).map((row) => ({
      cameraId: row.camera_id,
      from_ms: row.from_ms,
      ...(row.to_ms === null ? {} : { to_ms: row.to_ms }),
      cause: row.cause as CoverageCause,
      ...(row.reason === null ? {} : { reason: row.reason }),
    }));
  }

  /** From when on each camera's coverage counts. */
  since(): ReadonlyMap<string, number> {
    this.#tryFlush();
    return new Map(this.#since.all().map(({ camera_id, since_ms }) => [camera_id, since_ms]));
  }

  /** From when on all gaps are there. */
  get reach_ms(): number {
    return this.#reach.get()?.from_ms ?? 0;
  }

  /** Drops gaps that were over by then, and of more than the bound the oldest; gives how many went. */
  prune(before_ms: number): number {
    this.flush();
    return this.#prune(before_ms, this.#rows_max);
  }

  /** Writes everything; before the database closes. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.length === 0) return;
    this.#write(this.#pending);
    this.#pending = [];
  }

  /** Busy or full: the changes stay, and are written later. */
  #tryFlush(): void {
    try {
      this.flush();
    } catch {
      this.#timer ??= setTimeout(() => this.#tryFlush(), FLUSH_INTERVAL_MS).unref();
    }
  }
}

function writerOf(db: Database): (changes: readonly CoverageChange[]) => void {
  const put = db.prepare<[string, number, number | null, CoverageCause, string | null]>(
    'INSERT OR REPLACE INTO coverage_gaps (camera_id, from_ms, to_ms, cause, reason) VALUES (?, ?, ?, ?, ?)',
  );
  const drop = db.prepare<[string, number]>('DELETE FROM coverage_gaps WHERE camera_id = ? AND from_ms = ?');
  const putSince = db.prepare<[string, number]>(
    `INSERT INTO coverage_cameras (camera_id, since_ms) VALUES (?, ?)
     ON CONFLICT (camera_id) DO UPDATE SET since_ms = min(since_ms, excluded.since_ms)`,
  );
  const endOpen = db.prepare<[number, string, number]>(
    'UPDATE coverage_gaps SET to_ms = ? WHERE camera_id = ? AND to_ms IS NULL AND from_ms < ?',
  );
  return db.transaction((changes: readonly CoverageChange[]) => {
    for (const change of changes) {
      if (change.kind === 'since') {
        putSince.run(change.cameraId, change.at_ms);
        endOpen.run(change.at_ms, change.cameraId, change.at_ms);
        continue;
      }
      const { cameraId, from_ms, to_ms, cause, reason } = change.gap;
      if (to_ms !== undefined && to_ms <= from_ms) drop.run(cameraId, from_ms);
      else put.run(cameraId, from_ms, to_ms ?? null, cause, reason ?? null);
    }
  });
}

function prunerOf(db: Database): (before_ms: number, rows_max: number) => number {
  const dropOld = db.prepare<[number]>('DELETE FROM coverage_gaps WHERE to_ms < ?');
  const count = db.prepare<[], number>('SELECT count(*) FROM coverage_gaps').pluck();
  const newestOf = db
    .prepare<[number], number>(
      'SELECT to_ms FROM coverage_gaps WHERE to_ms IS NOT NULL ORDER BY to_ms LIMIT 1 OFFSET ?',
    )
    .pluck();
  const reach = db.prepare<[number]>(
    `INSERT INTO coverage_reach (id, from_ms) VALUES (1, ?)
     ON CONFLICT (id) DO UPDATE SET from_ms = max(from_ms, excluded.from_ms)`,
  );
  return db.transaction((before_ms: number, rows_max: number) => {
    let dropped = dropOld.run(before_ms).changes;
    if (dropped > 0) reach.run(before_ms);
    const over = (count.get() ?? 0) - rows_max;
    const until_ms = over > 0 ? newestOf.get(over - 1) : undefined;
    if (until_ms !== undefined) {
      dropped += dropOld.run(until_ms + 1).changes;
      reach.run(until_ms);
    }
    return dropped;
  });
}
