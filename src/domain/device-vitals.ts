/** What a device's messages tell of itself, apart from what is in them. */
export interface DeviceVitals {
  /** How often it usually says something: the median of the last gaps; absent before there are five. */
  readonly interval_ms?: number;
  /** Its clock less ours, the way of a message included: the median of the last readings; absent before there are five. */
  readonly clockSkew_ms?: number;
  /** Of about the last ten minutes. */
  readonly messages_per_min: number;
}

/** What is kept for {@link DeviceVitals}: bounded, and small enough to be written often. */
export interface VitalsState {
  heard_ms: number;
  /** Beginning of the newest burst: messages within a second are one saying. */
  burst_ms: number;
  gaps_ms: number[];
  skews_ms: number[];
  /** Messages, each counting the less the longer it is ago. */
  weight: number;
}

/** Medians are of so many at most: half of them may be nonsense (an outage, a backlog). */
const KEPT_MAX = 15;
const KEPT_MIN = 5;
const BURST_MS = 1000;
const RATE_SPAN_MS = 600_000;

/**
 * Takes in that a message arrived at `received_ms`, by the gateway's clock; `at_ms` is the time of its newest reading
 * where it has one of its own. Returns the state, made where there is none.
 */
export function noteArrival(
  before: VitalsState | undefined,
  received_ms: number,
  at_ms: number | undefined,
): VitalsState {
  const state = before ?? {
    ...{ heard_ms: received_ms, burst_ms: received_ms, gaps_ms: [], skews_ms: [], weight: 0 },
  };
  // A clock that was set back gives no gap.
  const gap_ms = received_ms - state.burst_ms;
  if (gap_ms >= BURST_MS) push(state.gaps_ms, gap_ms);
  if (gap_ms >= BURST_MS || gap_ms < 0) state.burst_ms = received_ms;
  if (at_ms !== undefined) push(state.skews_ms, at_ms - received_ms);
  state.weight = faded(state, received_ms) + 1;
  state.heard_ms = received_ms;
  return state;
}

/** What the state says at `now_ms`. */
export function vitalsOf(state: VitalsState, now_ms: number): DeviceVitals {
  const interval_ms = medianOf(state.gaps_ms);
  const clockSkew_ms = medianOf(state.skews_ms);
  return {
    messages_per_min: faded(state, now_ms) / (RATE_SPAN_MS / 60_000),
    ...(interval_ms !== undefined && { interval_ms }),
    ...(clockSkew_ms !== undefined && { clockSkew_ms }),
  };
}

function faded({ weight, heard_ms }: VitalsState, now_ms: number): number {
  return weight * Math.exp(-Math.max(0, now_ms - heard_ms) / RATE_SPAN_MS);
}

function push(list: number[], value: number): void {
  list.push(value);
  if (list.length > KEPT_MAX) list.shift();
}

function medianOf(values: readonly number[]): number | undefined {
  if (values.length < KEPT_MIN) return undefined;
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
