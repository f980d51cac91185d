import type { ZoneDwellConfig } from '../domain/rule-config.ts';
import type { RoadClass } from '../domain/zone.ts';
import { addStretch, type Occupancy, occupancyOf } from './occupancy.ts';
import type { Place } from './place.ts';

/** So long ago it was seen, it counts as there when its dwell is over: a frame or two may have missed it. */
const PRESUMED_MS = 10_000;
/** What must last long may be hidden for longer, by this share of its dwell. */
const BRIDGE_SHARE = 1 / 3;
/** Frames in a row without it are a coincidence so seldom that it is gone. */
const COINCIDENCE = 1e-4;
/** No detector finds everything, and none is so bad that it would be believed. */
const SHOWS = { least: 0.2, most: 0.991 } as const;
/** Pieces of missed time that are kept apart; they are only apart where frames were missing. */
const MISSED_MAX = 20;

/** What must last how long, in milliseconds. */
export interface Dwell {
  readonly dwell_ms: number;
  readonly window_ms: number;
  /** Missed for so long it was there all the same. */
  readonly bridge_ms: number;
}

/** Dwell, window and bridge of a road class. */
export function dwellOf({ dwell_s, window_s, bridge_s }: ZoneDwellConfig, roadClass: RoadClass): Dwell {
  const dwell_ms = (dwell_s[roadClass] ?? 0) * 1000;
  return {
    dwell_ms,
    window_ms: (window_s?.[roadClass] ?? 0) * 1000 || dwell_ms * 1.5,
    bridge_ms: Math.max(bridge_s * 1000, dwell_ms * BRIDGE_SHARE),
  };
}

/**
 * Counts the time up to a frame. What a detector misses for less than the bridge between two frames that show it was there
 * all the same; for longer, it was away.
 */
export function countTo(
  place: Place,
  at_ms: number,
  seen: 'sure' | 'weak' | undefined,
  max_gap_s: number,
  { window_ms, bridge_ms }: Dwell,
): void {
  const elapsed_ms = at_ms - place.lastJudged_ms;
  if (elapsed_ms <= 0) return;
  const counted_ms = Math.min(elapsed_ms, max_gap_s * 1000);
  const from_ms = at_ms - counted_ms;
  place.lastJudged_ms = at_ms;
  if (seen !== undefined) {
    settle(place, 'missed', window_ms);
    addStretch(place.buckets, { from_ms, to_ms: at_ms, state: seen }, window_ms);
    place.vacant_ms = 0;
    place.misses = 0;
    const { seen_ms, observed_ms } = occupancyOf(place.buckets);
    place.shows = observed_ms === 0 ? 1 : seen_ms / observed_ms;
    return;
  }
  place.vacant_ms += counted_ms;
  place.misses += 1;
  const last = place.missed.at(-1);
  if (last !== undefined && last[1] === from_ms) last[1] = at_ms;
  else if (place.missed.length > 0 || place.misses === 1) place.missed.push([from_ms, at_ms]);
  else addStretch(place.buckets, { from_ms, to_ms: at_ms, state: 'vacant' }, window_ms);
  if (place.vacant_ms > bridge_ms || place.missed.length > MISSED_MAX) settle(place, 'vacant', window_ms);
}

function settle(place: Place, state: 'missed' | 'vacant', window_ms: number): void {
  for (const [from_ms, to_ms] of place.missed)
    addStretch(place.buckets, { from_ms, to_ms, state }, window_ms);
  place.missed = [];
}

/** What the window holds, with what may only have been missed since the place was last seen. */
export function presumedOccupancy({ buckets, missed, lastJudged_ms }: Place, window_ms: number): Occupancy {
  const { occupied_ms, observed_ms, ...seen } = occupancyOf(buckets, {
    to_ms: lastJudged_ms,
    window_ms,
  });
  const missed_ms = missed.reduce((sum, [from_ms, to_ms]) => sum + to_ms - from_ms, 0);
  return { ...seen, occupied_ms: occupied_ms + missed_ms, observed_ms: observed_ms + missed_ms };
}

/** Whether what is at a place has been there for the dwell, as far as anybody can tell. */
export function isOverdue(
  place: Place,
  occupancy: Occupancy,
  config: ZoneDwellConfig,
  dwell_ms: number,
): boolean {
  const { occupied_ms, observed_ms, seen_ms, sure_ms } = occupancy;
  return (
    occupied_ms >= dwell_ms &&
    occupied_ms >= observed_ms * config.occupied_share &&
    seen_ms >= observed_ms * config.seen_share &&
    sure_ms >= dwell_ms * config.sure_share &&
    // A frame that shows nothing decides nothing about what was there just now.
    place.vacant_ms <= PRESUMED_MS &&
    (place.misses === 0 || place.missed.length > 0)
  );
}

/** Whether a place is empty for good: for long enough, and in more frames than its detector misses in a row. */
export function isGone({ vacant_ms, misses, shows }: Place, { clear_s }: ZoneDwellConfig): boolean {
  return vacant_ms >= clear_s * 1000 && misses >= missesOfGone(shows);
}

/** So many frames in a row without something that otherwise shows in this share of them mean that it is gone. */
export function missesOfGone(shows: number): number {
  const share = Math.min(SHOWS.most, Math.max(SHOWS.least, shows));
  return Math.ceil(Math.log(COINCIDENCE) / Math.log(1 - share));
}
