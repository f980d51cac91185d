import type { RecordingManifest } from '../domain/recording.ts';
import { isoTime } from '../domain/time.ts';
import type { ReplayProgress } from './replay.ts';

const INTERVAL_MS = 200;
const BAR_CELLS = 24;

/** A line that is written over and over: how far, which moment, how fast. Nothing without a terminal. */
export function createProgress(
  { from_ms, to_ms }: RecordingManifest,
  status: ((text: string) => void) | undefined,
): { readonly show: (progress: ReplayProgress) => void; readonly clear: () => void } {
  if (status === undefined) return { show: () => undefined, clear: () => undefined };
  const started_ms = performance.now();
  let shown_ms = Number.NEGATIVE_INFINITY;
  return {
    show: ({ event_ms, observations }) => {
      const now_ms = performance.now();
      if (now_ms - shown_ms < INTERVAL_MS) return;
      shown_ms = now_ms;
      const done = Math.min(1, Math.max(0, (event_ms - from_ms) / Math.max(1, to_ms - from_ms)));
      const speed = (event_ms - from_ms) / Math.max(1, now_ms - started_ms);
      const bar = '█'.repeat(Math.round(done * BAR_CELLS)).padEnd(BAR_CELLS, '░');
      const moment = isoTime(event_ms).slice(0, 19);
      status(
        `${bar} ${Math.floor(done * 100)} %  ${moment}Z  ${speed.toFixed(speed < 10 ? 1 : 0)}×  ${observations} observations`,
      );
    },
    clear: () => status(''),
  };
}
