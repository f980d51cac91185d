import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';

/** Rows dropped in one step, so that appends never wait long for it. */
const PRUNE_ROWS_MAX = 2000;

/** What is kept within its bounds, and how. */
interface MaintenanceParts {
  /** Newest sequence number that every reader has passed. */
  readonly passedByAll: () => number;
  readonly prune: (seq: number, before_ms: number, rows_max: number) => number;
  readonly retention_ms: number;
  readonly sweepEvidence: () => Promise<unknown>;
  readonly interval_ms: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Prunes the journal and sweeps evidence every so often; returns the way to stop it, which waits for a step at work. */
export function startMaintenance(parts: MaintenanceParts): () => Promise<void> {
  let work: Promise<void> = Promise.resolve();
  let stopped = false;
  const step = async (): Promise<void> => {
    const before_ms = parts.clock() - parts.retention_ms;
    while (!stopped && parts.prune(parts.passedByAll(), before_ms, PRUNE_ROWS_MAX) === PRUNE_ROWS_MAX) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    if (!stopped) await parts.sweepEvidence();
  };
  const timer = setInterval(() => {
    work = work.then(step).catch((error: unknown) => parts.log.error({ err: error }, 'maintenance failed'));
  }, parts.interval_ms);
  return async () => {
    stopped = true;
    clearInterval(timer);
    await work;
  };
}
