import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import type { CameraSource } from '../domain/camera.ts';
import type { CameraStatus } from '../domain/camera-status.ts';
import { findFfmpeg } from '../ingest/ffmpeg.ts';
import { type CameraFrame, RtspCamera } from '../ingest/rtsp-camera.ts';
import { pause } from '../runtime/backoff.ts';
import { type CheckedCamera, type CheckedFrame, checkCamera } from '../vision/camera-check.ts';
import { DetectorSet } from '../vision/detector-set.ts';
import { tunePictures } from '../vision/picture.ts';
import { lumaPlane, pictureStats, samplesOf } from '../vision/picture-stats.ts';
import { DISCOVER_USAGE, discoverCommand, PROFILES_USAGE, profilesCommand } from './camera-onvif.ts';
import { type CliIo, type ExitCode, UsageError } from './io.ts';
import { CONFIG_OPTION, configOrTell, readArgs } from './options.ts';

const USAGE = 'camera check ID|URL|FILE [--seconds N] [--models NAME,…] [--config FILE]';
const OPTIONS = {
  ...CONFIG_OPTION,
  seconds: { type: 'string', default: '30' },
  models: { type: 'string' },
} as const;
/** Frames that are judged; so many tell enough. */
const FRAMES_MAX = 20;
const FRAME_BYTES_MAX = 64 * 1024 * 1024;
const KEY_PATIENCE_MS = 10_000;
const STALL_MS = 30_000;
const PATROL_MS = 2_000;
const MARKS = { good: 'ok ', bad: 'BAD', unknown: '?  ' } as const;

/** `xuncheng camera`: finds cameras, asks what they offer, and tells whether one is put up well. */
export async function cameraCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const [action, ...rest] = args;
  if (action === 'check') return check(rest, io);
  if (action === 'discover') return discoverCommand(rest, io);
  if (action === 'profiles') return profilesCommand(rest, io);
  throw new UsageError(`${USAGE}\n${DISCOVER_USAGE}\n${PROFILES_USAGE}`);
}

/** Tells an installer, in words, whether a camera is put up well. */
async function check(rest: readonly string[], io: CliIo): Promise<ExitCode> {
  const { values, positionals } = readArgs(rest, OPTIONS, 1);
  const seconds = Number(values.seconds);
  if (!(seconds >= 3 && seconds <= 600)) throw new UsageError('--seconds must be a number from 3 to 600');
  const config = configOrTell(values.config, io);
  if (config === undefined) return 1;
  const named = values.models?.split(',').filter((name) => name !== '');
  const source = sourceOf(positionals[0] ?? '', config, named);
  const detectors = new DetectorSet({
    modelsDir: config.vision.modelsDir,
    threads: config.vision.threads,
    onModel: () => undefined,
  });
  try {
    const loaded = await Promise.all(source.models.map((name) => detectors.get(name)));
    const classes = loaded.flatMap(({ manifest }) => Object.values(manifest.classes));
    const { camera, status } = await watch(source, seconds * 1000, detectors, io);
    const findings = checkCamera({ ...camera, classes });
    if (status?.state !== 'live' && status?.reason !== undefined)
      io.err(`stream ${status.state}: ${status.reason}`);
    for (const { subject, verdict, words } of findings) {
      io.out(`${MARKS[verdict]}  ${subject.padEnd(11)} ${words}`);
    }
    return findings.some(({ verdict }) => verdict === 'bad') ? 1 : 0;
  } finally {
    await detectors.close();
  }
}

/** A camera of the configuration by its id; else an address, else a file. */
function sourceOf(target: string, config: Config, models: readonly string[] | undefined): CameraSource {
  const known = config.cameras.find(({ id }) => id === target);
  if (known !== undefined) return models === undefined ? known : { ...known, models };
  const isUrl = /^[a-z][a-z0-9+.-]*:/i.test(target);
  const all = [...new Set([...config.judgingOf.values()].flatMap((judging) => judging.models))];
  return {
    id: 'checked',
    url: isUrl ? target : `file:${resolve(target)}`,
    transport: 'tcp',
    patrol_interval_ms: PATROL_MS,
    stall_timeout_ms: STALL_MS,
    zones: [],
    models: models ?? (all.length === 0 ? ['garbage'] : all),
  };
}

interface Watched {
  readonly camera: Omit<CheckedCamera, 'classes'>;
  readonly status: CameraStatus | undefined;
}

/** Looks at a camera as the gateway would, for so long or until there are frames enough. */
async function watch(
  source: CameraSource,
  for_ms: number,
  detectors: DetectorSet,
  { env, signal }: CliIo,
): Promise<Watched> {
  tunePictures();
  const ffmpeg = await findFfmpeg(env);
  const pace_ms = Math.max(200, Math.min(source.patrol_interval_ms, for_ms / FRAMES_MAX));
  const taken: CameraFrame[] = [];
  const decoded_ms: number[] = [];
  let keyFramesAreRare = false;
  let status: CameraStatus | undefined;
  const camera = new RtspCamera({
    source: { ...source, patrol_interval_ms: pace_ms },
    ffmpeg,
    allowFiles: true,
    frame_bytes_max: FRAME_BYTES_MAX,
    backoff: { first_ms: 500, max_ms: 5_000 },
    clock: Date.now,
    random: Math.random,
    key_frame_patience_ms: KEY_PATIENCE_MS,
    onStatus: (said) => {
      status = said;
      keyFramesAreRare ||= said.state === 'live' && said.reason !== undefined;
    },
    onFrame: () => {
      const frame = camera.take();
      if (frame === undefined) return;
      decoded_ms.push(frame.at_ms);
      if (taken.length < FRAMES_MAX) taken.push(frame);
    },
  });
  const until_ms = Date.now() + for_ms;
  camera.start();
  while (Date.now() < until_ms && taken.length < FRAMES_MAX && !signal.aborted) await pause(100, signal);
  const { decoded } = camera.counts;
  await camera.stop();
  const span_s = ((decoded_ms.at(-1) ?? 0) - (decoded_ms[0] ?? 0)) / 1000;
  const frames = await judge(taken, source, detectors);
  const isTold = !keyFramesAreRare && decoded > 2 && span_s > 0;
  return {
    status,
    camera: {
      frames,
      keyFramesAreRare,
      patrol_s: source.patrol_interval_ms / 1000,
      ...(isTold ? { keyInterval_s: span_s / (decoded - 1) } : {}),
    },
  };
}

async function judge(
  taken: readonly CameraFrame[],
  source: CameraSource,
  detectors: DetectorSet,
): Promise<CheckedFrame[]> {
  const frames: CheckedFrame[] = [];
  for (const frame of taken) {
    const occasion = { deviceId: source.id, at_ms: frame.at_ms, received_ms: frame.at_ms };
    const { observations, failures } = await detectors.judge(frame, source, occasion);
    const [failure] = failures;
    if (failure !== undefined) throw new Error(`${failure.model}: ${failure.message}`);
    const plane = lumaPlane(frame);
    const picture = pictureStats(plane, samplesOf(plane, frame.at_ms));
    frames.push({ picture, detections: observations.flatMap(({ detections }) => detections) });
  }
  return frames;
}
