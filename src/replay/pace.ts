/** 60 is an hour in a minute; infinity as fast as it goes. */
export interface Pace {
  readonly speed: number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly sleep: (duration_ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Sleeps are no longer than this, so that a late observation does not keep what is due already. */
const SLEEP_MAX_MS = 1000;

/**
 * Hands out batches when they are due, cut where the rest is not due yet. What comes out in which order is the
 * same at every speed; only the cuts differ. Ends early when the signal aborts.
 */
export async function* paced<T extends { readonly observation: { readonly received_ms: number } }>(
  batches: AsyncIterable<readonly T[]>,
  { speed, clock, sleep, signal }: Pace,
): AsyncGenerator<readonly T[]> {
  let start: { readonly wall_ms: number; readonly event_ms: number } | undefined;
  for await (const batch of batches) {
    if (signal.aborted) return;
    if (!Number.isFinite(speed)) {
      yield batch;
      continue;
    }
    const first = batch[0];
    if (first === undefined) continue;
    start ??= { wall_ms: clock(), event_ms: first.observation.received_ms };
    const { wall_ms, event_ms } = start;
    for (let from = 0; from < batch.length; ) {
      const now_ms = event_ms + (clock() - wall_ms) * speed;
      const to = dueEnd(batch, from, now_ms);
      if (to > from) yield batch.slice(from, to);
      else {
        const next_ms = batch[from]?.observation.received_ms ?? now_ms;
        await sleep(Math.min(SLEEP_MAX_MS, (next_ms - now_ms) / speed), signal);
      }
      if (signal.aborted) return;
      from = to;
    }
  }
}

function dueEnd(
  batch: readonly { readonly observation: { readonly received_ms: number } }[],
  from: number,
  now_ms: number,
): number {
  let to = from;
  while (to < batch.length && (batch[to]?.observation.received_ms ?? 0) <= now_ms) to += 1;
  return to;
}
