import { pointInRing } from '../../../src/domain/geometry.ts';
import { inHours, type LocalMinute } from '../../../src/domain/schedule.ts';
import type { Metres } from '../../plane.ts';
import type { Scenario, ScenarioZone } from '../scenario.ts';

/** Whether a point of the plane lies in a zone of some kinds, or within a margin of one, at a time. */
export type ZoneTest = (point: Metres, at_ms: number) => boolean;

/** A test for the zones of some kinds, in their hours. */
export function zoneTest(scenario: Scenario, kinds: readonly string[], margin_m: number): ZoneTest {
  const { utc_offset_h } = scenario.file;
  const zones = scenario.zones
    .filter(({ kind }) => kinds.includes(kind))
    .map((zone) => ({ zone, bounds: boundsOf(zone, margin_m) }));
  return (point, at_ms) =>
    zones.some(
      ({ zone, bounds }) =>
        isWithin(point, bounds) &&
        isNear(point, zone, margin_m) &&
        inHours(zone.hours, localMinute(at_ms, utc_offset_h)),
    );
}

/** Local week day and minute at a fixed offset from UTC. */
export function localMinute(at_ms: number, utcOffset_h: number): LocalMinute {
  const minutes = Math.floor(at_ms / 60_000) + utcOffset_h * 60;
  // 1970-01-01 was a Thursday.
  return { day: ((Math.floor(minutes / 1_440) + 3) % 7) + 1, minute: ((minutes % 1_440) + 1_440) % 1_440 };
}

/** Metres from a point to a line through points. */
export function distanceToLine_m(point: Metres, line: readonly Metres[]): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (let index = 1; index < line.length; index += 1) {
    const [ax, ay] = line[index - 1] ?? point;
    const [bx, by] = line[index] ?? point;
    const [ux, uy] = [bx - ax, by - ay];
    const along = ((point[0] - ax) * ux + (point[1] - ay) * uy) / (ux * ux + uy * uy || 1);
    const share = Math.max(0, Math.min(1, along));
    nearest = Math.min(nearest, Math.hypot(point[0] - ax - ux * share, point[1] - ay - uy * share));
  }
  return nearest;
}

type Bounds = readonly [west: number, south: number, east: number, north: number];

function boundsOf({ ring }: ScenarioZone, margin_m: number): Bounds {
  const [xs, ys] = [ring.map(([x]) => x), ring.map(([, y]) => y)];
  return [
    Math.min(...xs) - margin_m,
    Math.min(...ys) - margin_m,
    Math.max(...xs) + margin_m,
    Math.max(...ys) + margin_m,
  ];
}

function isWithin([x, y]: Metres, [west, south, east, north]: Bounds): boolean {
  return x >= west && x <= east && y >= south && y <= north;
}

function isNear(point: Metres, { ring }: ScenarioZone, margin_m: number): boolean {
  if (pointInRing(point[0], point[1], ring)) return true;
  const [first] = ring;
  return margin_m > 0 && first !== undefined && distanceToLine_m(point, [...ring, first]) <= margin_m;
}
