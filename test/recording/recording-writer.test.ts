import { appendFileSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { Observation } from '../../src/domain/observation.ts';
import { readLabels, readManifest, writeLabels } from '../../src/recording/recording-files.ts';
import { RecordingWriter } from '../../src/recording/recording-writer.ts';
import { tempDir } from '../support/temp-dir.ts';

const START_MS = Date.UTC(2026, 10, 22, 2);

const tick = (second: number): Observation => {
  const at_ms = START_MS + second * 1000;
  return { kind: 'tick', deviceId: '_gateway', at_ms, received_ms: at_ms };
};

const linesOf = (dir: string): Observation[] =>
  gunzipSync(readFileSync(join(dir, 'observations.ndjson.gz')))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Observation);

it('writes observations as they are, and says in the manifest what is there', async () => {
  const dir = join(tempDir(), 'day');
  const source = { kind: 'scenario', name: 'demo', seed: 7 } as const;
  const writer = await RecordingWriter.create(dir, { name: 'a day', source, from_ms: START_MS - 500 });
  await writer.append([tick(1), tick(2)]);
  writer.setVideo('cam-1', {
    file: 'video/cam-1.mp4',
    start_ms: START_MS,
    end_ms: START_MS + 9,
    time_scale: 20,
  });
  await writer.flush(12);
  await writer.append([tick(3)]);
  await writer.close({ to_ms: START_MS + 60_000 });
  expect(linesOf(dir)).toEqual([tick(1), tick(2), tick(3)]);
  expect(await readManifest(dir)).toEqual({
    format: 'xuncheng-recording',
    version: 1,
    name: 'a day',
    source,
    from_ms: START_MS - 500,
    to_ms: START_MS + 60_000,
    complete: true,
    cameras: [
      {
        id: 'cam-1',
        videos: [{ file: 'video/cam-1.mp4', start_ms: START_MS, end_ms: START_MS + 9, time_scale: 20 }],
      },
    ],
    observations: { file: 'observations.ndjson.gz', count: 3, detections: false },
    progress: { bytes: writer.bytes, place: 12 },
    gaps: [],
  });
});

it('refuses to begin where there is a recording', async () => {
  const dir = tempDir();
  await (await RecordingWriter.create(dir, { name: 'one' })).close();
  await expect(RecordingWriter.create(dir, { name: 'two' })).rejects.toThrow('there is a recording already');
});

it('continues after the last flush, whatever a crash left behind it', async () => {
  const dir = tempDir();
  const writer = await RecordingWriter.create(dir, { name: 'one' });
  await writer.append([tick(1)]);
  await writer.flush(41);
  await writer.abandon();
  // As a crash in the middle of a member leaves it.
  appendFileSync(join(dir, 'observations.ndjson.gz'), Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]));
  const next = await RecordingWriter.resume(dir);
  expect(next.place).toBe(41);
  await next.append([tick(2)]);
  await next.close();
  expect(linesOf(dir)).toEqual([tick(1), tick(2)]);
  expect((await readManifest(dir)).observations.count).toBe(2);
  truncateSync(join(dir, 'observations.ndjson.gz'), 10);
  await expect(RecordingWriter.resume(dir)).rejects.toThrow('shorter than it was');
});

it('writes no labels that do not fit their schema, and fills in what is left out', async () => {
  const dir = tempDir();
  await expect(writeLabels(dir, { incidents: [{ id: '' } as never], decoys: [], types: [] })).rejects.toThrow(
    /labels\.json: incidents\.0\./,
  );
  expect(await readLabels(dir)).toBeUndefined();
  await writeLabels(dir, { incidents: [], decoys: [], types: ['stall-occupation'] });
  expect((await readLabels(dir))?.types).toEqual(['stall-occupation']);
});
