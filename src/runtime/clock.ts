/** Epoch milliseconds, whole; passed in, so that tests, replays and rehearsals can supply their own. */
export type Clock = () => number;

/** A clock that can be told to another process: it stood at `start_ms` when the wall clock stood at `wall_ms`. */
export interface ClockSetting {
  readonly start_ms: number;
  readonly wall_ms: number;
  /** Its seconds in a second of the wall clock; above 1 a city's evening passes in minutes. */
  readonly rate: number;
  /** From here on it stands still: a rehearsed day is over, and nothing falls silent in the night after it. */
  readonly until_ms?: number;
}

/** The wall clock as a setting. */
export const WALL_CLOCK: ClockSetting = { start_ms: 0, wall_ms: 0, rate: 1 };

/** A clock that follows a setting. */
export function clockOf({
  start_ms,
  wall_ms,
  rate,
  until_ms = Number.POSITIVE_INFINITY,
}: ClockSetting): Clock {
  return () => Math.min(until_ms, Math.round(start_ms + (Date.now() - wall_ms) * rate));
}
