import type { Judging } from '../domain/camera.ts';
import type { StoredFrame } from '../domain/camera-status.ts';
import type { VisionObservation } from '../domain/observation.ts';
import { Permits } from '../runtime/permits.ts';
import { type DetectorSet, withFrame } from './detector-set.ts';
import { looksBlind } from './picture-stats.ts';
import type { PictureWatch } from './picture-watch.ts';
import type { RgbFrame } from './preprocess.ts';

/** A frame with the time at which it was read. */
export interface PatrolFrame extends RgbFrame {
  readonly at_ms: number;
  /** The same picture as the camera sent it, in full size. */
  readonly key?: Uint8Array;
}

/** What a patrol needs of a camera. */
export interface PatrolCamera {
  readonly id: string;
  /** Takes the frame that waits, if any. */
  take(): PatrolFrame | undefined;
}

/** What a patrol did with one camera. */
export interface PatrolCounts {
  readonly inferred: number;
  readonly failed: number;
}

/** What a patrol works with. */
export interface PatrolOptions {
  readonly detectors: DetectorSet;
  readonly pictures: PictureWatch;
  readonly judgingOf: (cameraId: string) => Judging;
  /** Stores a frame on which something was found; undefined where that failed. */
  readonly store: (cameraId: string, frame: PatrolFrame) => Promise<StoredFrame | undefined>;
  readonly send: (observations: readonly VisionObservation[], stored: StoredFrame | undefined) => void;
  readonly onFailure: (cameraId: string, model: string, message: string) => void;
  readonly unaccepted_max: number;
}

/**
 * Judges the frames of many cameras one after the other, whoever waited longest first. Nothing queues: while
 * the receiver of the detections is slow, frames stay in their cameras' mailboxes, where newer replace older.
 */
export class Patrol {
  readonly #options: PatrolOptions;
  readonly #permits: Permits;
  /** In the order in which their frames came. */
  readonly #ready = new Set<PatrolCamera>();
  readonly #counts = new Map<string, { inferred: number; failed: number }>();
  #running: Promise<void> | undefined;
  #sent: Promise<void> = Promise.resolve();
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(options: PatrolOptions) {
    this.#options = options;
    this.#permits = new Permits(options.unaccepted_max);
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Lets the frame in hand finish, unless it waits for the receiver. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    this.#permits.give();
    await this.#running;
    await this.#sent;
  }

  /** Says that a frame lies in a camera's mailbox. */
  frameArrived(camera: PatrolCamera): void {
    this.#ready.add(camera);
    this.#wake?.();
  }

  /** Says that the detections sent are accepted. */
  accepted(): void {
    this.#permits.give();
  }

  counts(cameraId: string): PatrolCounts {
    return this.#counts.get(cameraId) ?? { inferred: 0, failed: 0 };
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#someoneReady();
      await this.#permits.take();
      // Taken only now: the newest that there is.
      const used = !this.#stopped && (await this.#judgeNext());
      if (!used) this.#permits.give();
    }
  }

  #someoneReady(): Promise<void> {
    if (this.#ready.size > 0 || this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  /** True where detections are on their way, and with them a permit. */
  async #judgeNext(): Promise<boolean> {
    const camera = this.#ready.values().next().value;
    if (camera === undefined) return false;
    this.#ready.delete(camera);
    const frame = camera.take();
    if (frame === undefined) return false;
    const { detectors, pictures, judgingOf, onFailure } = this.#options;
    const occasion = { deviceId: camera.id, at_ms: frame.at_ms, received_ms: frame.at_ms };
    const { observations, failures } = await detectors.judge(frame, judgingOf(camera.id), occasion);
    const counts = this.#counts.get(camera.id) ?? { inferred: 0, failed: 0 };
    counts.inferred += observations.length > 0 ? 1 : 0;
    counts.failed += failures.length > 0 ? 1 : 0;
    this.#counts.set(camera.id, counts);
    for (const { model, message } of failures) onFailure(camera.id, model, message);
    const picture = pictures.frame(camera.id, frame);
    const seen = picture === undefined ? observations : [picture, ...observations];
    if (seen.length === 0) return false;
    this.#dispatch(camera.id, frame, seen);
    return true;
  }

  /** Stores and sends in the order of the frames, while the next frame is already judged. */
  #dispatch(cameraId: string, frame: PatrolFrame, observations: readonly VisionObservation[]): void {
    const { store, send } = this.#options;
    const found = observations.some(isWorthKeeping);
    const storing = found ? store(cameraId, frame) : Promise.resolve(undefined);
    this.#sent = Promise.all([storing, this.#sent]).then(([stored]) => {
      send(stored === undefined ? observations : withFrame(observations, stored.ref), stored);
    });
  }
}

/** A frame on which something was found, or that looks as if the camera could not see. */
function isWorthKeeping(made: VisionObservation): boolean {
  return made.kind === 'detections' ? made.detections.length > 0 : looksBlind(made.picture);
}
