/** How values are spread. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly max: number;
}

/** Median, 90th percentile and maximum by nearest rank; null where there are no values. */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = [...values].sort((a, b) => a - b);
  const max = sorted.at(-1);
  if (max === undefined) return null;
  const rank = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? max;
  return { count: sorted.length, p50: rank(0.5), p90: rank(0.9), max };
}

/** part / whole, null where there is no whole. */
export function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
