/** Statistics that a window can give. */
export type Statistic = 'mean' | 'energy-mean' | 'max';

/** A sliding window of valid samples in the order of their time. Plain JSON. */
export interface SampleWindow {
  at_ms: number[];
  values: number[];
  /** Samples before this index have left the window. */
  head: number;
  /** Sum of the values, or of their energies. */
  sum: number;
  /** How many expected intervals have a sample. */
  slots: number;
}

/** Samples kept; a station that sends more often than so many in a window is judged on the newest. */
const SAMPLES_MAX = 20_000;

/** A window without samples. */
export function emptyWindow(): SampleWindow {
  return { at_ms: [], values: [], head: 0, sum: 0, slots: 0 };
}

/** Number of samples in the window. */
export function sampleCount(window: SampleWindow): number {
  return window.at_ms.length - window.head;
}

/** Adds a sample; samples come in the order of their time. */
export function addSample(
  window: SampleWindow,
  at_ms: number,
  value: number,
  statistic: Statistic,
  interval_ms: number,
): void {
  const previous_ms = sampleCount(window) === 0 ? undefined : window.at_ms.at(-1);
  if (previous_ms === undefined || slotOf(previous_ms, interval_ms) !== slotOf(at_ms, interval_ms)) {
    window.slots += 1;
  }
  window.at_ms.push(at_ms);
  window.values.push(value);
  window.sum += weigh(value, statistic);
  if (sampleCount(window) > SAMPLES_MAX) dropFirst(window, statistic, interval_ms);
}

/** Drops what is not newer than `until_ms`. */
export function dropUntil(
  window: SampleWindow,
  until_ms: number,
  statistic: Statistic,
  interval_ms: number,
): void {
  while (sampleCount(window) > 0 && (window.at_ms[window.head] ?? 0) <= until_ms) {
    dropFirst(window, statistic, interval_ms);
  }
  if (window.head > 32 && window.head * 2 > window.at_ms.length) {
    window.at_ms = window.at_ms.slice(window.head);
    window.values = window.values.slice(window.head);
    window.head = 0;
    // A running sum gathers rounding errors; here it is made exact again.
    window.sum = window.values.reduce((sum, value) => sum + weigh(value, statistic), 0);
  }
}

/** The statistic of the window; undefined while it is empty. */
export function statisticOf(window: SampleWindow, statistic: Statistic): number | undefined {
  const count = sampleCount(window);
  if (count === 0) return undefined;
  if (statistic === 'mean') return window.sum / count;
  if (statistic === 'energy-mean') return 10 * Math.log10(Math.max(window.sum, 1e-30) / count);
  let max = Number.NEGATIVE_INFINITY;
  for (let i = window.head; i < window.values.length; i += 1) max = Math.max(max, window.values[i] ?? max);
  return max;
}

/** Share (0..1) of the expected intervals of the window that have a sample. */
export function validShare(window: SampleWindow, window_ms: number, interval_ms: number): number {
  return Math.min(1, window.slots / Math.max(1, Math.round(window_ms / interval_ms)));
}

function dropFirst(window: SampleWindow, statistic: Statistic, interval_ms: number): void {
  const at_ms = window.at_ms[window.head] ?? 0;
  window.sum -= weigh(window.values[window.head] ?? 0, statistic);
  window.head += 1;
  const next_ms = window.at_ms[window.head];
  if (next_ms === undefined || slotOf(next_ms, interval_ms) !== slotOf(at_ms, interval_ms)) window.slots -= 1;
  if (sampleCount(window) === 0) Object.assign(window, emptyWindow());
}

/** Sound levels are averaged as energies. */
function weigh(value: number, statistic: Statistic): number {
  return statistic === 'energy-mean' ? 10 ** (value / 10) : value;
}

function slotOf(at_ms: number, interval_ms: number): number {
  return Math.floor(at_ms / interval_ms);
}
