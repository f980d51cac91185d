import type { OnvifAccess } from '../domain/onvif-access.ts';

/** What the gateway wants to know: only the time, or everything that an installer needs. */
export type OnvifAsk = 'clock' | 'description';

/** A question on its way to the asking process. */
export interface OnvifQuestion {
  readonly id: number;
  readonly ask: OnvifAsk;
  readonly access: OnvifAccess;
  /** For the whole of it, with every request that it needs. */
  readonly timeout_ms: number;
}

/** A camera's clock against ours. */
export interface CameraClock {
  /** Its time less ours; ONVIF tells whole seconds, of which the middle is taken. */
  readonly ahead_ms: number;
}

/** A stream that a camera offers. */
export interface CameraProfile {
  readonly name: string;
  readonly token: string;
  readonly codec?: string;
  readonly width_px?: number;
  readonly height_px?: number;
  readonly fps?: number;
  readonly streamUri?: string;
  readonly snapshotUri?: string;
}

/** What a camera says of itself. Every text is the camera's own: bounded, and without control characters. */
export interface CameraDescription {
  readonly clock: CameraClock;
  readonly manufacturer?: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly serial?: string;
  readonly profiles: readonly CameraProfile[];
}

/** What became of a question. */
export type OnvifAnswer =
  | {
      readonly id: number;
      readonly ok: true;
      readonly clock: CameraClock;
      readonly description?: CameraDescription;
    }
  | { readonly id: number; readonly ok: false; readonly reason: string };
