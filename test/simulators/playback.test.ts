import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { openPlayback } from '../../simulators/playback/playback.ts';
import { decodeTelemetry } from '../../src/codecs/telemetry-json.ts';
import type { Observation, PositionObservation } from '../../src/domain/observation.ts';
import { parseTopic } from '../../src/domain/topics.ts';
import { readManifest, writeManifest } from '../../src/recording/recording-files.ts';
import { RecordingWriter } from '../../src/recording/recording-writer.ts';
import { tempDir } from '../support/temp-dir.ts';
import { makeClip } from '../support/test-clip.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startTestBroker } from './broker.ts';

const T0 = Date.UTC(2026, 5, 1, 10);
const log = { info: () => undefined, warn: () => undefined };
const tick = (s: number): Observation => {
  const at_ms = T0 + s * 1000;
  return { kind: 'tick', deviceId: '_gateway', at_ms, received_ms: at_ms };
};
const position = (s: number, received_s: number, more: Partial<PositionObservation> = {}): Observation => ({
  kind: 'position',
  deviceId: 'truck-1',
  at_ms: T0 + s * 1000,
  received_ms: T0 + received_s * 1000,
  lon: 112.97,
  lat: 28.2,
  ...more,
});
const status = (s: number, online: boolean): Observation => {
  const at_ms = T0 + s * 1000;
  return { kind: 'status', deviceKind: 'truck', deviceId: 'truck-1', online, at_ms, received_ms: at_ms };
};
const given = { crs: 'gcj02', lon: 112.9757, lat: 28.1967 } as const;
const OBSERVATIONS: Observation[] = [
  tick(0),
  status(0, true),
  position(1, 1, { lift: true, alarms: ['tilt'], extra: { maker: 'x' } }),
  position(2, 2, { given }),
  status(3, false),
  { ...status(8, true) },
  // A backlog, as one message.
  position(4, 9),
  position(5, 9),
  position(6, 9),
  {
    kind: 'reading',
    deviceKind: 'dust',
    deviceId: 'dust-1',
    metrics: { pm10_ug_m3: 80.5 },
    flag: 'M',
    at_ms: T0 + 9_000,
    received_ms: T0 + 9_500,
  },
  tick(10),
];

async function recording(): Promise<string> {
  const dir = join(tempDir(), 'rec');
  const writer = await RecordingWriter.create(dir, { name: 'test', from_ms: T0 });
  await writer.append(OBSERVATIONS);
  await writer.close({ to_ms: T0 + 10_000 });
  return dir;
}

it('sends what the devices sent, at the same distances, in another time', { timeout: 30_000 }, async () => {
  const broker = await startTestBroker({ 'truck-1': 'a', 'dust-1': 'b' });
  onTestFinished(() => broker.stop());
  const start_ms = Date.UTC(2026, 10, 23);
  const playback = await openPlayback({
    dir: await recording(),
    mqttUrl: broker.url,
    secrets: new Map([
      ['truck-1', 'a'],
      ['dust-1', 'b'],
    ]),
    start_ms,
    speed: 10,
    signal: new AbortController().signal,
    log,
  });
  const begun_ms = performance.now();
  const stats = await playback.play();
  expect(stats).toMatchObject({ devices: 2, lost: 0, refused: 0 });
  // Nine and a half seconds at ten times the speed; a slow machine may only take longer.
  expect(performance.now() - begun_ms).toBeGreaterThan(850);
  const sizes = broker.received.map(({ payload }) => (Array.isArray(payload) ? payload.length : 1));
  expect(sizes).toContain(3);

  const shift_ms = start_ms - T0;
  const received = broker.received.flatMap(({ topic, payload }) => {
    const parsed = parseTopic(topic);
    if (parsed === undefined || parsed.channel === 'status') return [];
    const result = decodeTelemetry({ ...parsed, payload, received_ms: 0 });
    return result.ok ? result.value : [];
  });
  // A message whose acknowledgement the cut connection swallowed comes twice, as from any device.
  const decoded = received.filter(
    (one, index) => received.findIndex((other) => other.at_ms === one.at_ms) === index,
  );
  const wanted = OBSERVATIONS.filter(({ kind }) => kind === 'position' || kind === 'reading');
  expect(decoded).toHaveLength(wanted.length);
  for (const [index, observation] of wanted.entries()) {
    const { lon: _lon, lat: _lat, ...rest } = observation as PositionObservation;
    expect(decoded[index]).toMatchObject({ ...rest, at_ms: observation.at_ms + shift_ms, received_ms: 0 });
  }
  const statuses = broker.received.filter(({ topic }) => topic.endsWith('truck-1/status'));
  const online = statuses.map(({ payload }) => (payload as { online: boolean }).online);
  // Twice online, and offline at last; in between the last will, unless the new connection was quicker.
  expect(online.filter((is) => is)).toHaveLength(2);
  expect(online.at(-1)).toBe(false);
});

