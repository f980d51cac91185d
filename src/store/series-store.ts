import { dirname, join } from 'node:path';
import type { Database } from './database.ts';
import type { JournalRecord } from './journal.ts';
import type { RecoveryReport } from './recovery-report.ts';
import { DAY_MS, dayOf, SeriesPartitions } from './series-partitions.ts';
import { type Point, putPoints } from './series-points.ts';
import {
  addSteps,
  pointsOf,
  readRows,
  type SeriesFunction,
  type SeriesPoint,
  type SeriesRow,
} from './series-query.ts';

/** What to read: `[from_ms, to_ms)`; without `step_ms` the raw values, at most `limit`. */
export interface SeriesQuery {
  readonly deviceId: string;
  readonly metric: string;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly step_ms?: number;
  readonly fn: SeriesFunction;
  readonly limit: number;
}

/** Bounds of what is kept. */
export interface SeriesOptions {
  /** Points older than this are dropped, and not taken in. */
  readonly retention_ms?: number;
  readonly onRecovery?: (report: RecoveryReport) => void;
}

/** Points of a clock further ahead than this are not taken in: each of their days would be a file. */
const FUTURE_MAX_MS = 7 * DAY_MS;
/** The place in the journal is put on disk so often, behind the points. */
const SYNC_INTERVAL_MS = 5000;

/**
 * Time series in SQLite, filled from the journal: names and the place in the journal in one file, points in a file
 * for each day. A point sent twice is stored once. The place follows the points to the disk, so that after a
 * crash some are applied again, and none is missing.
 */
export class SeriesStore {
  /** Points not taken in since they were too old, or of a clock that is wrong. */
  readonly refused = { old: 0, future: 0 };
  readonly #db: Database;
  readonly #partitions: SeriesPartitions;
  readonly #retention_ms: number;
  /** By device and metric. */
  readonly #ids = new Map<string, Map<string, number>>();
  readonly #latest = new Map<number, SeriesPoint>();
  readonly #findId;
  readonly #addId;
  /** Newest point in the file of an earlier version, whose points stay there until they are old. */
  #legacyEnd_ms: number;
  #applied: number;
  /** From then on the place stays at the beginning until the next start. */
  #isRepaired = false;
  #synced_ms = performance.now();

