import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { type RtspServer, startRtspServer } from '../../simulators/rtsp-server/rtsp-server.ts';
import type { CameraStatus } from '../../src/domain/camera-status.ts';
import { type FfmpegTools, findFfmpeg } from '../../src/ingest/ffmpeg.ts';
import { type CameraFrame, RtspCamera } from '../../src/ingest/rtsp-camera.ts';
import { findFootage, footageCodec } from '../../src/ring/ring-reader.ts';
import { RingWriter } from '../../src/ring/ring-writer.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { ffmpegChildren, isAlive } from '../support/processes.ts';
import { flipBits, moveClock, onPackets } from '../support/rtp-faults.ts';
import { makeClip } from '../support/test-clip.ts';
import { waitUntil } from '../support/wait-until.ts';

// Each test starts processes, and waits for stalls; a busy machine takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
const PATIENCE_MS = 200_000;

const log = { info: () => undefined, warn: () => undefined };
const LIMITS = { ring_ms: 600_000, bytes_max: 50_000_000, segment_ms: 1000, held_bytes_max: 0 };

let dir: string;
let ffmpeg: FfmpegTools;
let h264: string;
let larger: string;
let h265: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'xuncheng-faults-'));
  ffmpeg = await findFfmpeg(process.env);
  h264 = makeClip(join(dir, 'h264.mp4'), 'h264', 8);
  larger = join(dir, 'larger.mp4');
  const scaled = [
    '-v',
    'error',
    '-i',
    h264,
    '-vf',
    'scale=640:360',
    '-preset',
    'ultrafast',
    '-g',
    '10',
    larger,
  ];
  expect(spawnSync('ffmpeg', scaled).status).toBe(0);
  h265 = makeClip(join(dir, 'h265.mp4'), 'h265', 6);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function serve(file: string, port = 0): Promise<RtspServer> {
  const server = await startRtspServer({ host: '127.0.0.1', port, log, mounts: [{ path: '/live', file }] });
  onTestFinished(() => server.stop().catch(() => undefined));
  return server;
}

/** A camera with its ring, which takes each frame. */
function watch(port: number, change: { stall_timeout_ms?: number; tools?: FfmpegTools } = {}) {
  const statuses: CameraStatus[] = [];
  const frames: CameraFrame[] = [];
  const faults: string[] = [];
  const folder = mkdtempSync(join(dir, 'ring-'));
  const ring = new RingWriter({ folder, limits: LIMITS, onFault: (reason) => faults.push(reason) });
  const camera: RtspCamera = new RtspCamera({
    source: {
      ...{ id: 'cam', url: `rtsp://127.0.0.1:${port}/live`, transport: 'tcp', models: [], zones: [] },
      ...{ patrol_interval_ms: 0, stall_timeout_ms: change.stall_timeout_ms ?? 20_000 },
    },
    ffmpeg: change.tools ?? ffmpeg,
    allowFiles: false,
    frame_bytes_max: 10_000_000,
    stream: {
      write: (picture) => ring.write(picture),
      cut: () => ring.cut(),
      fault: (reason) => faults.push(reason),
    },
    backoff: { first_ms: 100, max_ms: 400 },
    clock: Date.now,
    random: Math.random,
    onStatus: (status) => statuses.push(status),
    onFrame: () => {
      const frame = camera.take();
      if (frame !== undefined) frames.push(frame);
    },
  });
  camera.start();
  const stop = async (): Promise<void> => {
    await camera.stop();
    await ring.stop();
  };
  onTestFinished(stop);
  const more = (count: number): Promise<unknown> => {
    const from = frames.length;
    return waitUntil(`${count} more frames`, () => frames.length >= from + count, PATIENCE_MS);
  };
  const state = (wanted: CameraStatus['state']): Promise<unknown> =>
    waitUntil(wanted, () => statuses.at(-1)?.state === wanted, PATIENCE_MS);
  return { camera, statuses, frames, faults, folder, more, state, stop };
}

test('a hung ffmpeg is killed, and another takes its place', async () => {
  const { port } = await serve(h264);
  const { camera, statuses, more, state } = watch(port, { stall_timeout_ms: 8000 });
  await more(2);
  const { pid = 0 } = camera;
  process.kill(pid, 'SIGSTOP');
  await waitUntil('stalled', () => statuses.find((one) => one.state === 'stalled'), PATIENCE_MS);
  expect(isAlive(pid)).toBe(false);
  await state('live');
  await more(2);
  expect(camera.pid).not.toBe(pid);
});

