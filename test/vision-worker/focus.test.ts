import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, it } from 'vitest';
import type { FocusAim } from '../../src/domain/focus.ts';
import { type FfmpegTools, findFfmpeg } from '../../src/ingest/ffmpeg.ts';
import { WALL_CLOCK } from '../../src/runtime/clock.ts';
import { DetectorSet } from '../../src/vision/detector-set.ts';
import type { FocusTask } from '../../src/vision/worker-protocol.ts';
import { lookClosely } from '../../src/vision-worker/focus.ts';
import { sharedData } from '../support/shared-data.ts';
import { tempDir } from '../support/temp-dir.ts';
import { writeModel, YOLOX_NANO } from '../support/test-models.ts';

const onnx = sharedData('onnx/yolox_nano_coco.onnx');
const street = sharedData('video/intel_person-bicycle-car-detection.mp4');
const START_MS = Date.UTC(2026, 10, 22, 2);
/** From the second at which no car is there yet to that at which it is leaving the picture. */
const CUT = { from_s: 29, seconds: 5 };

let ffmpeg: FfmpegTools;
beforeAll(async () => {
  ffmpeg = await findFfmpeg(process.env);
});

const AIM: FocusAim = {
  class: 'garbage',
  box: [0.24, 0.62, 0.3, 0.7],
  appeared_ms: START_MS + 3000,
  actors: ['person', 'two-wheeler', 'car', 'truck'],
  reach: 1,
};

function task(more: Partial<FocusTask> = {}): FocusTask {
  return {
    models: ['yolox-nano'],
    deviceId: 'cam-1',
    from_ms: START_MS,
    to_ms: START_MS + CUT.seconds * 1000,
    every_ms: 250,
    aim: AIM,
    budget_ms: Number.POSITIVE_INFINITY,
    ...more,
  };
}

async function world() {
  const dir = tempDir();
  const classes = { person: 'person', bicycle: 'two-wheeler', car: 'car', truck: 'truck' };
  await writeModel(join(dir, 'models'), onnx ?? '', { ...YOLOX_NANO, classes });
  const detectors = new DetectorSet({
    modelsDir: join(dir, 'models'),
    threads: 1,
    onModel: () => undefined,
  });
  const limits = { ring_ms: 60_000, segment_ms: 2000, bytes_max: 1e8, held_bytes_max: 1e8 };
  const setup = {
    ring: { root: join(dir, 'ring'), limits },
    spoolRoot: join(dir, 'frames'),
    time: WALL_CLOCK,
  };
  return { dir, detectors, parts: { setup, ffmpeg, detectors } };
}

/** What a camera's ring has of it: one segment, as the stream came. */
function fillRing(dir: string): void {
  const folder = join(dir, 'ring/cam-1');
  mkdirSync(folder, { recursive: true });
  const segment = join(folder, `${START_MS}-${START_MS + CUT.seconds * 1000}.ts`);
  const cut = ['-ss', String(CUT.from_s), '-t', String(CUT.seconds), '-i', street ?? ''];
  const encode = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-an', '-f', 'mpegts', segment];
  expect(spawnSync('ffmpeg', ['-v', 'error', ...cut, ...encode]).status).toBe(0);
}

const skipped = onnx === undefined || street === undefined;
it.skipIf(skipped)(
  'tells of a real film who came by a place, when and whither, with pictures (skipped without the shared test material)',
  { timeout: 400_000 },
  async () => {
    const { dir, detectors, parts } = await world();
    fillRing(dir);
    const answer = await lookClosely(task(), parts);
    await detectors.close();
    expect(answer?.frames).toBeGreaterThan(15);
    expect(answer?.models).toMatchObject([{ id: 'yolox-nano@1' }]);
    const [car] = answer?.actors ?? [];
    expect(['car', 'truck']).toContain(car?.class);
    const entered_s = ((car?.entered_ms ?? 0) - START_MS) / 1000;
    expect(entered_s).toBeGreaterThan(0.5);
    expect(entered_s).toBeLessThan(2.5);
    expect(['left', 'far']).toContain(car?.leftTo);
    expect(car?.besideFrom_ms).toBeGreaterThanOrEqual(car?.entered_ms ?? 0);

    const stored = (name: 'best' | 'plateRegion') =>
      readFileSync(join(dir, 'frames', answer?.[name]?.stored.ref.path ?? ''));
    expect(await sharp(stored('best')).metadata()).toMatchObject({ width: 768, height: 432 });
    const [whole] = answer?.best?.detections ?? [];
    const plate = await sharp(stored('plateRegion')).metadata();
    expect(plate.width).toBeGreaterThan(((whole?.box[2] ?? 0) - (whole?.box[0] ?? 0)) * 768 * 0.5);
    expect(plate.height).toBeLessThan(432 / 2);
  },
);

it.skipIf(skipped)(
  'says so where nothing of the time was kept, or it is too much to look at',
  {
    timeout: 200_000,
  },
  async () => {
    const { dir, detectors, parts } = await world();
    expect(await lookClosely(task(), parts)).toBeUndefined();
    fillRing(dir);
    const answer = await lookClosely(task({ budget_ms: 0 }), parts);
    await detectors.close();
    expect(answer).toMatchObject({ frames: 1, actors: [] });
  },
);
