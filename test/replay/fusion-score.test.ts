import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Detection, Observation } from '../../src/domain/observation.ts';
import type { RecordingLabels } from '../../src/domain/recording.ts';
import { readManifest, writeLabels } from '../../src/recording/recording-files.ts';
import { RecordingWriter } from '../../src/recording/recording-writer.ts';
import { scoreReplay } from '../../src/replay/score-replay.ts';
import { range } from '../rules/support.ts';
import { replayOf } from '../support/replay.ts';
import { tempDir } from '../support/temp-dir.ts';

const LINGHU = join(import.meta.dirname, '../../simulators/assets/linghu');
const DEMO = join(import.meta.dirname, '../../config/demo/xuncheng.yaml');
/** The last quarter of an hour of the demo's evening, in which truck-11 tips its load in front of cam-jing. */
const FROM_S = 6300;
const TIPPED_S = 6585;
const START_MS = 1792143000000;
const HEAP: Detection['box'] = [0.5153, 0.4663, 0.6462, 0.5886];
const TRUCK: Detection['box'] = [0.42, 0.3, 0.68, 0.6];

const labels = JSON.parse(readFileSync(join(LINGHU, 'labels.json'), 'utf8')) as RecordingLabels;

function demoConfig(): Config {
  const loaded = loadConfig(DEMO, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

/** What detectors that know garbage and trucks would make of the camera's picture. */
function seen(at_s: number): Observation[] {
  const at_ms = START_MS + at_s * 1000;
  const one = (cls: string, box: Detection['box'], is: boolean): Detection[] =>
    is ? [{ class: cls, label: cls, score: 0.8, box }] : [];
  const made = (id: string, detections: Detection[]): Observation => ({
    kind: 'detections',
    deviceId: 'cam-jing',
    at_ms,
    received_ms: at_ms,
    model: { id, sha256: 'a'.repeat(64) },
    detections,
  });
  const isThere = at_s >= TIPPED_S - 20 && at_s < TIPPED_S + 60;
  return [
    made('garbage@1', one('garbage', HEAP, at_s >= TIPPED_S + 60)),
    made('street@1', one('muck-truck', TRUCK, isThere)),
  ];
}

async function record(): Promise<string> {
  const dir = join(tempDir(), 'dumping');
  const lines = gunzipSync(readFileSync(join(LINGHU, 'observations.ndjson.gz')))
    .toString()
    .trim()
    .split('\n');
  const own = lines
    .map((line) => JSON.parse(line) as Observation)
    .filter(({ deviceId }) => deviceId === 'truck-11' || deviceId === '_gateway')
    .filter(({ received_ms }) => received_ms >= START_MS + FROM_S * 1000);
  const all = [...own, ...range(FROM_S, 7200, 9).flatMap(seen)].sort((a, b) => a.received_ms - b.received_ms);
  const writer = await RecordingWriter.create(dir, { name: 'dumping', from_ms: START_MS + FROM_S * 1000 });
  await writer.append(all);
  await writer.close();
  const ofTruck = labels.incidents.filter(({ deviceIds }) => deviceIds.includes('truck-11'));
  await writeLabels(dir, { incidents: ofTruck, decoys: [], types: ['illegal-dumping'] });
  return dir;
}

it('counts what truck and camera both noticed once, and twice where they are not joined', {
  timeout: 120_000,
}, async () => {
  const dir = await record();
  const manifest = await readManifest(dir);
  const scored = async (config: Config) => {
    const replay = await replayOf(dir, { config });
    const { score } = await scoreReplay({ replay, dir, manifest, config, name: 'test', gates: {} });
    return { score, replay };
  };
  const joined = await scored(demoConfig());
  expect(joined.score.total).toMatchObject({ labels: 1, hits: 1, duplicates: 0, falseAlarms: 0 });
  expect(joined.score.hits[0]?.found).toMatchObject({
    plate: '湘A·D3772',
    deviceIds: ['truck-11', 'cam-jing'],
  });
  const apart = await scored({ ...demoConfig(), fusion: [] });
  expect(apart.score.total).toMatchObject({ labels: 1, hits: 1, duplicates: 1 });
});
