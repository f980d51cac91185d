import type { Judging } from '../domain/camera.ts';
import type { VisionObservation } from '../domain/observation.ts';
import { type FfmpegTools, findFfmpeg } from '../ingest/ffmpeg.ts';
import { type TimedFrame, videoFrames } from '../ingest/video-frames.ts';
import { Permits } from '../runtime/permits.ts';
import { DetectorSet } from '../vision/detector-set.ts';
import { tunePictures } from '../vision/picture.ts';
import { PictureWatch } from '../vision/picture-watch.ts';

/** A process that judges the videos of a recording, all cameras together in the order of event time. */

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
      readonly observations: readonly VisionObservation[];
    }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly reason: string };

/** Frames that may be on their way to whoever asked. */
const UNACCEPTED_MAX = 64;

/** As with a live camera: a frame that is early by this share of the interval is not put off to the next. */
const EARLY_SHARE = 0.1;

interface DatedFrame extends TimedFrame {
  readonly at_ms: number;
}

interface Lane {
  readonly camera: FilmedCamera;
  readonly frames: AsyncGenerator<DatedFrame>;
  next: DatedFrame | undefined;
}

async function judgeAll(setup: Extract<ToJudge, { type: 'setup' }>, permits: Permits): Promise<void> {
  tunePictures();
  const tools = await findFfmpeg(process.env);
  const { modelsDir, threads } = setup;
  const detectors = new DetectorSet({ modelsDir, threads, onModel: () => undefined });
  const pictures = new PictureWatch();
  const lanes: Lane[] = [];
  for (const camera of [...setup.cameras].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const frames = framesOf(tools, camera);
    lanes.push({ camera, frames, next: await nextOf(frames) });
  }
  for (;;) {
    const lane = earliest(lanes);
    if (lane?.next === undefined) break;
    const { camera, next: frame } = lane;
    const { at_ms } = frame;
    const occasion = { deviceId: camera.id, at_ms, received_ms: at_ms };
    const { observations, failures } = await detectors.judge(frame, camera.judging, occasion);
    const [failure] = failures;
    if (failure !== undefined) throw new Error(`${camera.id}: ${failure.model}: ${failure.message}`);
    const picture = pictures.frame(camera.id, frame);
    await permits.take();
    send({
      type: 'judged',
      at_ms,
      observations: [...(picture === undefined ? [] : [picture]), ...observations],
    });
    lane.next = await nextOf(lane.frames);
  }
  await detectors.close();
  send({ type: 'done' });
}

async function nextOf(frames: AsyncGenerator<DatedFrame>): Promise<DatedFrame | undefined> {
  const { value, done } = await frames.next();
  return done === true ? undefined : value;
}

/** The first of those that are equally early, so that the order is always the same. */
function earliest(lanes: readonly Lane[]): Lane | undefined {
  let first: Lane | undefined;
  for (const lane of lanes) {
    if (lane.next !== undefined && (first?.next === undefined || lane.next.at_ms < first.next.at_ms))
      first = lane;
  }
  return first;
}

async function* framesOf(tools: FfmpegTools, camera: FilmedCamera): AsyncGenerator<DatedFrame> {
  let newest_ms = Number.NEGATIVE_INFINITY;
  for (const { path, start_ms, end_ms, time_scale } of camera.videos) {
    const every_s = (camera.patrol_interval_ms * (1 - EARLY_SHARE)) / 1000 / time_scale;
    for await (const frame of videoFrames(tools, { file: path, from_s: 0, every_s })) {
      const at_ms = start_ms + Math.round(frame.at_s * 1000 * time_scale);
      if (at_ms > end_ms) break;
      // A video that overlaps the one before has nothing new to say there.
      if (at_ms <= newest_ms) continue;
      newest_ms = at_ms;
      yield { ...frame, at_ms };
    }
  }
}

function send(message: FromJudge): void {
  if (process.connected) process.send?.(message);
}

function main(): void {
  const permits = new Permits(UNACCEPTED_MAX);
  process.on('message', (message: ToJudge) => {
    if (message.type === 'accepted') permits.give();
    else {
      judgeAll(message, permits).catch((error: unknown) =>
        send({ type: 'failed', reason: error instanceof Error ? error.message : String(error) }),
      );
    }
  });
  // Whoever asked is gone: nothing may go on decoding.
  process.on('disconnect', () => process.exit(0));
}

main();
