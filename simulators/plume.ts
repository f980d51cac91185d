import type { Metres } from './plane.ts';
import type { Weather } from './weather.ts';

/**
 * How a plume widens: standard deviations across and upwards grow by so much for each metre downwind, as in
 * neutral air over houses (Pasquill class D, near the ground).
 */
const WIDENING_ACROSS = 0.16;
const WIDENING_UP = 0.1;

/** How far downwind (negative: upwind) and across the wind a station lies from a source. */
export function downwind(offset: Metres, weather: Weather): { along_m: number; across_m: number } {
  const to = ((weather.wind_direction_deg + 180) * Math.PI) / 180;
  const [x, y] = offset;
  return { along_m: x * Math.sin(to) + y * Math.cos(to), across_m: x * Math.cos(to) - y * Math.sin(to) };
}

/**
 * Share (0..1) of a source's dust that is in the air at `offset` from it: a Gaussian plume from a source as wide as
 * `spread_m` to each side. Beside the source it is about 1; upwind it is gone within its width; downwind it thins
 * as the plume widens.
 */
export function plumeShare(offset: Metres, spread_m: number, weather: Weather): number {
  const { along_m, across_m } = downwind(offset, weather);
  const own_m = spread_m / 2;
  const reach_m = Math.max(0, along_m);
  const across = own_m + WIDENING_ACROSS * reach_m;
  const up = own_m + WIDENING_UP * reach_m;
  const upwind = Math.min(0, along_m) / own_m;
  return ((own_m * own_m) / (across * up)) * Math.exp(-0.5 * ((across_m / across) ** 2 + upwind ** 2));
}

/** How long dust is under way to a place so far downwind, in milliseconds. */
export function travel_ms(along_m: number, weather: Weather): number {
  return Math.min(TRAVEL_MAX_MS, (Math.max(0, along_m) / Math.max(0.5, weather.wind_speed_mps)) * 1_000);
}

const TRAVEL_MAX_MS = 600_000;
