import type { Judging } from '../domain/camera.ts';
import type { StoredFrame } from '../domain/camera-status.ts';
import type { DetectionsObservation, VisionObservation } from '../domain/observation.ts';
import type { PictureMask } from '../domain/picture-mask.ts';
import { Permits } from '../runtime/permits.ts';
import type { ChangeGate } from './change-gate.ts';
import { type DetectorSet, withFrame } from './detector-set.ts';
import { PatrolTurns } from './patrol-turns.ts';
import { looksBlind } from './picture-stats.ts';
import type { PictureWatch } from './picture-watch.ts';
import type { RgbFrame } from './preprocess.ts';
import type { ShadowRunner } from './shadow-runner.ts';
import type { ZoneLook } from './zone-change.ts';

/** A frame with the time at which it was read. */
export interface PatrolFrame extends RgbFrame {
  readonly at_ms: number;
  /** The same picture as the camera sent it, in full size. */
  readonly key?: Uint8Array;
  /** What is to be blacked out in that, where there is something. */
  readonly mask?: PictureMask;
  /** Frames of its camera that were due before it and are lost, since nobody was free for them. */
  readonly skipped?: number;
}

/** What a patrol needs of a camera. */
export interface PatrolCamera {
  readonly id: string;
  /** Takes the frame that waits, if any. */
  take(): PatrolFrame | undefined;
  /** Time of the frame that waits, if any. */
  readonly waiting_ms?: number | undefined;
}

/** What a patrol did with one camera. */
export interface PatrolCounts {
  readonly inferred: number;
  readonly unchanged: number;
  readonly failed: number;
}

/** What a patrol works with. */
export interface PatrolOptions {
  readonly detectors: DetectorSet;
  readonly gate: ChangeGate;
  readonly pictures: PictureWatch;
  readonly judgingOf: (cameraId: string) => Judging;
  /** Stores a frame on which something was found; undefined where that failed. */
  readonly store: (cameraId: string, frame: PatrolFrame) => Promise<StoredFrame | undefined>;
  readonly send: (observations: readonly VisionObservation[], stored: StoredFrame | undefined) => void;
  readonly onFailure: (cameraId: string, model: string, message: string) => void;
  readonly unaccepted_max: number;
  /** Detectors that are being tried, on what is left of the time. */
  readonly shadows?: Pick<ShadowRunner, 'offer' | 'repeat' | 'step'> | undefined;
}

/**
 * Judges the frames of many cameras one after the other, whose turn it is ({@link PatrolTurns}). Nothing queues: while
 * the receiver of the detections is slow, frames stay in their cameras' mailboxes, where newer replace older.
 */
export class Patrol {
  readonly #options: PatrolOptions;
  readonly #permits: Permits;
  readonly #turns = new PatrolTurns<PatrolCamera>();
  readonly #counts = new Map<string, { inferred: number; unchanged: number; failed: number }>();
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
    this.#turns.arrived(camera);
    this.#wake?.();
  }

  /** Says that the detections sent are accepted. */
  accepted(): void {
    this.#permits.give();
  }

  /** Forgets a camera that has gone elsewhere. */
  forget(cameraId: string): void {
    this.#turns.forget(cameraId);
    this.#counts.delete(cameraId);
    this.#options.gate.forget(cameraId);
  }

  counts(cameraId: string): PatrolCounts {
    return this.#counts.get(cameraId) ?? { inferred: 0, unchanged: 0, failed: 0 };
  }

  async #run(): Promise<void> {
    const { shadows } = this.#options;
    while (!this.#stopped) {
      if (this.#turns.isEmpty && shadows !== undefined && (await shadows.step())) continue;
      await this.#someoneReady();
      await this.#permits.take();
      // Taken only now: the newest that there is.
      const used = !this.#stopped && (await this.#judgeNext());
      if (!used) this.#permits.give();
    }
  }

  #someoneReady(): Promise<void> {
    if (!this.#turns.isEmpty || this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  /** True where detections are on their way, and with them a permit. */
  async #judgeNext(): Promise<boolean> {
    const camera = this.#turns.next(({ id, waiting_ms }) =>
      this.#options.gate.isSuspicious(id, waiting_ms ?? 0),
    );
    if (camera === undefined) return false;
    const frame = camera.take();
    if (frame === undefined) return false;
    const { gate, pictures } = this.#options;
    const look = gate.look(camera.id, frame);
    const repeated = gate.repeat(camera.id, look, frame.at_ms);
    const counts = this.#countsOf(camera.id);
    if (repeated !== undefined) {
      counts.unchanged += 1;
      this.#options.shadows?.repeat(camera.id, repeated);
    }
    const foundBefore = gate.foundBefore(camera.id);
    const observations = withSkipped(repeated ?? (await this.#judge(camera.id, frame, look)), frame.skipped);
    const picture = pictures.frame(camera.id, frame);
    const seen = picture === undefined ? observations : [picture, ...observations];
    if (seen.length === 0) return false;
    // A picture of what is there, one of the place after it has gone, and one that shows why nothing is seen.
    const isNews = repeated === undefined && (foundBefore || hasFound(observations));
    const isKept = isNews || (picture !== undefined && looksBlind(picture.picture));
    this.#dispatch(camera.id, frame, seen, isKept);
    return true;
  }

  async #judge(cameraId: string, frame: PatrolFrame, look: ZoneLook): Promise<DetectionsObservation[]> {
    const { detectors, gate, judgingOf, onFailure } = this.#options;
    const { at_ms } = frame;
    const occasion = { deviceId: cameraId, at_ms, received_ms: at_ms };
    const { observations, failures } = await detectors.judge(frame, judgingOf(cameraId), occasion);
    gate.judged(cameraId, look, at_ms, observations, failures.length > 0);
    this.#options.shadows?.offer(cameraId, frame, observations);
    const counts = this.#countsOf(cameraId);
    counts.inferred += observations.length > 0 ? 1 : 0;
    counts.failed += failures.length > 0 ? 1 : 0;
    for (const { model, message } of failures) onFailure(cameraId, model, message);
    return [...observations];
  }

  #countsOf(cameraId: string): { inferred: number; unchanged: number; failed: number } {
    const known = this.#counts.get(cameraId);
    if (known !== undefined) return known;
    const counts = { inferred: 0, unchanged: 0, failed: 0 };
    this.#counts.set(cameraId, counts);
    return counts;
  }

  /** Stores and sends in the order of the frames, while the next frame is already judged. */
  #dispatch(
    cameraId: string,
    frame: PatrolFrame,
    observations: readonly VisionObservation[],
    isKept: boolean,
  ): void {
    const { store, send } = this.#options;
    const storing = isKept ? store(cameraId, frame) : Promise.resolve(undefined);
    this.#sent = Promise.all([storing, this.#sent]).then(([stored]) => {
      send(stored === undefined ? observations : withFrame(observations, stored.ref), stored);
    });
  }
}

function hasFound(observations: readonly DetectionsObservation[]): boolean {
  return observations.some(({ detections }) => detections.length > 0);
}

function withSkipped(observations: DetectionsObservation[], skipped = 0): DetectionsObservation[] {
  return skipped === 0 ? observations : observations.map((made) => ({ ...made, skipped }));
}
