import { haversine_m } from '../domain/geometry.ts';
import type { PositionObservation } from '../domain/observation.ts';
import type { TruckState } from './truck-state.ts';

/** Implausible positions in a row, near each other, that are believed after all: the truck really is there. */
const REJECTED_MAX = 3;
/** Time that the track covers, and points of it; together they give the spacing. */
const TRACK_MS = 30 * 60_000;
const TRACK_POINTS_MAX = 120;
/** Receivers that never had a fix say so; a truck at sea off Africa does not exist either. */
const NULL_ISLAND_DEGREES = 0.001;

/** What is remembered of a truck to judge its next position. */
export type FixState = Pick<TruckState, 'last' | 'rejected' | 'jumps' | 'track'>;

/**
 * Takes a position into the state and gives its speed in km/h (derived where it does not come with one), or
 * undefined where it is rejected: a jump that would need more than `jump_speed_kmh`. Jumps are counted.
 */
export function acceptFix(
  state: FixState,
  fix: PositionObservation,
  jump_speed_kmh: number,
): number | undefined {
  const { at_ms, lon, lat } = fix;
  if (Math.abs(lon) < NULL_ISLAND_DEGREES && Math.abs(lat) < NULL_ISLAND_DEGREES) {
    state.jumps += 1;
    return undefined;
  }
  const { last } = state;
  const needed_kmh = last === null ? 0 : speedBetween_kmh(last, fix);
  if (needed_kmh > jump_speed_kmh && !isElsewhere(state, fix, jump_speed_kmh)) {
    state.jumps += 1;
    return undefined;
  }
  state.rejected = null;
  const speed_kmh = fix.speed_kmh ?? (needed_kmh > jump_speed_kmh ? 0 : needed_kmh);
  state.last = { at_ms, lon, lat };
  remember(state, fix, speed_kmh);
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

function speedBetween_kmh(
  from: { readonly at_ms: number; readonly lon: number; readonly lat: number },
  to: { readonly at_ms: number; readonly lon: number; readonly lat: number },
): number {
  // Two positions within a second differ by jitter alone.
  const hours = Math.max(1000, to.at_ms - from.at_ms) / 3_600_000;
  return haversine_m(from, to) / 1000 / hours;
}

/** Keeps the last half hour, thinned, but never without the moments at which lift or load changed. */
function remember(state: FixState, fix: PositionObservation, speed_kmh: number): void {
  const { track } = state;
  const { at_ms, lon, lat, lift = null, load = null } = fix;
  const previous = track.at(-1);
  const isDue = previous === undefined || at_ms - previous[0] >= TRACK_MS / TRACK_POINTS_MAX;
  if (!isDue && previous[4] === lift && previous[5] === load) return;
  track.push([at_ms, lon, lat, Math.round(speed_kmh * 10) / 10, lift, load]);
  if (track.length > TRACK_POINTS_MAX) track.shift();
  while ((track[0]?.[0] ?? fix.at_ms) < fix.at_ms - TRACK_MS) track.shift();
}
