import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RecordingManifest } from '../../src/domain/recording.ts';
import { readObservations } from '../../src/recording/observation-reader.ts';
import { parseObservation } from '../../src/recording/observation-schema.ts';
import {
  OBSERVATIONS_FILE,
  RecordingError,
  readLabels,
  readManifest,
} from '../../src/recording/recording-files.ts';
import { RecordingWriter } from '../../src/recording/recording-writer.ts';
import { mutated } from '../support/mutate.ts';
import { tempDir } from '../support/temp-dir.ts';

const AT_MS = Date.UTC(2026, 9, 1, 7);
const at = (later_ms: number) => ({ at_ms: AT_MS + later_ms, received_ms: AT_MS + later_ms });
const LINES = [
  { kind: 'tick', deviceId: '_gateway', ...at(0) },
  { kind: 'position', deviceId: 'truck-1', ...at(1), lon: 113, lat: 28, acc: true, extra: { a: [1, null] } },
  { kind: 'reading', deviceKind: 'dust', deviceId: 'dust-1', ...at(2), metrics: { pm10_ug_m3: 80 } },
  { kind: 'status', deviceKind: 'truck', deviceId: 'truck-1', ...at(3), online: false },
].map((observation) => JSON.stringify(observation));

/** What a reader makes of a recording with these observations: them, or an error that says where. */
async function read(dir: string, manifest: RecordingManifest, packed: Buffer): Promise<number> {
  writeFileSync(join(dir, OBSERVATIONS_FILE), packed);
  let count = 0;
  try {
    for await (const batch of readObservations(dir, manifest)) {
      for (const { observation, text } of batch) {
        expect(parseObservation(text)).toEqual(observation);
        count += 1;
      }
    }
  } catch (error) {
    expect(error).toBeInstanceOf(RecordingError);
    expect((error as Error).message).toContain(OBSERVATIONS_FILE);
  }
  return count;
}

it('reads a damaged recording up to the damage, or says where it is', { timeout: 120_000 }, async () => {
  const dir = tempDir();
  const writer = await RecordingWriter.create(join(dir, 'r'), { name: 'fuzz', from_ms: AT_MS });
  await writer.close();
  const whole = await readManifest(join(dir, 'r'));
  const text = Buffer.from(`${LINES.join('\n')}\n`);
  expect(
    await read(
      join(dir, 'r'),
      { ...whole, observations: { ...whole.observations, count: 4 } },
      gzipSync(text),
    ),
  ).toBe(4);
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        mutated([text]).map((bytes) => gzipSync(bytes)),
        mutated([gzipSync(text)]),
      ),
      fc.boolean(),
      async (packed, complete) => {
        const manifest = { ...whole, complete, observations: { ...whole.observations, count: 4 } };
        expect(await read(join(dir, 'r'), manifest, packed)).toBeLessThanOrEqual(text.length);
      },
    ),
    { seed: 7, numRuns: 150 },
  );
});

it('refuses damaged lines, manifests and labels in words', { timeout: 120_000 }, async () => {
  fc.assert(
    fc.property(mutated(LINES.map((line) => Buffer.from(line))), (bytes) => {
      const parsed = parseObservation(bytes.toString('utf8'));
      if (typeof parsed === 'string') expect(parsed).not.toBe('');
      else expect(JSON.parse(JSON.stringify(parsed))).toEqual(parsed);
    }),
    { seed: 7, numRuns: 300 },
  );
  const dir = tempDir();
  const labels = {
    incidents: [
      { id: 'a', type: 'x', from_ms: AT_MS, to_ms: AT_MS + 1, place: { lon: 1, lat: 2 }, deviceIds: [] },
    ],
  };
  await fc.assert(
    fc.asyncProperty(mutated([Buffer.from(JSON.stringify(labels))]), async (bytes) => {
      writeFileSync(join(dir, 'labels.json'), bytes);
      writeFileSync(join(dir, 'manifest.json'), bytes);
      for (const outcome of await Promise.allSettled([readLabels(dir), readManifest(dir)])) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(RecordingError);
      }
    }),
    { seed: 7, numRuns: 100 },
  );
});
