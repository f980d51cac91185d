/** Parts of the sliding window: its far end is exact to one of them. */
const BUCKETS = 60;

/** One part of the window: its number, occupied and observed milliseconds, and its first occupied instant. */
export type Bucket = [number: number, occupied_ms: number, observed_ms: number, first_ms: number | null];

/** What a window holds at a time. */
export interface Occupancy {
  readonly occupied_ms: number;
  readonly observed_ms: number;
  /** Start of the earliest occupied time in the window; undefined when it was never occupied. */
  readonly first_ms: number | undefined;
}

/** Adds the stretch that ends at `to_ms` and drops what the window has left behind. At most 61 buckets remain. */
export function addStretch(
  buckets: Bucket[],
  stretch: { readonly from_ms: number; readonly to_ms: number; readonly occupied: boolean },
  window_ms: number,
): void {
  const width_ms = Math.max(1, window_ms / BUCKETS);
  const number = Math.floor(stretch.to_ms / width_ms);
  let last = buckets.at(-1);
  if (last === undefined || last[0] < number) {
    last = [number, 0, 0, null];
    buckets.push(last);
  }
  const length_ms = stretch.to_ms - stretch.from_ms;
  last[2] += length_ms;
  if (stretch.occupied) {
    last[1] += length_ms;
    last[3] ??= stretch.from_ms;
  }
  while (buckets.length > 0 && (buckets[0]?.[0] ?? number) < number - BUCKETS) buckets.shift();
}

/** Sums of the window. */
export function occupancyOf(buckets: readonly Bucket[]): Occupancy {
  let occupied_ms = 0;
  let observed_ms = 0;
  let first_ms: number | undefined;
  for (const [, occupied, observed, first] of buckets) {
    occupied_ms += occupied;
    observed_ms += observed;
    if (first !== null) first_ms ??= first;
  }
  return { occupied_ms, observed_ms, first_ms };
}
