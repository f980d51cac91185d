import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import sharp from 'sharp';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { DetectionsObservation } from '../../src/domain/observation.ts';
import { FrameSpool } from '../../src/evidence/frame-spool.ts';
import { WALL_CLOCK } from '../../src/runtime/clock.ts';
import { VisionWorkers } from '../../src/vision/worker-pool.ts';
import { onnxGraph } from '../support/onnx-graph.ts';
import { tempDir } from '../support/temp-dir.ts';
import { makeClip } from '../support/test-clip.ts';
import { writeModel, YOLOX_NANO } from '../support/test-models.ts';
import { waitUntil } from '../support/wait-until.ts';

vi.setConfig({ testTimeout: 300_000 });

/** A detector that finds a box in whatever is bright: its score is four times the mean brightness. */
async function brightness(): Promise<string> {
  const models = tempDir();
  const onnx = join(models, 'graph.onnx');
  const input = { width: 32, height: 32 };
  writeFileSync(
    onnx,
    onnxGraph(input, [{ name: 'output', dims: [1, 1, 6], values: [0.5, 0.5, 0, 0, 4, 1] }]),
  );
  await writeModel(models, onnx, {
    ...YOLOX_NANO,
    name: 'brightness',
    input: { ...YOLOX_NANO.input, ...input, scale: 1 / 255, letterbox: { mode: 'stretch', pad: 0 } },
    head: { type: 'yolox', strides: [32], iou_threshold: 0.5, score_threshold: 0.05 },
    labels: ['light'],
    classes: { light: 'light' },
  });
  return models;
}

const LEFT = [
  [0, 0],
  [0.5, 0],
  [0.5, 1],
  [0, 1],
] as const;

/** Brightest pixel left and right of the middle, a few columns apart for the blocks of a JPEG. */
async function halves(jpeg: Uint8Array): Promise<{ width: number; left: number; right: number }> {
  const { data, info } = await sharp(jpeg).greyscale().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  let left = 0;
  let right = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const value = data[y * width + x] ?? 0;
      if (x < width / 2 - 16) left = Math.max(left, value);
      else if (x > width / 2 + 16) right = Math.max(right, value);
    }
  }
  return { width, left, right };
}

test('nothing of what a mask hides is judged, stored, or shown', async () => {
  const dir = tempDir();
  const spool = new FrameSpool({ root: join(dir, 'spool'), max_bytes: 1e9 });
  await spool.start();
  // From a time when the camera had no masks.
  mkdirSync(join(dir, 'ring/masked'), { recursive: true });
  writeFileSync(join(dir, 'ring/masked/old.ts'), 'old');
  const clip = makeClip(join(dir, 'clip.mp4'), 'h264', 20);
  const seen: DetectionsObservation[] = [];
  const about = {
    url: `file://${clip}`,
    transport: 'tcp' as const,
    patrol_interval_ms: 0,
    stall_timeout_ms: 60_000,
    models: ['brightness'],
    zones: [],
  };
  const workers = new VisionWorkers({
    workers: 1,
    threads: 1,
    cameras: [
      { ...about, id: 'masked', masks: [LEFT] },
      { ...about, id: 'open' },
    ],
    modelsDir: await brightness(),
    allowFiles: true,
    spool,
    ring: {
      root: join(dir, 'ring'),
      limits: { ring_ms: 60_000, bytes_max: 1e8, held_bytes_max: 1e8, segment_ms: 1000 },
    },
    env: process.env,
    time: WALL_CLOCK,
    refresh_ms: 0,
    onDetections: async (observation) => {
      if (observation.kind === 'detections') seen.push(observation);
    },
    onCameraState: () => undefined,
    log: pino({ enabled: false }),
  });
  workers.start();
  onTestFinished(() => workers.stop());
  const keptOf = (id: string) =>
    waitUntil(`a picture of ${id}`, () =>
      seen.find(({ deviceId, frame }) => deviceId === id && frame !== undefined),
    );
  const masked = await keptOf('masked');
  const open = await keptOf('open');
  // Judged: about half as bright.
  expect(masked.detections[0]?.score).toBeLessThan((open.detections[0]?.score ?? 0) * 0.75);
  // Stored: in full size, black on the left, without the picture as it was sent.
  const stored = async ({ frame }: DetectionsObservation) =>
    halves(frame === undefined ? new Uint8Array() : ((await spool.read(frame)) ?? new Uint8Array()));
  expect(await stored(masked)).toMatchObject({
    width: 320,
    left: expect.toSatisfy((value: number) => value < 30),
  });
  expect((await stored(masked)).right).toBeGreaterThan(150);
  expect((await stored(open)).left).toBeGreaterThan(150);
  expect(masked.frame?.key_sha256).toBeUndefined();
  const files = readdirSync(join(dir, 'spool/masked'), { recursive: true, encoding: 'utf8' });
  expect(files.filter((name) => name.endsWith('.ts'))).toEqual([]);
  // Shown.
  const latest = await workers.latestFrame('masked');
  expect((await halves(latest?.jpeg ?? new Uint8Array())).left).toBeLessThan(30);
  // A picture that is brought is judged, and that is all.
  const white = { create: { width: 64, height: 64, channels: 3 as const, background: '#fff' } };
  const jpeg = await sharp(white).jpeg().toBuffer();
  const nowhere = { path: '', sha256: '', width_px: 0, height_px: 0 };
  const task = { deviceId: 'nobody', at_ms: 1, received_ms: 1, frame: nowhere, jpeg, models: ['brightness'] };
  const judged = await workers.inferSnapshot(task);
  expect(judged).toMatchObject([
    { kind: 'detections', deviceId: 'nobody', detections: [{ class: 'light' }] },
  ]);
  // Kept of the stream: nothing, and nothing of before.
  await waitUntil(
    "the other camera's ring",
    () => existsSync(join(dir, 'ring/open')) && readdirSync(join(dir, 'ring/open')).length > 0,
  );
  await waitUntil('the old ring to be gone', () => !existsSync(join(dir, 'ring/masked')));
});
