/** Bounds of a retry delay. */
export interface BackoffLimits {
  readonly first_ms: number;
  readonly max_ms: number;
}

/**
 * Delay before retry number `attempt` (from 0): doubles up to the limit, then a random half is taken off so
 * that many clients of one failed server do not return in step. `random` gives 0..1.
 */
export function backoff_ms(attempt: number, limits: BackoffLimits, random: () => number): number {
  const full_ms = Math.min(limits.max_ms, limits.first_ms * 2 ** Math.min(attempt, 30));
  return Math.round(full_ms * (0.5 + 0.5 * random()));
}

/** Resolves after `delay_ms`, or at once when `signal` aborts; never rejects. */
export function pause(delay_ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, delay_ms);
    signal.addEventListener('abort', finish, { once: true });
  });
}
