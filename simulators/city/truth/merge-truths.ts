import { haversine_m } from '../../../src/domain/geometry.ts';
import type { IncidentLabel } from '../../../src/domain/recording.ts';
import type { Truth } from './telemetry-truth.ts';

/** What a camera and a truck say of one dumping is at most so far apart in place and time. */
const SAME_PLACE_M = 60;
const SAME_TIME_MS = 180_000;

/** The truths of telemetry and cameras as one: a dumping that both noticed is one incident of both. */
export function mergeTruths(telemetry: Truth, cameras: Truth): Truth {
  const left = [...cameras.incidents];
  const incidents = telemetry.incidents.map((label) => {
    const index = left.findIndex((other) => isSameDumping(label, other));
    const [seen] = index === -1 ? [] : left.splice(index, 1);
    return seen === undefined ? label : joined(label, seen);
  });
  const inOrder = (a: IncidentLabel, b: IncidentLabel): number =>
    a.from_ms - b.from_ms || (a.id < b.id ? -1 : 1);
  return {
    incidents: [...incidents, ...left].sort(inOrder),
    decoys: [...telemetry.decoys, ...cameras.decoys].sort(inOrder),
  };
}

function isSameDumping(a: IncidentLabel, b: IncidentLabel): boolean {
  if (a.type !== 'illegal-dumping' || b.type !== a.type) return false;
  if (a.plate !== undefined && b.plate !== undefined && a.plate !== b.plate) return false;
  const isSameTime = a.from_ms <= b.to_ms + SAME_TIME_MS && b.from_ms <= a.to_ms + SAME_TIME_MS;
  return isSameTime && haversine_m(a.place, b.place) <= SAME_PLACE_M;
}

/** The camera comes first: a label's box is in the picture of its first device. */
function joined(truck: IncidentLabel, seen: IncidentLabel): IncidentLabel {
  return {
    ...truck,
    from_ms: Math.min(truck.from_ms, seen.from_ms),
    to_ms: Math.max(truck.to_ms, seen.to_ms),
    radius_m: Math.max(truck.radius_m, seen.radius_m),
    deviceIds: [...seen.deviceIds, ...truck.deviceIds],
    ...(seen.box === undefined ? {} : { box: seen.box }),
  };
}
