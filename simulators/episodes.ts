import { groundDistance_m, type LonLat } from './plane.ts';
import { localHour } from './weather.ts';

interface Timed {
  readonly from_ms: number;
  readonly duration_ms: number;
  /** With it the episode comes back so often, counted from one beginning to the next. */
  readonly repeat_ms?: number;
}

/** Hours of every day, 0..24; `to` before `from` runs past midnight. */
interface WorkHours {
  readonly from_h: number;
  readonly to_h: number;
}

/** Dust that rises at a place; `peak_ug_m3` of PM10 is what a station that stands in it measures on top. */
export interface DustPlume {
  readonly kind: 'dust-plume';
  readonly when: Timed | WorkHours;
  readonly at: LonLat;
  readonly peak_ug_m3: number;
  /** Half the width of where it rises. */
  readonly spread_m: number;
}

/** Loud work at a place; `level_dba` at 10 m. */
export interface NoiseWork {
  readonly kind: 'noise-work';
  readonly when: Timed | WorkHours;
  readonly at: LonLat;
  readonly level_dba: number;
  /** Blows whose peaks tower over the mean. */
  readonly piling?: boolean;
}

/** Something that stations hear or smell. */
export type Episode = DustPlume | NoiseWork;

const RISE_MS = 6_000;
/** Work begins and ends within so much of its hours. */
const WORK_RAMP_H = 0.1;

/** How strong an episode is at a time, 0..1. */
export function strengthAt(episode: Episode, at_ms: number, utcOffset_h: number): number {
  const { when } = episode;
  if (!('from_h' in when)) return timedStrength(when, at_ms, episode.kind === 'dust-plume' ? RISE_MS : 0);
  const length_h = (when.to_h - when.from_h + 24) % 24 || 24;
  const since_h = (localHour(at_ms, utcOffset_h) - when.from_h + 24) % 24;
  if (length_h === 24) return 1;
  return Math.max(0, Math.min(1, since_h / WORK_RAMP_H, (length_h - since_h) / WORK_RAMP_H));
}

/** Buildings between source and station take so much more, beyond the first 50 m. */
const SCREENING_DB_PER_M = 0.03;

/** Sound level of work that reaches a station: spreading and screening by houses. */
export function levelAt_dba(work: NoiseWork, station: LonLat): number {
  const distance = Math.max(10, groundDistance_m(work.at, station));
  return work.level_dba - 20 * Math.log10(distance / 10) - SCREENING_DB_PER_M * Math.max(0, distance - 50);
}

/** 0..1: rises and falls over `ramp_ms` at both ends. */
function timedStrength(timed: Timed, at_ms: number, ramp_ms: number): number {
  const since_ms = at_ms - timed.from_ms;
  if (since_ms < 0) return 0;
  const in_ms = timed.repeat_ms === undefined ? since_ms : since_ms % timed.repeat_ms;
  if (in_ms >= timed.duration_ms) return 0;
  const ramp = Math.min(ramp_ms, timed.duration_ms / 4);
  return ramp === 0 ? 1 : Math.min(1, (in_ms + 1) / ramp, (timed.duration_ms - in_ms) / ramp);
}
