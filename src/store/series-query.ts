import type { Database } from './database.ts';

/** How a step's values become one. */
export type SeriesFunction = 'mean' | 'max' | 'min' | 'last' | 'count';

/** A value at a time; with a step, `at_ms` is the step's start. */
export interface SeriesPoint {
  readonly at_ms: number;
  readonly value: number;
}

/** A value as it was measured. */
export interface SeriesRow extends SeriesPoint {
  /** Null where the reading had none, which means N. */
  readonly flag: string | null;
}

/** Which values: `[from_ms, to_ms)` of one series. */
export interface Span {
  readonly id: number;
  readonly from_ms: number;
  readonly to_ms: number;
}

/** What is known of the values of one step; of several files it can be added up. */
interface Step {
  at_ms: number;
  count: number;
  sum: number;
  min: number;
  max: number;
  newest_ms: number;
  last: number;
}

/** Values as measured, oldest first. */
export function readRows(db: Database, { id, from_ms, to_ms }: Span, limit: number): SeriesRow[] {
  return db
    .prepare<[number, number, number, number], SeriesRow>(
      `SELECT at_ms, value, flag FROM points
       WHERE series_id = ? AND at_ms >= ? AND at_ms < ? ORDER BY at_ms LIMIT ?`,
    )
    .all(id, from_ms, to_ms, limit);
}

/** Adds the steps of one file to those of others. Steps lie on multiples of their length since the epoch. */
export function addSteps(
  db: Database,
  { id, from_ms, to_ms }: Span,
  step_ms: number,
  into: Map<number, Step>,
): void {
  // Numbers are bound as REAL; without the cast the division would not round down to the step. SQLite takes the
  // bare column of a query with max() from the row that gave it, which min() beside it would spoil.
  const rows = db
    .prepare<(number | string)[], Step>(
      `SELECT a.at_ms, count, sum, min, max, newest_ms, points.value AS last FROM (
         SELECT (at_ms / CAST(? AS INTEGER)) * CAST(? AS INTEGER) AS at_ms, count(*) AS count, sum(value) AS sum,
           min(value) AS min, max(value) AS max, max(at_ms) AS newest_ms
         FROM points WHERE series_id = ? AND at_ms >= ? AND at_ms < ? GROUP BY 1
       ) AS a JOIN points ON points.series_id = ? AND points.at_ms = a.newest_ms`,
    )
    .all(step_ms, step_ms, id, from_ms, to_ms, id);
  for (const row of rows) {
    const known = into.get(row.at_ms);
    if (known === undefined) into.set(row.at_ms, row);
    else add(known, row);
  }
}

function add(step: Step, other: Step): void {
  if (other.newest_ms > step.newest_ms) {
    step.newest_ms = other.newest_ms;
    step.last = other.last;
  }
  step.count += other.count;
  step.sum += other.sum;
  step.min = Math.min(step.min, other.min);
  step.max = Math.max(step.max, other.max);
}

/** The steps as points, oldest first. */
export function pointsOf(steps: ReadonlyMap<number, Step>, fn: SeriesFunction, limit: number): SeriesPoint[] {
  return [...steps.values()]
    .sort((a, b) => a.at_ms - b.at_ms)
    .slice(0, limit)
    .map((step) => ({ at_ms: step.at_ms, value: fn === 'mean' ? step.sum / step.count : step[fn] }));
}
