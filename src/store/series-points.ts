import type { Database } from './database.ts';

/** A value of a series, which `id` names. */
export interface Point {
  readonly id: number;
  readonly at_ms: number;
  readonly value: number;
  readonly flag: string | null;
}

/** Rows of one statement: much of its work is once for all of them. */
const ROWS = 16;
const INSERT = 'INSERT OR REPLACE INTO points (series_id, at_ms, value, flag) VALUES ';
const ROW = '(?, ?, ?, ?)';

/** Puts points into a file of them, in their order: of two with one time the later stays. */
export function putPoints(db: Database, points: readonly Point[]): void {
  const many = db.prepare<unknown[]>(INSERT + new Array(ROWS).fill(ROW).join(', '));
  const whole = points.length - (points.length % ROWS);
  for (let from = 0; from < whole; from += ROWS) {
    const values: unknown[] = [];
    for (let index = from; index < from + ROWS; index += 1) {
      const point = points[index];
      if (point !== undefined) values.push(point.id, point.at_ms, point.value, point.flag);
    }
    many.run(values);
  }
  const one = db.prepare<unknown[]>(INSERT + ROW);
  for (const { id, at_ms, value, flag } of points.slice(whole)) one.run(id, at_ms, value, flag);
}
