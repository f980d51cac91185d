import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { FrameSpool } from '../../src/evidence/frame-spool.ts';
import { readManifest } from '../../src/recording/recording-files.ts';
import { RecordingWriter } from '../../src/recording/recording-writer.ts';
import type { Replay } from '../../src/replay/replay.ts';
import { CITY_START_MS, cityObservations, quickCityConfig } from '../support/city-recording.ts';
import { ffmpegPids } from '../support/processes.ts';
import { bytesOf, replayOf } from '../support/replay.ts';
import { tempDir } from '../support/temp-dir.ts';

/** A street corner in which bags are put down after some seconds, as if it had been filmed at this pace. */
const CORNER = join(import.meta.dirname, '../../simulators/assets/linghu/video/cam-xueyuan.mp4');
const CORNER_S = 40;

/** The quick city's, but looking less often: what is tested here is not the detector. */
function calmConfig(): Config {
  const config = quickCityConfig();
  const { focus } = config.vision;
  return {
    ...config,
    vision: { ...config.vision, ...(focus !== undefined && { focus: { ...focus, every_ms: 4000 } }) },
    cameras: config.cameras.map((camera) => ({ ...camera, patrol_interval_ms: 3000 })),
  };
}

async function cornerRecording(): Promise<string> {
  const dir = join(tempDir(), 'corner');
  const writer = await RecordingWriter.create(dir, { name: 'corner', from_ms: CITY_START_MS });
  copyFileSync(CORNER, join(dir, 'video/cam-corner.mp4'));
  writer.setVideo('cam-corner', {
    file: 'video/cam-corner.mp4',
    start_ms: CITY_START_MS,
    end_ms: CITY_START_MS + CORNER_S * 1000,
    time_scale: 1,
  });
  // The end of the video comes before the last tick, so that what it shows is over by then.
  for (const observation of cityObservations(CORNER_S + 5)) await writer.append([observation]);
  await writer.close();
  return dir;
}

it('judges the video anew, with pictures of what it found, the same each time', {
  timeout: 400_000,
}, async () => {
  const dir = await cornerRecording();
  const replay = await replayOf(dir, { config: calmConfig(), detections: 'infer' });
  const garbage = replay.incidents.find(({ incident }) => incident.type === 'exposed-garbage');
  expect(garbage?.incident.subject?.deviceId).toBe('cam-corner');
  expect(garbage?.box).toBeDefined();
  // This detector knows nobody who could have brought it; but it has looked.
  expect(garbage?.incident.focus).toMatchObject({ deviceId: 'cam-corner', thing: 'garbage', actors: [] });
  expect(garbage?.incident.focus?.frames).toBeGreaterThan(3);
  const [annotated, raw] = garbage?.incident.evidence ?? [];
  expect([annotated?.role, raw?.role]).toEqual(['annotated', 'raw']);
  const file = replay.evidenceFile(garbage?.incident.id ?? '', raw?.id ?? '') ?? '';
  expect(await sharp(readFileSync(file)).metadata()).toMatchObject({ width: 640, height: 360 });
  expect(bytesOf(await replayOf(dir, { config: calmConfig(), detections: 'infer', speed: 40 }))).toBe(
    bytesOf(replay),
  );
});

it('keeps its detections with the films, so that rules alone find the same again', {
  timeout: 400_000,
}, async () => {
  const dir = await cornerRecording();
  const kept = join(tempDir(), 'kept');
  const judged = await replayOf(dir, { config: calmConfig(), detections: 'infer', keepDetections: kept });
  const again = await replayOf(kept, { config: calmConfig(), detections: 'recorded' });
  const told = ({ incidents }: Replay) =>
    incidents.map(({ incident: { id, onsetAt, measures }, opened_ms, box }) => ({
      id,
      onsetAt,
      measures,
      opened_ms,
      box,
    }));
  expect(told(judged).length).toBeGreaterThan(0);
  expect(told(again)).toEqual(told(judged));
  const manifest = await readManifest(kept);
  expect(manifest).toMatchObject({ complete: true, observations: { detections: true } });
  expect(manifest.cameras).toEqual((await readManifest(dir)).cameras);
  expect(readFileSync(join(kept, 'video/cam-corner.mp4')).equals(readFileSync(CORNER))).toBe(true);
  // The picture comes from the film, as before.
  const raw = again.incidents[0]?.incident.evidence.find(({ role }) => role === 'raw');
  expect(again.evidenceFile(again.incidents[0]?.incident.id ?? '', raw?.id ?? '')).toBeDefined();
  await expect(replayOf(dir, { keepDetections: kept })).rejects.toThrow('there is a recording already');
});

