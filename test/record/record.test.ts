import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import pino from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startRtspServer } from '../../simulators/rtsp-server/rtsp-server.ts';
import type { Observation } from '../../src/domain/observation.ts';
import { FrameSpool } from '../../src/evidence/frame-spool.ts';
import { type RecordOptions, recordGateway } from '../../src/record/record.ts';
import { readStill } from '../../src/recording/recorded-stills.ts';
import { readManifest } from '../../src/recording/recording-files.ts';
import { openDatabase } from '../../src/store/database.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { cityObservations, quickCityConfig } from '../support/city-recording.ts';
import { replayOf } from '../support/replay.ts';
import { tempDir } from '../support/temp-dir.ts';
import { makeClip } from '../support/test-clip.ts';
import { waitUntil } from '../support/wait-until.ts';

vi.setConfig({ testTimeout: 60_000 });

/** A gateway's data folder, with its journal open for writing as a running gateway has it. */
function gateway() {
  const dataDir = join(tempDir(), 'data');
  mkdirSync(dataDir);
  const db = openDatabase(join(dataDir, 'xuncheng.db'), MAIN_SCHEMA, true);
  onTestFinished(() => {
    db.close();
  });
  const journal = new SqliteJournal(db);
  const write = (observations: readonly Observation[]): Promise<number> =>
    journal.append(
      observations.map((body) => ({
        subjectId: body.deviceId,
        at_ms: body.at_ms,
        received_ms: body.received_ms,
        body,
      })),
    );
  return { dataDir, db, journal, write };
}

const linesOf = (dir: string): string[] =>
  gunzipSync(readFileSync(join(dir, 'observations.ndjson.gz')))
    .toString()
    .trim()
    .split('\n')
    .filter((line) => line !== '');

/** Records until `enough` says so. */
async function record(
  dir: string,
  dataDir: string,
  enough: (observations: number) => boolean,
  change: Partial<RecordOptions> = {},
) {
  const stop = new AbortController();
  const notes: string[] = [];
  const result = await recordGateway({
    dir,
    config: { ...quickCityConfig(), cameras: [] },
    dataDir,
    max_bytes: 1e9,
    video: true,
    env: process.env,
    signal: stop.signal,
    onNote: (note) => notes.push(note),
    onProgress: ({ observations }) => {
      if (enough(observations)) stop.abort();
    },
    ...change,
  });
  return { ...result, notes };
}

it('takes what enters from now on, in order, and goes on where it stopped', async () => {
  const { dataDir, write } = gateway();
  const dir = join(tempDir(), 'recording');
  const city = [...cityObservations(60)].slice(0, 300);
  await write(city.slice(0, 100));
  const first = record(dir, dataDir, (observations) => observations >= 100);
  await waitUntil('the recording has begun', () => existsSync(join(dir, 'manifest.json')));
  await write(city.slice(100, 200));
  expect(await first).toMatchObject({ observations: 100, full: false });
  // Nobody records now; the journal has it all the same.
  await write(city.slice(200, 300));
  const second = await record(dir, dataDir, (observations) => observations >= 200);
  expect(second.observations).toBe(200);
  expect(linesOf(dir)).toEqual(city.slice(100, 300).map((observation) => JSON.stringify(observation)));
  expect(await readManifest(dir)).toMatchObject({
    complete: true,
    source: { kind: 'gateway', name: 'quick-city' },
  });
  expect((await replayOf(dir)).observations).toBe(200);
});

it('leaves out what the gateway made of it, and what may be a secret', async () => {
  const { dataDir, db, write } = gateway();
  const dir = join(tempDir(), 'recording');
  const [position] = [...cityObservations(20)].filter(({ kind }) => kind === 'position');
  if (position === undefined) throw new Error('no position');
  const extra = {
    password: 'hunter2',
    ApiKey: 'k',
    stream: 'see rtsp://admin:hunter2@10.0.0.9/1',
    deep: { wifi_secret: 'hunter2', list: ['http://u:hunter2@x/', 7] },
    firmware: '1.2',
  };
  await write([{ ...position, extra }]);
  db.prepare(
    "INSERT INTO journal (kind, subject_id, at_ms, received_ms, body) VALUES ('incident', 'i', 1, 1, '{}')",
  ).run();
  await record(dir, dataDir, (observations) => observations > 0, { from_ms: 0 });
  const lines = linesOf(dir);
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('hunter2');
  expect((JSON.parse(lines[0] ?? '') as Observation).extra).toEqual({ deep: { list: [7] }, firmware: '1.2' });
});

it('stops at its bound, says so, and goes on with more room', async () => {
  const { dataDir, write } = gateway();
  const dir = join(tempDir(), 'recording');
  await write([...cityObservations(60)]);
  const { full, notes, bytes } = await record(dir, dataDir, () => false, { from_ms: 0, max_bytes: 1000 });
  expect(full).toBe(true);
  expect(bytes).toBeGreaterThan(1000);
  expect(notes.at(-1)).toContain('stopped at its bound');
  const { gaps, observations } = await readManifest(dir);
  expect(gaps).toEqual([
    expect.objectContaining({ reason: expect.stringContaining('stopped at its bound') }),
  ]);
  const [tick] = [...cityObservations(1)].slice(-1);
  await write(tick === undefined ? [] : [tick]);
  await record(dir, dataDir, (count) => count > observations.count);
  expect((await readManifest(dir)).observations.count).toBe(observations.count + 1);
});

