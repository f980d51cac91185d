import type { CaseState } from '../domain/case.ts';
import type { Database } from '../store/database.ts';

/** How many cases of a type stand in a state. */
export interface CaseCount {
  readonly type: string;
  readonly state: CaseState;
  readonly count: number;
}

/**
 * What people made of the candidates of one rule on one device. `precision` is the share of the judged ones
 * that were accepted (0..1), null while nobody judged any; withdrawn candidates count nowhere.
 */
export interface CaseFeedback {
  readonly ruleId: string;
  readonly type: string;
  readonly deviceId: string | null;
  readonly accepted: number;
  readonly rejected: number;
  readonly pending: number;
  readonly precision: number | null;
}

/** Number of cases by type and state. */
export function countCases(db: Database): CaseCount[] {
  return db
    .prepare<[], CaseCount>(
      'SELECT type, state, count(*) AS count FROM cases GROUP BY type, state ORDER BY type, state',
    )
    .all();
}

/**
 * People's verdicts as data, per rule and device, on cases created from `from_ms` until before `to_ms`. The
 * device is the first source of the incident: the camera, the station, the truck.
 */
export function caseFeedback(db: Database, range: { from_ms?: number; to_ms?: number } = {}): CaseFeedback[] {
  return db
    .prepare<[number, number], Omit<CaseFeedback, 'precision'>>(
      `SELECT json_extract(incidents.body, '$.rule.id') AS ruleId, cases.type AS type,
         coalesce(json_extract(incidents.body, '$.sources[0].deviceId'), incidents.device_id) AS deviceId,
         count(*) FILTER (WHERE state NOT IN ('candidate', 'rejected', 'withdrawn')) AS accepted,
         count(*) FILTER (WHERE state = 'rejected') AS rejected,
         count(*) FILTER (WHERE state = 'candidate') AS pending
       FROM cases JOIN incidents ON incidents.id = cases.incident_id
       WHERE created_ms >= ? AND created_ms < ?
       GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    )
    .all(range.from_ms ?? 0, range.to_ms ?? Number.MAX_SAFE_INTEGER)
    .map((row) => {
      const judged = row.accepted + row.rejected;
      return { ...row, precision: judged === 0 ? null : row.accepted / judged };
    });
}
