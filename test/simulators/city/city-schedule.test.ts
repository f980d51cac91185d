import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { citySchedule } from '../../../simulators/city/city-schedule.ts';
import { loadScenario, type Scenario, scenarioDevices } from '../../../simulators/city/scenario.ts';
import { encodeContent, type ScheduleEvent, until } from '../../../simulators/schedule.ts';
import { decodeTelemetry } from '../../../src/codecs/telemetry-json.ts';
import type { PositionObservation } from '../../../src/domain/observation.ts';
import { quickCityScenario } from '../../support/city-recording.ts';
import { tempDir } from '../../support/temp-dir.ts';

const root = join(import.meta.dirname, '../../..');
const start_ms = Date.UTC(2026, 10, 22, 2);

interface Zone {
  readonly properties: { readonly id: string; readonly kind: string };
  readonly geometry: { readonly coordinates: [number, number][][] };
}

describe('the quick city', () => {
  let scenario: Scenario;
  let events: ScheduleEvent[];
  let fixes: PositionObservation[];
  let permitted: Zone[];

  const zoneAt = ({ lon, lat }: { lon: number; lat: number }): string | undefined =>
    permitted.find(({ geometry }) => {
      const lons = (geometry.coordinates[0] ?? []).map(([x]) => x);
      const lats = (geometry.coordinates[0] ?? []).map(([, y]) => y);
      return (
        lon > Math.min(...lons) &&
        lon < Math.max(...lons) &&
        lat > Math.min(...lats) &&
        lat < Math.max(...lats)
      );
    })?.properties.kind;

  beforeAll(() => {
    scenario = quickCityScenario();
    events = [...until(citySchedule(scenario, { start_ms }), start_ms + 600_000)];
    const zones = JSON.parse(readFileSync(join(root, 'config/demo/zones.geojson'), 'utf8')) as {
      features: Zone[];
    };
    permitted = zones.features.filter(({ properties }) =>
      ['site', 'disposal', 'depot', 'parking'].includes(properties.kind),
    );
    fixes = events.flatMap((event) => {
      if (event.kind !== 'publish' || event.channel !== 'position') return [];
      const { deviceKind, deviceId, channel } = event;
      const read = decodeTelemetry({
        deviceKind,
        deviceId,
        channel,
        payload: encodeContent(event),
        received_ms: 0,
      });
      if (!read.ok) throw new Error(read.error.message);
      return read.value as PositionObservation[];
    });
  });

  it('has the devices of its file', () => {
    const kinds = scenarioDevices(scenario).map(({ kind }) => kind);
    const count = (wanted: string): number => kinds.filter((kind) => kind === wanted).length;
    expect([count('camera'), count('truck'), count('dust'), count('noise')]).toEqual([1, 12, 4, 2]);
  });

  it('is the same for the same seed, and another for another', () => {
    const text = (seed?: number): string => {
      const run = seed === undefined ? { start_ms } : { start_ms, seed };
      return JSON.stringify([...until(citySchedule(scenario, run), start_ms + 60_000)]);
    };
    expect(text()).toBe(text());
    expect(text()).not.toBe(text(1));
  });

  it('runs in order of time', () => {
    const times = events.map(({ at_ms }) => at_ms);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.length).toBeGreaterThan(4_000);
  });

  it('moves its trucks as trucks move', () => {
    for (const { id } of scenario.file.trucks.fleet) {
      const track = fixes.filter(({ deviceId }) => deviceId === id);
      expect(track.length).toBeGreaterThan(290);
      for (const [index, fix] of track.slice(1).entries()) {
        const before = track[index];
        if (before === undefined) continue;
        const metres = Math.hypot((fix.lon - before.lon) * 98_000, (fix.lat - before.lat) * 111_195);
        // 50 km/h for two seconds, the jitter of two fixes, and a lane's change of side when turning round.
        expect(metres).toBeLessThan(28 + 12);
        expect(fix.speed_kmh ?? 0).toBeLessThan(55);
      }
    }
    const moving = fixes.filter(({ speed_kmh = 0 }) => speed_kmh > 5);
    expect(moving.length).toBeGreaterThan(fixes.length / 4);
  });

  it('has one truck dump where none may, soon after the start', () => {
    const lifted = fixes.filter(({ lift }) => lift === true);
    const outside = lifted.filter((fix) => zoneAt(fix) === undefined);
    expect(new Set(outside.map(({ deviceId }) => deviceId))).toEqual(new Set(['truck-11']));
    expect((outside[0]?.at_ms ?? 0) - start_ms).toBeLessThan(50_000);
    expect(new Set(outside.map(({ load: now }) => now))).toEqual(new Set(['full', 'half', 'empty']));
    for (const fix of lifted) if (fix.deviceId !== 'truck-11') expect(zoneAt(fix)).toBe('disposal');
  });

  it('has one truck stand where it has no business, and no other for longer than a red light', () => {
    const longest = new Map<string, number>();
    const since = new Map<string, number>();
    for (const { deviceId, at_ms, speed_kmh = 0, ...fix } of fixes) {
      if (speed_kmh >= 3 || zoneAt(fix) !== undefined) since.delete(deviceId);
      else since.set(deviceId, since.get(deviceId) ?? at_ms);
      longest.set(deviceId, Math.max(longest.get(deviceId) ?? 0, at_ms - (since.get(deviceId) ?? at_ms)));
    }
    expect(longest.get('truck-12')).toBeGreaterThan(140_000);
    for (const [id, stood_ms] of longest) {
      if (id !== 'truck-12' && id !== 'truck-11') expect(stood_ms).toBeLessThan(30_000);
    }
  });

  it('lets a tunnel swallow a minute of one truck and gives it back', () => {
    const links = events.filter((event) => event.kind === 'link' && event.deviceId === 'truck-05');
    expect(links.map(({ at_ms }) => at_ms - start_ms)).toEqual([0, 60_000, 120_000]);
    const backlog = events.find((event) => event.kind === 'publish' && Array.isArray(event.payload));
    expect(backlog).toMatchObject({ deviceId: 'truck-05', at_ms: start_ms + 120_000 });
    const at = fixes.filter(({ deviceId }) => deviceId === 'truck-05').map((fix) => fix.at_ms);
    for (const [index, time] of at.slice(1).entries()) expect(time - (at[index] ?? 0)).toBe(2_000);
  });

  it('exceeds its limits within the first minute, at the right stations', () => {
    const means = new Map<string, number>();
    for (const { id, kind } of scenario.file.stations.list) {
      const metric = kind === 'dust' ? 'pm10_ug_m3' : 'leq_dba';
      const read = events.flatMap((event) => {
        if (event.kind !== 'publish' || event.deviceId !== id || event.at_ms > start_ms + 60_000) return [];
        const value = (event.payload as Record<string, unknown>)[metric];
        return typeof value === 'number' ? [value] : [];
      });
      means.set(id, read.reduce((sum, value) => sum + value, 0) / read.length);
    }
    const over = [...means]
      .filter(([id, value]) => value > (id.startsWith('dust') ? 150 : 70))
      .map(([id]) => id);
    expect(over).toEqual(['dust-zhuyuan', 'noise-zhuyuan']);
  });
});

