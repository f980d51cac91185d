import type { IncidentLabel } from '../domain/recording.ts';
import { assign } from './assign.ts';
import { fits, fitWeight, type MatchContext } from './match.ts';
import { MATCHING } from './score-input.ts';
import type { Score, ScoredIncident, TypeScore } from './score-result.ts';
import { type JudgedIncident, judgedIncidents } from './verdicts.ts';

export const COMPARISON_FORMAT = 'xuncheng-comparison';
export const COMPARISON_VERSION = 1;

/** An incident that is not the same in both runs: in one of them only, or different in time, severity or verdict. */
export interface IncidentChange {
  readonly kind: 'only a' | 'only b' | 'changed';
  readonly type: string;
  readonly a?: JudgedIncident;
  readonly b?: JudgedIncident;
  /** How much later b reported it; negative where it was earlier. Only where both did. */
  readonly later_s?: number;
}

/** The figures of a type in both runs; null where a run does not score it. */
export interface TypeChange {
  readonly type: string;
  readonly a: TypeScore | null;
  readonly b: TypeScore | null;
}

/** Two runs over the same recording. Plain data: its JSON is the format `xuncheng-comparison`. */
export interface Comparison {
  readonly format: typeof COMPARISON_FORMAT;
  readonly version: typeof COMPARISON_VERSION;
  readonly a: string;
  readonly b: string;
  readonly recording: string;
  readonly timeZone: string;
  /** What makes the two hard to compare: another recording, another span, other labels. */
  readonly warnings: readonly string[];
  readonly total: TypeChange;
  readonly types: readonly TypeChange[];
  /** Incidents that both made alike. */
  readonly same: number;
  readonly changes: readonly IncidentChange[];
}

/** A difference in the time of the report that is smaller counts as none. */
const LATER_MIN_MS = 1000;
/** Without a radius of their own, two incidents are of one place within so much. */
const RADIUS_M = 30;

/** What changed from run `a` to run `b`, the earliest first. */
export function compareRuns(a: Score, b: Score): Comparison {
  const left = judgedIncidents(a);
  const right = judgedIncidents(b);
  const pairs = pairsOf(left, right, a);
  const paired = new Set(pairs.flat());
  const only = (list: readonly JudgedIncident[]) => list.filter((judged) => !paired.has(judged));
  const changed = pairs.flatMap(([one, other]) => changeOf(one, other));
  const changes: IncidentChange[] = [
    ...only(left).map((one) => ({ kind: 'only a' as const, type: one.found.type, a: one })),
    ...only(right).map((one) => ({ kind: 'only b' as const, type: one.found.type, b: one })),
    ...changed,
  ];
  const types = [...new Set([...a.types, ...b.types].map(({ type }) => type))].sort();
  const figures = (score: Score, type: string) => score.types.find((entry) => entry.type === type) ?? null;
  return {
    format: COMPARISON_FORMAT,
    version: COMPARISON_VERSION,
    a: a.name,
    b: b.name,
    recording: b.recording,
    timeZone: b.timeZone,
    warnings: warningsOf(a, b),
    total: { type: 'all', a: a.total, b: b.total },
    types: types.map((type) => ({ type, a: figures(a, type), b: figures(b, type) })),
    same: pairs.length - changed.length,
    changes: changes.sort((one, other) => openedOf(one) - openedOf(other)),
  };
}

/** A comparison as text, the same bytes for the same comparison. */
export function comparisonJson(comparison: Comparison): string {
  return `${JSON.stringify(comparison, null, 2)}\n`;
}

type Pair = readonly [JudgedIncident, JudgedIncident];

/** First the same incident by id, then the hits of one label, then what is alike in type, place and time. */
function pairsOf(ofA: readonly JudgedIncident[], ofB: readonly JudgedIncident[], a: Score): Pair[] {
  const pairs: Pair[] = [];
  const left = new Set(ofA);
  const right = new Set(ofB);
  const pairBy = (keyOf: (judged: JudgedIncident) => string | undefined): void => {
    const byKey = new Map([...right].map((judged) => [keyOf(judged), judged]));
    for (const one of left) {
      const key = keyOf(one);
      const other = key === undefined ? undefined : byKey.get(key);
      if (other !== undefined && left.delete(one) && right.delete(other)) pairs.push([one, other]);
    }
  };
  pairBy(({ found }) => JSON.stringify([found.type, found.id]));
  pairBy(({ verdict, labelId, found }) =>
    verdict === 'hit' ? JSON.stringify([found.type, labelId]) : undefined,
  );
  return [...pairs, ...alike([...left], [...right], a)];
}

function alike(left: readonly JudgedIncident[], right: readonly JudgedIncident[], score: Score): Pair[] {
  const trucks = score.devices.filter(({ kind }) => kind === 'truck').map(({ id }) => id);
  const context: MatchContext = { matching: { ...MATCHING, ...score.matching }, trucks: new Set(trucks) };
  const edges = left.flatMap((one, a) => {
    const label = asLabel(one.found);
    return right.flatMap((other, b) => {
      const { found } = other;
      const isAlike = found.type === label.type && fits(label, found, context, true);
      return isAlike ? [{ a, b, weight: fitWeight(label, found) }] : [];
    });
  });
  return [...assign(edges)].flatMap(([a, b]): Pair[] => {
    const one = left[a];
    const other = right[b];
    return one === undefined || other === undefined ? [] : [[one, other]];
  });
}

function asLabel(found: ScoredIncident): IncidentLabel {
  const { id, type, onset_ms, lastSeen_ms, place, deviceIds, plate, box } = found;
  return {
    id,
    type,
    from_ms: onset_ms,
    to_ms: lastSeen_ms,
    place: { lon: place.lon, lat: place.lat },
    radius_m: RADIUS_M,
    deviceIds,
    dwell_s: 0,
    ...(plate === undefined ? {} : { plate }),
    ...(box === undefined ? {} : { box }),
  };
}

function changeOf(a: JudgedIncident, b: JudgedIncident): IncidentChange[] {
  const later_ms = b.found.opened_ms - a.found.opened_ms;
  const isSame =
    Math.abs(later_ms) < LATER_MIN_MS && a.found.severity === b.found.severity && a.verdict === b.verdict;
  return isSame ? [] : [{ kind: 'changed', type: b.found.type, a, b, later_s: later_ms / 1000 }];
}

function openedOf({ a, b }: IncidentChange): number {
  return Math.min(a?.found.opened_ms ?? Infinity, b?.found.opened_ms ?? Infinity);
}

function warningsOf(a: Score, b: Score): string[] {
  const warnings: string[] = [];
  if (a.recording !== b.recording) warnings.push(`the recordings differ: ${a.recording}, ${b.recording}`);
  if (a.from_ms !== b.from_ms || a.to_ms !== b.to_ms) warnings.push('the recordings cover different times');
  if (labelsOf(a) !== labelsOf(b)) warnings.push('the labels differ');
  return warnings;
}

/** The labels of the types that both score. */
function labelsOf(score: Score): string {
  const labels = [...score.hits, ...score.misses, ...score.ignored].map(({ label }) => label);
  return JSON.stringify(labels.map(({ type, id, from_ms, to_ms }) => [type, id, from_ms, to_ms]).sort());
}
