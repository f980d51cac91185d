import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { CameraStatus } from '../../src/domain/camera-status.ts';
import type { DetectionsObservation, PictureObservation } from '../../src/domain/observation.ts';
import { FrameSpool } from '../../src/evidence/frame-spool.ts';
import { WALL_CLOCK } from '../../src/runtime/clock.ts';
import type { VisionOptions } from '../../src/vision/vision-options.ts';
import { VisionWorkers } from '../../src/vision/worker-pool.ts';
import { ffmpegPids, isAlive } from '../support/processes.ts';
import { sharedData } from '../support/shared-data.ts';
import { tempDir } from '../support/temp-dir.ts';
import { makeClip, withKeyFrames } from '../support/test-clip.ts';
import { FASTESTDET, writeModel } from '../support/test-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const fastestdet = sharedData('onnx/fastestdet_coco.onnx');
const clip = sharedData('video/carcounter_cam1.mp4');
const absent = !fastestdet || !clip;

// Each test starts processes; a busy machine takes its time.
vi.setConfig({ testTimeout: 300_000 });
/** Where several processes start one after the other. */
const until: typeof waitUntil = (what, probe) => waitUntil(what, probe, 280_000);

let models: string;
let street: string;
beforeAll(async () => {
  models = await mkdtemp(join(tmpdir(), 'xuncheng-models-'));
  if (fastestdet) await writeModel(models, fastestdet, FASTESTDET);
  if (clip) street = withKeyFrames(clip, join(models, 'street.mp4'), 5, 6);
});
afterAll(() => rm(models, { recursive: true, force: true }));

interface Run {
  readonly workers: VisionWorkers;
  readonly observations: DetectionsObservation[];
  readonly pictures: PictureObservation[];
  readonly statuses: CameraStatus[];
  readonly spool: FrameSpool;
  readonly logged: () => string;
}

function camera(id: string, clip: string, names: readonly string[] = ['fastestdet']) {
  return {
    id,
    url: `file://${clip}`,
    transport: 'tcp' as const,
    patrol_interval_ms: 0,
    stall_timeout_ms: 20_000,
    models: names,
    zones: [],
  };
}

async function run(cameras: VisionOptions['cameras'], change: Partial<VisionOptions> = {}): Promise<Run> {
  const spool = new FrameSpool({ root: join(tempDir(), 'spool'), max_bytes: 1e9 });
  await spool.start();
  const observations: DetectionsObservation[] = [];
  const pictures: PictureObservation[] = [];
  const statuses: CameraStatus[] = [];
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const workers = new VisionWorkers({
    workers: 1,
    threads: 1,
    cameras,
    modelsDir: models,
    allowFiles: true,
    spool,
    env: process.env,
    time: WALL_CLOCK,
    onDetections: async (observation) => {
      if (observation.kind === 'detections') observations.push(observation);
      else pictures.push(observation);
    },
    onCameraState: (status) => statuses.push(status),
    log: pino(sink),
    // Each frame judged, as a camera whose zones never rest.
    refresh_ms: 0,
    restart: { first_ms: 100, max_ms: 500 },
    reopen: { first_ms: 100, max_ms: 500 },
    ...change,
  });
  workers.start();
  onTestFinished(() => workers.stop());
  return { workers, observations, pictures, statuses, spool, logged: () => lines.join('') };
}

const pidOf = (workers: VisionWorkers): Promise<number> =>
  waitUntil('a worker', () => workers.stats().workers.find(({ ready }) => ready)?.pid);

