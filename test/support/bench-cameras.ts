import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import type { CameraSource } from '../../src/domain/camera.ts';
import type { VisionObservation } from '../../src/domain/observation.ts';
import { FrameSpool } from '../../src/evidence/frame-spool.ts';
import { WALL_CLOCK } from '../../src/runtime/clock.ts';
import type { VisionOptions } from '../../src/vision/vision-options.ts';
import { VisionWorkers } from '../../src/vision/worker-pool.ts';
import { sharedData } from './shared-data.ts';
import { waitUntil } from './wait-until.ts';

const root = join(import.meta.dirname, '../..');

/** A folder for a benchmark, and its end. */
export function benchDir(): { readonly dir: string; readonly remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'xuncheng-bench-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }) };
}

/**
 * Encodes what a street camera sends: 1920x1080, 25 frames a second, 4 Mbit/s, a key frame every `key_s` seconds; of the
 * shared street film where it is there, else of a test picture.
 */
export function streetStream(path: string, seconds: number, key_s: number): string {
  const film = sharedData('video/carcounter_cam1.mp4');
  const input = film
    ? ['-stream_loop', '-1', '-i', film]
    : ['-f', 'lavfi', '-i', 'testsrc2=s=1920x1080:r=25'];
  const rate = [
    '-b:v',
    '4M',
    '-minrate',
    '4M',
    '-maxrate',
    '4M',
    '-bufsize',
    '4M',
    '-x264-params',
    'nal-hrd=cbr',
  ];
  const args = ['-v', 'error', '-y', ...input, '-t', String(seconds), '-an', '-vf', 'scale=1920:1080,fps=25'];
  const encoder = [
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-bf',
    '0',
    '-g',
    String(25 * key_s),
    '-pix_fmt',
    'yuv420p',
  ];
  const run = spawnSync('ffmpeg', [...args, ...encoder, '-sc_threshold', '0', ...rate, path]);
  if (run.status !== 0) throw new Error(`ffmpeg: ${run.stderr.toString()}`);
  return path;
}

/** Serves a film as so many cameras out of phase, in a process of its own; on one core where `core` is given. */
export async function serveCameras(film: string, count: number, core?: number) {
  const simulator = [
    join(root, 'src/main.ts'),
    'simulate',
    'camera',
    film,
    '--count',
    String(count),
    '--port',
    '0',
  ];
  const node = [process.execPath, '--import', 'tsx', ...simulator];
  const [program = '', ...args] = core === undefined ? node : ['taskset', '-c', String(core), ...node];
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const urls: string[] = [];
  for await (const line of lines) {
    const url = /rtsp:\/\/[^\s"]+/.exec(line)?.[0];
    if (url !== undefined) urls.push(url);
    if (urls.length === count) break;
  }
  child.stdout.resume();
  return { urls, stop: () => child.kill('SIGKILL') };
}

/** What came of the frames of a vision process. */
export interface Judged {
  readonly cameraId: string;
  readonly age_ms: number;
  readonly isUnchanged: boolean;
}

/** Starts vision on cameras, as a gateway does, with a journal that takes no time. */
export async function startVision(
  dir: string,
  modelsDir: string,
  urls: readonly string[],
  change: Partial<VisionOptions> & { readonly camera?: Partial<CameraSource> } = {},
) {
  const { camera, ...options } = change;
  const spool = new FrameSpool({ root: join(dir, 'spool'), max_bytes: 1e9 });
  await spool.start();
  mkdirSync(join(dir, 'ring'), { recursive: true });
  const judged: Judged[] = [];
  const workers = new VisionWorkers({
    ...{
      workers: 1,
      threads: 1,
      modelsDir,
      allowFiles: false,
      spool,
      env: process.env,
      time: WALL_CLOCK,
      nice: 0,
    },
    ring: {
      root: join(dir, 'ring'),
      limits: { ring_ms: 60_000, segment_ms: 2000, bytes_max: 64 * 1024 * 1024, held_bytes_max: 0 },
    },
    cameras: urls.map((url, index) => ({
      ...{ id: `cam-${index}`, url, transport: 'tcp', patrol_interval_ms: 2000, stall_timeout_ms: 60_000 },
      ...{ models: ['garbage'], zones: [] },
      ...camera,
    })),
    onDetections: async (observation: VisionObservation) => {
      if (observation.kind !== 'detections') return;
      const { deviceId: cameraId, at_ms, unchanged = false } = observation;
      judged.push({ cameraId, age_ms: Date.now() - at_ms, isUnchanged: unchanged });
    },
    onCameraState: () => undefined,
    log: pino({ level: 'error' }, pino.destination(2)),
    ...options,
  });
  workers.start();
  const pid = await waitUntil('the worker', () => workers.stats().workers[0]?.pid);
  return { workers, judged, pid };
}

/** The value below which a share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const sleep_s = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));
