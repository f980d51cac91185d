import type { CameraSource } from '../domain/camera.ts';
import type { CameraStatus, StoredFrame } from '../domain/camera-status.ts';
import type { LivePicture } from '../domain/live.ts';
import type { VisionObservation } from '../domain/observation.ts';
import type { ShadowPair, ShadowTally } from '../domain/shadow.ts';
import type { BackoffLimits } from '../runtime/backoff.ts';
import type { ClockSetting } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { CameraTotals } from './camera-tally.ts';
import type { PoisonLimits } from './poison-watch.ts';
import type { WorkerLimits } from './worker-process.ts';
import type { WorkerSetup } from './worker-protocol.ts';

/** What the gateway gives to its vision processes. */
export interface VisionOptions {
  readonly workers: number;
  readonly threads: number;
  readonly models?: WorkerSetup['models'];
  readonly shadows?: WorkerSetup['shadows'];
  /** Told of what detectors in shadow were compared to be. */
  readonly onShadow?: (tallies: readonly ShadowTally[], pairs: readonly ShadowPair[]) => void;
  readonly cameras: readonly CameraSource[];
  readonly modelsDir: string;
  readonly allowFiles: boolean;
  readonly spool: {
    readonly root: string;
    /** Told of each frame that a worker stored. */
    account(stored: StoredFrame): Promise<void>;
  };
  readonly ring?: WorkerSetup['ring'];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The clock by which frames are stamped. */
  readonly time: ClockSetting;
  /** Resolves when the detections are safe; until then the worker sends at most a few more. */
  readonly onDetections: (observation: VisionObservation) => Promise<void>;
  readonly onCameraState: (status: CameraStatus) => void;
  /** Gets the streams of the cameras that are watched; without a picture one is broken off. */
  readonly onLive?: (cameraId: string, picture: LivePicture | undefined) => void;
  readonly log: Log;
  /** A frame is judged at least this often, changed or not. */
  readonly refresh_ms?: number;
  /** Scheduling priority of vision, 0 to 19. */
  readonly nice?: number;
  readonly log_level?: string;
  readonly limits?: Partial<WorkerLimits>;
  /** When a camera is set aside for what becomes of its processes, and for how long. */
  readonly poison?: PoisonLimits;
  /** A process of suspects that lives so long has shown that they are harmless. */
  readonly trial_ms?: number;
  /** Delays of replacing a worker that ended. */
  readonly restart?: BackoffLimits;
  /** Delays of opening a camera again. */
  readonly reopen?: BackoffLimits;
}

/** One vision process as it is now. */
export interface WorkerStats {
  readonly worker: number;
  readonly pid?: number;
  readonly ready: boolean;
  readonly restarts: number;
  readonly cameras: readonly string[];
}

/** Vision as a whole, for metrics and health. */
export interface VisionStats {
  readonly workers: readonly WorkerStats[];
  /** Processes beside them, in which suspects are tried. */
  readonly trials: readonly { readonly pid?: number; readonly cameras: readonly string[] }[];
  readonly cameras: readonly CameraTotals[];
  /** Cameras that ended each process that they were in, and wait. */
  readonly setAside: readonly string[];
  /** Why a detector cannot be used, by its name. */
  readonly modelErrors: Readonly<Record<string, string>>;
}
