import type { Database } from './database.ts';
import type { JournalRecord } from './journal.ts';

/** How a step's values become one. */
export type SeriesFunction = 'mean' | 'max' | 'min' | 'last' | 'count';

/** A value at a time; with a step, `at_ms` is the step's start. */
export interface SeriesPoint {
  readonly at_ms: number;
  readonly value: number;
}

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

const AGGREGATE: Record<SeriesFunction, string> = {
  mean: 'avg(value)',
  max: 'max(value)',
  min: 'min(value)',
  count: 'count(*)',
  // SQLite takes bare columns from the row that gave max(): the newest value of the step.
  last: 'value',
};

/** Time series in SQLite, filled from the journal. A point sent twice is stored once. */
export class SeriesStore {
  readonly #db: Database;
  readonly #ids = new Map<string, number>();
  readonly #findId;
  readonly #addId;
  readonly #put;

  constructor(db: Database) {
    this.#db = db;
    this.#findId = db.prepare<[string, string], { id: number }>(
      'SELECT id FROM series WHERE device_id = ? AND metric = ?',
    );
    this.#addId = db.prepare<[string, string]>('INSERT INTO series (device_id, metric) VALUES (?, ?)');
    this.#put = db.prepare<[number, number, number, string | null]>(
      'INSERT OR REPLACE INTO points (series_id, at_ms, value, flag) VALUES (?, ?, ?, ?)',
    );
  }

  /** Newest journal entry that the store holds. */
  cursor(): number {
    const row = this.#db.prepare("SELECT seq FROM cursors WHERE name = 'journal'").get() as
      | { seq: number }
      | undefined;
    return row?.seq ?? 0;
  }

  /** Stores the numbers of a batch and, in the same transaction, how far the journal is applied. */
  apply(records: readonly JournalRecord[]): void {
    const last = records.at(-1);
    if (last === undefined) return;
    const addedIds: string[] = [];
    try {
      this.#db.transaction(() => {
        for (const { body } of records) {
          if (body.kind === 'position' || body.kind === 'reading') {
            const flag = body.kind === 'reading' ? (body.flag ?? null) : null;
            for (const [metric, value] of numbersOf(body)) {
              this.#put.run(this.#seriesId(body.deviceId, metric, addedIds), body.at_ms, value, flag);
            }
          }
        }
        this.#db.prepare("INSERT OR REPLACE INTO cursors (name, seq) VALUES ('journal', ?)").run(last.seq);
      })();
    } catch (error) {
      // Ids handed out inside the rolled-back transaction do not exist.
      for (const key of addedIds) this.#ids.delete(key);
      throw error;
    }
  }

  query(query: SeriesQuery): SeriesPoint[] {
    const id = this.#findId.get(query.deviceId, query.metric)?.id;
    if (id === undefined) return [];
    const { from_ms, to_ms, step_ms, limit } = query;
    if (step_ms === undefined) {
      return this.#db
        .prepare<[number, number, number, number], SeriesPoint>(
          'SELECT at_ms, value FROM points WHERE series_id = ? AND at_ms >= ? AND at_ms < ? ORDER BY at_ms LIMIT ?',
        )
        .all(id, from_ms, to_ms, limit);
    }
    // Numbers are bound as REAL; without the cast the division would not round down to the step.
    return this.#db
      .prepare<[number, number, number, number, number, number], SeriesPoint & { newest_ms: number }>(
        `SELECT (at_ms / CAST(? AS INTEGER)) * CAST(? AS INTEGER) AS at_ms, ${AGGREGATE[query.fn]} AS value, max(points.at_ms) AS newest_ms
         FROM points WHERE series_id = ? AND points.at_ms >= ? AND points.at_ms < ?
         GROUP BY 1 ORDER BY 1 LIMIT ?`,
      )
      .all(step_ms, step_ms, id, from_ms, to_ms, limit)
      .map(({ at_ms, value }) => ({ at_ms, value }));
  }

  /** The newest value of every metric of a device. */
  latest(deviceId: string): Record<string, SeriesPoint> {
    const rows = this.#db
      .prepare<[string], { metric: string; at_ms: number; value: number }>(
        `SELECT metric, at_ms, value FROM series JOIN points ON series_id = id
         WHERE device_id = ? AND at_ms = (SELECT max(at_ms) FROM points WHERE series_id = id)`,
      )
      .all(deviceId);
    return Object.fromEntries(rows.map(({ metric, at_ms, value }) => [metric, { at_ms, value }]));
  }

  #seriesId(deviceId: string, metric: string, addedIds: string[]): number {
    const key = `${deviceId}\n${metric}`;
    const known = this.#ids.get(key) ?? this.#findId.get(deviceId, metric)?.id;
    if (known !== undefined) {
      this.#ids.set(key, known);
      return known;
    }
    const id = Number(this.#addId.run(deviceId, metric).lastInsertRowid);
    this.#ids.set(key, id);
    addedIds.push(key);
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
