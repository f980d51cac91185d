import type { CoverageCause } from './coverage.ts';
import type { FrameRef } from './observation.ts';

/** `stalled`: opened, but no frame comes; `failed`: not opened, or it ended. Both are retried. */
export type CameraState = 'connecting' | 'live' | 'stalled' | 'failed';

/** A camera's state as people are shown it; `reason` never holds credentials. */
export interface CameraStatus {
  readonly cameraId: string;
  readonly state: CameraState;
  readonly reason?: string;
  /** Why it does not watch, where that is not the camera's own doing. */
  readonly cause?: CoverageCause;
  /** Since when, in epoch milliseconds. */
  readonly at_ms: number;
}

/** What a camera has done since it was started. */
export interface CameraCounts {
  readonly decoded: number;
  /** Frames that a newer one replaced before anybody took them. */
  readonly dropped: number;
  /** How often its stream was opened. */
  readonly opened: number;
  readonly lastFrame_ms?: number;
}

/** A frame that was kept, and its size on disk. */
export interface StoredFrame {
  readonly ref: FrameRef;
  readonly bytes: number;
}
