import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import pino from 'pino';
import type { Observation } from '../../src/domain/observation.ts';
import { readManifest } from '../../src/recording/recording-files.ts';
import { RecordingWriter } from '../../src/recording/recording-writer.ts';
import { runReplay } from '../../src/replay/replay.ts';
import { quickCityConfig } from '../support/city-recording.ts';

/**
 * How many times real time a telemetry-only replay of 1,000 devices runs, beside reading and JSON.parse of the
 * same recording alone: 900 trucks each 10 s, 100 stations each 60 s, a tick each second. The bar is 1,000.
 */
const TRUCKS = 900;
const STATIONS = 100;
const MINUTES = 120;
const START_MS = Date.UTC(2026, 10, 22, 2);

/** A number in 0..1 that depends on its arguments alone. */
function hash01(a: number, b: number): number {
  const x = Math.sin(a * 12.9898 + b * 78.233) * 43758.5453;
  return x - Math.floor(x);
}

function position(n: number, second: number): Observation {
  // One in forty stands long where it may not.
  const stands = n % 40 === 0 && second > 600;
  const at_ms = START_MS + second * 1000 + Math.floor(hash01(n, 7) * 900);
  return {
    kind: 'position',
    deviceId: `truck-${n}`,
    at_ms,
    received_ms: at_ms + 80,
    lon: round(112.9 + hash01(n, 3) / 5 + (stands ? 0 : second * 2e-5)),
    lat: round(28.1 + hash01(n, 4) / 5),
    speed_kmh: stands ? 0 : 35,
    heading_deg: 90,
    acc: true,
    load: 'full',
    lift: false,
    cover: 'closed',
    mileage_km: round(1000 + second / 100),
  };
}

function reading(n: number, second: number): Observation {
  const at_ms = START_MS + second * 1000 + Math.floor(hash01(n, 9) * 900);
  const base = 60 + 120 * hash01(n, Math.floor(second / 1200));
  return {
    kind: 'reading',
    deviceKind: 'dust',
    deviceId: `dust-${n}`,
    at_ms,
    received_ms: at_ms + 120,
    metrics: {
      pm10_ug_m3: round(base),
      pm25_ug_m3: round(base / 2),
      wind_speed_mps: 2.1,
      wind_direction_deg: 120,
    },
    flag: 'N',
  };
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

async function readAlone(dir: string): Promise<number> {
  const from_ms = performance.now();
  const input = createReadStream(join(dir, 'observations.ndjson.gz')).pipe(createGunzip());
  let lines = 0;
  for await (const line of createInterface({ input })) lines += JSON.parse(line).kind === undefined ? 0 : 1;
  if (lines === 0) throw new Error('nothing was read');
  return performance.now() - from_ms;
}

async function benchReplay(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'xuncheng-bench-'));
  try {
    const dir = join(root, 'day');
    const writer = await RecordingWriter.create(dir, { name: 'bench' });
    for (let second = 0; second < MINUTES * 60; second += 1) await writer.append(secondOf(second));
    await writer.close();
    const manifest = await readManifest(dir);
    const recorded_s = (manifest.to_ms - manifest.from_ms) / 1000;
    for (let round = 0; round < 2; round += 1) {
      const before = process.cpuUsage();
      const from_ms = performance.now();
      const replay = await runReplay({
        dir,
        manifest,
        config: quickCityConfig(),
        speed: Number.POSITIVE_INFINITY,
        detections: 'recorded',
        env: process.env,
        signal: new AbortController().signal,
        log: pino({ level: 'warn' }),
        onNote: console.log,
      });
      const wall_s = (performance.now() - from_ms) / 1000;
      const { user, system } = process.cpuUsage(before);
      const { observations, incidents } = replay;
      await replay.close();
      const alone_s = (await readAlone(dir)) / 1000;
      console.log(
        `${TRUCKS + STATIONS} devices, ${recorded_s.toFixed(0)} s, ${observations.toLocaleString('en')} observations, ` +
          `${incidents.length} incidents: ${(recorded_s / wall_s).toFixed(0)} times real time (the bar is 1,000), ` +
          `${((user + system) / 1e6).toFixed(1)} s of processor in ${wall_s.toFixed(1)} s; ` +
          `reading and JSON.parse alone ${(recorded_s / alone_s).toFixed(0)} times`,
      );
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

await benchReplay();
