/** A number with how much it counts. */
export interface Weighted {
  readonly value: number;
  readonly weight: number;
}

/** The middle of values by their weights; undefined of none. */
export function weightedMedian(values: readonly Weighted[]): number | undefined {
  const sorted = [...values].sort((a, b) => a.value - b.value);
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let sum = 0;
  for (const { value, weight } of sorted) {
    sum += weight;
    if (sum >= half) return value;
  }
  return undefined;
}

/** The value below which a quarter of the samples lies; undefined of none. */
export function lowerQuartile(samples: readonly number[]): number | undefined {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 4)];
}

/** The value, kept within `-most..most`. */
export function atMost(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value));
}

/** How far a station has departed from what is expected of it, followed bin by bin. Plain JSON. */
export interface Departure {
  /** In the unit of the metric; above is positive. */
  offset: number;
  /** What it showed in the last bin that could be judged; null before the first. */
  last: number | null;
  /** Bins since then. */
  unjudged: number;
  /** Bins in a row since it jumped: something is in the air. */
  jumped: number;
  /** Bins in a row in which it was nearer to what is expected than it had been. */
  back: number;
}

/** No departure. */
export function noDeparture(): Departure {
  return { offset: 0, last: null, unjudged: 0, jumped: 0, back: 0 };
}

/** What a sensor may do within a bin. */
export interface DepartureLimits {
  /** Most that a drift adds in a bin. */
  readonly step: number;
  /** More in one bin is a jump, and no drift. */
  readonly width: number;
}

/** Part of what is newly off that is believed in a bin: one odd bin moves little. */
const GAIN = 0.6;
/** Bins without judgement for which the drift may have gone on unseen. */
const UNJUDGED_MAX = 4;
/** Bins in a row that show that the departure is over. */
const BACK_BINS = 2;

/**
 * Follows a departure with what a bin shows, and what was expected of it. A slow change is taken over. A jump away is
 * not, however long it lasts (`jumped` counts it), until it is gone again; a jump back, as after a calibration, is once
 * it was seen twice. It is the station that must jump: what is expected may, when another neighbour is asked.
 */
export function follow(
  departure: Departure,
  shown: number,
  expected: number,
  { step, width }: DepartureLimits,
): void {
  const off = shown - expected;
  const { offset, last } = departure;
  const unseen = Math.min(UNJUDGED_MAX, departure.unjudged);
  const allowed = width + step * unseen;
  const error = off - offset;
  departure.unjudged = 0;
  departure.last = shown;
  const jumpsNow = last !== null && Math.abs(shown - last) > allowed;
  const hasJumped = departure.jumped > 0 || jumpsNow;
  // A drift that is known has gone on behind a plume that is over now.
  const behind = jumpsNow && Math.abs(offset) > width ? step * Math.min(UNJUDGED_MAX, departure.jumped) : 0;
  const isNear = Math.abs(error) <= allowed + behind;
  if (isNear || !hasJumped) {
    departure.offset = offset + atMost(error * GAIN, step * (1 + unseen));
    departure.jumped = 0;
    departure.back = 0;
    return;
  }
  const isBack = Math.abs(off) <= width || (Math.abs(off) < Math.abs(offset) && off * offset > 0);
  departure.back = isBack ? departure.back + 1 : 0;
  departure.jumped += 1;
  if (departure.back < BACK_BINS) return;
  departure.offset = off;
  departure.jumped = 0;
  departure.back = 0;
}
