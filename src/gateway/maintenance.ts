import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';

/** Rows dropped in one step, so that appends never wait long for it. */
const PRUNE_ROWS_MAX = 2000;
/** Entries whose checksums are looked at in one step, and steps each time: some ten thousand entries a minute. */
const SCRUB_ROWS = 500;
const SCRUB_STEPS = 40;

/** What is kept within its bounds, and how. */
interface MaintenanceParts {
  /** What of the journal may go: entries up to a number that are older than so long. */
  readonly bounds: readonly { readonly upTo: () => number; readonly kept_ms: number }[];
  readonly prune: (seq: number, before_ms: number, rows_max: number) => number;
  /** Checks entries after a number; gives the last one checked, undefined at the end. Throws at damage. */
  readonly scrub: (after: number, limit: number) => number | undefined;
  readonly onDamage: (reason: string) => void;
  readonly pruneSeries: (now_ms: number) => Promise<number>;
  readonly pruneCoverage: (now_ms: number) => number;
  readonly sweepEvidence: () => Promise<unknown>;
  readonly interval_ms: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Prunes the journal and sweeps evidence every so often; returns the way to stop it, which waits for a step at work. */
export function startMaintenance(parts: MaintenanceParts): () => Promise<void> {
  let work: Promise<void> = Promise.resolve();
  let stopped = false;
  let scrubbed = 0;
  let damaged = false;
  // A part of the journal each time, and from the front again: what nobody reads must not rot unseen.
  const scrubSome = async (): Promise<void> => {
    for (let n = 0; n < SCRUB_STEPS && !stopped; n += 1) {
      try {
        const last = parts.scrub(scrubbed, SCRUB_ROWS);
        scrubbed = last ?? 0;
        if (last === undefined) return;
      } catch (error) {
        damaged = true;
        parts.log.error({ err: error }, 'the journal is damaged; a restart repairs it');
        parts.onDamage(error instanceof Error ? error.message : String(error));
        return;
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
  const step = async (): Promise<void> => {
    for (const { upTo, kept_ms } of parts.bounds) {
      const before_ms = parts.clock() - kept_ms;
      while (!stopped && parts.prune(upTo(), before_ms, PRUNE_ROWS_MAX) === PRUNE_ROWS_MAX) {
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    }
    const days = stopped ? 0 : await parts.pruneSeries(parts.clock());
    if (days > 0) parts.log.info({ days }, 'old days of time series dropped');
    if (!stopped) parts.pruneCoverage(parts.clock());
    if (!stopped) await parts.sweepEvidence();
    if (!stopped && !damaged) await scrubSome();
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
