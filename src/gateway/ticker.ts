import { GATEWAY_DEVICE_ID, type Observation } from '../domain/observation.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';

/** What the ticker works with. */
interface TickerParts {
  readonly accept: (observations: readonly Observation[]) => Promise<void>;
  readonly interval_ms: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Lets the gateway's clock enter the journal, one tick at a time; returns the way to stop it. */
export function startTicker({ accept, interval_ms, clock, log }: TickerParts): () => void {
  let writing = false;
  let told_ms: number | undefined;
  const timer = setInterval(() => {
    // A journal that is slow gets no pile of ticks on top.
    if (writing) return;
    const now_ms = clock();
    // A clock that stands still has nothing to tell.
    if (now_ms === told_ms) return;
    writing = true;
    told_ms = now_ms;
    accept([{ kind: 'tick', deviceId: GATEWAY_DEVICE_ID, at_ms: now_ms, received_ms: now_ms }])
      .catch((error: unknown) => log.error({ err: error }, 'tick could not be journaled'))
      .finally(() => {
        writing = false;
      });
  }, interval_ms);
  return () => clearInterval(timer);
}
