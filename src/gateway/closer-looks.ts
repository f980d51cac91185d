import type { Config } from '../config/config.ts';
import type { Suspicion } from '../domain/focus.ts';
import { hasPrivateStream } from '../domain/picture-mask.ts';
import type { Clock } from '../runtime/clock.ts';
import type { StopStack } from '../runtime/stop-stack.ts';
import type { VisionWorkers } from '../vision/worker-pool.ts';
import { type FocusParts, type FocusStats, startFocus } from './focus.ts';
import { SuspicionHolds } from './suspicion-holds.ts';

type Vision = Pick<VisionWorkers, 'hold' | 'release' | 'lookClosely'>;

/** Closer looks of a gateway; rules are there before the vision processes are. */
export interface CloserLooks {
  /** True for cameras whose stream is kept; of one with privacy masks it is not. */
  readonly filmed: (cameraId: string) => boolean;
  readonly suspect: (suspicion: Suspicion) => void;
  start(
    vision: Vision,
    parts: Omit<FocusParts, 'lookClosely' | 'config' | 'clock'>,
    interval_ms: number,
    stops: StopStack,
  ): void;
  stats(): { readonly holds: ReturnType<SuspicionHolds['stats']>; readonly looks: FocusStats };
}

const NO_LOOKS: FocusStats = { somebody: 0, nobody: 0, unfilmed: 0, failed: 0, dropped: 0 };

/** Connects suspicions with the rings that are to hold their time, and incidents with the looks at it. */
export function createCloserLooks(config: Config, clock: Clock): CloserLooks {
  const { ring, focus } = config.vision;
  const kept = config.cameras.filter((camera) => !hasPrivateStream(camera));
  const streams = new Set(ring === undefined || focus === undefined ? [] : kept.map(({ id }) => id));
  let vision: Vision | undefined;
  let looks: FocusStats = NO_LOOKS;
  const holds =
    ring === undefined || focus === undefined
      ? undefined
      : new SuspicionHolds(
          { ...focus, ring_ms: ring.ring_ms },
          {
            hold: (...hold) => vision?.hold(...hold),
            release: (...hold) => vision?.release(...hold),
          },
        );
  return {
    filmed: (cameraId) => streams.has(cameraId),
    suspect: (suspicion) => {
      if (streams.has(suspicion.deviceId)) holds?.suspect(suspicion, clock());
    },
    start: (started, parts, interval_ms, stops) => {
      vision = started;
      if (streams.size === 0) return;
      const lookClosely: FocusParts['lookClosely'] = (task) => started.lookClosely(task);
      const running = startFocus({ ...parts, config, clock, lookClosely }, interval_ms);
      looks = running.stats;
      stops.push('closer looks', running.stop);
    },
    stats: () => ({ holds: holds?.stats() ?? { held: 0, begun: 0, replaced: 0 }, looks }),
  };
}
