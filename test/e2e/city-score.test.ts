import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cli } from '../support/cli.ts';

const CITY = join(import.meta.dirname, '../../simulators/city');
const folder = mkdtempSync(join(tmpdir(), 'xuncheng-city-'));
const config = join(folder, 'gateway/xuncheng.yaml');

beforeAll(async () => {
  const written = await cli([
    'simulate',
    'city',
    join(CITY, 'linghu.yaml'),
    '--gateway-config',
    join(folder, 'gateway'),
  ]);
  expect(written.code).toBe(0);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function record(name: string, ...options: string[]): Promise<string> {
  const dir = join(folder, name);
  const made = await cli([
    'simulate',
    'city',
    join(CITY, 'linghu.yaml'),
    '--record',
    dir,
    '--no-video',
    ...options,
  ]);
  expect(made.code).toBe(0);
  return dir;
}

const observations = (dir: string): string =>
  gunzipSync(readFileSync(join(dir, 'observations.ndjson.gz'))).toString();
const labels = (dir: string): string => readFileSync(join(dir, 'labels.json'), 'utf8');

interface TypeScore {
  readonly type: string;
  readonly labels: number;
  readonly misses: number;
  readonly duplicates: number;
  readonly falseAlarms: number;
}

interface Miss {
  readonly label: { readonly type: string; readonly deviceIds: readonly string[] };
}

it('records the same evening from the same seed, and another from another', {
  timeout: 120_000,
}, async () => {
  const once = await record('once', '--duration', '1200');
  const again = await record('again', '--duration', '1200');
  const other = await record('other', '--duration', '1200', '--seed', '7');
  expect(observations(again)).toBe(observations(once));
  expect(labels(again)).toBe(labels(once));
  expect(observations(other)).not.toBe(observations(once));
  // Journal order, and a tick each second to the end.
  const lines = observations(once)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; received_ms: number });
  expect(lines.filter(({ kind }) => kind === 'tick')).toHaveLength(1201);
  for (const [index, { received_ms }] of lines.entries()) {
    expect(received_ms).toBeGreaterThanOrEqual(lines[index - 1]?.received_ms ?? 0);
  }
});

it.each([[[]], [['--seed', '5']]])(
  'finds what trucks and stations did in two hours of Linghu %j, each once',
  { timeout: 180_000 },
  async (seed) => {
    const dir = await record(`evening-${seed.join('')}`, ...seed);
    const { code, out } = await cli(['replay', dir, '--config', config, '--score', '--json']);
    expect(code).toBe(0);
    const { types, misses } = JSON.parse(out.join('\n')) as { types: TypeScore[]; misses: Miss[] };
    const telemetry = [
      'dust-exceedance',
      'illegal-dumping',
      'noise-exceedance',
      'sensor-drift',
      'truck-suspicious-stop',
      'truck-uncovered-load',
    ];
    // A truck that is silent for four minutes is not offline, nor is one that stands with its engine off.
    expect(types.find(({ type }) => type === 'device-offline')).toMatchObject({
      labels: 0,
      duplicates: 0,
      falseAlarms: 0,
    });
    for (const type of telemetry) {
      const score = types.find((one) => one.type === type);
      expect(score).toMatchObject({ type, duplicates: 0, falseAlarms: 0 });
      expect(score?.labels).toBeGreaterThan(score?.misses ?? 0);
      // Without films, what cameras alone could have seen is missed.
      const ofDevices = misses.filter(({ label }) => label.deviceIds.some((id) => !id.startsWith('cam-')));
      expect(ofDevices.filter(({ label }) => label.type === type)).toEqual([]);
    }
  },
);
