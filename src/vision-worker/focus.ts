import { join } from 'node:path';
import type { StoredFrame } from '../domain/camera-status.ts';
import { writeFrame } from '../evidence/frame-spool.ts';
import type { FfmpegTools } from '../ingest/ffmpeg.ts';
import { footageFrames, type TimedFrame, videoFrames } from '../ingest/video-frames.ts';
import { findFootage, readFootage } from '../ring/ring-reader.ts';
import type { DetectorSet } from '../vision/detector-set.ts';
import { actorsOf } from '../vision/focus-actors.ts';
import { type ChosenPicture, FocusPictures, plateRegion } from '../vision/focus-pictures.ts';
import { toJpeg } from '../vision/picture.ts';
import type { RgbFrame } from '../vision/preprocess.ts';
import { Tracker } from '../vision/tracker.ts';
import type { FocusAnswer, FocusPicture, FocusTask, WorkerSetup } from '../vision/worker-protocol.ts';

/** What a closer look needs of its process. */
export interface FocusParts {
  readonly setup: Pick<WorkerSetup, 'ring' | 'spoolRoot' | 'time'>;
  readonly ffmpeg: FfmpegTools;
  readonly detectors: DetectorSet;
}

/** Frames judged of one film, whatever its length and pace. */
const FRAMES_MAX = 3000;
const TRACKS_MAX = 300;
const GAP_MS = 1500;
const QUALITY = 92;

interface DatedFrame extends RgbFrame {
  readonly at_ms: number;
}

/**
 * Looks closely at a time of a camera's film: judges its frames with the camera's detectors, follows who was there, and
 * stores the pictures that show most. Undefined where there is no film of that time. Where the budget runs out, the answer
 * is about what was judged until then. Rejects where a detector fails or nothing can be decoded.
 */
export async function lookClosely(task: FocusTask, parts: FocusParts): Promise<FocusAnswer | undefined> {
  const { deviceId, aim, every_ms, budget_ms } = task;
  const started_ms = performance.now();
  const tracker = new Tracker({ gap_ms: Math.max(GAP_MS, every_ms * 3), tracks_max: TRACKS_MAX });
  const pictures = new FocusPictures(aim);
  const models = new Map<string, { readonly id: string; readonly sha256: string }>();
  const times_ms: number[] = [];
  const frames = await filmOf(task, parts);
  if (frames === undefined) return undefined;
  for await (const frame of frames) {
    const { at_ms } = frame;
    if (at_ms > task.to_ms || times_ms.length >= FRAMES_MAX) break;
    if (at_ms < task.from_ms || at_ms <= (times_ms.at(-1) ?? 0)) continue;
    const judged = await parts.detectors.judge(frame, task, { deviceId, at_ms, received_ms: at_ms });
    const [failure] = judged.failures;
    if (failure !== undefined) throw new Error(`${failure.model}: ${failure.message}`);
    for (const { model } of judged.observations) models.set(model.id, model);
    const detections = judged.observations.flatMap((observation) => observation.detections);
    tracker.step(
      at_ms,
      detections.filter((made) => aim.actors.includes(made.class)),
    );
    pictures.take({ ...frame, detections });
    times_ms.push(at_ms);
    if (performance.now() - started_ms > budget_ms) break;
  }
  const [first_ms, last_ms] = [times_ms[0], times_ms.at(-1)];
  if (first_ms === undefined || last_ms === undefined) return undefined;
  const step_ms = times_ms.length < 2 ? every_ms : (last_ms - first_ms) / (times_ms.length - 1);
  const film = { first_ms, last_ms, every_ms: step_ms };
  const best = pictures.best();
  const vehicle = pictures.vehicle();
  const plate = vehicle && (await plateRegion(vehicle));
  return {
    first_ms,
    last_ms,
    frames: times_ms.length,
    models: [...models.values()],
    actors: actorsOf(tracker.tracks(), aim, film),
    ...(best !== undefined && { best: await keep(best, best.frame, task, parts) }),
    ...(vehicle !== undefined &&
      plate !== undefined && { plateRegion: await keep(vehicle, plate, task, parts) }),
  };
}

/** The frames of the wanted time and some before; undefined where there are none. */
async function filmOf(
  { deviceId, film, from_ms, to_ms, every_ms }: FocusTask,
  { setup, ffmpeg }: FocusParts,
): Promise<AsyncGenerator<DatedFrame> | undefined> {
  if (film !== undefined) {
    const { path: file, start_ms, time_scale } = film;
    const from_s = Math.max(0, (from_ms - start_ms) / 1000 / time_scale);
    const every_s = every_ms / 1000 / time_scale;
    const wanted = { file, from_s, ...(every_ms > 0 && { every_s }) };
    return dated(videoFrames(ffmpeg, wanted), start_ms, time_scale);
  }
  const ring = setup.ring;
  const footage = ring && (await findFootage(join(ring.root, deviceId), from_ms, to_ms));
  if (footage === undefined) return undefined;
  const { rate } = setup.time;
  const wanted = {
    stream: readFootage(footage),
    ...(every_ms > 0 && { every_s: every_ms / 1000 / rate }),
  };
  return dated(footageFrames(ffmpeg, wanted), footage.start_ms, rate);
}

async function* dated(
  frames: AsyncGenerator<TimedFrame>,
  start_ms: number,
  rate: number,
): AsyncGenerator<DatedFrame> {
  for await (const frame of frames)
    yield { ...frame, at_ms: start_ms + Math.round(frame.at_s * 1000 * rate) };
}

async function keep(
  { at_ms, detections }: ChosenPicture,
  { data, width_px, height_px }: RgbFrame,
  { deviceId }: FocusTask,
  { setup }: FocusParts,
): Promise<FocusPicture> {
  const jpeg = await toJpeg({ data, width_px, height_px }, QUALITY);
  const stored: StoredFrame = await writeFrame(setup.spoolRoot, {
    cameraId: deviceId,
    at_ms,
    width_px,
    height_px,
    jpeg,
  });
  return { at_ms, stored, detections };
}
