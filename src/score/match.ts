import type { Region } from '../domain/camera.ts';
import { haversine_m } from '../domain/geometry.ts';
import type { IncidentLabel } from '../domain/recording.ts';
import { boxIou, boxShare } from './box-overlap.ts';
import type { Matching } from './score-input.ts';
import type { ScoredIncident } from './score-result.ts';

/** A degree of latitude is longer than this everywhere. */
const METRES_PER_DEGREE_MIN = 111_000;

/**
 * Why an incident is not about a label. `early`: it would be about it, had it not been reported before the label's
 * state began.
 */
export const MISMATCHES = ['place', 'plate', 'box', 'time', 'early'] as const;
export type Mismatch = (typeof MISMATCHES)[number];

/** A mismatch with how far it is off: metres for a place, seconds for `time` and `early`, else 0. */
export interface Deviation {
  readonly why: Mismatch;
  readonly by: number;
}

/** Knows which devices are about rather than fixed. */
export interface MatchContext {
  readonly matching: Matching;
  readonly trucks: ReadonlySet<string>;
}

/** All that keeps the two from fitting; empty where they do. Their types are the caller's business. */
export function deviations(label: IncidentLabel, found: ScoredIncident, context: MatchContext): Deviation[] {
  const { matching, trucks } = context;
  const all: Deviation[] = [];
  const shared = found.deviceIds.filter((id) => label.deviceIds.includes(id));
  const away_m = haversine_m(label.place, found.place);
  const isSharedFixed = shared.some((id) => !trucks.has(id));
  const reach_m = shared.length > 0 ? Math.max(label.radius_m, matching.truckReach_m) : label.radius_m;
  if (!isSharedFixed && away_m > reach_m) all.push({ why: 'place', by: away_m });
  if (isOtherTruck(label, found, trucks)) all.push({ why: 'plate', by: 0 });
  if (isOtherBox(label, found, matching.boxOverlapMin)) all.push({ why: 'box', by: 0 });
  const gap_ms = timeGap_ms(label, found, matching);
  if (gap_ms > 0) all.push({ why: 'time', by: gap_ms / 1000 });
  const early_ms = label.from_ms - matching.graceBefore_ms - found.opened_ms;
  // An incident that was over before the label began was early in any case.
  if (early_ms > 0 && gap_ms <= 0) all.push({ why: 'early', by: early_ms / 1000 });
  return all;
}

/** Whether the two fit, but for the time of the report where `isEarlyFine`. */
export function fits(
  label: IncidentLabel,
  found: ScoredIncident,
  context: MatchContext,
  isEarlyFine = false,
): boolean {
  if (timeGap_ms(label, found, context.matching) > 0 || isFarOff(label, found)) return false;
  return deviations(label, found, context).every(({ why }) => isEarlyFine && why === 'early');
}

/**
 * How well the two fit, as a whole number: the share of time that they have in common, that of their boxes, a device in
 * common, and, to tell equals apart, how near their beginnings are.
 */
export function fitWeight(label: IncidentLabel, found: ScoredIncident): number {
  const shared_ms = Math.min(label.to_ms, found.lastSeen_ms) - Math.max(label.from_ms, found.onset_ms);
  const joint_ms = Math.max(label.to_ms, found.lastSeen_ms) - Math.min(label.from_ms, found.onset_ms);
  const time = joint_ms > 0 ? Math.max(0, shared_ms) / joint_ms : 1;
  const box = sameCameraBoxes(label, found);
  const device = found.deviceIds.some((id) => label.deviceIds.includes(id)) ? 0.5 : 0;
  const near = 0.1 / (1 + Math.abs(found.onset_ms - label.from_ms) / 60_000);
  return Math.round(1e6 * (time + (box === undefined ? 0 : boxIou(...box)) + device + near));
}

/** Without a device in common and so far apart that no arc need be measured: quick, most pairs are so. */
function isFarOff(label: IncidentLabel, found: ScoredIncident): boolean {
  const off_m = Math.abs(label.place.lat - found.place.lat) * METRES_PER_DEGREE_MIN;
  return off_m > label.radius_m && !found.deviceIds.some((id) => label.deviceIds.includes(id));
}

/** A number plate without what people write between its characters. */
export function plainPlate(plate: string): string {
  return plate
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** Another plate; or, where a plate is not given on both sides, a truck that the label does not name. */
function isOtherTruck(label: IncidentLabel, found: ScoredIncident, trucks: ReadonlySet<string>): boolean {
  if (label.plate !== undefined && found.plate !== undefined) {
    return plainPlate(label.plate) !== plainPlate(found.plate);
  }
  const named = label.deviceIds.filter((id) => trucks.has(id));
  const own = found.deviceIds.filter((id) => trucks.has(id));
  return named.length > 0 && own.length > 0 && !own.some((id) => named.includes(id));
}

function isOtherBox(label: IncidentLabel, found: ScoredIncident, overlapMin: number): boolean {
  const boxes = sameCameraBoxes(label, found);
  return boxes !== undefined && boxShare(...boxes) < overlapMin;
}

/** A label's box is in the picture of the first of its devices; other cameras see the thing elsewhere. */
function sameCameraBoxes(label: IncidentLabel, found: ScoredIncident): [Region, Region] | undefined {
  if (label.box === undefined || found.box === undefined) return undefined;
  return label.deviceIds[0] === found.deviceIds[0] ? [label.box, found.box] : undefined;
}

function timeGap_ms(label: IncidentLabel, found: ScoredIncident, matching: Matching): number {
  return Math.max(
    label.from_ms - matching.graceBefore_ms - found.lastSeen_ms,
    found.onset_ms - label.to_ms - matching.graceAfter_ms,
  );
}
