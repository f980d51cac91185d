import { setPriority } from 'node:os';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { Judging } from './domain/camera.ts';
import type { StoredFrame } from './domain/camera-status.ts';
import { FrameSpool, writeFrame } from './evidence/frame-spool.ts';
import type { FfmpegTools } from './ingest/ffmpeg.ts';
import { decodeStill } from './ingest/ffmpeg-still.ts';
import { ErrorDigest } from './runtime/error-digest.ts';
import type { Log } from './runtime/log.ts';
import { ChangeGate } from './vision/change-gate.ts';
import { type DetectorInput, decodeWidth_px } from './vision/decode-width.ts';
import { DetectorSet, withFrame } from './vision/detector-set.ts';
import { Patrol, type PatrolFrame } from './vision/patrol.ts';
import { readPicture, toJpeg, tunePictures } from './vision/picture.ts';
import { PictureWatch } from './vision/picture-watch.ts';
import { ShadowRunner } from './vision/shadow-runner.ts';
import {
  EXIT_CANNOT_START,
  type FocusTask,
  type FromWorker,
  type SnapshotTask,
  type ToWorker,
  type WorkerSetup,
} from './vision/worker-protocol.ts';
import { lookClosely } from './vision-worker/focus.ts';
import { keepable } from './vision-worker/keepable.ts';
import { LiveFeed } from './vision-worker/live-feed.ts';
import { OpenCameras } from './vision-worker/open-cameras.ts';

/** A vision process: opens its cameras, judges their frames and reports to the gateway over process IPC. */
const HEARTBEAT_MS = 1000;

function send(message: FromWorker, done?: () => void): void {
  // The gateway may have gone; `disconnect` then ends this process.
  if (!process.connected) return;
  if (done === undefined) process.send?.(message);
  else process.send?.(message, undefined, undefined, done);
}

/** Everything that runs once the gateway has said what to do. */
interface Worker {
  readonly handle: (message: ToWorker) => void;
  readonly stop: () => Promise<void>;
}

async function startWorker(setup: WorkerSetup): Promise<Worker> {
  const log = pino(
    { level: setup.log_level },
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        send({ type: 'log', line: chunk.toString() });
        done();
      },
    }),
  );
  const digest = new ErrorDigest(({ fault, count, last }) => log.warn({ fault, count }, last));
  tunePictures();
  lowerPriority(setup.nice, log);
  const detectors = new DetectorSet({
    modelsDir: setup.modelsDir,
    threads: setup.threads,
    models: setup.models,
    onModel: (model) => send({ type: 'model', model }),
  });
  const sources = new Map(setup.cameras.map((source) => [source.id, source]));
  const pictures = new PictureWatch();
  let sentId = 0;
  const onFailure = (cameraId: string, model: string, message: string): void =>
    digest.report(`${cameraId}: ${model}`, message);
  const judgingOf = (cameraId: string): Judging => sources.get(cameraId) ?? { models: [] };
  const { shadows: settings = [] } = setup;
  const shadows =
    settings.length === 0 ? undefined : new ShadowRunner({ settings, detectors, judgingOf, onFailure });
  const patrol = new Patrol({
    detectors,
    shadows,
    gate: new ChangeGate({
      refresh_ms: setup.refresh_ms,
      zonesOf: (cameraId) => sources.get(cameraId)?.zones ?? [],
    }),
    pictures,
    judgingOf,
    store: async (cameraId, frame) =>
      store(setup.spoolRoot, cameraId, await keepable(frame, await toolsOf(cameras)), digest),
    send: (observations, stored) => {
      sentId += 1;
      send({ type: 'detections', id: sentId, observations, ...(stored === undefined ? {} : { stored }) });
    },
    onFailure,
    unaccepted_max: setup.unaccepted_max,
  });
  const live = new LiveFeed(
    (cameraId, picture, done) =>
      send({ type: 'live', cameraId, ...(picture === undefined ? {} : { picture }) }, done),
    async (cameraId, bytes_max) => cameras.get(cameraId)?.ring?.newest(bytes_max),
  );
  const cameras: OpenCameras = new OpenCameras({
    setup,
    digest,
    env: process.env,
    live,
    width_px: async (source) => decodeWidth_px(source, await inputsOf(source.models, detectors)),
    onStatus: (status) => send({ type: 'status', status }),
    onFrame: (camera) => patrol.frameArrived(camera),
  });
  if (setup.cameras.length > 0) await cameras.ffmpeg();
  // Before the first camera, so that a broken model is known at once; what failed is reported by `onModel`.
  await inputsOf(new Set(setup.cameras.flatMap(({ models }) => models)), detectors);
  const beat = (): void => {
    send({ type: 'heartbeat', cameras: countsOf(cameras, patrol) });
    const { tallies = [], pairs = [] } = shadows?.drain() ?? {};
    if (tallies.length + pairs.length > 0) send({ type: 'shadow', tallies, pairs });
  };
  const heart = setInterval(beat, HEARTBEAT_MS);
  patrol.start();
  for (const source of setup.cameras) void cameras.open(source);
  send({ type: 'ready' });
  beat();
  return {
    handle: (message) => {
      if (message.type === 'accepted') patrol.accepted();
      else if (message.type === 'open') {
        sources.set(message.camera.id, message.camera);
        void cameras.open(message.camera);
      } else if (message.type === 'close') {
        const { cameraId } = message;
        void cameras.close(cameraId).finally(() => {
          patrol.forget(cameraId);
          sources.delete(cameraId);
          beat();
          send({ type: 'closed', cameraId });
        });
      } else if (message.type === 'frame') void sendFrame(message.id, message.cameraId, cameras);
      else if (message.type === 'watch') live.watch(message.cameraId, message.isWatched);
      else if (message.type === 'snapshot')
        void judgeSnapshot({ setup, detectors, pictures, digest }, message.id, message.task);
      else if (message.type === 'focus') void focus({ setup, detectors, cameras }, message.id, message.task);
      else if (message.type === 'hold')
        cameras.get(message.cameraId)?.ring?.hold(message.from_ms, message.to_ms);
      else if (message.type === 'release') cameras.get(message.cameraId)?.ring?.release(message.from_ms);
    },
    stop: async () => {
      clearInterval(heart);
      await cameras.stop();
      await patrol.stop();
      await detectors.close();
      digest.close();
    },
  };
}

