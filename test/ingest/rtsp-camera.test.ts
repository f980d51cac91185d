import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { CameraSource } from '../../src/domain/camera.ts';
import type { CameraStatus } from '../../src/domain/camera-status.ts';
import { type FfmpegTools, findFfmpeg } from '../../src/ingest/ffmpeg.ts';
import { RtspCamera, type RtspCameraOptions } from '../../src/ingest/rtsp-camera.ts';
import { gstMissing, startGstServer } from '../support/gst-server.ts';
import { commandLine, ffmpegChildren, isAlive } from '../support/processes.ts';
import { makeClip, rareKeyFrames, reordered } from '../support/test-clip.ts';
import { waitUntil } from '../support/wait-until.ts';

// Each test starts processes; a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 });

const noGst = gstMissing();
let dir: string;
let ffmpeg: FfmpegTools;
let h264: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'xuncheng-clips-'));
  ffmpeg = await findFfmpeg(process.env);
  h264 = makeClip(join(dir, 'h264.mp4'), 'h264');
});
afterAll(() => rm(dir, { recursive: true, force: true }));

function openCamera(
  url: string,
  change: Partial<CameraSource> &
    Partial<
      Pick<
        RtspCameraOptions,
        'allowFiles' | 'frame_bytes_max' | 'key_frame_patience_ms' | 'stream' | 'width_px_max' | 'clock_rate'
      >
    > = {},
) {
  const { stream, width_px_max, ...source } = change;
  const statuses: CameraStatus[] = [];
  const camera: RtspCamera = new RtspCamera({
    source: {
      id: 'cam',
      url,
      transport: 'tcp',
      patrol_interval_ms: 0,
      stall_timeout_ms: 20_000,
      models: [],
      zones: [],
      ...source,
    },
    ...(stream === undefined ? {} : { stream }),
    ...(width_px_max === undefined ? {} : { width_px_max }),
    ffmpeg,
    allowFiles: change.allowFiles ?? false,
    frame_bytes_max: change.frame_bytes_max ?? 10_000_000,
    key_frame_patience_ms: change.key_frame_patience_ms ?? 10_000,
    clock_rate: change.clock_rate ?? 1,
    backoff: { first_ms: 100, max_ms: 400 },
    clock: Date.now,
    random: Math.random,
    onStatus: (status) => statuses.push(status),
    onFrame: () => undefined,
  });
  camera.start();
  onTestFinished(() => camera.stop());
  const reached = (state: CameraStatus['state']) =>
    waitUntil(state, () => statuses.find((status) => status.state === state));
  return { camera, statuses, reached };
}

async function serve(codec: 'h264' | 'h265', options?: Parameters<typeof startGstServer>[2]) {
  const clip = codec === 'h264' ? h264 : makeClip(join(dir, 'h265.mp4'), 'h265', 20);
  const server = await startGstServer(clip, codec, options);
  onTestFinished(server.stop);
  return server;
}

