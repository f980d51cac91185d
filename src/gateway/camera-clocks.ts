import type { ClockObservation } from '../domain/observation.ts';
import type { OnvifAccess } from '../domain/onvif-access.ts';
import { OnvifAsker } from '../onvif/onvif-asker.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';

interface CameraClocksParts {
  readonly cameras: ReadonlyMap<string, OnvifAccess>;
  /** How often each camera is asked. */
  readonly interval_ms: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly accept: (observations: readonly ClockObservation[]) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** The first questions lie at least so far apart. */
const APART_MS = 250;

/**
 * Asks each camera that has an ONVIF address for its time, now and then, and journals what it says. One that does not
 * answer says nothing of its clock: that it is offline is told by its stream. Gives what ends it.
 */
export function startCameraClocks({
  cameras,
  interval_ms,
  env,
  accept,
  clock,
  log,
}: CameraClocksParts): () => void {
  if (cameras.size === 0) return () => undefined;
  const asker = new OnvifAsker(env);
  const silent = new Set<string>();
  let isStopped = false;
  const timers = new Set<NodeJS.Timeout>();
  const later = (wait_ms: number, cameraId: string, access: OnvifAccess): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      void ask(cameraId, access).finally(() => {
        if (!isStopped) later(interval_ms, cameraId, access);
      });
    }, wait_ms);
    timers.add(timer);
  };
  const ask = async (cameraId: string, access: OnvifAccess): Promise<void> => {
    const answer = await asker.ask('clock', access);
    if (isStopped) return;
    if (!answer.ok) {
      // Once, not at each question.
      if (!silent.has(cameraId))
        log.warn({ cameraId, reason: answer.reason }, 'a camera does not tell its time');
      silent.add(cameraId);
      return;
    }
    silent.delete(cameraId);
    const at_ms = clock();
    const { ahead_ms } = answer.clock;
    await accept([{ kind: 'clock', deviceId: cameraId, at_ms, received_ms: at_ms, ahead_ms }]).catch(
      (error: unknown) => log.error({ err: error, cameraId }, 'the time of a camera could not be journaled'),
    );
  };
  const apart_ms = Math.min(APART_MS, interval_ms / cameras.size);
  let wait_ms = 0;
  for (const [cameraId, access] of cameras) {
    later(wait_ms, cameraId, access);
    wait_ms += apart_ms;
  }
  return () => {
    isStopped = true;
    for (const timer of timers) clearTimeout(timer);
    asker.stop();
  };
}
