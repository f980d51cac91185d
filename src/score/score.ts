import type { IncidentLabel } from '../domain/recording.ts';
import type { MatchContext } from './match.ts';
import { matchType, type TypeMatch } from './match-type.ts';
import { type FoundIncident, MATCHING, type ScoreInput } from './score-input.ts';
import {
  type IgnoredLabel,
  SCORE_FORMAT,
  SCORE_VERSION,
  type Score,
  type ScoredIncident,
  type UnscoredType,
} from './score-result.ts';
import { figuresOf } from './type-figures.ts';

/** Measures the incidents of a run against the labels of its recording. The order of the input changes nothing. */
export function scoreRun(input: ScoreInput): Score {
  const matching = { ...MATCHING, ...input.matching };
  const trucks = input.devices.filter(({ kind }) => kind === 'truck').map(({ id }) => id);
  const context: MatchContext = { matching, trucks: new Set(trucks) };
  const labels = [...input.labels.incidents].sort(byBegin);
  const decoys = [...input.labels.decoys].sort(byBegin);
  const found = input.found.map(toScored).sort((a, b) => a.opened_ms - b.opened_ms || order(a.id, b.id));
  const { scored, unscored } = typesOf(input, found);
  const matches = scored.map((type): TypeMatch => {
    const ofType = <T extends { readonly type: string }>(item: T): boolean => item.type === type;
    const match = matchType(labels.filter(ofType), found.filter(ofType), decoys.filter(ofType), context);
    return settle({ ...match, type }, input, matching.patience_ms);
  });
  const join = <T>(part: (match: TypeMatch) => readonly T[]): T[] => matches.flatMap(part);
  return {
    format: SCORE_FORMAT,
    version: SCORE_VERSION,
    name: input.name,
    recording: input.recording,
    from_ms: input.from_ms,
    to_ms: input.to_ms,
    timeZone: input.timeZone ?? 'UTC',
    matching,
    total: figuresOf('all', matches, input),
    types: matches.map((match) => figuresOf(match.type, [match], input)),
    unscored: [...unscored],
    hits: join(({ hits }) => hits),
    misses: join(({ misses }) => misses),
    falseAlarms: join(({ falseAlarms }) => falseAlarms),
    duplicates: join(({ duplicates }) => duplicates),
    ignored: join(({ ignored }) => ignored),
    others: found.filter(({ type }) => !scored.includes(type)),
    decoys: decoys.filter(({ type }) => scored.includes(type)),
    devices: [...input.devices].sort((a, b) => order(a.id, b.id)),
  };
}

/** What the score shows of an incident. */
export function toScored({ incident, opened_ms, box }: FoundIncident): ScoredIncident {
  const { subject, endedAt, endReason, model } = incident;
  const about = subject?.deviceId === undefined ? [] : [subject.deviceId];
  const onset_ms = Date.parse(incident.onsetAt);
  return {
    id: incident.id,
    type: incident.type,
    opened_ms,
    onset_ms,
    lastSeen_ms: Math.max(onset_ms, Date.parse(incident.lastSeenAt)),
    ...(endedAt === undefined ? {} : { ended_ms: Date.parse(endedAt) }),
    ...(endReason === undefined ? {} : { endReason }),
    severity: incident.severity,
    confidence: incident.confidence,
    place: incident.place,
    deviceIds: [...new Set([...about, ...incident.sources.map(({ deviceId }) => deviceId)])],
    ...(subject?.plate === undefined ? {} : { plate: subject.plate }),
    rule: incident.rule,
    ...(model === undefined ? {} : { model }),
    measures: incident.measures,
    ...(box === undefined ? {} : { box: [...box] }),
    evidence: incident.evidence,
  };
}

/** Types are scored for which the labels are complete and a rule is there, or an incident shows that one is. */
function typesOf(
  { labels, reported }: ScoreInput,
  found: readonly ScoredIncident[],
): { readonly scored: readonly string[]; readonly unscored: readonly UnscoredType[] } {
  const complete = new Set(labels.types);
  const made = new Set([...found.map(({ type }) => type), ...(reported ?? []).map(({ type }) => type)]);
  const all = new Set([
    ...complete,
    ...labels.incidents.map(({ type }) => type),
    ...found.map(({ type }) => type),
  ]);
  const scored: string[] = [];
  const unscored: UnscoredType[] = [];
  for (const type of [...all].sort(order)) {
    const isMade = reported === undefined || made.has(type);
    if (complete.has(type) && isMade) scored.push(type);
    else {
      unscored.push({
        type,
        reason: complete.has(type) ? 'no rule reports it' : 'the labels are not complete for it',
        labels: labels.incidents.filter((label) => label.type === type).length,
        incidents: found.filter((incident) => incident.type === type).length,
      });
    }
  }
  return { scored, unscored };
}

/** Takes out what the recording cannot tell: labels that ended or became due outside it, delays from before it began. */
function settle(match: TypeMatch, span: ScoreInput, patience_ms: number): TypeMatch {
  const ignored: IgnoredLabel[] = [];
  const misses = match.misses.filter(({ label }) => {
    const reason = excuseOf(label, span, patience_ms);
    if (reason !== undefined) ignored.push({ label, reason });
    return reason === undefined;
  });
  const hits = match.hits.map((hit) =>
    hit.label.from_ms < span.from_ms ? { label: hit.label, found: hit.found } : hit,
  );
  return { ...match, hits, misses, ignored };
}

function excuseOf(
  label: IncidentLabel,
  { from_ms, to_ms }: ScoreInput,
  patience_ms: number,
): IgnoredLabel['reason'] | undefined {
  if (label.to_ms < from_ms || label.from_ms > to_ms) return 'outside the recording';
  const due_ms = Math.max(label.from_ms, from_ms) + label.dwell_s * 1000 + patience_ms;
  return due_ms > to_ms ? 'the recording ended too early' : undefined;
}

function byBegin(one: IncidentLabel, other: IncidentLabel): number {
  return one.from_ms - other.from_ms || order(one.id, other.id);
}

/** By code unit, the same in every locale. */
function order(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
