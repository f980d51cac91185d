import type { Region } from '../domain/camera.ts';
import type { DeviceKind } from '../domain/device.ts';
import type { Finding } from '../domain/finding.ts';
import type { Incident } from '../domain/incident.ts';
import type { RecordingLabels } from '../domain/recording.ts';
import type { RuleConfig } from '../domain/rule-config.ts';

/** An incident that a run made. */
export interface FoundIncident {
  /** As it was last. */
  readonly incident: Incident;
  /** Event time at which it was reported: that of the observation that opened it. */
  readonly opened_ms: number;
  /** Where in its camera's picture, as shares. */
  readonly box?: Region;
}

/** A device of the recording. */
export interface ScoredDevice {
  readonly id: string;
  readonly kind: DeviceKind;
  readonly name?: string;
  readonly lon?: number;
  readonly lat?: number;
  /** Event time in which it was heard or seen; absent: the whole recording. */
  readonly covered_ms?: number;
}

/** A type that the rules of a run can report, and the kinds of device that they watch for it. */
export interface ReportedType {
  readonly type: string;
  readonly kinds: readonly DeviceKind[];
}

/** How found incidents and labels are brought together. */
export interface Matching {
  /** An incident may begin, and may be reported, so much before its label. */
  readonly graceBefore_ms: number;
  /** An incident may begin so much after its label is over. */
  readonly graceAfter_ms: number;
  /** A truck is about: its incident must be this near to the label, or within the label's own radius. */
  readonly truckReach_m: number;
  /** Two boxes are about the same thing when they share so much of the smaller one (0..1). */
  readonly boxOverlapMin: number;
  /** A label counts as missed only where the recording went on for its dwell and so much more. */
  readonly patience_ms: number;
}

/** What is scored. */
export interface ScoreInput {
  /** What was run: a rule set, a model. */
  readonly name: string;
  /** The recording's name. */
  readonly recording: string;
  readonly from_ms: number;
  readonly to_ms: number;
  /** IANA name for the times that people read; absent: UTC. */
  readonly timeZone?: string;
  readonly labels: RecordingLabels;
  readonly found: readonly FoundIncident[];
  readonly devices: readonly ScoredDevice[];
  /** What the rules can report; absent: every labelled type. */
  readonly reported?: readonly ReportedType[];
  readonly matching?: Partial<Matching>;
}

export const MATCHING: Matching = {
  graceBefore_ms: 30_000,
  graceAfter_ms: 120_000,
  truckReach_m: 200,
  boxOverlapMin: 0.1,
  patience_ms: 10_000,
};

/** The types that enabled rules can report. */
export function reportedTypes(rules: readonly RuleConfig[], hasRoutes: boolean): ReportedType[] {
  const kinds = new Map<string, Set<DeviceKind>>();
  for (const rule of rules.filter(({ enabled }) => enabled)) {
    for (const [type, kind] of typesOf(rule, hasRoutes))
      kinds.set(type, (kinds.get(type) ?? new Set()).add(kind));
  }
  return [...kinds].map(([type, set]) => ({ type, kinds: [...set].sort() }));
}

/** The part of its camera's picture that a finding is about: around all boxes of its first snapshot. */
export function boxOfFinding(finding: Finding): Region | undefined {
  const snapshot = finding.exhibits.find((exhibit) => exhibit.kind === 'snapshot');
  const boxes = (snapshot?.detections ?? []).map(({ box }) => box);
  if (boxes.length === 0) return undefined;
  const edge = (index: 0 | 1 | 2 | 3, pick: (...values: number[]) => number): number =>
    pick(...boxes.map((box) => box[index]));
  return [edge(0, Math.min), edge(1, Math.min), edge(2, Math.max), edge(3, Math.max)];
}

function typesOf(rule: RuleConfig, hasRoutes: boolean): [type: string, kind: DeviceKind][] {
  if (rule.kind === 'zone-dwell' || rule.kind === 'left-behind') return [[rule.type, 'camera']];
  if (rule.kind === 'camera-health') {
    const { frozen, obscured, dark, defocused, moved, clock } = rule;
    const faults = [frozen, obscured, dark, defocused, moved, clock];
    return faults.filter(({ enabled }) => enabled).map(({ type }) => [type, 'camera']);
  }
  if (rule.kind === 'truck-conduct') {
    const { uncovered, overspeed, restricted, off_route } = rule;
    // Where no limit is given, nothing can be too fast; without routes nobody leaves them.
    const parts = [
      ...[uncovered, restricted],
      ...(overspeed.limits.length === 0 ? [] : [overspeed]),
      ...(hasRoutes ? [off_route] : []),
    ];
    return parts.filter(({ enabled }) => enabled).map(({ type }) => [type, 'truck']);
  }
  if (rule.kind === 'device-offline') {
    const types = [rule.type, ...(rule.outage.enabled ? [rule.outage.type] : [])];
    return types.flatMap((type) => rule.device_kinds.map((kind): [string, DeviceKind] => [type, kind]));
  }
  if (rule.kind === 'position-lost') return [[rule.type, 'truck']];
  if (rule.kind !== 'truck-stop') return [[rule.type, rule.device_kind]];
  return [
    [rule.stop.type, 'truck'],
    [rule.dumping.type, 'truck'],
  ];
}