it('shows for recorded detections what the video showed at that moment', {
  timeout: 120_000,
}, async () => {
  const dir = join(tempDir(), 'corner');
  const writer = await RecordingWriter.create(dir, { name: 'corner', from_ms: CITY_START_MS });
  copyFileSync(CORNER, join(dir, 'video/cam-corner.mp4'));
  const end_ms = CITY_START_MS + 8 * CORNER_S * 1000;
  writer.setVideo('cam-corner', {
    file: 'video/cam-corner.mp4',
    start_ms: CITY_START_MS,
    end_ms,
    time_scale: 8,
  });
  for (let second = 0; second <= 60; second += 2) {
    const at_ms = CITY_START_MS + second * 1000;
    const model = { id: 'garbage', sha256: 'f'.repeat(64) };
    const bag = { class: 'garbage', label: 'garbage', score: 0.9, box: [0.49, 0.3, 0.65, 0.5] } as const;
    const common = { deviceId: 'cam-corner', at_ms, received_ms: at_ms };
    await writer.append([
      { kind: 'detections', ...common, model, detections: [{ ...bag, box: [...bag.box] }] },
      { kind: 'tick', deviceId: '_gateway', at_ms, received_ms: at_ms },
    ]);
  }
  await writer.close();
  const replay = await replayOf(dir);
  const [found] = replay.incidents;
  expect(found?.incident.type).toBe('exposed-garbage');
  const raw = found?.incident.evidence.find(({ role }) => role === 'raw');
  const file = replay.evidenceFile(found?.incident.id ?? '', raw?.id ?? '') ?? '';
  // Taken from the video's second at an eighth of the recording's.
  const second = (Date.parse(raw?.at ?? '') - CITY_START_MS) / 8000;
  const args = [
    '-v',
    'error',
    '-ss',
    String(second),
    '-i',
    CORNER,
    '-frames:v',
    '1',
    '-f',
    'image2pipe',
    '-c:v',
    'png',
    '-',
  ];
  const wanted = await sharp(execFileSync('ffmpeg', args)).raw().toBuffer();
  const shown = await sharp(readFileSync(file)).raw().toBuffer();
  expect(shown.length).toBe(wanted.length);
  let difference = 0;
  for (let index = 0; index < wanted.length; index += 1) {
    difference += Math.abs((shown[index] ?? 0) - (wanted[index] ?? 0));
  }
  expect(difference / wanted.length).toBeLessThan(3);
});

it('shows for what was seen on a published still that still', { timeout: 60_000 }, async () => {
  const dir = join(tempDir(), 'stills');
  const writer = await RecordingWriter.create(dir, { name: 'stills', from_ms: CITY_START_MS });
  const frames = new FrameSpool({ root: join(dir, 'stills'), max_bytes: 1e9 });
  await frames.start();
  for (let second = 0; second <= 60; second += 2) {
    const at_ms = CITY_START_MS + second * 1000;
    // Each another grey, by which it is known again.
    const grey = { r: second * 4, g: second * 4, b: second * 4 };
    const jpeg = await sharp({ create: { width: 64, height: 36, channels: 3, background: grey } })
      .jpeg()
      .toBuffer();
    const frame = await frames.put({ cameraId: 'cam-corner', at_ms, jpeg, width_px: 64, height_px: 36 });
    const model = { id: 'garbage', sha256: 'f'.repeat(64) };
    const bag = { class: 'garbage', label: 'garbage', score: 0.9, box: [0.49, 0.3, 0.65, 0.5] } as const;
    const common = { deviceId: 'cam-corner', at_ms, received_ms: at_ms, frame };
    await writer.append([
      { kind: 'snapshot', ...common },
      { kind: 'detections', ...common, model, detections: [{ ...bag, box: [...bag.box] }] },
      { kind: 'tick', deviceId: '_gateway', at_ms, received_ms: at_ms },
    ]);
  }
  await writer.close();
  const replay = await replayOf(dir);
  const [found] = replay.incidents;
  const raw = found?.incident.evidence.find(({ role }) => role === 'raw');
  const second = (Date.parse(raw?.at ?? '') - CITY_START_MS) / 1000;
  const file = replay.evidenceFile(found?.incident.id ?? '', raw?.id ?? '') ?? '';
  const { channels } = await sharp(readFileSync(file)).stats();
  expect(Math.abs((channels[0]?.mean ?? 0) - second * 4)).toBeLessThan(2);
});

it('lets go of decoders and detectors when it is interrupted', { timeout: 60_000 }, async () => {
  const dir = await cornerRecording();
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 1500);
  const replay = await replayOf(dir, {
    config: calmConfig(),
    detections: 'infer',
    signal: stop.signal,
    speed: 1,
  });
  expect(replay.complete).toBe(false);
  expect(ffmpegPids(dir)).toEqual([]);
});

it('says which video cannot be read', { timeout: 120_000 }, async () => {
  const dir = await cornerRecording();
  copyFileSync(join(dir, 'manifest.json'), join(dir, 'video/cam-corner.mp4'));
  await expect(replayOf(dir, { config: calmConfig(), detections: 'infer' })).rejects.toThrow(
    /cam-corner\.mp4: /,
  );
});
