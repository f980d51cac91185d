import { haversine_m } from '../domain/geometry.ts';
import type { PositionObservation } from '../domain/observation.ts';
import type { TruckState } from './truck-state.ts';
import { remember } from './truck-track.ts';

/** Implausible positions in a row, near each other, that are believed after all: the truck really is there. */
const REJECTED_MAX = 3;
/** Somewhat more than a degree is on any great circle. */
const KM_PER_DEGREE_MAX = 111.2;
/** Receivers that never had a fix say so; a truck at sea off Africa does not exist either. */
const NULL_ISLAND_DEGREES = 0.001;

/** What is remembered of a truck to judge its next position. */
export type FixState = Pick<TruckState, 'last' | 'rejected' | 'jumps' | 'track' | 'countsSatellites'>;

/**
 * Takes a position into the state and gives its speed in km/h (derived where it does not come with one), or
 * undefined where it is rejected: a jump that would need more than `jump_speed_kmh`, or what a receiver that counts its
 * satellites says without one. Those are counted.
 */
export function acceptFix(
  state: FixState,
  fix: PositionObservation,
  jump_speed_kmh: number,
): number | undefined {
  const { at_ms, lon, lat, satellites = 0 } = fix;
  if (satellites > 0) state.countsSatellites = true;
  // Without a satellite it repeats the last place that it knew, or dreams of one.
  const isBlind = fix.satellites === 0 && state.countsSatellites === true;
  if (isBlind || (Math.abs(lon) < NULL_ISLAND_DEGREES && Math.abs(lat) < NULL_ISLAND_DEGREES)) {
    state.jumps += 1;
    return undefined;
  }
  const { last } = state;
  // Nearly always the receiver tells its speed and the truck is where it can be: then no more is to be known.
  const isPlain = last === null || (fix.speed_kmh !== undefined && isWithin(last, fix, jump_speed_kmh));
  const needed_kmh = isPlain ? 0 : speedBetween_kmh(last, fix);
  if (needed_kmh > jump_speed_kmh && !isElsewhere(state, fix, jump_speed_kmh)) {
    state.jumps += 1;
    return undefined;
  }
  state.rejected = null;
  const speed_kmh = fix.speed_kmh ?? (needed_kmh > jump_speed_kmh ? 0 : needed_kmh);
  state.last = { at_ms, lon, lat };
  // That of an older version has a list for each point: it begins anew.
  if (state.track === undefined || typeof state.track[0] === 'object') state.track = [];
  remember(state.track, fix, speed_kmh);
  return speed_kmh;
}

/** Remembers why the position was refused; true once so many agree that the earlier ones must have been wrong. */
function isElsewhere(state: FixState, fix: PositionObservation, jump_speed_kmh: number): boolean {
  const { rejected } = state;
  const agrees = rejected !== null && speedBetween_kmh(rejected, fix) <= jump_speed_kmh;
  const count = agrees ? rejected.count + 1 : 1;
  state.rejected = { at_ms: fix.at_ms, lon: fix.lon, lat: fix.lat, count };
  return count >= REJECTED_MAX;
}

interface Point {
  readonly at_ms: number;
  readonly lon: number;
  readonly lat: number;
}

function speedBetween_kmh(from: Point, to: Point): number {
  return haversine_m(from, to) / 1000 / hoursBetween(from, to);
}

/** True only where the way needs no more than the speed, told without trigonometry: a degree of longitude is never longer. */
function isWithin(from: Point, to: Point, speed_kmh: number): boolean {
  const lon = to.lon - from.lon;
  const lat = to.lat - from.lat;
  return Math.sqrt(lon * lon + lat * lat) * KM_PER_DEGREE_MAX <= speed_kmh * hoursBetween(from, to);
}

/** Two positions within a second differ by jitter alone. */
function hoursBetween(from: Point, to: Point): number {
  return Math.max(1000, to.at_ms - from.at_ms) / 3_600_000;
}
