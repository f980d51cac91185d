import type { Judging } from '../domain/camera.ts';
import type { DetectionsObservation } from '../domain/observation.ts';

/** A camera whose videos are judged. */
export interface FilmedCamera {
  readonly id: string;
  readonly judging: Judging;
  /** Event time between two judged frames. */
  readonly patrol_interval_ms: number;
  readonly videos: readonly {
    readonly path: string;
    readonly start_ms: number;
    readonly end_ms: number;
    readonly time_scale: number;
  }[];
}

/** What the judging process is told. */
export type ToJudge =
  | {
      readonly type: 'setup';
      readonly cameras: readonly FilmedCamera[];
      readonly modelsDir: string;
      readonly threads: number;
    }
  /** One of its messages was taken in. */
  | { readonly type: 'accepted' };

/** What it says: frames in the order of their event times, then that it is done; or what went wrong. */
export type FromJudge =
  | {
      readonly type: 'judged';
      readonly at_ms: number;
      readonly observations: readonly DetectionsObservation[];
    }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly reason: string };

/** Frames that may be on their way to whoever asked. */
export const UNACCEPTED_MAX = 64;
