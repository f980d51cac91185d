import type { IncidentLabel } from '../domain/recording.ts';
import { assign, type Edge } from './assign.ts';
import { deviations, fits, fitWeight, type MatchContext } from './match.ts';
import type {
  Duplicate,
  FalseAlarm,
  Hit,
  IgnoredLabel,
  MissedLabel,
  Nearest,
  ScoredIncident,
} from './score-result.ts';

/** What became of the labels and incidents of one type. */
export interface TypeMatch {
  readonly type: string;
  readonly hits: readonly Hit[];
  readonly misses: readonly MissedLabel[];
  readonly falseAlarms: readonly FalseAlarm[];
  readonly duplicates: readonly Duplicate[];
  readonly ignored: readonly IgnoredLabel[];
}

interface Sides {
  readonly labels: readonly IncidentLabel[];
  readonly found: readonly ScoredIncident[];
  readonly context: MatchContext;
}

/**
 * Pairs labels and incidents of one type, sorted by time. First as many as possible one to one; what is left of
 * the incidents and fits a label is a duplicate, the rest are false alarms. Of a label's incidents the earliest
 * reported is the hit.
 */
export function matchType(
  labels: readonly IncidentLabel[],
  found: readonly ScoredIncident[],
  decoys: readonly IncidentLabel[],
  context: MatchContext,
): Omit<TypeMatch, 'type'> {
  const sides: Sides = { labels, found, context };
  const edges = edgesOf(sides);
  const groups = groupsOf(edges, assign(edges), found);
  const labelOf = new Map(
    [...groups].flatMap(([label, group]) => group.map((index) => [index, label] as const)),
  );
  const duplicates = [...groups].flatMap(([label, [first, ...others]]) =>
    others.map((index) => duplicate(sides, label, first ?? index, index)),
  );
  return {
    hits: [...groups].flatMap(([label, [first]]) => hit(labels[label], found[first ?? -1])),
    misses: labels.flatMap((label, index) => (groups.has(index) ? [] : [missOf(label, sides, labelOf)])),
    falseAlarms: found.flatMap((incident, index) =>
      labelOf.has(index) ? [] : [falseAlarmOf(incident, sides, decoys)],
    ),
    duplicates: duplicates.flat().sort((a, b) => a.found.opened_ms - b.found.opened_ms),
    ignored: [],
  };
}

/** `a` is a label, `b` an incident, by their places in the lists. */
function edgesOf({ labels, found, context }: Sides): Edge[] {
  const { graceBefore_ms, graceAfter_ms } = context.matching;
  const byOnset = found
    .map((incident, b) => ({ incident, b }))
    .sort(({ incident: one }, { incident: other }) => one.onset_ms - other.onset_ms);
  const longest_ms = found.reduce(
    (max, { onset_ms, lastSeen_ms }) => Math.max(max, lastSeen_ms - onset_ms),
    0,
  );
  const edges: Edge[] = [];
  let start = 0;
  for (const [a, label] of labels.entries()) {
    // Labels come by their begin, so what is too old for one is too old for the next.
    const oldest_ms = label.from_ms - graceBefore_ms - longest_ms;
    while ((byOnset[start]?.incident.onset_ms ?? Infinity) < oldest_ms) start += 1;
    for (let index = start; index < byOnset.length; index += 1) {
      const candidate = byOnset[index];
      if (candidate === undefined || candidate.incident.onset_ms > label.to_ms + graceAfter_ms) break;
      const { incident, b } = candidate;
      if (fits(label, incident, context)) edges.push({ a, b, weight: fitWeight(label, incident) });
    }
  }
  // In the order of the reports, whatever the onsets: the first of equal edges wins.
  return edges.sort((one, other) => one.a - other.a || one.b - other.b);
}

/** Each found label with its incidents, the earliest reported first. */
function groupsOf(
  edges: readonly Edge[],
  pairs: ReadonlyMap<number, number>,
  found: readonly ScoredIncident[],
): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const [label, incident] of [...pairs].sort(([a], [b]) => a - b)) groups.set(label, [incident]);
  const taken = new Set(pairs.values());
  const best = new Map<number, Edge>();
  for (const edge of edges) {
    const known = best.get(edge.b);
    if (!taken.has(edge.b) && (known === undefined || edge.weight > known.weight)) best.set(edge.b, edge);
  }
  for (const { a, b } of best.values()) groups.get(a)?.push(b);
  // The lists are in the order of the reports.
  for (const group of groups.values()) group.sort((a, b) => opened(found, a) - opened(found, b) || a - b);
  return groups;
}

function opened(found: readonly ScoredIncident[], index: number): number {
  return found[index]?.opened_ms ?? 0;
}

function hit(label: IncidentLabel | undefined, found: ScoredIncident | undefined): Hit[] {
  if (label === undefined || found === undefined) return [];
  const delay_s = (found.opened_ms - label.from_ms) / 1000;
  return [{ label, found, delay_s, excessDelay_s: delay_s - label.dwell_s }];
}

function duplicate({ labels, found }: Sides, label: number, first: number, index: number): Duplicate[] {
  const incident = found[index];
  const labelId = labels[label]?.id;
  const firstId = found[first]?.id;
  if (incident === undefined || labelId === undefined || firstId === undefined) return [];
  return [{ found: incident, labelId, firstId }];
}

function missOf(label: IncidentLabel, sides: Sides, labelOf: ReadonlyMap<number, number>): MissedLabel {
  const { found, context } = sides;
  const merged = found.find((incident, index) => labelOf.has(index) && fits(label, incident, context, true));
  if (merged !== undefined) return { label, mergedInto: merged.id };
  const nearest = nearestOf(
    found.flatMap((incident, index) => (labelOf.has(index) ? [] : [{ id: incident.id, label, incident }])),
    context,
  );
  return { label, ...(nearest === undefined ? {} : { nearest }) };
}

function falseAlarmOf(
  incident: ScoredIncident,
  { labels, context }: Sides,
  decoys: readonly IncidentLabel[],
): FalseAlarm {
  const decoy = decoys
    .filter((candidate) => fits(candidate, incident, context, true))
    .reduce<IncidentLabel | undefined>(
      (best, next) =>
        best === undefined || fitWeight(next, incident) > fitWeight(best, incident) ? next : best,
      undefined,
    );
  const nearest = nearestOf(
    labels.map((label) => ({ id: label.id, label, incident })),
    context,
  );
  return {
    found: incident,
    ...(decoy === undefined ? {} : { decoy }),
    ...(nearest === undefined ? {} : { nearest }),
  };
}

/** Beyond these, nothing is near: metres for a place, seconds for times. */
const NEAR_M = 150;
const NEAR_S = 600;

/** What fails by one thing alone, and of several the one that is off the least. */
function nearestOf(
  pairs: readonly { readonly id: string; readonly label: IncidentLabel; readonly incident: ScoredIncident }[],
  context: MatchContext,
): Nearest | undefined {
  let best: Nearest | undefined;
  for (const { id, label, incident } of pairs) {
    const [only, another] = deviations(label, incident, context);
    if (only === undefined || another !== undefined || only.by > (only.why === 'place' ? NEAR_M : NEAR_S))
      continue;
    if (best === undefined || only.by < best.by) best = { id, ...only };
  }
  return best;
}
