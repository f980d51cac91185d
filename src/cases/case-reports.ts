import {
  type CaseFigures,
  type CaseReport,
  type FiguresOf,
  REPORT_GROUPS,
  type ReportGroup,
} from '../domain/case-report.ts';
import { districtOf } from '../domain/coverage.ts';
import type { Database } from '../store/database.ts';

/** Incidents of one report: counting more would keep everybody else waiting. */
const INCIDENTS_MAX = 100_000;
/** Groups told of each division; those with the most incidents. */
const GROUPS_MAX = 500;

interface Row {
  readonly type: string;
  readonly device_id: string | null;
  readonly street: string | null;
  readonly grid: string | null;
  readonly state: string | null;
  readonly created_ms: number | null;
  /** JSON: what the case became and when, in order. */
  readonly steps: string | null;
}

/** What is counted of a set of incidents, before it is summed up. */
interface Tally {
  incidents: number;
  readonly cases: Record<
    'waiting' | 'accepted' | 'rejected' | 'withdrawn' | 'handled' | 'verified' | 'reopened' | 'closed',
    number
  >;
  readonly accept_s: number[];
  readonly handle_s: number[];
  readonly verify_s: number[];
}

/** Counts what became of the incidents of a period, from the case queue as it is now. */
export class CaseReports {
  readonly #rows;

  constructor(db: Database) {
    this.#rows = db.prepare<[number, number, number], Row>(
      `SELECT i.type, i.device_id, json_extract(i.body, '$.place.street') AS street,
         json_extract(i.body, '$.place.gridCode') AS grid, c.state, c.created_ms,
         (SELECT json_group_array(json_array(json_extract(t.body, '$.to'), json_extract(t.body, '$.at')))
            FROM (SELECT body FROM case_transitions WHERE case_id = c.id ORDER BY number) t) AS steps
       FROM incidents i LEFT JOIN cases c ON c.incident_id = i.id
       WHERE i.onset_ms >= ? AND i.onset_ms < ? ORDER BY i.onset_ms, i.id LIMIT ?`,
    );
  }

  /** Of the incidents that began from `from_ms` on and before `to_ms`. */
  report(from_ms: number, to_ms: number): CaseReport {
    const total = emptyTally();
    const tallies = new Map(REPORT_GROUPS.map((group) => [group, new Map<string | null, Tally>()]));
    let isWhole = true;
    for (const row of this.#rows.iterate(from_ms, to_ms, INCIDENTS_MAX + 1)) {
      if (total.incidents === INCIDENTS_MAX) {
        isWhole = false;
        break;
      }
      const keys = keysOf(row);
      const among = REPORT_GROUPS.map((group) => tallyOf(tallies.get(group), keys[group]));
      for (const tally of [total, ...among]) count(tally, row);
    }
    const sorted = (group: ReportGroup): FiguresOf[] =>
      [...(tallies.get(group) ?? [])]
        .map(([key, tally]) => ({ key, ...figuresOf(tally) }))
        .sort((a, b) => b.incidents - a.incidents || ((a.key ?? '') < (b.key ?? '') ? -1 : 1));
    const all = Object.fromEntries(REPORT_GROUPS.map((group) => [group, sorted(group)])) as Record<
      ReportGroup,
      FiguresOf[]
    >;
    const each = <T>(of: (groups: readonly FiguresOf[]) => T): Record<ReportGroup, T> =>
      Object.fromEntries(REPORT_GROUPS.map((group) => [group, of(all[group])])) as Record<ReportGroup, T>;
    return {
      total: figuresOf(total),
      groups: each((groups) => groups.slice(0, GROUPS_MAX)),
      omitted: each((groups) => Math.max(0, groups.length - GROUPS_MAX)),
      isWhole,
    };
  }
}

function keysOf({ type, device_id, street, grid }: Row): Record<ReportGroup, string | null> {
  return { type, device: device_id, street, grid, district: districtOf(grid ?? undefined) ?? null };
}

function tallyOf(tallies: Map<string | null, Tally> | undefined, key: string | null): Tally {
  const tally = tallies?.get(key) ?? emptyTally();
  tallies?.set(key, tally);
  return tally;
}

function emptyTally(): Tally {
  const cases = {
    waiting: 0,
    accepted: 0,
    rejected: 0,
    withdrawn: 0,
    handled: 0,
    verified: 0,
    reopened: 0,
    closed: 0,
  };
  return { incidents: 0, cases, accept_s: [], handle_s: [], verify_s: [] };
}

function count(tally: Tally, { state, created_ms, steps }: Row): void {
  tally.incidents += 1;
  if (state === null || created_ms === null) return;
  const { cases } = tally;
  const first = new Map<string, number>();
  for (const [to, at] of JSON.parse(steps ?? '[]') as [string, string][]) {
    if (!first.has(to)) first.set(to, Date.parse(at));
  }
  if (state === 'candidate') cases.waiting += 1;
  for (const word of [
    'accepted',
    'rejected',
    'withdrawn',
    'handled',
    'verified',
    'reopened',
    'closed',
  ] as const) {
    if (first.has(word)) cases[word] += 1;
  }
  const [accepted_ms, handled_ms, verified_ms] = ['accepted', 'handled', 'verified'].map((word) =>
    first.get(word),
  );
  if (accepted_ms === undefined) return;
  tally.accept_s.push((accepted_ms - created_ms) / 1000);
  if (handled_ms !== undefined) tally.handle_s.push((handled_ms - accepted_ms) / 1000);
  if (verified_ms !== undefined) tally.verify_s.push((verified_ms - accepted_ms) / 1000);
}

function figuresOf({ incidents, cases, accept_s, handle_s, verify_s }: Tally): CaseFigures {
  const { accepted, rejected, verified } = cases;
  const share = (part: number, of: number): number | null =>
    of === 0 ? null : Math.round((1e4 * part) / of) / 1e4;
  return {
    incidents,
    ...cases,
    precision: share(accepted, accepted + rejected),
    verifiedShare: share(verified, accepted),
    acceptSeconds: medianOf(accept_s),
    handleSeconds: medianOf(handle_s),
    verifySeconds: medianOf(verify_s),
  };
}

function medianOf(values_s: readonly number[]): number | null {
  const sorted = [...values_s].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? null : Math.max(0, Math.round(5 * (low + high)) / 10);
}
