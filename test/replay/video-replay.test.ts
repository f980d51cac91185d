import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { RecordingWriter } from '../../src/recording/recording-writer.ts';
import { CITY_START_MS, cityObservations, demoConfig } from '../support/city-recording.ts';
import { ffmpegPids } from '../support/processes.ts';
import { bytesOf, replayOf } from '../support/replay.ts';
import { tempDir } from '../support/temp-dir.ts';

/** The street corner in which bags are put down after some seconds; filmed from the recording's begin. */
const CORNER = join(import.meta.dirname, '../../simulators/assets/street-corner.mp4');
const CORNER_S = 40;

/** The demo's, but looking less often: what is tested here is not the detector. */
function calmConfig(): Config {
  const config = demoConfig();
  return { ...config, cameras: config.cameras.map((camera) => ({ ...camera, patrol_interval_ms: 3000 })) };
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
  timeout: 120_000,
}, async () => {
  const dir = await cornerRecording();
  const replay = await replayOf(dir, { config: calmConfig(), detections: 'infer' });
  const garbage = replay.incidents.find(({ incident }) => incident.type === 'exposed-garbage');
  expect(garbage?.incident.subject?.deviceId).toBe('cam-corner');
  expect(garbage?.box).toBeDefined();
  const [annotated, raw] = garbage?.incident.evidence ?? [];
  expect([annotated?.role, raw?.role]).toEqual(['annotated', 'raw']);
  const file = replay.evidenceFile(garbage?.incident.id ?? '', raw?.id ?? '') ?? '';
  expect(await sharp(readFileSync(file)).metadata()).toMatchObject({ width: 960, height: 540 });
  expect(bytesOf(await replayOf(dir, { config: calmConfig(), detections: 'infer', speed: 40 }))).toBe(
    bytesOf(replay),
  );
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

it('says which video cannot be read', async () => {
  const dir = await cornerRecording();
  copyFileSync(join(dir, 'manifest.json'), join(dir, 'video/cam-corner.mp4'));
  await expect(replayOf(dir, { config: calmConfig(), detections: 'infer' })).rejects.toThrow(
    /cam-corner\.mp4: /,
  );
});
