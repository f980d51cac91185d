import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Region, regionsFor } from '../../src/domain/camera.ts';
import type { Detection, DetectionsObservation } from '../../src/domain/observation.ts';
import type { ShadowTally } from '../../src/domain/shadow.ts';
import { FrameSpool } from '../../src/evidence/frame-spool.ts';
import { SHADOW_FILE } from '../../src/gateway/shadows.ts';
import { WALL_CLOCK } from '../../src/runtime/clock.ts';
import { ShadowBook } from '../../src/vision/shadow-book.ts';
import { compareDetections } from '../../src/vision/shadow-compare.ts';
import { ShadowRunner } from '../../src/vision/shadow-runner.ts';
import { VisionWorkers } from '../../src/vision/worker-pool.ts';
import { cli } from '../support/cli.ts';
import { onnxGraph } from '../support/onnx-graph.ts';
import { tempDir } from '../support/temp-dir.ts';
import { makeClip } from '../support/test-clip.ts';
import { writeModel, YOLOX_NANO } from '../support/test-models.ts';
import { waitUntil } from '../support/wait-until.ts';

vi.setConfig({ testTimeout: 240_000 });

const found = (name: string, score: number, box: Detection['box']): Detection => ({
  class: name,
  label: name,
  score,
  box,
});
const frame = { data: new Uint8Array(3), width_px: 1, height_px: 1 };

function observation(model: string, detections: Detection[]): DetectionsObservation {
  const times = { at_ms: 5, received_ms: 5 };
  return { kind: 'detections', deviceId: 'c', ...times, model: { id: model, sha256: '' }, detections };
}

test('boxes are paired by class, the nearest first', () => {
  const active = [
    found('car', 0.5, [0, 0, 0.4, 0.4]),
    found('car', 0.6, [0.05, 0, 0.45, 0.4]),
    found('bin', 0.7, [0.5, 0.5, 1, 1]),
  ];
  const shadow = [found('car', 0.8, [0.05, 0, 0.45, 0.4]), found('person', 0.9, [0.5, 0.5, 1, 1])];
  const classes = compareDetections(active, shadow);
  expect(classes.car).toMatchObject({ agreed: 1, onlyActive: 1, onlyShadow: 0, overlap: 1 });
  expect(classes.car?.scoreShift).toBeCloseTo(0.2);
  expect(classes).toMatchObject({ bin: { agreed: 0, onlyActive: 1 }, person: { agreed: 0, onlyShadow: 1 } });
  expect(compareDetections([], [])).toEqual({});
});

function runner(
  share: number,
  judge: () => Promise<{
    observations: DetectionsObservation[];
    failures: { model: string; message: string }[];
  }>,
  cameras?: string[],
) {
  return new ShadowRunner({
    settings: [{ model: 'new', active: 'old', share, ...(cameras && { cameras }) }],
    detectors: { judge },
    judgingOf: () => ({ models: ['old'] }),
    onFailure: () => undefined,
  });
}

test('the shadow looks at the parts of the picture at which the active one looks', async () => {
  const asked: (readonly Region[] | undefined)[] = [];
  const parts = [[0, 0, 0.5, 1]] as const;
  const shadow = new ShadowRunner({
    settings: [{ model: 'new', active: 'old', share: 1 }],
    detectors: {
      judge: async (_frame, judging) => {
        asked.push(...judging.models.map((model) => regionsFor(judging, model)));
        return { observations: [observation('new@2', [])], failures: [] };
      },
    },
    judgingOf: (cameraId) => ({
      models: ['old', 'other'],
      regions: cameraId === 'all' ? parts : { [cameraId]: parts },
    }),
    onFailure: () => undefined,
  });
  for (const cameraId of ['all', 'old', 'other']) {
    shadow.offer(cameraId, frame, [observation('old@1', [])]);
    await shadow.step();
  }
  expect(asked).toEqual([parts, parts, undefined]);
});

test('a share of the frames is judged by both, and one waits at most', async () => {
  const shadow = runner(0.25, async () => ({ observations: [observation('new@2', [])], failures: [] }));
  const offer = (at_ms = 5): void => {
    const made = observation('old@1', [found('car', 0.5, [0, 0, 1, 1])]);
    shadow.offer('c', frame, [{ ...made, at_ms }]);
  };
  for (let i = 0; i < 3; i += 1) offer();
  expect(await shadow.step()).toBe(false);
  offer();
  for (let i = 0; i < 4; i += 1) offer();
  expect(await shadow.step()).toBe(true);
  expect(await shadow.step()).toBe(false);
  const { tallies, pairs } = shadow.drain();
  expect(pairs).toMatchObject([{ active: { at_ms: 5 }, shadow: { model: { id: 'new@2' } } }]);
  expect(tallies.find(({ frames }) => frames > 0)).toMatchObject({
    active: 'old@1',
    shadow: 'new@2',
    frames: 1,
    classes: { car: { onlyActive: 1 } },
  });
  expect(tallies.reduce((sum, { skipped }) => sum + skipped, 0)).toBe(1);
  // Nothing has changed: both say the same again, if both judged the frame before.
  const again = { ...observation('old@1', []), at_ms: 9, received_ms: 9 };
  offer(6);
  shadow.repeat('c', [again]);
  expect(shadow.drain().pairs).toEqual([]);
  for (const at_ms of [7, 8]) offer(at_ms);
  offer(8);
  expect(await shadow.step()).toBe(true);
  shadow.drain();
  shadow.repeat('c', [again]);
  expect(shadow.drain().pairs).toMatchObject([
    { active: { at_ms: 9 }, shadow: { at_ms: 9, unchanged: true } },
  ]);
});