/** A camera of the recording with ten frames a second at twice the speed, read by ffmpeg: times in seconds, and pictures. */
async function readCamera({
  lead_s,
  frames,
}: {
  readonly lead_s?: number;
  readonly frames: number;
}): Promise<{ readonly times: readonly number[]; readonly pictures: readonly string[] }> {
  const dir = await recording();
  makeClip(join(dir, 'video/cam-1.mp4'), 'h264', 20);
  const manifest = await readManifest(dir);
  const video = { file: 'video/cam-1.mp4', start_ms: T0, end_ms: T0 + 40_000, time_scale: 2 };
  await writeManifest(dir, { ...manifest, cameras: [{ id: 'cam-1', videos: [video] }] });
  const stop = new AbortController();
  const playback = await openPlayback({
    dir,
    mqttUrl: 'mqtt://127.0.0.1:1',
    rtsp: { host: '127.0.0.1', port: 0 },
    // Four times as fast as it happened: the film, which is twice as fast, at double speed.
    speed: 4,
    ...(lead_s === undefined ? {} : { lead_s }),
    signal: stop.signal,
    log,
  });
  const url = playback.cameras.get('cam-1') ?? '';
  // The times of the first packets, in 90,000ths of a second.
  const args = ['-v', 'error', '-rtsp_transport', 'tcp', '-i', url, '-frames:v', `${frames}`, '-c', 'copy'];
  const { stdout } = await promisify(execFile)('ffmpeg', [...args, '-f', 'framecrc', '-']);
  stop.abort();
  await playback.play();
  const packets = stdout
    .split('\n')
    .filter((line) => /^0,/.test(line))
    .map((line) => line.split(',').map((word) => word.trim()));
  return {
    times: packets.map(([, , pts]) => Number(pts) / 90_000),
    pictures: packets.map((words) => words[5] ?? ''),
  };
}

it('serves the cameras at the pace of the recording', { timeout: 60_000 }, async () => {
  const { times } = await readCamera({ frames: 30 });
  expect(times).toHaveLength(30);
  const steps_s = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  // Ten frames a second, twice as fast; the first step of ffmpeg's own reckoning aside.
  for (const step_s of steps_s.slice(2)) expect(step_s).toBeCloseTo(0.05, 3);
});

it('has them show their first picture before it begins, and goes on without a break', {
  timeout: 60_000,
}, async () => {
  const { times, pictures } = await readCamera({ lead_s: 4, frames: 100 });
  const still = pictures.findIndex((picture) => picture !== pictures[2]);
  expect(still).toBeGreaterThan(10);
  expect(new Set(pictures.slice(still)).size).toBe(pictures.length - still);
  const steps_s = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  for (const step_s of steps_s.slice(2)) expect(step_s).toBeCloseTo(0.05, 3);
});

it('has a camera there while there is a film of it, and gone in between', { timeout: 90_000 }, async () => {
  const dir = await recording();
  makeClip(join(dir, 'video/a.mp4'), 'h264', 8);
  makeClip(join(dir, 'video/b.mp4'), 'h265', 20);
  const film = (file: string, from_s: number, to_s: number) => ({
    file: `video/${file}.mp4`,
    start_ms: T0 + from_s * 1000,
    end_ms: T0 + to_s * 1000,
    time_scale: 1,
  });
  const manifest = await readManifest(dir);
  await writeManifest(dir, {
    ...manifest,
    cameras: [{ id: 'cam-1', videos: [film('a', 0, 8), film('b', 14, 34)] }],
  });
  const playback = await openPlayback({
    dir,
    mqttUrl: 'mqtt://127.0.0.1:1',
    rtsp: { host: '127.0.0.1', port: 0 },
    speed: 1,
    signal: new AbortController().signal,
    log,
  });
  onTestFinished(() => playback.stop());
  const url = playback.cameras.get('cam-1') ?? '';
  const look = (...more: string[]) =>
    promisify(execFile)('ffmpeg', [
      '-rtsp_transport',
      'tcp',
      '-i',
      url,
      ...more,
      '-c',
      'copy',
      '-f',
      'null',
      '-',
    ])
      .then(({ stderr }) => stderr)
      .catch(({ stderr }: { stderr: string }) => stderr);
  // Watched to its end, the film is shown once and does not begin anew.
  const first = await look();
  expect(first).toMatch(/Video: h264/);
  const [, seconds = ''] = /time=00:00:(\d+)/.exec(first.slice(first.lastIndexOf('time='))) ?? [];
  expect(Number(seconds)).toBeLessThanOrEqual(8);
  expect(await look('-frames:v', '1')).toMatch(/404/);
  const second = await waitUntil(
    'the camera is back',
    async () => {
      const said = await look('-frames:v', '1');
      return /Video: (\w+)/.exec(said)?.[1];
    },
    30_000,
  );
  expect(second).toBe('hevc');
});

it('sends stills as the camera did, and none whose file is not there', { timeout: 30_000 }, async () => {
  const dir = join(tempDir(), 'rec');
  const writer = await RecordingWriter.create(dir, { name: 'test', from_ms: T0 });
  const still = (s: number, path: string): Observation => ({
    kind: 'snapshot',
    deviceId: 'cam-1',
    at_ms: T0 + s * 1000,
    received_ms: T0 + s * 1000 + 200,
    frame: { path, sha256: 'a'.repeat(64), width_px: 8, height_px: 8 },
  });
  await writer.append([still(1, 'cam-1/there.jpg'), still(2, 'cam-1/gone.jpg')]);
  await writer.close({ to_ms: T0 + 3000 });
  mkdirSync(join(dir, 'stills/cam-1'), { recursive: true });
  const bytes = Buffer.from([0xff, 0xd8, 1, 2, 3, 0xff, 0xd9]);
  writeFileSync(join(dir, 'stills/cam-1/there.jpg'), bytes);
  const broker = await startTestBroker({ 'cam-1': 'a' });
  onTestFinished(() => broker.stop());
  const secrets = new Map([['cam-1', 'a']]);
  const start_ms = T0 + 3_600_000;
  const signal = new AbortController().signal;
  const playback = await openPlayback({
    dir,
    mqttUrl: broker.url,
    secrets,
    start_ms,
    speed: 10,
    signal,
    log,
  });
  expect(await playback.play()).toMatchObject({ devices: 1, lost: 0 });
  const stills = broker.received.filter(({ topic }) => topic.includes('/snapshot'));
  expect(stills.map(({ topic }) => topic)).toEqual([`xc/v1/camera/cam-1/snapshot/${start_ms + 1000}`]);
  expect(stills[0]?.payload).toEqual(bytes);
});
