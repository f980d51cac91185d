import type { PictureObservation } from '../domain/observation.ts';
import { lumaPlane, type PictureSamples, pictureStats, samplesOf } from './picture-stats.ts';
import type { RgbFrame } from './preprocess.ts';

/** A camera's picture is looked at so often: its health is a matter of minutes, and the journal keeps each record. */
const INTERVAL_MS = 10_000;
/** As for a patrol: what comes early by this share of the interval is not put off to the next. */
const EARLY_SHARE = 0.1;
/** Cameras whose last picture is remembered; of more, the one heard of longest ago is forgotten. */
const CAMERAS_MAX = 10_000;

/** Makes the records of pictures of many cameras, each compared with the one before. */
export class PictureWatch {
  readonly #before = new Map<string, PictureSamples>();

  /** The record of a camera's frame, or nothing where the last one is fresh enough. */
  frame(deviceId: string, frame: RgbFrame & { readonly at_ms: number }): PictureObservation | undefined {
    const { at_ms } = frame;
    const before = this.#before.get(deviceId);
    const elapsed_ms = before === undefined ? INTERVAL_MS : at_ms - before.at_ms;
    if (elapsed_ms >= 0 && elapsed_ms < INTERVAL_MS * (1 - EARLY_SHARE)) return undefined;
    return this.#look(deviceId, frame, { at_ms, received_ms: at_ms });
  }

  /**
   * The record of a still that a camera published itself. It stands at the time of arrival, for the camera's own time
   * may be wrong: by how much is part of the record.
   */
  still(
    deviceId: string,
    picture: RgbFrame,
    { at_ms, received_ms }: { readonly at_ms: number; readonly received_ms: number },
  ): PictureObservation {
    const made = this.#look(deviceId, picture, { at_ms: received_ms, received_ms });
    return { ...made, clock_ahead_ms: at_ms - received_ms };
  }

  #look(
    deviceId: string,
    frame: RgbFrame,
    times: { readonly at_ms: number; readonly received_ms: number },
  ): PictureObservation {
    const plane = lumaPlane(frame);
    const samples = samplesOf(plane, times.at_ms);
    const before = this.#before.get(deviceId);
    // One that is judged again, or was taken earlier, says nothing of what changed since.
    const earlier = before !== undefined && before.at_ms < times.at_ms ? before : undefined;
    this.#remember(deviceId, samples);
    return { kind: 'picture', deviceId, ...times, picture: pictureStats(plane, samples, earlier) };
  }

  #remember(deviceId: string, samples: PictureSamples): void {
    this.#before.delete(deviceId);
    if (this.#before.size >= CAMERAS_MAX) {
      const [oldest] = this.#before.keys();
      if (oldest !== undefined) this.#before.delete(oldest);
    }
    this.#before.set(deviceId, samples);
  }
}
