import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import pino from 'pino';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Observation } from '../../src/domain/observation.ts';
import { readManifest } from '../../src/recording/recording-files.ts';
import { RecordingWriter } from '../../src/recording/recording-writer.ts';
import { type Replay, runReplay } from '../../src/replay/replay.ts';

/**
 * How many times real time a telemetry-only replay of 1,000 devices runs with the rules that ship, beside reading and
 * JSON.parse of the same recording alone: 900 trucks each 10 s, 70 dust and 30 noise stations each 60 s, 300 zones, a
 * tick each second. The bar is 1,000. `npm run bench -- replay`, or with another length:
 * `node --import tsx test/bench/replay.ts 30`.
 */
const TRUCKS = 900;
const STATIONS = 100;
const DUST = 70;
const ZONES = 300;
const MINUTES = Number(process.argv[2] ?? 120);
const START_MS = Date.UTC(2026, 10, 22, 2);
const ROOT = join(import.meta.dirname, '../..');
const KINDS = ['site', 'disposal', 'depot', 'parking', 'sensitive'];
/** One zone in so many is closed to trucks. */
const CLOSED_EVERY = 60;

/** A number in 0..1 that depends on its arguments alone. */
function hash01(a: number, b: number): number {
  const x = Math.sin(a * 12.9898 + b * 78.233) * 43758.5453;
  return x - Math.floor(x);
}

/** Goes to and fro on a street of some four kilometres; one in a hundred stands long where it may not. */
function position(n: number, second: number): Observation {
  const stands = n % 100 === 0 && second > 600;
  const at_ms = START_MS + second * 1000 + Math.floor(hash01(n, 7) * 900);
  const way = ((stands ? 600 : second) + Math.floor(hash01(n, 8) * 800)) % 800;
  return {
    kind: 'position',
    deviceId: `truck-${n}`,
    at_ms,
    received_ms: at_ms + 80,
    lon: round(112.9 + hash01(n, 3) / 5 + Math.min(way, 800 - way) * 1e-4),
    lat: round(28.1 + hash01(n, 4) / 5),
    speed_kmh: stands ? 0 : 35,
    heading_deg: way < 400 ? 90 : 270,
    acc: true,
    load: way < 400 ? 'full' : 'empty',
    lift: false,
    cover: n % 100 === 1 ? 'open' : 'closed',
    mileage_km: round(1000 + second / 100),
  };
}

function reading(n: number, second: number): Observation {
  const at_ms = START_MS + second * 1000 + Math.floor(hash01(n, 9) * 900);
  const times = { deviceId: `station-${n}`, at_ms, received_ms: at_ms + 120, flag: 'N' } as const;
  if (n >= DUST) {
    const leq_dba = round(50 + 14 * hash01(n, Math.floor(second / 1800)) + hash01(n, second));
    return { kind: 'reading', deviceKind: 'noise', ...times, metrics: { leq_dba, lmax_dba: leq_dba + 8 } };
  }
  const base = 30 + 75 * hash01(n, Math.floor(second / 1200)) + 10 * hash01(n, second);
  const pm = { pm10_ug_m3: round(base), pm25_ug_m3: round(base / 2) };
  return {
    ...{ kind: 'reading', deviceKind: 'dust', ...times },
    metrics: { ...pm, wind_speed_mps: 2.1, wind_direction_deg: 120 },
  };
}