it('continues neither another gateway’s recording nor one of another journal', async () => {
  const { dataDir, write } = gateway();
  const dir = join(tempDir(), 'recording');
  await write([...cityObservations(5)]);
  await record(dir, dataDir, (observations) => observations > 0, { from_ms: 0 });
  const other = { ...quickCityConfig(), cameras: [], name: 'other' };
  await expect(record(dir, dataDir, () => true, { config: other })).rejects.toThrow(
    'is a recording of quick-city, not of the gateway other',
  );
  await expect(record(dir, gateway().dataDir, () => true)).rejects.toThrow('ahead of this journal');
});

it('films the cameras without naming their addresses, and a replay finds the pictures', async () => {
  const { dataDir, write } = gateway();
  const clip = makeClip(join(tempDir(), 'clip.mp4'), 'h264');
  const server = await startRtspServer({
    host: '127.0.0.1',
    port: 0,
    mounts: [{ path: '/cam', file: clip, user: 'viewer', password: 'hunter2-long' }],
    log: pino({ level: 'silent' }),
  });
  onTestFinished(() => server.stop());
  const config = quickCityConfig();
  const url = `rtsp://viewer:hunter2-long@127.0.0.1:${server.port}/cam`;
  const [camera] = config.cameras;
  if (camera === undefined) throw new Error('the quick city has no camera');
  const cameras = [
    { ...camera, url },
    { ...camera, id: 'cam-gone', url: url.replace('/cam', '/gone') },
  ];
  const dir = join(tempDir(), 'recording');
  const begin_ms = Date.now();
  const stop = new AbortController();
  const recording = record(dir, dataDir, () => false, {
    config: { ...config, cameras },
    signal: stop.signal,
  });
  const filmed = await waitUntil('some seconds of video', async () => {
    const manifest = await readManifest(dir).catch(() => undefined);
    const video = manifest?.cameras[0]?.videos[0];
    return video !== undefined && video.end_ms - video.start_ms > 5000 ? video : undefined;
  });
  const at_ms = Date.now();
  await write([{ kind: 'tick', deviceId: '_gateway', at_ms, received_ms: at_ms }]);
  stop.abort();
  const { notes, videos } = await recording;
  expect(videos).toBe(1);
  expect(filmed.start_ms).toBeGreaterThanOrEqual(begin_ms);
  expect(readdirSync(join(dir, 'video'))).toEqual([filmed.file.replace('video/', '')]);
  const manifest = await readManifest(dir);
  expect(manifest.gaps).toEqual([expect.objectContaining({ deviceId: 'cam-gone', reason: 'no video' })]);
  expect(notes.join()).toContain('cam-gone: ');
  expect(notes.join() + JSON.stringify(manifest)).not.toMatch(/hunter2|rtsp:/);
  const replay = await replayOf(dir);
  const picture = await replay.frame(camera.id, filmed.start_ms + 1500);
  expect(picture?.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
});

it('takes over the stills that were published, and says how many were gone before', async () => {
  const { dataDir, write } = gateway();
  const dir = join(tempDir(), 'recording');
  const spool = new FrameSpool({ root: join(dataDir, 'frames'), max_bytes: 1e9 });
  await spool.start();
  const at_ms = Date.UTC(2026, 5, 1, 10);
  const jpeg = Buffer.from([0xff, 0xd8, 1, 2, 3, 0xff, 0xd9]);
  const frame = await spool.put({ cameraId: 'cam-9', at_ms, jpeg, width_px: 8, height_px: 8 });
  const still = { kind: 'snapshot', deviceId: 'cam-9', at_ms, received_ms: at_ms, frame } as const;
  const gone = { ...still, frame: { ...frame, path: 'cam-9/2026-06-01/gone.jpg' } };
  await write([still, gone]);
  const { bytes } = await record(dir, dataDir, (observations) => observations >= 2, { from_ms: 0 });
  expect(await readStill(dir, frame)).toEqual(jpeg);
  expect(await readStill(dir, gone.frame)).toBeUndefined();
  expect(await readStill(dir, { ...frame, sha256: '0'.repeat(64) })).toBeUndefined();
  expect(bytes).toBeGreaterThan(jpeg.length);
  const { gaps } = await readManifest(dir);
  expect(gaps?.map(({ reason }) => reason)).toEqual([
    'the gateway has dropped 1 published stills before they were recorded',
  ]);
  await expect(readStill(dir, { ...frame, path: '../../../etc/passwd' })).rejects.toThrow(/outside/);

  const without = join(tempDir(), 'without');
  await record(without, dataDir, (observations) => observations >= 2, { from_ms: 0, video: false });
  expect(existsSync(join(without, 'stills'))).toBe(false);
});
