import type { IncidentLabel } from '../../domain/recording.ts';
import type { Score, ScoredIncident } from '../score-result.ts';
import { duration } from '../wording.ts';

/** A bar of the timeline: a label or an incident. */
export interface TimelineBar {
  readonly side: 'label' | 'found';
  readonly className: string;
  readonly from_ms: number;
  readonly to_ms: number;
  /** When it was reported. */
  readonly opened_ms?: number;
  readonly title: string;
  /** Where in the page more is said of it. */
  readonly href?: string;
}

/** What one device had of one type. */
export interface Lane {
  readonly type: string;
  readonly deviceId: string;
  readonly bars: readonly TimelineBar[];
}

/** Labels and incidents by type and device. What is about a label is in the label's lane, whoever reported it. */
export function lanesOf(score: Score): Lane[] {
  const lanes = new Map<string, { type: string; deviceId: string; bars: TimelineBar[] }>();
  const add = (type: string, deviceId: string, bar: TimelineBar): void => {
    const key = JSON.stringify([type, deviceId]);
    const lane = lanes.get(key) ?? { type, deviceId, bars: [] };
    lanes.set(key, lane);
    lane.bars.push(bar);
  };
  const homes = new Map(score.hits.map(({ label }) => [JSON.stringify([label.type, label.id]), home(label)]));
  for (const { label, found, delay_s } of score.hits) {
    add(label.type, home(label), labelBar(label, 'hit', `found by ${found.id} after ${duration(delay_s)}`));
    add(label.type, home(label), foundBar(found, 'hit', 'hit'));
  }
  score.misses.forEach(({ label }, index) => {
    add(label.type, home(label), { ...labelBar(label, 'miss', 'missed'), href: `#m${index}` });
  });
  for (const { label, reason } of score.ignored) {
    add(label.type, home(label), labelBar(label, 'ignored', reason));
  }
  score.falseAlarms.forEach(({ found, decoy }, index) => {
    const lane = decoy === undefined ? (found.deviceIds[0] ?? '') : home(decoy);
    add(found.type, lane, { ...foundBar(found, 'false', 'false alarm'), href: `#f${index}` });
  });
  score.duplicates.forEach(({ found, labelId, firstId }, index) => {
    const lane = homes.get(JSON.stringify([found.type, labelId])) ?? found.deviceIds[0] ?? '';
    add(found.type, lane, { ...foundBar(found, 'twice', `again, after ${firstId}`), href: `#d${index}` });
  });
  for (const decoy of score.decoys) add(decoy.type, home(decoy), labelBar(decoy, 'decoy', 'no incident'));
  return [...lanes.values()].sort((a, b) => order(a.type, b.type) || order(a.deviceId, b.deviceId));
}

function home(label: IncidentLabel): string {
  return label.deviceIds[0] ?? '';
}

function labelBar(label: IncidentLabel, className: string, said: string): TimelineBar {
  const note = label.note === undefined ? '' : ` (${label.note})`;
  return {
    side: 'label',
    className: `label-${className}`,
    from_ms: label.from_ms,
    to_ms: label.to_ms,
    title: `${label.id}${note}: ${said}`,
  };
}

function foundBar(found: ScoredIncident, className: string, said: string): TimelineBar {
  const { id, onset_ms, lastSeen_ms, opened_ms, severity } = found;
  return {
    side: 'found',
    className: `found-${className}`,
    from_ms: onset_ms,
    to_ms: lastSeen_ms,
    opened_ms,
    title: `${id}, severity ${severity}: ${said}`,
  };
}

function order(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