/** The gateway's configuration for that city, in a folder: the rules are those that ship. */
function cityConfig(dir: string): Config {
  const at = (n: number, salt: number): [number, number] => [
    round(112.9 + hash01(n, salt) / 4),
    round(28.1 + hash01(n, salt + 1) / 5),
  ];
  const features = Array.from({ length: ZONES }, (_, n) => {
    const [lon, lat] = at(n, 11);
    const size = 0.002;
    const corners = [
      [lon, lat],
      [lon + size, lat],
      [lon + size, lat + size],
      [lon, lat + size],
      [lon, lat],
    ];
    const properties = {
      id: `zone-${n}`,
      kind: n % CLOSED_EVERY === 0 ? 'no-trucks' : KINDS[n % KINDS.length],
    };
    return { type: 'Feature', properties, geometry: { type: 'Polygon', coordinates: [corners] } };
  });
  writeFileSync(join(dir, 'zones.geojson'), JSON.stringify({ type: 'FeatureCollection', features }));
  const stations = Array.from({ length: STATIONS }, (_, n) => {
    const [lon, lat] = at(n, 21);
    return { id: `station-${n}`, kind: n < DUST ? 'dust' : 'noise', lon, lat };
  });
  const trucks = Array.from({ length: TRUCKS }, (_, n) => ({ id: `truck-${n}`, kind: 'truck' }));
  const file = join(dir, 'xuncheng.yaml');
  const catalogue = { file: join(ROOT, 'config/catalogue.yaml') };
  const rules = join(ROOT, 'config/rules.yaml');
  // JSON is YAML.
  writeFileSync(
    file,
    JSON.stringify({ zones: 'zones.geojson', rules, catalogue, devices: [...stations, ...trucks] }),
  );
  const loaded = loadConfig(file, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

const round = (value: number): number => Math.round(value * 1e6) / 1e6;

function secondOf(second: number): Observation[] {
  const made: Observation[] = [];
  for (let n = second % 10; n < TRUCKS; n += 10) made.push(position(n, second));
  for (let n = second % 60; n < STATIONS; n += 60) made.push(reading(n, second));
  made.sort((a, b) => a.received_ms - b.received_ms);
  const at_ms = START_MS + (second + 1) * 1000;
  return [...made, { kind: 'tick', deviceId: '_gateway', at_ms, received_ms: at_ms }];
}

/** Seconds on the clock and seconds of processor, all threads together. */
interface Spent {
  readonly wall_s: number;
  readonly cpu_s: number;
}

async function spent(work: () => Promise<void>): Promise<Spent> {
  const before = process.cpuUsage();
  const from_ms = performance.now();
  await work();
  const wall_s = (performance.now() - from_ms) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { wall_s, cpu_s: (user + system) / 1e6 };
}

async function readAlone(dir: string): Promise<void> {
  const input = createReadStream(join(dir, 'observations.ndjson.gz')).pipe(createGunzip());
  let lines = 0;
  for await (const line of createInterface({ input })) lines += JSON.parse(line).kind === undefined ? 0 : 1;
  if (lines === 0) throw new Error('nothing was read');
}

async function benchReplay(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'xuncheng-bench-'));
  try {
    const config = cityConfig(root);
    const dir = join(root, 'day');
    const writer = await RecordingWriter.create(dir, { name: 'bench' });
    for (let second = 0; second < MINUTES * 60; second += 1) await writer.append(secondOf(second));
    await writer.close();
    for (let round = 0; round < 2; round += 1) await benchOnce(dir, config);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** On a machine that does other things too, the processor time is the figure to compare. */
async function benchOnce(dir: string, config: Config): Promise<void> {
  const manifest = await readManifest(dir);
  const recorded_s = (manifest.to_ms - manifest.from_ms) / 1000;
  const times = ({ wall_s, cpu_s }: Spent): string =>
    `${(recorded_s / wall_s).toFixed(0)} times real time, ${(recorded_s / cpu_s).toFixed(0)} by processor time`;
  let replay: Replay | undefined;
  const whole = await spent(async () => {
    replay = await runReplay({
      dir,
      manifest,
      config,
      speed: Number.POSITIVE_INFINITY,
      detections: 'recorded',
      env: process.env,
      signal: new AbortController().signal,
      log: pino({ level: 'warn' }),
      onNote: console.log,
    });
  });
  const { observations = 0, incidents = [] } = replay ?? {};
  await replay?.close();
  const alone = await spent(() => readAlone(dir));
  console.log(
    `${TRUCKS + STATIONS} devices, ${recorded_s.toFixed(0)} s, ${observations.toLocaleString('en')} observations, ` +
      `${incidents.length} incidents: ${times(whole)} (the bar is 1,000), ` +
      `${((whole.cpu_s * 1e6) / observations).toFixed(1)} µs of processor each; ` +
      `reading and JSON.parse alone ${times(alone)}`,
  );
}

await benchReplay();
