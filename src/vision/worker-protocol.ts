import type { CameraSource, Judging } from '../domain/camera.ts';
import type { CameraCounts, CameraStatus, StoredFrame } from '../domain/camera-status.ts';
import type { FocusAim } from '../domain/focus.ts';
import type { LivePicture } from '../domain/live.ts';
import type { ModelExecutions } from '../domain/model-execution.ts';
import type { Detection, FrameRef, VisionObservation } from '../domain/observation.ts';
import type { RingLimits } from '../domain/ring.ts';
import type { ShadowPair, ShadowSetting, ShadowTally } from '../domain/shadow.ts';
import type { ClockSetting } from '../runtime/clock.ts';
import type { SeenActor } from './focus-actors.ts';

/** Exit code of a worker that could not start for want of something that no camera is to blame for. */
export const EXIT_CANNOT_START = 2;

/** What a worker process is told at its start. Sent as a message, since URLs may carry passwords. */
export interface WorkerSetup {
  readonly cameras: readonly CameraSource[];
  readonly modelsDir: string;
  readonly spoolRoot: string;
  /** Threads of one inference. */
  readonly threads: number;
  /** Detectors that run next to others, to be compared. */
  readonly shadows?: readonly ShadowSetting[];
  /** Detectors that run on something of their own. */
  readonly models?: ModelExecutions;
  readonly allowFiles: boolean;
  readonly frame_bytes_max: number;
  /** Scheduling priority of the worker and its decoders, 0 to 19; so that telemetry is never starved. */
  readonly nice: number;
  readonly log_level: string;
  readonly time: ClockSetting;
  /** A frame is judged at least this often, whether or not its zones have changed. */
  readonly refresh_ms: number;
  /** Detections sent and not yet accepted; at this bound frames are dropped, newest wins. */
  readonly unaccepted_max: number;
  /** Where the cameras' streams are kept, each in a folder with its camera's id; absent: not at all. */
  readonly ring?: { readonly root: string; readonly limits: RingLimits };
  readonly reopen: { readonly first_ms: number; readonly max_ms: number };
}

/** A still that a camera published itself, to be judged by detectors. */
export interface SnapshotTask extends Judging {
  readonly deviceId: string;
  readonly at_ms: number;
  readonly received_ms: number;
  readonly frame: FrameRef;
  /** In the place of the spooled frame: a picture that is judged and nothing else. */
  readonly jpeg?: Uint8Array;
}

/** A closer look at a time of a camera's film, with the camera's detectors. */
export interface FocusTask extends Judging {
  readonly deviceId: string;
  readonly from_ms: number;
  readonly to_ms: number;
  /** One frame in so much time (event time); 0: every frame. */
  readonly every_ms: number;
  readonly aim: FocusAim;
  /** Then it is broken off, with what was seen until then. */
  readonly budget_ms: number;
  /** A recorded video in place of the camera's ring. */
  readonly film?: { readonly path: string; readonly start_ms: number; readonly time_scale: number };
}

/** A picture that a closer look has stored. */
export interface FocusPicture {
  readonly at_ms: number;
  readonly stored: StoredFrame;
  readonly detections: readonly Detection[];
}

/** What a closer look has shown. */
export interface FocusAnswer {
  /** Of the first and last frame that were judged. */
  readonly first_ms: number;
  readonly last_ms: number;
  readonly frames: number;
  readonly models: readonly { readonly id: string; readonly sha256: string }[];
  readonly actors: readonly SeenActor[];
  readonly best?: FocusPicture;
  readonly plateRegion?: FocusPicture;
}

/** A camera's newest frame. */
export interface LatestFrame {
  readonly jpeg: Uint8Array;
  readonly at_ms: number;
}

/** A detector of a worker: loaded, or why it is not, or why not on what it should run on. */
export interface ModelState {
  readonly name: string;
  readonly error?: string;
  readonly fallback?: string;
}

/** What a worker has done with one camera. */
export interface WorkerCameraCounts extends CameraCounts {
  readonly cameraId: string;
  readonly inferred: number;
  /** Frames on which nothing had changed since the last one that was judged. */
  readonly unchanged: number;
  /** Frames on which a detector failed. */
  readonly failed: number;
}

/** Messages of the gateway to a worker. */
export type ToWorker =
  | { readonly type: 'setup'; readonly setup: WorkerSetup }
  | { readonly type: 'open'; readonly camera: CameraSource }
  /** Answered with `closed` once its stream and files are let go. */
  | { readonly type: 'close'; readonly cameraId: string }
  /** The detections with this id are in the journal, or given up. */
  | { readonly type: 'accepted'; readonly id: number }
  | { readonly type: 'frame'; readonly id: number; readonly cameraId: string }
  | { readonly type: 'snapshot'; readonly id: number; readonly task: SnapshotTask }
  | { readonly type: 'focus'; readonly id: number; readonly task: FocusTask }
  /** Keeps what its ring has of this time, and will have, until it is released by where it begins. */
  | { readonly type: 'hold'; readonly cameraId: string; readonly from_ms: number; readonly to_ms: number }
  | { readonly type: 'release'; readonly cameraId: string; readonly from_ms: number }
  /** Begins or ends to send a camera's stream. */
  | { readonly type: 'watch'; readonly cameraId: string; readonly isWatched: boolean }
  | { readonly type: 'stop' };

/** Messages of a worker to the gateway. */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'closed'; readonly cameraId: string }
  | { readonly type: 'model'; readonly model: ModelState }
  | { readonly type: 'heartbeat'; readonly cameras: readonly WorkerCameraCounts[] }
  | { readonly type: 'status'; readonly status: CameraStatus }
  | {
      readonly type: 'detections';
      readonly id: number;
      readonly observations: readonly VisionObservation[];
      readonly stored?: StoredFrame;
    }
  | { readonly type: 'frame'; readonly id: number; readonly frame?: LatestFrame }
  | {
      readonly type: 'snapshot';
      readonly id: number;
      readonly observations?: readonly VisionObservation[];
      readonly error?: string;
    }
  /** What detectors in shadow were compared to be since the last time. */
  | {
      readonly type: 'shadow';
      readonly tallies: readonly ShadowTally[];
      readonly pairs: readonly ShadowPair[];
    }
  /** Without answer and error: there is no film of that time. */
  | {
      readonly type: 'focus';
      readonly id: number;
      readonly answer?: FocusAnswer;
      readonly error?: string;
    }
  /** Of a camera that is watched; without a picture its stream is broken off. */
  | { readonly type: 'live'; readonly cameraId: string; readonly picture?: LivePicture }
  /** A line of the worker's log, as JSON. */
  | { readonly type: 'log'; readonly line: string };
