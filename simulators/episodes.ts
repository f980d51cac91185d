import { bearing_deg, createPlane, groundDistance_m, type LonLat } from './plane.ts';
import type { Weather } from './weather.ts';

interface Timed {
  readonly from_ms: number;
  readonly duration_ms: number;
  /** With it the episode comes back so often, counted from one beginning to the next. */
  readonly repeat_ms?: number;
}

/** Dust that rises at a place; `peak_ug_m3` of PM10 is what a station beside it measures on top. */
export interface DustPlume extends Timed {
  readonly kind: 'dust-plume';
  readonly at: LonLat;
  readonly peak_ug_m3: number;
}

/** Loud work at a place; `level_dba` at 10 m. */
export interface NoiseWork extends Timed {
  readonly kind: 'noise-work';
  readonly at: LonLat;
  readonly level_dba: number;
}

/** Something that stations hear or smell. */
export type Episode = DustPlume | NoiseWork;

/** Within this distance the wind does not matter: the dust is all around. */
const NEAR_M = 80;
const RISE_MS = 6_000;

/** Share of a plume's peak that reaches a station: less with distance, much less upwind. */
export function plumeShare(plume: DustPlume, station: LonLat, weather: Weather, at_ms: number): number {
  const strength = strengthAt(plume, at_ms, RISE_MS);
  if (strength === 0) return 0;
  const distance = groundDistance_m(plume.at, station);
  if (distance <= NEAR_M) return strength;
  const there = bearing_deg([0, 0], createPlane(plume.at).toMetres(station));
  const off = Math.abs(((there - weather.wind_direction_deg + 180 + 540) % 360) - 180);
  const downwind = 0.05 + 0.95 * Math.exp(-((off / 35) ** 2));
  return strength * downwind * Math.exp(-(distance - NEAR_M) / 170);
}

/** Buildings between source and station take so much more, beyond the first 50 m. */
const SCREENING_DB_PER_M = 0.03;

/** Sound level that reaches a station: spreading and screening by houses; minus infinity while it is quiet. */
export function noiseLevel_dba(work: NoiseWork, station: LonLat, at_ms: number): number {
  const strength = strengthAt(work, at_ms, 0);
  if (strength === 0) return Number.NEGATIVE_INFINITY;
  const distance = Math.max(10, groundDistance_m(work.at, station));
  return work.level_dba - 20 * Math.log10(distance / 10) - SCREENING_DB_PER_M * Math.max(0, distance - 50);
}

/** 0..1: rises and falls over `ramp_ms` at both ends. */
function strengthAt(episode: Timed, at_ms: number, ramp_ms: number): number {
  const since_ms = at_ms - episode.from_ms;
  if (since_ms < 0) return 0;
  const in_ms = episode.repeat_ms === undefined ? since_ms : since_ms % episode.repeat_ms;
  if (in_ms >= episode.duration_ms) return 0;
  const ramp = Math.min(ramp_ms, episode.duration_ms / 4);
  return ramp === 0 ? 1 : Math.min(1, (in_ms + 1) / ramp, (episode.duration_ms - in_ms) / ramp);
}