describe.skipIf(noGst)(`a camera served by GStreamer${noGst ? ` (skipped: ${noGst})` : ''}`, () => {
  test.each([
    ['h264', 'tcp'],
    ['h264', 'udp'],
    ['h265', 'tcp'],
  ] as const)('gives key frames of %s over %s', async (codec, transport) => {
    const { port } = await serve(codec);
    const { camera, statuses, reached } = openCamera(`rtsp://127.0.0.1:${port}/live`, { transport });
    await reached('live');
    const frame = await waitUntil('a frame', () => camera.take());
    expect([frame.width_px, frame.height_px, frame.data.length]).toEqual([320, 180, 320 * 180 * 3]);
    expect(new Set(frame.data).size).toBeGreaterThan(100);
    expect(Math.abs(Date.now() - frame.at_ms)).toBeLessThan(5000);
    const before = camera.counts.decoded;
    const from_ms = performance.now();
    await waitUntil('two more key frames', () => camera.counts.decoded >= before + 3);
    // One key frame a second among ten frames: more would mean that all of them are decoded.
    expect(performance.now() - from_ms).toBeGreaterThan(1000);
    expect(statuses.map(({ state }) => state)).toEqual(['connecting', 'live']);
  });

  test('decodes every frame where key frames are rare, and hands out no more than it should', async () => {
    const { port, stop } = await startGstServer(rareKeyFrames(join(dir, 'rare.mp4')), 'h264');
    onTestFinished(stop);
    const { camera, statuses, reached } = openCamera(`rtsp://127.0.0.1:${port}/live`, {
      patrol_interval_ms: 1000,
      key_frame_patience_ms: 2000,
    });
    // The only key frame would come out of the decoder with the stream's end, after 30 seconds.
    expect((await reached('live')).reason).toContain('key frames are rare');
    expect(camera.counts.opened).toBe(2);
    const { decoded } = camera.counts;
    const from_ms = performance.now();
    await waitUntil('four more frames', () => camera.counts.decoded >= decoded + 4);
    expect(performance.now() - from_ms).toBeGreaterThan(2500);
    expect(statuses.map(({ state }) => state)).toEqual(['connecting', 'live']);
  });

  test('looks between key frames where a second is long in the time of a rehearsal', async () => {
    const { port } = await serve('h264');
    // A key frame a second is one in forty seconds, and looked for is one in four: all of ten frames a second.
    const { camera, reached } = openCamera(`rtsp://127.0.0.1:${port}/live`, {
      patrol_interval_ms: 4000,
      clock_rate: 40,
    });
    await reached('live');
    const { decoded } = camera.counts;
    const from_ms = performance.now();
    await waitUntil('thirty more frames', () => camera.counts.decoded >= decoded + 30);
    expect(performance.now() - from_ms).toBeGreaterThan(1500);
    expect(camera.counts.opened).toBe(1);
  });

  test('replaces a frame that nobody took, and counts it', async () => {
    const { port } = await serve('h264');
    const { camera } = openCamera(`rtsp://127.0.0.1:${port}/live`);
    await waitUntil('three frames', () => camera.counts.decoded >= 3);
    const { decoded, dropped, lastFrame_ms } = camera.counts;
    expect(dropped).toBe(decoded - 1);
    expect(camera.take()?.at_ms).toBe(lastFrame_ms);
    expect(camera.take()).toBeUndefined();
    expect(camera.latest?.at_ms).toBe(lastFrame_ms);
  });

  test('leaves frames between two patrols alone', async () => {
    const { port } = await serve('h264');
    const { camera } = openCamera(`rtsp://127.0.0.1:${port}/live`, { patrol_interval_ms: 60_000 });
    const frame = await waitUntil('a frame', () => camera.take());
    const { decoded, dropped } = camera.counts;
    await waitUntil('two more', () => camera.counts.decoded >= decoded + 2);
    expect(camera.take()).toBeUndefined();
    expect(camera.counts.dropped).toBe(dropped);
    expect(camera.latest?.at_ms).toBe(frame.at_ms);
  });

  test('logs in, also with signs in the password that URLs escape', async () => {
    const { port } = await serve('h264', { user: 'admin', password: 'p@ss:w/rd' });
    const { camera, reached } = openCamera(`rtsp://admin:p%40ss%3Aw%2Frd@127.0.0.1:${port}/live`);
    await reached('live');
    // What anybody on the machine can read of a process.
    const shown = commandLine(String(camera.pid));
    expect(shown).toContain('-skip_frame');
    for (const secret of ['p@ss', 'p%40ss', 'admin']) expect(shown).not.toContain(secret);
  });

  test('says that a password is wrong without saying it', async () => {
    const { port } = await serve('h264', { user: 'admin', password: 'right-one' });
    const { statuses, reached } = openCamera(`rtsp://admin:wr%40ng-one@127.0.0.1:${port}/live`);
    expect((await reached('failed')).reason).toContain('401 Unauthorized');
    const said = JSON.stringify(statuses);
    for (const secret of ['wr%40ng-one', 'wr@ng-one', 'ng-one']) expect(said).not.toContain(secret);
  });

  test('says that a path does not exist', async () => {
    const { port } = await serve('h264');
    const { reached } = openCamera(`rtsp://127.0.0.1:${port}/nothing`);
    expect((await reached('failed')).reason).toContain('404 Not Found');
  });

  test('comes back when the server does, and reports each state once', async () => {
    const server = await serve('h264');
    const { camera, statuses, reached } = openCamera(`rtsp://127.0.0.1:${server.port}/live`);
    await reached('live');
    await server.stop();
    await reached('failed');
    await waitUntil('several attempts', () => camera.counts.opened >= 5);
    const again = await startGstServer(h264, 'h264', { port: server.port });
    onTestFinished(again.stop);
    await waitUntil('live again', () => statuses.at(-1)?.state === 'live');
    const failures = statuses.filter(({ state }) => state === 'failed');
    expect(failures.length).toBeLessThan(4);
  });

  test('goes on after its ffmpeg was killed, and leaves none behind', async () => {
    const { port } = await serve('h264');
    const { camera, statuses, reached } = openCamera(`rtsp://127.0.0.1:${port}/live`);
    await reached('live');
    const { pid = 0 } = camera;
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
    expect((await reached('failed')).reason).toBe('ffmpeg was killed (SIGKILL)');
    await waitUntil('live again', () => statuses.at(-1)?.state === 'live');
    const next = camera.pid ?? 0;
    expect(next).not.toBe(pid);
    await camera.stop();
    expect([isAlive(next), ffmpegChildren(process.pid)]).toEqual([false, []]);
  });

  test.each(['h264', 'h265'] as const)('dates frames of reordered %s by their pictures', async (codec) => {
    const server = await startGstServer(reordered(join(dir, `reordered-${codec}.mp4`), codec), codec);
    onTestFinished(server.stop);
    const keys = new Map<number, number>();
    const { camera } = openCamera(`rtsp://127.0.0.1:${server.port}/live`, {
      width_px_max: 160,
      stream: {
        write: ({ isKey, at_ms, bytes }) => void (isKey && keys.set(at_ms, bytes.length)),
        cut: () => undefined,
        fault: (reason) => expect.fail(reason),
      },
    });
    // The first pictures of a stream may have no times of their own: their count settles within some frames.
    let inRow = 0;
    for (let frame = 0; frame < 20 && inRow < 3; frame += 1) {
      const { at_ms, key, width_px, height_px } = await waitUntil('a frame', () => camera.take());
      expect([width_px, height_px]).toEqual([160, 90]);
      const bytes = keys.get(at_ms) ?? 0;
      inRow = frame > 0 && bytes > 1000 && (key?.length ?? 0) > bytes ? inRow + 1 : 0;
    }
    expect(inRow).toBe(3);
  });

  test('refuses frames beyond its bound', async () => {
    const { port } = await serve('h264');
    const { reached } = openCamera(`rtsp://127.0.0.1:${port}/live`, { frame_bytes_max: 10_000 });
    expect((await reached('failed')).reason).toMatch(/320x180 .* 10000 bytes/);
  });
});

