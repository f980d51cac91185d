import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { Detection, DetectionsObservation } from '../../src/domain/observation.ts';
import type { ShadowPair } from '../../src/domain/shadow.ts';
import { ShadowRules } from '../../src/gateway/shadow-rules.ts';
import { tempDir } from '../support/temp-dir.ts';

const CONFIG = `cameras:
  - id: cam-1
    url: rtsp://192.0.2.1/
    models: [old]
    lon: 113
    lat: 28
    zones:
      - { id: kerb, kind: street, road_class: arterial, polygon: [[0, 0], [1, 0], [1, 1], [0, 1]] }
`;
const heap: Detection = { class: 'garbage', label: 'garbage', score: 0.9, box: [0.4, 0.5, 0.6, 0.7] };

function rules(): ShadowRules {
  const dir = tempDir();
  const shipped = join(import.meta.dirname, '../../config');
  for (const name of ['rules.yaml', 'catalogue.yaml']) cpSync(join(shipped, name), join(dir, name));
  writeFileSync(join(dir, 'xuncheng.yaml'), CONFIG);
  const loaded = loadConfig(join(dir, 'xuncheng.yaml'), {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return new ShadowRules(loaded.config, pino({ enabled: false }));
}

const START_MS = Date.UTC(2026, 10, 22, 2);
function pair(second: number, active: Detection[], shadow: Detection[]): ShadowPair {
  const at_ms = START_MS + second * 1000;
  const made = (id: string, detections: Detection[]): DetectionsObservation => {
    const about = { kind: 'detections', deviceId: 'cam-1', at_ms, received_ms: at_ms } as const;
    return { ...about, model: { id, sha256: '' }, detections };
  };
  return { active: made('old@1', active), shadow: made('new@1', shadow) };
}

test('the incidents that either would open are counted apart', () => {
  const tried = rules();
  const frames = Array.from({ length: 60 }, (_, index) => pair(index * 2, [], [heap]));
  expect(tried.feed(frames.slice(0, 10))).toEqual([]);
  const [tally, ...rest] = tried.feed(frames.slice(10));
  expect(rest).toEqual([]);
  expect(tally).toMatchObject({ cameraId: 'cam-1', active: 'old@1', shadow: 'new@1', frames: 0 });
  expect(tally?.incidents).toEqual({ 'exposed-garbage': { active: 0, shadow: 1 } });
});

test('what both see is one incident of each', () => {
  const tallies = rules().feed(Array.from({ length: 60 }, (_, index) => pair(index * 2, [heap], [heap])));
  expect(tallies.map(({ incidents }) => incidents)).toEqual([
    { 'exposed-garbage': { active: 1, shadow: 1 } },
  ]);
});
