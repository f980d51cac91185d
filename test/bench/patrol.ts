import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Detector } from '../../src/vision/detector.ts';
import { loadManifest } from '../../src/vision/manifest.ts';
import {
  benchDir,
  type Judged,
  quantile,
  serveCameras,
  sleep_s,
  startVision,
  streetStream,
} from '../support/bench-cameras.ts';
import { cpuTimeOf, memoryOf } from '../support/cpu-time.ts';

/**
 * Cameras that one core patrols: 1080p, 25 frames a second, 4 Mbit/s, at the stall setting (a frame each two seconds).
 * Everything of ours runs on one core, the simulated cameras on another; cameras are added until judged frames are
 * older than the interval, or frames that are due are missing. Beside it, on the same core, what peers do: decode a camera in full to 5 frames a second
 * of 640x360 and infer each. `XUNCHENG_CAMERAS=8,16` gives the steps.
 */
const MODELS = join(import.meta.dirname, '../../models');
const INTERVAL_MS = 2000;
const STEPS = (process.env.XUNCHENG_CAMERAS ?? '4,8,10,12,14,16,20').split(',').map(Number);
const WARM_S = 8;
const RUN_S = 12;
const FPS = 5;
const WIDTH = 640;
const HEIGHT = 360;

function report(
  count: number,
  frames: readonly Judged[],
  cpu_s: number,
  memory_mb: number,
  dropped: number,
): boolean {
  const ages = frames.map(({ age_ms }) => age_ms);
  const p95_ms = quantile(ages, 0.95);
  const unchanged = frames.filter(({ isUnchanged }) => isUnchanged).length;
  const due = (count * RUN_S * 1000) / INTERVAL_MS;
  console.log(
    `${count} cameras: ${((100 * cpu_s) / RUN_S).toFixed(0)} % of a core, ${memory_mb.toFixed(0)} MB; ` +
      `${frames.length} of ${due} frames judged (${unchanged} unchanged), ${dropped} dropped, ` +
      `age p50 ${quantile(ages, 0.5).toFixed(0)} ms, p95 ${p95_ms.toFixed(0)} ms`,
  );
  // Where the core is full, frames come late out of the decoders, or not at all.
  return p95_ms <= INTERVAL_MS && dropped <= due * 0.02 && frames.length >= due * 0.95;
}

async function ours(dir: string, urls: readonly string[]): Promise<{ isInTime: boolean; cpu_share: number }> {
  const { workers, judged, pid } = await startVision(dir, MODELS, urls);
  try {
    // Each has shown itself, and decoders have settled.
    const deadline = performance.now() + 60_000;
    while (new Set(judged.map(({ cameraId }) => cameraId)).size < urls.length && performance.now() < deadline)
      await sleep_s(0.5);
    await sleep_s(WARM_S);
    const droppedOf = (): number => workers.cameras().reduce((sum, { dropped }) => sum + dropped, 0);
    const before = { frames: judged.length, cpu_s: cpuTimeOf(pid), dropped: droppedOf() };
    await sleep_s(RUN_S);
    const cpu_s = cpuTimeOf(pid) - before.cpu_s;
    const frames = judged.slice(before.frames);
    const isInTime = report(urls.length, frames, cpu_s, memoryOf(pid), droppedOf() - before.dropped);
    return { isInTime, cpu_share: cpu_s / RUN_S / urls.length };
  } finally {
    await workers.stop();
  }
}

/** Processor seconds that a second of one camera costs when all of it is decoded and five frames a second are inferred. */
async function reference(url: string): Promise<number> {
  const result = await loadManifest(join(MODELS, 'garbage'));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const detector = await Detector.load(result.loaded, { threads: 1 });
  const filter = `fps=${FPS},scale=${WIDTH}:${HEIGHT}`;
  const input = ['-v', 'error', '-rtsp_transport', 'tcp', '-threads', '1', '-i', url];
  const ffmpeg = spawn('ffmpeg', [...input, '-vf', filter, '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const bytes = WIDTH * HEIGHT * 3;
  let rest = Buffer.alloc(0);
  let frames = 0;
  let from = { cpu_s: 0, at_ms: 0, frames: 0 };
  for await (const chunk of ffmpeg.stdout as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    for (; rest.length >= bytes; rest = rest.subarray(bytes)) {
      const data = new Uint8Array(rest.subarray(0, bytes));
      await detector.detect({ data, width_px: WIDTH, height_px: HEIGHT });
      frames += 1;
    }
    if (from.at_ms === 0 && frames >= FPS * 2)
      from = { cpu_s: cpuTimeOf(process.pid), at_ms: performance.now(), frames };
    if (from.at_ms > 0 && performance.now() - from.at_ms >= RUN_S * 1000) break;
  }
  const elapsed_s = (performance.now() - from.at_ms) / 1000;
  const share = (cpuTimeOf(process.pid) - from.cpu_s) / elapsed_s;
  ffmpeg.kill('SIGKILL');
  await detector.close();
  console.log(
    `reference, 1 camera: ${((frames - from.frames) / elapsed_s).toFixed(1)} frames a second decoded in full and inferred, ${(100 * share).toFixed(0)} % of a core`,
  );
  return share;
}

if (spawnSync('taskset', ['-cp', '0', String(process.pid)]).status !== 0) {
  console.log('skipped: taskset is absent, or there is no core of our own');
} else {
  const { dir, remove } = benchDir();
  const film = streetStream(join(dir, 'street.mp4'), 20, 2);
  const cameras = await serveCameras(film, Math.max(...STEPS), 1);
  try {
    const bare = await reference(cameras.urls[0] ?? '');
    let best = { count: 0, cpu_share: Number.NaN };
    for (const count of STEPS) {
      const { isInTime, cpu_share } = await ours(join(dir, String(count)), cameras.urls.slice(0, count));
      if (!isInTime) break;
      best = { count, cpu_share };
    }
    console.log(
      `at least ${best.count} cameras on a core, ${(100 * best.cpu_share).toFixed(1)} % each; by processor time ` +
        `${(1 / best.cpu_share).toFixed(0)} against ${(1 / bare).toFixed(1)} decoded in full: ${(bare / best.cpu_share).toFixed(1)} times`,
    );
  } finally {
    cameras.stop();
    remove();
  }
}