test('other cameras and other detectors are left alone, and a failure is counted', async () => {
  const fails = async () => ({ observations: [], failures: [{ model: 'new', message: 'no such file' }] });
  const shadow = runner(1, fails, ['elsewhere']);
  shadow.offer('c', frame, [observation('old@1', [])]);
  shadow.offer('elsewhere', frame, [observation('other@1', [])]);
  expect(await shadow.step()).toBe(false);
  shadow.offer('elsewhere', frame, [observation('old@1', [])]);
  expect(await shadow.step()).toBe(true);
  expect(shadow.drain().tallies).toMatchObject([{ cameraId: 'elsewhere', frames: 0, failed: 1 }]);
});

test('comparisons add up over restarts, and are told by the command', async () => {
  const dir = tempDir();
  const tally = (cameraId: string): ShadowTally => ({
    cameraId,
    active: 'old@1',
    shadow: 'new@2',
    frames: 10,
    skipped: 1,
    failed: 0,
    classes: { car: { agreed: 4, onlyActive: 1, onlyShadow: 3, scoreShift: 0.4, overlap: 3.2 } },
    incidents: { 'stall-occupation': { active: 1, shadow: 2 } },
  });
  const first = new ShadowBook(join(dir, SHADOW_FILE));
  await first.load();
  first.add([tally('a'), tally('b')]);
  await first.save();
  const second = new ShadowBook(join(dir, SHADOW_FILE));
  await second.load();
  second.add([tally('a')]);
  await second.save();
  expect(second.report()).toEqual([
    {
      active: 'old@1',
      shadow: 'new@2',
      frames: 30,
      skipped: 3,
      failed: 0,
      cameras: ['a', 'b'],
      classes: {
        car: { agreed: 12, onlyActive: 3, onlyShadow: 9, agreement: 0.5, scoreShift: 0.1, overlap: 0.8 },
      },
      incidents: { 'stall-occupation': { active: 3, shadow: 6 } },
    },
  ]);
  const { code, out } = await cli(['models', 'shadow', '--data', dir]);
  expect({ code, out: out.join('\n') }).toMatchObject({
    code: 0,
    out: expect.stringContaining('30 frames of 2 camera(s)'),
  });
  expect(out[1]).toMatch(
    /car +agreement 0\.500 +both 12 +only active 3 +only shadow 9 +score \+0\.100 +overlap 0\.800/,
  );
  writeFileSync(join(dir, SHADOW_FILE), '{half');
  expect((await cli(['models', 'shadow', '--data', dir])).out).toEqual([
    expect.stringContaining('nothing was compared'),
  ]);
});

/** A detector of brightness: one box over all of the picture, its score `gain` times the mean brightness. */
async function brightness(models: string, name: string, gain: number): Promise<void> {
  const onnx = join(models, `${name}.onnx`);
  const input = { width: 32, height: 32 };
  writeFileSync(
    onnx,
    onnxGraph(input, [{ name: 'output', dims: [1, 1, 6], values: [0.5, 0.5, 0, 0, gain, 1] }]),
  );
  await writeModel(models, onnx, {
    ...YOLOX_NANO,
    name,
    input: { ...YOLOX_NANO.input, ...input, scale: 1 / 255, letterbox: { mode: 'stretch', pad: 0 } },
    head: { type: 'yolox', strides: [32], iou_threshold: 0.5, score_threshold: 0.05 },
    labels: ['light'],
    classes: { light: 'light' },
  });
}

test('a live camera is judged by both, and only the active one is heard', async () => {
  const dir = tempDir();
  await brightness(dir, 'old', 1);
  await brightness(dir, 'new', 1.2);
  const spool = new FrameSpool({ root: join(dir, 'spool'), max_bytes: 1e9 });
  await spool.start();
  const clip = makeClip(join(dir, 'clip.mp4'), 'h264', 20);
  const heard = new Set<string>();
  const tallies: ShadowTally[] = [];
  const workers = new VisionWorkers({
    workers: 1,
    threads: 1,
    cameras: [
      {
        id: 'c',
        url: `file://${clip}`,
        transport: 'tcp',
        patrol_interval_ms: 0,
        stall_timeout_ms: 60_000,
        models: ['old'],
        zones: [],
      },
    ],
    shadows: [{ model: 'new', active: 'old', share: 0.5 }],
    modelsDir: dir,
    allowFiles: true,
    spool,
    env: process.env,
    time: WALL_CLOCK,
    refresh_ms: 0,
    onDetections: async (made) => {
      if (made.kind === 'detections') heard.add(made.model.id);
    },
    onShadow: (more) => tallies.push(...more),
    onCameraState: () => undefined,
    log: pino({ enabled: false }),
  });
  workers.start();
  onTestFinished(() => workers.stop());
  const frames = (): number => tallies.reduce((sum, tally) => sum + tally.frames, 0);
  await waitUntil('a compared frame', () => frames() >= 1 && heard.size > 0, 170_000);
  expect([...heard]).toEqual(['old@1']);
  const [first] = tallies.filter((tally) => tally.frames > 0);
  expect(first).toMatchObject({ cameraId: 'c', active: 'old@1', shadow: 'new@1', failed: 0 });
  expect(first?.classes.light).toMatchObject({ onlyActive: 0, onlyShadow: 0 });
  expect((first?.classes.light?.scoreShift ?? 0) / (first?.classes.light?.agreed ?? 1)).toBeGreaterThan(0.01);
});
