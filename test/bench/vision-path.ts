import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { loadManifest } from '../../src/vision/manifest.ts';
import { benchDir, serveCameras, sleep_s, startVision, streetStream } from '../support/bench-cameras.ts';
import { cpuTimeOf } from '../support/cpu-time.ts';

/**
 * Processor time of the whole vision path (stream, ring, key frames, scaling, pre- and post-processing, messages)
 * against bare ffmpeg (key frames, the same scale) and bare ONNX Runtime with its input ready, for the same frames. Each
 * frame is judged: the gate that spares most of them would flatter us. First ours, then the bare parts, for
 * as long, on the same cameras. The bar is 1.15.
 */
const MODELS = join(import.meta.dirname, '../../models');
const CAMERAS = 4;
const WARM_S = 6;
const RUN_S = 20;
const KEY_S = 1;
const WIDTH = 640;

interface Cost {
  readonly cpu_s: number;
  readonly frames: number;
}

async function ours(dir: string, urls: readonly string[]): Promise<Cost> {
  const camera = { patrol_interval_ms: 0 };
  const { workers, judged, pid } = await startVision(dir, MODELS, urls, { camera, refresh_ms: 0 });
  await sleep_s(WARM_S);
  while (judged.length < CAMERAS * 2) await sleep_s(0.2);
  const before = { cpu_s: cpuTimeOf(pid), frames: judged.length };
  await sleep_s(RUN_S);
  const cost = { cpu_s: cpuTimeOf(pid) - before.cpu_s, frames: judged.length - before.frames };
  await workers.stop();
  return cost;
}

/** The least that could do it: ffmpeg into a pipe, and a session for each frame that comes. */
async function bare(urls: readonly string[]): Promise<Cost> {
  const result = await loadManifest(join(MODELS, 'garbage'));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const { manifest, modelPath } = result.loaded;
  const { name, width, height } = manifest.input;
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  const session = await InferenceSession.create(readFileSync(modelPath), options);
  const input = new Tensor('float32', new Float32Array(3 * width * height), [1, 3, height, width]);
  const frame_bytes = WIDTH * ((WIDTH * 9) / 16) * 3;
  let frames = 0;
  let queue: Promise<unknown> = Promise.resolve();
  const children = urls.map((url): ChildProcess => {
    const source = [
      '-v',
      'error',
      '-rtsp_transport',
      'tcp',
      '-threads',
      '1',
      '-skip_frame',
      'nokey',
      '-i',
      url,
    ];
    const sink = ['-vf', `scale=${WIDTH}:-2:flags=area`, '-fps_mode', 'passthrough', '-pix_fmt', 'rgb24'];
    const child = spawn('ffmpeg', [...source, ...sink, '-f', 'rawvideo', '-'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let bytes = 0;
    child.stdout?.on('data', (chunk: Buffer) => {
      for (bytes += chunk.length; bytes >= frame_bytes; bytes -= frame_bytes) {
        queue = queue.then(async () => {
          await session.run({ [name]: input });
          frames += 1;
        });
      }
    });
    return child;
  });
  await sleep_s(WARM_S);
  const before = { cpu_s: cpuTimeOf(process.pid), frames };
  await sleep_s(RUN_S);
  const cost = { cpu_s: cpuTimeOf(process.pid) - before.cpu_s, frames: frames - before.frames };
  for (const child of children) child.kill('SIGKILL');
  await queue;
  await session.release();
  return cost;
}

const perFrame_ms = ({ cpu_s, frames }: Cost): number => (1000 * cpu_s) / frames;

const { dir, remove } = benchDir();
const film = streetStream(join(dir, 'street.mp4'), 20, KEY_S);
const cameras = await serveCameras(film, CAMERAS);
try {
  const path = await ours(dir, cameras.urls);
  const least = await bare(cameras.urls);
  console.log(
    `${CAMERAS} cameras for ${RUN_S} s: ${perFrame_ms(path).toFixed(1)} ms of processor a frame (${path.frames} frames), ` +
      `bare ffmpeg and ONNX Runtime ${perFrame_ms(least).toFixed(1)} ms (${least.frames} frames): ` +
      `${(perFrame_ms(path) / perFrame_ms(least)).toFixed(2)} times`,
  );
} finally {
  cameras.stop();
  remove();
}