describe('what is no camera', () => {
  test('nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const { reached } = openCamera(`rtsp://user:top-secret@127.0.0.1:${port}/live`);
    expect((await reached('failed')).reason).toBe('Connection refused');
  });

  test.each([
    ['random bytes', () => randomBytes(4096)],
    ['an HTTP page', () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'],
    ['silence', () => ''],
  ])('answers with %s', async (_name, answer) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      const timer = setInterval(() => socket.write(answer()), 50);
      socket.on('close', () => clearInterval(timer));
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `rtsp://user:top-secret@127.0.0.1:${port}/live`;
    const { camera, statuses } = openCamera(url, { stall_timeout_ms: 1500 });
    const status = await waitUntil('an end', () =>
      statuses.find(({ state }) => state === 'failed' || state === 'stalled'),
    );
    expect(status.reason).toBeTruthy();
    expect(JSON.stringify(statuses)).not.toContain('top-secret');
    await camera.stop();
    expect(ffmpegChildren(process.pid)).toEqual([]);
  });

  test.each([
    ['http://127.0.0.1/video', /scheme http: is not allowed/],
    ['concat:/etc/passwd', /scheme concat: is not allowed/],
    ['/etc/passwd', /no URL/],
    ['file:///etc/passwd', /files are not allowed/],
  ])('%s is not opened', async (url, reason) => {
    const { camera, reached } = openCamera(url);
    expect((await reached('failed')).reason).toMatch(reason);
    expect(camera.counts.opened).toBe(0);
  });

  test('a file that is no video', async () => {
    const url = new URL(import.meta.url).href;
    const { reached } = openCamera(url, { allowFiles: true });
    expect((await reached('failed')).reason).toContain('Invalid data');
  });
});

test('plays a file in real time, again and again, where files are allowed', async () => {
  const clip = makeClip(join(dir, 'short.mp4'), 'h264', 2);
  const { camera, statuses } = openCamera(`file://${clip}`, { allowFiles: true });
  const from_ms = performance.now();
  await waitUntil('more key frames than it has', () => camera.counts.decoded >= 4);
  expect(performance.now() - from_ms).toBeGreaterThan(2000);
  expect(statuses.map(({ state }) => state)).toEqual(['connecting', 'live']);
});
