import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import type { DetectionsObservation } from '../../src/domain/observation.ts';
import { FrameSpool } from '../../src/evidence/frame-spool.ts';
import { WALL_CLOCK } from '../../src/runtime/clock.ts';
import { VisionWorkers } from '../../src/vision/worker-pool.ts';
import { constantModel } from '../support/onnx-bytes.ts';
import { tempDir } from '../support/temp-dir.ts';
import { makeClip } from '../support/test-clip.ts';
import { FASTESTDET, writeModel } from '../support/test-models.ts';
import { waitUntil } from '../support/wait-until.ts';

/** A model of one class that gives the same values for each cell of each picture. */
async function constant(modelsDir: string, name: string, values: readonly number[]): Promise<void> {
  const input = { ...FASTESTDET.input, width: 64, height: 64 };
  const file = join(modelsDir, `${name}.onnx`);
  mkdirSync(modelsDir, { recursive: true });
  writeFileSync(file, constantModel({ input: input.name, width: 64, height: 64, stride: 16, values }));
  await writeModel(modelsDir, file, { ...FASTESTDET, name, input, labels: ['bag'], classes: { bag: 'bag' } });
}

test('a model that gives no numbers is no empty street: nothing is said of its frames, and others go on', async () => {
  const dir = tempDir();
  const modelsDir = join(dir, 'models');
  await constant(modelsDir, 'nan', [Number.NaN, 0, 0, 0, 0, 0]);
  await constant(modelsDir, 'quiet', [0, 0, 0, 0, 0, 0]);
  const clip = makeClip(join(dir, 'clip.mp4'), 'h264', 5);
  const spool = new FrameSpool({ root: join(dir, 'spool'), max_bytes: 1e8 });
  await spool.start();
  const seen: DetectionsObservation[] = [];
  const source = {
    ...{ url: `file://${clip}`, transport: 'tcp' as const, patrol_interval_ms: 0, zones: [] },
    stall_timeout_ms: 60_000,
  };
  const workers = new VisionWorkers({
    ...{ workers: 1, threads: 1, modelsDir, allowFiles: true, spool, env: process.env, time: WALL_CLOCK },
    cameras: [
      { ...source, id: 'blind', models: ['nan'] },
      { ...source, id: 'both', models: ['nan', 'quiet'] },
    ],
    onDetections: async (observation) => {
      if (observation.kind === 'detections') seen.push(observation);
    },
    onCameraState: () => undefined,
    log: pino({ level: 'silent' }),
    refresh_ms: 0,
  });
  workers.start();
  onTestFinished(() => workers.stop());
  const countsOf = (id: string) => workers.cameras().find((camera) => camera.id === id);
  await waitUntil(
    'frames of both',
    () => ['blind', 'both'].every((id) => (countsOf(id)?.failed ?? 0) >= 2),
    100_000,
  );
  expect(countsOf('blind')).toMatchObject({ state: 'live', inferred: 0 });
  expect(countsOf('both')?.inferred).toBeGreaterThan(0);
  expect(new Set(seen.map(({ deviceId, model }) => `${deviceId} ${model.id}`))).toEqual(
    new Set(['both quiet@1']),
  );
  expect(workers.stats().workers[0]?.restarts).toBe(0);
}, 120_000);
