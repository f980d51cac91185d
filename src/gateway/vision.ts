import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Judging } from '../domain/camera.ts';
import type { CameraStatus } from '../domain/camera-status.ts';
import type { LivePicture } from '../domain/live.ts';
import type { Observation, SnapshotObservation, StatusObservation } from '../domain/observation.ts';
import type { FrameSpool } from '../evidence/frame-spool.ts';
import type { ClockSetting } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { StopStack } from '../runtime/stop-stack.ts';
import type { JournalRecord } from '../store/journal.ts';
import { VisionWorkers } from '../vision/worker-pool.ts';
import type { createReaders } from './readers.ts';
import type { Shadows } from './shadows.ts';

/** Folder under the data folder where the cameras' newest streams are. */
export const RING_FOLDER = 'ring';
/** Stills judged in one go before the reader's place is saved. */
const SNAPSHOT_BATCH = 500;
/** A still that fails so often is the still's own fault; the next ones must not wait for it for ever. */
const SNAPSHOT_ATTEMPTS_MAX = 3;

interface VisionParts {
  readonly config: Config;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly spool: FrameSpool;
  readonly onLive: (cameraId: string, picture: LivePicture | undefined) => void;
  readonly accept: (observations: readonly Observation[]) => Promise<void>;
  readonly readers: ReturnType<typeof createReaders>;
  readonly time: ClockSetting;
  readonly shadows: Shadows;
  readonly log: Log;
  readonly stops: StopStack;
}

/** Starts the vision processes, and the reader that has them judge the stills that cameras publish. */
export function startVision({
  config,
  dataDir,
  env,
  spool,
  onLive,
  accept,
  readers,
  time,
  shadows,
  log,
  stops,
}: VisionParts): VisionWorkers {
  const visionLog = log.child({ part: 'vision' });
  const workers = new VisionWorkers({
    workers: config.vision.workers,
    threads: config.vision.threads,
    models: config.vision.models,
    ...(config.vision.shadows.length === 0 ? {} : { shadows: config.vision.shadows }),
    onShadow: (tallies, pairs) => shadows.take(tallies, pairs),
    cameras: config.cameras,
    modelsDir: config.vision.modelsDir,
    allowFiles: config.vision.allowFiles,
    refresh_ms: config.vision.refresh_ms,
    spool,
    ...(config.vision.ring === undefined
      ? {}
      : { ring: { root: join(dataDir, RING_FOLDER), limits: config.vision.ring } }),
    env,
    time,
    onLive,
    onDetections: (observation) => accept([observation]),
    onCameraState: (status) => {
      const { cameraId, state, reason } = status;
      visionLog.info({ cameraId, state, reason }, 'camera');
      const observation = statusOf(status);
      if (observation === undefined) return;
      accept([observation]).catch((error: unknown) =>
        visionLog.error({ err: error, cameraId }, 'the state of a camera could not be journaled'),
      );
    },
    log: visionLog,
    log_level: config.logLevel,
  });
  workers.start();
  stops.push('vision', () => workers.stop());
  readers.start({
    name: 'snapshots',
    batch_max: SNAPSHOT_BATCH,
    apply: createSnapshotJudge(workers, config, accept, visionLog),
  });
  return workers;
}

/** What the stream says of the camera; while it is being opened nobody knows. */
function statusOf({ cameraId, state, reason, cause, at_ms }: CameraStatus): StatusObservation | undefined {
  if (state === 'connecting') return undefined;
  return {
    kind: 'status',
    deviceKind: 'camera',
    deviceId: cameraId,
    at_ms,
    received_ms: at_ms,
    online: state === 'live',
    ...(reason === undefined ? {} : { extra: { reason, ...(cause && { cause }) } }),
  };
}

/** Judges the stills of a batch one after the other; detections that come twice are the same observation. */
function createSnapshotJudge(
  workers: VisionWorkers,
  config: Config,
  accept: VisionParts['accept'],
  log: Log,
): (records: readonly JournalRecord[]) => Promise<void> {
  const attempts = new Map<number, number>();
  return async (records) => {
    for (const { seq, body } of records) {
      if (body.kind !== 'snapshot') continue;
      const judging = config.judgingOf.get(body.deviceId);
      if (judging === undefined) continue;
      try {
        await accept(await workers.inferSnapshot(taskOf(body, judging)));
        attempts.delete(seq);
      } catch (error) {
        const failed = (attempts.get(seq) ?? 0) + 1;
        const vision = workers.stats();
        // While no worker is ready it is not the still that fails.
        if (failed < SNAPSHOT_ATTEMPTS_MAX || !vision.workers.some(({ ready }) => ready)) {
          attempts.set(seq, failed);
          throw error;
        }
        attempts.delete(seq);
        log.warn(
          { err: error, cameraId: body.deviceId, at_ms: body.at_ms },
          'a published still could not be judged',
        );
      }
    }
  };
}

function taskOf({ deviceId, at_ms, received_ms, frame }: SnapshotObservation, judging: Judging) {
  return { deviceId, at_ms, received_ms, frame, ...judging };
}
