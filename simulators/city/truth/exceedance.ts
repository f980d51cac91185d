/** A limit and the value below which an exceedance of it is over. */
export interface Limit {
  readonly limit: number;
  readonly clear: number;
}

/** A true series and what is asked of it. */
interface SeriesQuestion {
  readonly valueAt: (at_ms: number) => number;
  readonly limitAt: (at_ms: number) => Limit;
  /** Levels in dB are averaged as energy. */
  readonly isEnergy: boolean;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly step_ms: number;
  readonly window_ms: number;
}

/** A stretch in which the mean over the window was above its limit, or nearly so. */
export interface Exceedance {
  /** When the values began to be above it. */
  readonly from_ms: number;
  /** When the mean rose above it. */
  readonly crossed_ms: number;
  /** When the mean was below the clear value again, or the end of the series. */
  readonly to_ms: number;
  readonly peak: number;
  readonly limit: number;
  /** False where it came near only. */
  readonly isAbove: boolean;
}

/** A mean says something once so much of its window is there. */
const FULL_SHARE = 0.75;
/** From this share of the limit on a mean counts as near it; of dB, so many below. */
const NEAR = { share: 0.95, dB: 0.7 };

/** Means of a true series over a sliding window, held against a limit. A window never mixes two limits. */
export function exceedances(question: SeriesQuestion): Exceedance[] {
  const { valueAt, limitAt, isEnergy, from_ms, to_ms, step_ms, window_ms } = question;
  const found: Exceedance[] = [];
  const window = createWindow(window_ms, step_ms, isEnergy);
  let open: Exceedance | undefined;
  let before: number | undefined;
  const close = (at_ms: number): void => {
    if (open !== undefined) found.push({ ...open, to_ms: at_ms });
    open = undefined;
  };
  for (let at_ms = from_ms; at_ms < to_ms; at_ms += step_ms) {
    const { limit, clear } = limitAt(at_ms);
    if (before !== undefined && limit !== before) {
      close(at_ms);
      window.clear();
    }
    before = limit;
    window.add(at_ms, valueAt(at_ms));
    const mean = window.mean();
    if (mean === undefined) continue;
    const near = isEnergy ? limit - NEAR.dB : limit * NEAR.share;
    const isAbove = mean > limit;
    if (open === undefined && mean > near) {
      const begun = window.firstAbove_ms(limit) ?? at_ms;
      open = { from_ms: begun, crossed_ms: at_ms, to_ms: at_ms, peak: mean, limit, isAbove };
    } else if (open !== undefined) {
      const crossed_ms = open.isAbove || !isAbove ? open.crossed_ms : at_ms;
      open = { ...open, crossed_ms, peak: Math.max(open.peak, mean), isAbove: open.isAbove || isAbove };
      if (mean < Math.min(clear, near)) close(at_ms);
    }
  }
  close(to_ms);
  return found;
}

function createWindow(window_ms: number, step_ms: number, isEnergy: boolean) {
  const full = (FULL_SHARE * window_ms) / step_ms;
  let samples: { readonly at_ms: number; readonly value: number }[] = [];
  let sum = 0;
  const weight = (value: number): number => (isEnergy ? 10 ** (value / 10) : value);
  return {
    add: (at_ms: number, value: number): void => {
      samples.push({ at_ms, value });
      sum += weight(value);
      while ((samples[0]?.at_ms ?? at_ms) <= at_ms - window_ms) sum -= weight(samples.shift()?.value ?? 0);
    },
    clear: (): void => {
      samples = [];
      sum = 0;
    },
    mean: (): number | undefined => {
      if (samples.length < full) return undefined;
      const mean = sum / samples.length;
      return isEnergy ? 10 * Math.log10(mean) : mean;
    },
    firstAbove_ms: (limit: number): number | undefined => samples.find(({ value }) => value > limit)?.at_ms,
  };
}
