/** Rounds to so many decimals, so that figures in incidents read well and compare equal. */
export function round(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}

/** A severity from arithmetic on severities. */
export function clampSeverity(value: number): 1 | 2 | 3 | 4 {
  if (value <= 1) return 1;
  if (value >= 4) return 4;
  return value < 3 ? 2 : 3;
}
