import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadScenario, type Scenario } from '../../../../simulators/city/scenario.ts';

/** Monday, 18:00 in Changsha. */
export const start_ms = Date.UTC(2026, 9, 19, 10);

const zone = (id: string, properties: string, [west, south, east, north]: readonly number[]): string =>
  `{"type":"Feature","properties":{"id":"${id}",${properties}},"geometry":{"type":"Polygon","coordinates":[[[${west},${south}],[${east},${south}],[${east},${north}],[${west},${north}],[${west},${south}]]]}}`;

const ZONES = `{"type":"FeatureCollection","features":[${[
  zone('forbidden', '"kind":"no-vending","road_class":"arterial"', [112.969, 28.1999, 112.973, 28.2001]),
  zone(
    'evening',
    '"kind":"vending","hours":[{"from":"16:00","to":"18:05"}]',
    [112.9714, 28.1999, 112.973, 28.2001],
  ),
].join(',')}]}`;

const TEXT = `name: two-cameras
seed: 7
duration_s: 600
frame_interval_s: 1
map:
  zones: zones.geojson
  roads:
    - { id: main, class: arterial, speed_kmh: 50, line: [[112.969, 28.2], [112.973, 28.2]] }
    - { id: cross, class: secondary, speed_kmh: 40, line: [[112.9715, 28.1985], [112.9715, 28.2015]] }
  lights: [[112.9715, 28.2]]
  places:
    shop: [112.971, 28.2]
    corner: [112.97165, 28.2]
cameras:
  - { id: cam-a, at: [112.97085, 28.1999], pole: { height_m: 6, heading_deg: 40, pitch_deg: 18, hfov_deg: 70 } }
  - { id: cam-b, at: [112.97115, 28.1999], pole: { height_m: 6, heading_deg: 320, pitch_deg: 18, hfov_deg: 70 } }
trucks: { interval_s: 5, fleet: [] }
stations: { interval_s: 60, list: [] }
script:
  - { kind: stall, id: both-see, at_s: 60, duration_s: 300, vary_s: 30, customers: 2, where: { road: main, at: shop, side: left } }
  - { kind: bags, id: heap, at_s: 90, duration_s: 200, vary_s: 20, where: { road: main, at: shop, along_m: 4, side: left } }
  - { kind: stall, id: too-short, at_s: 500, duration_s: 60, vary_s: 0, where: { road: main, at: shop, along_m: -4, side: left } }
  - { kind: umbrella, id: rain, at_s: 100, duration_s: 60, does: passes, where: { road: main, at: shop, side: left } }
  - { kind: lens, id: covered, at_s: 400, duration_s: 120, vary_s: 10, camera: cam-b, fault: obscured }
`;

/** A crossing with two cameras that see one pavement; `change` edits its text. */
export function twoCameras(change: (text: string) => string = (text) => text) {
  const dir = mkdtempSync(join(tmpdir(), 'xuncheng-test-'));
  try {
    writeFileSync(join(dir, 'zones.geojson'), ZONES);
    const file = join(dir, 'scenario.yaml');
    writeFileSync(file, change(TEXT));
    return loadScenario(file);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The same where it must be sound. */
export function soundCity(change?: (text: string) => string): Scenario {
  const read = twoCameras(change);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.scenario;
}