  constructor(db: Database, options: SeriesOptions = {}) {
    this.#db = db;
    this.#retention_ms = options.retention_ms ?? Number.POSITIVE_INFINITY;
    this.#partitions = new SeriesPartitions(join(dirname(db.name), 'series'), (report) => {
      // What is gone comes back with the entries that the journal still has, at the next start.
      db.exec('DELETE FROM cursors');
      this.#isRepaired = true;
      options.onRecovery?.(report);
    });
    this.#findId = db.prepare<[string, string], { id: number }>(
      'SELECT id FROM series WHERE device_id = ? AND metric = ?',
    );
    this.#addId = db.prepare<[string, string]>('INSERT INTO series (device_id, metric) VALUES (?, ?)');
    const row = db.prepare<[], { seq: number }>("SELECT seq FROM cursors WHERE name = 'journal'").get();
    this.#applied = row?.seq ?? 0;
    this.#legacyEnd_ms = this.#legacyEnd();
  }

  /** Newest journal entry that the store holds. */
  cursor(): number {
    return this.#applied;
  }

  /** Stores the numbers of a batch. */
  apply(records: readonly JournalRecord[]): void {
    const last = records.at(-1);
    if (last === undefined) return;
    const days = new Map<number, Point[]>();
    this.#db.transaction(() => {
      for (const record of records) this.#sort(record, days);
    })();
    for (const [day, points] of days) {
      this.#partitions.write(day, (db) => putPoints(db, points));
      this.#leaveLegacy(points);
      for (const { id, at_ms, value } of points) {
        if ((this.#latest.get(id)?.at_ms ?? 0) <= at_ms) this.#latest.set(id, { at_ms, value });
      }
    }
    this.#applied = last.seq;
    if (performance.now() - this.#synced_ms >= SYNC_INTERVAL_MS) this.sync();
  }

  /** Puts everything on disk, the points first. */
  sync(): void {
    this.#partitions.sync();
    const put = this.#db.prepare(
      'UPDATE series SET latest_ms = ?, latest = ? WHERE id = ? AND coalesce(latest_ms, 0) <= ?',
    );
    this.#db.transaction(() => {
      for (const [id, { at_ms, value }] of this.#latest) put.run(at_ms, value, id, at_ms);
      if (this.#isRepaired) return;
      this.#db.prepare("INSERT OR REPLACE INTO cursors (name, seq) VALUES ('journal', ?)").run(this.#applied);
    })();
    this.#latest.clear();
    this.#synced_ms = performance.now();
  }

  /** Drops what is older than the retention, by whole days; how many days went. Resolves when the disk is free of them. */
  async prune(now_ms: number): Promise<number> {
    const before_ms = now_ms - this.#retention_ms;
    if (!Number.isFinite(before_ms)) return 0;
    if (this.#legacyEnd_ms > 0 && this.#legacyEnd_ms < before_ms) {
      this.#db.exec('DELETE FROM points');
      this.#legacyEnd_ms = 0;
    }
    return this.#partitions.dropBefore(before_ms);
  }

  query(query: SeriesQuery): SeriesPoint[] {
    const { from_ms, to_ms, step_ms, limit, fn } = query;
    const id = this.#findId.get(query.deviceId, query.metric)?.id;
    if (id === undefined) return [];
    if (step_ms === undefined) {
      const points: SeriesPoint[] = [];
      for (const day of this.#days(from_ms, to_ms)) {
        const rows = this.#rowsOf(day, { id, from_ms, to_ms }, limit - points.length);
        points.push(...rows.map(({ at_ms, value }) => ({ at_ms, value })));
        if (points.length >= limit) break;
      }
      return points;
    }
    const steps = new Map();
    for (const day of this.#partitions.days(dayOf(from_ms), dayOf(to_ms - 1))) {
      this.#partitions.read(day, (db) => addSteps(db, { id, from_ms, to_ms }, step_ms, steps));
    }
    if (from_ms <= this.#legacyEnd_ms) addSteps(this.#db, { id, from_ms, to_ms }, step_ms, steps);
    return pointsOf(steps, fn, limit);
  }

  /** All values of a span as they were measured, page by page, for whoever takes them one after the other. */
  *pages(
    query: Pick<SeriesQuery, 'deviceId' | 'metric' | 'from_ms' | 'to_ms'>,
    rows_max: number,
  ): Generator<SeriesRow[]> {
    const id = this.#findId.get(query.deviceId, query.metric)?.id;
    if (id === undefined) return;
    for (const day of this.#days(query.from_ms, query.to_ms)) {
      let { from_ms } = query;
      for (;;) {
        const rows = this.#rowsOf(day, { id, from_ms, to_ms: query.to_ms }, rows_max);
        if (rows.length > 0) yield rows;
        if (rows.length < rows_max) break;
        from_ms = (rows.at(-1)?.at_ms ?? 0) + 1;
      }
    }
  }

  /** The newest value of every metric of a device. */
  latest(deviceId: string): Record<string, SeriesPoint> {
    const rows = this.#db
      .prepare<[string], { id: number; metric: string; latest_ms: number | null; latest: number | null }>(
        'SELECT id, metric, latest_ms, latest FROM series WHERE device_id = ?',
      )
      .all(deviceId);
    const found = rows.flatMap(({ id, metric, latest_ms, latest }) => {
      const stored = latest_ms === null || latest === null ? undefined : { at_ms: latest_ms, value: latest };
      const fresh = this.#latest.get(id);
      const newest = fresh !== undefined && fresh.at_ms >= (stored?.at_ms ?? 0) ? fresh : stored;
      const point = newest ?? this.#newestLegacy(id);
      return point === undefined ? [] : [[metric, point] as const];
    });
    return Object.fromEntries(found);
  }

  /** Puts everything on disk and closes the files of points; the database stays open for its owner to close. */
  close(): void {
    this.sync();
    this.#partitions.close();
  }

  /** Days with points in a span, those of an earlier version's file included. */
  #days(from_ms: number, to_ms: number): number[] {
    const days = new Set(this.#partitions.days(dayOf(from_ms), dayOf(to_ms - 1)));
    if (from_ms <= this.#legacyEnd_ms) {
      const start_ms = this.#db
        .prepare<[number, number], number>('SELECT min(at_ms) FROM points WHERE at_ms >= ? AND at_ms < ?')
        .pluck()
        .get(from_ms, to_ms);
      const end = dayOf(Math.min(to_ms - 1, this.#legacyEnd_ms));
      for (let day = dayOf(start_ms ?? to_ms); day <= end; day += 1) days.add(day);
    }
    return [...days].sort((a, b) => a - b);
  }

  #rowsOf(
    day: number,
    { id, from_ms, to_ms }: { id: number; from_ms: number; to_ms: number },
    limit: number,
  ) {
    const span = { id, from_ms: Math.max(from_ms, day * DAY_MS), to_ms: Math.min(to_ms, (day + 1) * DAY_MS) };
    const rows =
      this.#partitions.days(day, day).length === 0
        ? []
        : this.#partitions.read(day, (db) => readRows(db, span, limit));
    if (span.from_ms > this.#legacyEnd_ms) return rows;
    return [...rows, ...readRows(this.#db, span, limit)].sort((a, b) => a.at_ms - b.at_ms).slice(0, limit);
  }

  #sort({ body, received_ms }: JournalRecord, days: Map<number, Point[]>): void {
    if (body.kind !== 'position' && body.kind !== 'reading') return;
    const numbers = numbersOf(body);
    if (body.at_ms < received_ms - this.#retention_ms) this.refused.old += numbers.length;
    else if (body.at_ms > received_ms + FUTURE_MAX_MS) this.refused.future += numbers.length;
    else {
      const flag = body.kind === 'reading' ? (body.flag ?? null) : null;
      const day = dayOf(body.at_ms);
      const points = days.get(day) ?? [];
      days.set(day, points);
      for (const [metric, value] of numbers) {
        points.push({ id: this.#seriesId(body.deviceId, metric), at_ms: body.at_ms, value, flag });
      }
    }
  }

  /** A point that comes again is in one place alone. */
  #leaveLegacy(points: readonly Point[]): void {
    const again = points.filter(({ at_ms }) => at_ms <= this.#legacyEnd_ms);
    if (again.length === 0) return;
    const drop = this.#db.prepare('DELETE FROM points WHERE series_id = ? AND at_ms = ?');
    this.#db.transaction(() => {
      for (const { id, at_ms } of again) drop.run(id, at_ms);
    })();
  }

  #legacyEnd(): number {
    const newest = this.#db.prepare<[], number | null>('SELECT max(at_ms) FROM points').pluck().get();
    return newest ?? 0;
  }

  #newestLegacy(id: number): SeriesPoint | undefined {
    return this.#db
      .prepare<[number], SeriesPoint>(
        'SELECT at_ms, value FROM points WHERE series_id = ? ORDER BY at_ms DESC LIMIT 1',
      )
      .get(id);
  }

  #seriesId(deviceId: string, metric: string): number {
    const known = this.#ids.get(deviceId) ?? new Map<string, number>();
    this.#ids.set(deviceId, known);
    const before = known.get(metric);
    if (before !== undefined) return before;
    const stored = this.#findId.get(deviceId, metric)?.id;
    const id = stored ?? Number(this.#addId.run(deviceId, metric).lastInsertRowid);
    known.set(metric, id);
    return id;
  }
}

const POSITION_METRICS = [
  'lon',
  'lat',
  'speed_kmh',
  'heading_deg',
  'altitude_m',
  'satellites',
  'mileage_km',
] as const;

function numbersOf(
  body: Extract<JournalRecord['body'], { kind: 'position' | 'reading' }>,
): [string, number][] {
  if (body.kind === 'reading') return Object.entries(body.metrics);
  const numbers: [string, number][] = [];
  for (const metric of POSITION_METRICS) {
    const value = body[metric];
    if (value !== undefined) numbers.push([metric, value]);
  }
  if (body.lift !== undefined) numbers.push(['lift', body.lift ? 1 : 0]);
  return numbers;
}