/** A program that behaves like ffmpeg until it reads a camera; then it does this, unless it was told to be good. */
function impostor(name: string, deed: string): { tools: FfmpegTools; beGood: () => void } {
  const path = join(dir, `${name}-ffmpeg`);
  const good = join(dir, `${name}-good`);
  const script = ['#!/bin/sh', `case "$*" in *passthrough*) [ -e '${good}' ] || { ${deed}; } ;; esac`];
  writeFileSync(path, [...script, `exec '${ffmpeg.path}' "$@"`, ''].join('\n'));
  chmodSync(path, 0o755);
  return { tools: { ...ffmpeg, path }, beGood: () => writeFileSync(good, '') };
}

test.each([
  ['pictures that are none', 'exec head -c 50000000 /dev/zero', /PPM|picture|header/],
  ['words without an end', 'exec tr "\\000" x < /dev/zero 3>&1 >&2', /ffmpeg says too much/],
  ['lines without an end', 'exec yes "no such thing" 3>&1 >&2', /ffmpeg says too much/],
])('an ffmpeg that spews %s is ended at once', async (name, deed, reason) => {
  const { port } = await serve(h264);
  const { tools, beGood } = impostor(name.replaceAll(' ', '-'), deed);
  const before = process.memoryUsage().rss;
  const { camera, statuses, more, stop } = watch(port, { tools });
  await waitUntil('three attempts', () => camera.counts.opened >= 3, PATIENCE_MS);
  expect(statuses.find(({ state }) => state === 'failed')?.reason).toMatch(reason);
  expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
  beGood();
  await more(2);
  await stop();
  expect(ffmpegChildren(process.pid)).toEqual([]);
});

test('a camera that was away comes back with another size, and with another codec', async () => {
  const first = await serve(h264);
  const { frames, more, state, folder, faults, camera } = watch(first.port);
  await more(2);
  await first.stop();
  await state('failed');
  const second = await serve(larger, first.port);
  await more(2);
  expect(frames.at(-1)).toMatchObject({ width_px: 640, height_px: 360 });
  const from_ms = frames.at(-1)?.at_ms ?? 0;
  expect(await footageCodecAt(folder, from_ms)).toBe('h264');
  await second.stop();
  await state('failed');
  const third = await serve(h265, first.port);
  await more(4);
  expect(frames.at(-1)).toMatchObject({ width_px: 320, height_px: 180 });
  expect(await footageCodecAt(folder, frames.at(-2)?.at_ms ?? 0)).toBe('h265');
  await third.stop();
  expect([faults, camera.counts.opened > 2]).toEqual([[], true]);
});

/** The codec of what the ring has of a moment, once it is there. */
async function footageCodecAt(folder: string, at_ms: number): Promise<string | undefined> {
  return waitUntil(
    'footage',
    async () => {
      const footage = await findFootage(folder, at_ms, at_ms + 10);
      return footage === undefined ? undefined : await footageCodec(footage);
    },
    PATIENCE_MS,
  );
}

test('corrupt packets cost pictures, not the camera', async () => {
  const server = await serve(h264);
  const proxy = await FaultProxy.start(server.port);
  onTestFinished(() => proxy.stop());
  let isBad = false;
  proxy.rewriter = () => {
    const flip = flipBits(3);
    return onPackets((channel, packet) => {
      if (isBad) flip(channel, packet);
    });
  };
  const { more, frames, state, camera, stop } = watch(proxy.port);
  await more(2);
  isBad = true;
  const { decoded, opened } = camera.counts;
  await waitUntil(
    'it goes on, or comes back',
    () => camera.counts.decoded >= decoded + 5 || camera.counts.opened > opened,
    PATIENCE_MS,
  );
  isBad = false;
  await more(3);
  await state('live');
  expect(frames.at(-1)).toMatchObject({ width_px: 320, height_px: 180 });
  await stop();
  expect(ffmpegChildren(process.pid)).toEqual([]);
});

test.each([
  ['forward by an hour', 3600],
  ['back by ten minutes', -600],
  ['back by eight hours', -8 * 3600],
])(
  'a camera whose clock jumps %s is dated by arrival as before, and its stream is kept',
  async (_name, jump_s) => {
    const server = await serve(h264);
    const proxy = await FaultProxy.start(server.port);
    onTestFinished(() => proxy.stop());
    let moved_s = 0;
    proxy.rewriter = () => onPackets(moveClock(() => moved_s));
    const { more, frames, faults, folder, statuses } = watch(proxy.port);
    await more(3);
    moved_s = jump_s;
    await more(6);
    const times = frames.map(({ at_ms }) => at_ms);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const { at_ms = 0 } = frames.at(-3) ?? {};
    expect(Math.abs(Date.now() - at_ms)).toBeLessThan(60_000);
    // What the ring has of the time after the jump is as long as it really was.
    const footage = await waitUntil('footage', () => findFootage(folder, at_ms, at_ms + 10), PATIENCE_MS);
    expect(footage.end_ms - footage.start_ms).toBeLessThan(30_000);
    expect(faults).toEqual([]);
    expect(statuses.map(({ state }) => state)).toEqual(['connecting', 'live']);
  },
);