describe.skipIf(absent)('vision workers (skipped without the shared test material)', () => {
  test('journal what a street camera shows, with the frame', async () => {
    const { workers, observations, pictures, spool, statuses } = await run([camera('street', street)]);
    const found = await waitUntil('a car', () =>
      observations.find(({ detections }) => detections.some((made) => made.class === 'car')),
    );
    expect(found).toMatchObject({ kind: 'detections', deviceId: 'street' });
    expect(found.received_ms).toBe(found.at_ms);
    expect(found.model).toMatchObject({
      id: 'fastestdet@1',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(found.frame).toMatchObject({ width_px: 640, height_px: 640 });
    const jpeg = await readFile(join(spool.root, found.frame?.path ?? ''));
    expect(createHash('sha256').update(jpeg).digest('hex')).toBe(found.frame?.sha256);
    expect(await sharp(jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 640, height: 640 });
    expect(pictures[0]).toMatchObject({
      kind: 'picture',
      deviceId: 'street',
      picture: { luma_p99: expect.any(Number) },
    });
    await waitUntil('the spool knows it', () => spool.stats().frames > 0);
    expect(statuses.map(({ state }) => state)).toEqual(['connecting', 'live']);

    const latest = await workers.latestFrame('street');
    expect(await sharp(latest?.jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 640 });
    expect(Math.abs(Date.now() - (latest?.at_ms ?? 0))).toBeLessThan(10_000);
    expect(await workers.latestFrame('unknown')).toBeUndefined();
    const counts = await waitUntil('counts', () => workers.cameras().find(({ inferred }) => inferred > 0));
    expect(counts).toMatchObject({
      id: 'street',
      state: 'live',
      failed: 0,
      lastFrame_ms: expect.any(Number),
    });
  });

  test('journal that nothing was there', async () => {
    const clip = makeClip(join(tempDir(), 'test.mp4'), 'h264', 3);
    const strict = { ...FASTESTDET, name: 'strict', head: { ...FASTESTDET.head, score_threshold: 1 } };
    await writeModel(models, fastestdet ?? '', strict);
    const { observations, spool } = await run([camera('empty', clip, ['strict'])]);
    const seen = await waitUntil('an observation', () => observations[0]);
    expect(seen).toMatchObject({ deviceId: 'empty', detections: [] });
    expect(seen.frame).toBeUndefined();
    expect(spool.stats().frames).toBe(0);
  });

  test('go on with the other models and cameras where one is broken', async () => {
    const folder = await writeModel(models, fastestdet ?? '', {
      ...FASTESTDET,
      name: 'broken',
      labels: ['one'],
      classes: { one: 'one' },
    });
    const gone = join(tempDir(), 'gone.mp4');
    const { workers, observations, statuses } = await run([
      camera('both', street, ['broken', 'fastestdet', 'missing']),
      camera('gone', gone),
    ]);
    await waitUntil('an observation', () => observations.some(({ deviceId }) => deviceId === 'both'));
    expect(new Set(observations.map(({ model }) => model.id))).toEqual(new Set(['fastestdet@1']));
    const { modelErrors } = workers.stats();
    expect(modelErrors.broken).toContain(folder);
    expect(modelErrors.broken).toContain('the graph has 80 labels, the manifest 1');
    expect(modelErrors.missing).toContain('no such file');
    await waitUntil('the other camera failed', () =>
      statuses.some(({ cameraId, state }) => cameraId === 'gone' && state === 'failed'),
    );
  });

  test('are replaced when killed, and their ffmpegs are gone', async () => {
    const { workers, observations, statuses } = await run([camera('street', street)]);
    await waitUntil('an observation', () => observations[0]);
    const pid = await pidOf(workers);
    const ffmpegs = ffmpegPids(street);
    expect(ffmpegs.length).toBeGreaterThan(0);
    const inferred = await waitUntil('counts', () => workers.cameras()[0]?.inferred);
    process.kill(pid, 'SIGKILL');
    await waitUntil('its ffmpegs gone', () => !ffmpegs.some(isAlive));
    expect(await waitUntil('failed', () => statuses.find(({ state }) => state === 'failed'))).toMatchObject({
      reason: 'vision worker ended with SIGKILL',
    });
    const before = observations.length;
    await waitUntil('it goes on', () => observations.length > before);
    expect(await pidOf(workers)).not.toBe(pid);
    expect(workers.stats().workers[0]?.restarts).toBe(1);
    await waitUntil('the count goes on', () => (workers.cameras()[0]?.inferred ?? 0) > inferred);
    await workers.stop();
    expect(ffmpegPids(street)).toEqual([]);
  });

  test('are replaced when they hang', async () => {
    const { workers, statuses } = await run([camera('street', street)], {
      limits: { silence_timeout_ms: 3000 },
    });
    const pid = await pidOf(workers);
    process.kill(pid, 'SIGSTOP');
    const failed = await waitUntil('failed', () => statuses.find(({ state }) => state === 'failed'));
    expect(failed.reason).toBe('vision worker killed: silent for 3000 ms');
    expect(await waitUntil('another', async () => (await pidOf(workers)) !== pid)).toBe(true);
    expect(isAlive(pid)).toBe(false);
  });

  test('move cameras to the other processes when one dies, and share them out again', async () => {
    const ids = ['a', 'b', 'c', 'd'];
    const { workers, observations } = await run(
      ids.map((id) => camera(id, street)),
      { workers: 2, restart: { first_ms: 1_200_000, max_ms: 1_200_000 } },
    );
    const both = await until('both ready', () => {
      const { workers: all } = workers.stats();
      return all.every(({ ready }) => ready) && all;
    });
    expect(both.map(({ cameras }) => cameras.length)).toEqual([2, 2]);
    const lost = both[1]?.cameras ?? [];
    await until('all seen', () => ids.every((id) => observations.some(({ deviceId }) => deviceId === id)));
    process.kill(both[1]?.pid ?? 0, 'SIGKILL');
    await until('moved', () => workers.stats().workers[0]?.cameras.length === 4);
    const from = observations.length;
    // Its replacement is minutes away: the other process sees them.
    await until('the lost ones are seen again', () =>
      lost.every((id) => observations.slice(from).some(({ deviceId }) => deviceId === id)),
    );
    expect(workers.stats().workers[1]).toMatchObject({ ready: false, cameras: [] });
  });

  test('share cameras out again when a process is back', async () => {
    const ids = ['a', 'b', 'c', 'd'];
    const { workers, observations } = await run(
      ids.map((id) => camera(id, street)),
      { workers: 2 },
    );
    const pid = await until('ready', () => {
      const { workers: all } = workers.stats();
      return all.every(({ ready }) => ready) && all[0]?.pid;
    });
    process.kill(pid, 'SIGKILL');
    await until('moved', () => workers.stats().workers[1]?.cameras.length === 4);
    await until('back, with half of them', () => {
      const { workers: all } = workers.stats();
      return all.every(({ ready, cameras }) => ready && cameras.length === 2);
    });
    const from = observations.length;
    await until('all seen', () =>
      ids.every((id) => observations.slice(from).some(({ deviceId }) => deviceId === id)),
    );
    // Each is read once: what moved was closed where it was.
    expect(ffmpegPids(street)).toHaveLength(4);
  });

  test('set the camera aside that ends its processes, and let the others go on', async () => {
    const { workers, observations, statuses } = await run(
      ['a', 'b', 'poison', 'c'].map((id) => camera(id, street)),
      {
        poison: { ends_max: 2, within_ms: 600_000, aside_first_ms: 3_600_000, aside_max_ms: 3_600_000 },
        trial_ms: 500,
      },
    );
    // What a decoder or a detector would do on that camera's pictures.
    const strike = setInterval(() => {
      const { workers: field, trials } = workers.stats();
      for (const { pid, cameras } of [...field, ...trials]) {
        if (pid !== undefined && cameras.includes('poison')) process.kill(pid, 'SIGKILL');
      }
    }, 100);
    onTestFinished(() => clearInterval(strike));
    await until('it is set aside', () => workers.stats().setAside.length > 0);
    expect(workers.stats().setAside).toEqual(['poison']);
    const told = await until('it is told', () => statuses.find(({ cause }) => cause === 'set-aside'));
    expect(told).toMatchObject({ cameraId: 'poison', state: 'failed' });
    expect(told.reason).toMatch(/^set aside until 20.*SIGKILL.*1 times so far$/);
    const { restarts } = (await until('the others are at home', () => {
      const { workers: field, trials } = workers.stats();
      return trials.length === 0 && field[0]?.ready && field[0].cameras.length === 3 && field[0];
    })) as { restarts: number };
    const from = observations.length;
    await until('they are seen', () =>
      ['a', 'b', 'c'].every((id) => observations.slice(from).some(({ deviceId }) => deviceId === id)),
    );
    expect(workers.stats().workers[0]?.restarts).toBe(restarts);
  });

  test('drop frames, newest wins, while the journal is slow', async () => {
    let waiting = 0;
    let release: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { workers } = await run([camera('street', street)], {
      onDetections: ({ kind }) => {
        // The first frame also brings its picture's statistics.
        if (kind === 'detections') waiting += 1;
        return slow;
      },
    });
    const blocked = await waitUntil('frames are dropped', () => {
      const [counts] = workers.cameras();
      return counts !== undefined && counts.dropped >= 2 ? counts : undefined;
    });
    expect(waiting).toBe(2);
    expect(blocked.inferred).toBe(2);
    release();
    await waitUntil('it goes on', () => waiting > 3);
  });

  test('judge a still that a camera published', async () => {
    const { workers, spool } = await run([], { env: { PATH: '/nonexistent' } });
    await pidOf(workers);
    const jpeg = await sharp({ create: { width: 320, height: 240, channels: 3, background: '#777' } })
      .jpeg()
      .toBuffer();
    const size = { width_px: 320, height_px: 240 };
    const frame = await spool.put({ ...size, cameraId: 'still', at_ms: 1_700_000_000_000, jpeg });
    const task = { deviceId: 'still', at_ms: 1_700_000_000_000, received_ms: 1_700_000_000_500 };
    const made = await workers.inferSnapshot({ ...task, frame, models: ['fastestdet'] });
    expect(made).toMatchObject([
      { kind: 'picture', clock_ahead_ms: -500 },
      { kind: 'detections', ...task, frame, model: { id: 'fastestdet@1' } },
    ]);
    const gone = { ...frame, path: 'still/none.jpg' };
    await expect(workers.inferSnapshot({ ...task, frame: gone, models: ['fastestdet'] })).rejects.toThrow(
      'gone',
    );
    await expect(workers.inferSnapshot({ ...task, frame, models: ['nope'] })).rejects.toThrow('no such file');
    // One detector that fails does not cost what the others see.
    expect(await workers.inferSnapshot({ ...task, frame, models: ['nope', 'fastestdet'] })).toEqual(made);
  });

  test('tell why they cannot work, without any secret', async () => {
    const secret = 'rtsp://admin:never-print-this@127.0.0.1:9/live';
    const { statuses, logged } = await run([{ ...camera('cam', ''), url: secret }], {
      env: { PATH: '/nonexistent' },
    });
    const failed = await waitUntil('failed', () => statuses.find(({ state }) => state === 'failed'));
    expect(failed.reason).toContain('ffmpeg is not in the PATH');
    expect(logged()).toContain('ffmpeg is not in the PATH');
    expect(logged() + JSON.stringify(statuses)).not.toContain('never-print-this');
  });
});