describe('a scenario that does not fit together', () => {
  const zones = '{"type":"FeatureCollection","features":[]}';

  function problems(change: (text: string) => string): string[] {
    const dir = tempDir();
    mkdirSync(join(dir, 'city'));
    writeFileSync(join(dir, 'zones.geojson'), zones);
    const text = `name: x
seed: 1
map:
  zones: ../zones.geojson
  roads:
    - { id: r, class: lane, speed_kmh: 20, line: [[112.97, 28.2], [112.98, 28.2]] }
    - { id: island, class: lane, speed_kmh: 20, line: [[112.97, 28.3], [112.98, 28.3]] }
  places:
    a: [112.97, 28.2]
    b: [112.98, 28.2]
    away: [112.975, 28.25]
    over: [112.97, 28.3]
trucks:
  interval_s: 5
  fleet:
    - { id: t1, start: a, site: a, disposal: b }
stations: { interval_s: 60, list: [] }
script:
  - { kind: suspicious-stop, at_s: 1, duration_s: 5, truck: t1, place: b }
`;
    const file = join(dir, 'city', 'scenario.yaml');
    writeFileSync(file, change(text));
    const read = loadScenario(file);
    return read.ok ? [] : read.problems.map(({ line, key, message }) => `${line} ${key}: ${message}`);
  }

  it.each([
    ['nothing', 'x', 'x', []],
    [
      'an unknown place',
      'disposal: b',
      'disposal: c',
      [/^16 trucks.*disposal: no place or zone is called c$/],
    ],
    [
      'a place off the roads',
      'disposal: b',
      'disposal: away',
      [/^16 trucks.*disposal: away is \d+ m from the nearest road$/],
    ],
    [
      'a place that no road leads to',
      'disposal: b',
      'disposal: over',
      [/^16 trucks.*no road leads from a to over$/],
    ],
    ['an unknown truck', 'truck: t1', 'truck: t9', [/^19 script.*truck: no device is called t9$/]],
    ['an unknown event', 'suspicious-stop', 'party', [/^19 script/]],
    ['a missing zones file', '../zones.geojson', 'gone.geojson', [/no such file/]],
  ])('says where: %s', (_name, from, to, wanted) => {
    const found = problems((text) => text.replace(from, to));
    expect(found.length).toBe(wanted.length);
    for (const [index, pattern] of wanted.entries()) expect(found[index]).toMatch(pattern);
  });
});