async function store(
  root: string,
  cameraId: string,
  frame: PatrolFrame,
  digest: ErrorDigest,
): Promise<StoredFrame | undefined> {
  try {
    const { at_ms, width_px, height_px, key } = frame;
    const jpeg = await toJpeg(frame);
    const beside = key === undefined ? {} : { key };
    return await writeFrame(root, { cameraId, at_ms, width_px, height_px, jpeg, ...beside });
  } catch (error) {
    digest.report('frame', `a frame of ${cameraId} could not be stored: ${String(error)}`);
    return undefined;
  }
}

/** In full size where the picture as the camera sent it is at hand. */
async function sendFrame(id: number, cameraId: string, cameras: OpenCameras): Promise<void> {
  const newest = cameras.get(cameraId)?.camera.latest;
  if (newest === undefined) return send({ type: 'frame', id });
  const latest = await keepable(newest, await toolsOf(cameras));
  const { key, at_ms } = latest;
  const full =
    key === undefined ? latest : await decodeStill(await cameras.ffmpeg(), key).catch(() => latest);
  const jpeg = await toJpeg(full).catch(() => undefined);
  send({ type: 'frame', id, ...(jpeg === undefined ? {} : { frame: { jpeg, at_ms } }) });
}

/** Undefined where there is none that runs. */
function toolsOf(cameras: OpenCameras): Promise<FfmpegTools | undefined> {
  return cameras.ffmpeg().catch(() => undefined);
}

interface SnapshotJudge {
  readonly setup: WorkerSetup;
  readonly detectors: DetectorSet;
  readonly pictures: PictureWatch;
  readonly digest: ErrorDigest;
}

async function judgeSnapshot(
  { setup, detectors, pictures, digest }: SnapshotJudge,
  id: number,
  task: SnapshotTask,
): Promise<void> {
  const { deviceId, at_ms, received_ms, frame } = task;
  try {
    const spool = new FrameSpool({ root: setup.spoolRoot, max_bytes: Number.POSITIVE_INFINITY });
    const jpeg = task.jpeg ?? (await spool.read(frame));
    if (jpeg === undefined) throw new Error(`the frame ${frame.path} is gone`);
    const picture = await readPicture(jpeg);
    const judged = await detectors.judge(picture, task, { deviceId, at_ms, received_ms });
    const failure = judged.failures[0];
    if (failure !== undefined && judged.observations.length === 0) {
      throw new Error(`${failure.model}: ${failure.message}`);
    }
    for (const { model, message } of judged.failures) digest.report(`${deviceId}: ${model}`, message);
    if (task.jpeg !== undefined) return send({ type: 'snapshot', id, observations: judged.observations });
    const seen = pictures.still(deviceId, picture, { at_ms, received_ms });
    send({ type: 'snapshot', id, observations: withFrame([seen, ...judged.observations], frame) });
  } catch (error) {
    send({ type: 'snapshot', id, error: error instanceof Error ? error.message : String(error) });
  }
}

async function focus(
  parts: { readonly setup: WorkerSetup; readonly detectors: DetectorSet; readonly cameras: OpenCameras },
  id: number,
  task: FocusTask,
): Promise<void> {
  const { setup, detectors, cameras } = parts;
  try {
    const answer = await lookClosely(task, { setup, ffmpeg: await cameras.ffmpeg(), detectors });
    send({ type: 'focus', id, ...(answer === undefined ? {} : { answer }) });
  } catch (error) {
    send({ type: 'focus', id, error: error instanceof Error ? error.message : String(error) });
  }
}

function countsOf(
  cameras: OpenCameras,
  patrol: Patrol,
): Extract<FromWorker, { type: 'heartbeat' }>['cameras'] {
  return cameras.all().map(({ camera }) => ({
    cameraId: camera.id,
    ...camera.counts,
    ...patrol.counts(camera.id),
  }));
}

/** The input sizes of those of the named detectors that could be loaded. */
async function inputsOf(names: Iterable<string>, detectors: DetectorSet): Promise<DetectorInput[]> {
  const inputs = [...names].map(async (name) => ({ ...(await detectors.get(name)).manifest.input, name }));
  const loaded = await Promise.allSettled(inputs);
  return loaded.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

function lowerPriority(nice: number, log: Log): void {
  try {
    setPriority(nice);
  } catch (error) {
    log.warn({ err: error }, 'the priority of the vision process could not be lowered');
  }
}

function main(): void {
  let worker: Promise<Worker> | undefined;
  const failWith = (code: number) => (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(code);
  };
  const fail = failWith(1);
  const end = async (): Promise<void> => {
    await (await worker)?.stop();
    process.exit(0);
  };
  process.on('message', (message: ToWorker) => {
    if (message.type === 'setup') {
      worker = startWorker(message.setup);
      worker.catch(failWith(EXIT_CANNOT_START));
    } else if (message.type === 'stop') end().catch(fail);
    else worker?.then(({ handle }) => handle(message)).catch(fail);
  });
  // The gateway is gone, however it went: no camera may stay open for nobody.
  process.on('disconnect', () => {
    end().catch(fail);
  });
}

main();
