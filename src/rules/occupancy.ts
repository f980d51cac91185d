/** Parts of the sliding window: its far end is exact to one of them. */
const BUCKETS = 60;

/**
 * One part of the window: its number, occupied and observed milliseconds, its first occupied instant, those of the
 * occupied milliseconds in which the thing really showed, and those of them in which it was sure.
 */
export type Bucket = [
  number: number,
  occupied_ms: number,
  observed_ms: number,
  first_ms: number | null,
  seen_ms: number,
  sure_ms: number,
];

/** What a window holds at a time. */
export interface Occupancy {
  readonly occupied_ms: number;
  readonly observed_ms: number;
  /** Of the occupied time that in which the thing showed: the rest lies between two sightings. */
  readonly seen_ms: number;
  /** Of that the time in which it was no weak sighting. */
  readonly sure_ms: number;
  /** Start of the earliest occupied time in the window; undefined when it was never occupied. */
  readonly first_ms: number | undefined;
}

/** A time between two frames, and what the second showed. */
export interface Stretch {
  readonly from_ms: number;
  readonly to_ms: number;
  /** `weak`: what was seen would not do by itself. `missed`: it was not found, but before and after. */
  readonly state: 'sure' | 'weak' | 'missed' | 'vacant';
}

/** Adds the stretch that ends at `to_ms` and drops what the window has left behind. At most 61 buckets remain. */
export function addStretch(buckets: Bucket[], { from_ms, to_ms, state }: Stretch, window_ms: number): void {
  const number = numberOf(to_ms, window_ms);
  let last = buckets.at(-1);
  if (last === undefined || last[0] < number) {
    last = [number, 0, 0, null, 0, 0];
    buckets.push(last);
  }
  const length_ms = to_ms - from_ms;
  last[2] += length_ms;
  if (state !== 'vacant') {
    last[1] += length_ms;
    last[3] ??= from_ms;
  }
  if (state === 'sure' || state === 'weak') last[4] += length_ms;
  if (state === 'sure') last[5] += length_ms;
  while (buckets.length > 0 && (buckets[0]?.[0] ?? number) < number - BUCKETS) buckets.shift();
}

/** Sums of the window, of which nothing may have been dropped yet that it left behind up to `to_ms`. */
export function occupancyOf(
  buckets: readonly Bucket[],
  until?: { readonly to_ms: number; readonly window_ms: number },
): Occupancy {
  const least =
    until === undefined ? Number.NEGATIVE_INFINITY : numberOf(until.to_ms, until.window_ms) - BUCKETS;
  let occupied_ms = 0;
  let observed_ms = 0;
  let seen_ms = 0;
  let sure_ms = 0;
  let first_ms: number | undefined;
  for (const [number, occupied, observed, first, seen, sure] of buckets) {
    if (number < least) continue;
    occupied_ms += occupied;
    observed_ms += observed;
    seen_ms += seen;
    sure_ms += sure;
    if (first !== null) first_ms ??= first;
  }
  return { occupied_ms, observed_ms, seen_ms, sure_ms, first_ms };
}

function numberOf(to_ms: number, window_ms: number): number {
  return Math.floor(to_ms / Math.max(1, window_ms / BUCKETS));
}
