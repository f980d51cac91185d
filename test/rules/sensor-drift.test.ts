import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/domain/finding.ts';
import type { ReadingObservation } from '../../src/domain/observation.ts';
import { lowerQuartile, weightedMedian } from '../../src/rules/drift-estimate.ts';
import { engineOf, feedAll, mapZone, range, reading, START_MS, tick } from './support.ts';

const drift = {
  id: 'sensor-drift',
  kind: 'sensor-drift',
  type: 'sensor-drift',
  device_kind: 'dust',
  metric: 'pm10_ug_m3',
};
const dust = {
  id: 'dust-exceedance',
  kind: 'threshold',
  type: 'dust-exceedance',
  device_kind: 'dust',
  metric: 'pm10_ug_m3',
  window_s: 900,
  expected_interval_s: 60,
  limits: [{ limit: 100, clear_limit: 80 }],
  drift_rule: 'sensor-drift',
};
/** Some hundred metres apart; d stands highest. */
const STATIONS = { a: 50, b: 46, c: 60, d: 80 };
type Station = keyof typeof STATIONS;
const devices = (Object.keys(STATIONS) as Station[]).map((id, index) => ({
  id,
  kind: 'dust' as const,
  lon: 113.1 + index * 0.004,
  lat: 28.2 + (index % 2) * 0.003,
}));

/** What is added to a station's usual value in a minute. */
type Added = (id: Station, minute: number) => number | undefined;
/** Where the wind comes from. */
const WEST = 270;

function day(minutes: number, added: Added, only = Object.keys(STATIONS) as Station[]): ReadingObservation[] {
  return range(0, minutes).flatMap((minute) =>
    only.flatMap((deviceId, index) => {
      const more = added(deviceId, minute);
      if (more === undefined) return [];
      // No two stations breathe alike.
      const wave = 1 + 0.06 * Math.sin(minute / (7 + index)) + 0.02 * Math.sin(minute * (1.3 + index));
      const pm10_ug_m3 = STATIONS[deviceId] * wave + more;
      const metrics = { pm10_ug_m3, wind_direction_deg: WEST, wind_speed_mps: 2 };
      return [reading(minute * 60 + index, metrics, { deviceId })];
    }),
  );
}

const told = (findings: readonly Finding[]): string[] =>
  findings
    .filter(({ action }) => action !== 'update')
    .map(
      ({ type, action, key, at_ms }) => `${type} ${action} ${key} ${Math.round((at_ms - START_MS) / 60_000)}`,
    );
const types = (findings: readonly Finding[]): string[] => [
  ...new Set(findings.map(({ type, key }) => `${type} ${key}`)),
];
/** A station off by a unit more in a minute, from the 40th on. */
const drifts: Added = (id, minute) => (id === 'a' ? Math.max(0, minute - 40) : 0);

describe('a station that departs from its neighbours', () => {
  it('drifts where it does so slowly, and is not believed', () => {
    const findings = feedAll(engineOf([drift, dust]), []);
    expect(findings).toEqual([]);
    const found = feedAll(engineOf([drift, dust], { devices }), day(140, drifts));
    expect(types(found)).toEqual(['sensor-drift a']);
    const [opened] = found;
    // 25 are there after 65 minutes.
    expect(told(found)[0]).toMatch(/^sensor-drift open a (6[5-9]|7\d|8[0-5])$/);
    expect(opened).toMatchObject({ subject: { deviceId: 'a' }, severity: 2, measures: { neighbours: 3 } });
    expect(opened?.exhibits[0]).toMatchObject({ kind: 'series', deviceId: 'a', metric: 'pm10_ug_m3' });
    // Without the drift rule it is an exceedance.
    const { drift_rule: _, ...alone } = dust;
    expect(types(feedAll(engineOf([alone], { devices }), day(140, drifts)))).toEqual(['dust-exceedance a']);
  });

  it('is told where it, or those around it, were admitted while the rule ran', () => {
    const admitted = new Map<string, (typeof devices)[number]>();
    const engine = engineOf([drift], { devices: devices.slice(2), placeOf: (id) => admitted.get(id) });
    for (const device of devices) admitted.set(device.id, device);
    const [opened] = feedAll(engine, day(140, drifts));
    expect(opened).toMatchObject({ subject: { deviceId: 'a' }, measures: { neighbours: 3 } });
    expect(opened?.place).toMatchObject({ lon: 113.1, lat: 28.2 });
  });

  it('does not drift where it does so at once: that is in the air', () => {
    for (const more of [60, 90, 400]) {
      const plume: Added = (id, minute) => (id === 'a' && minute >= 50 && minute < 110 ? more : 0);
      expect(types(feedAll(engineOf([drift, dust], { devices }), day(150, plume)))).toEqual([
        'dust-exceedance a',
      ]);
    }
  });

  it('may drift and yet be hit by a plume', () => {
    const both: Added = (id, minute) =>
      id === 'a' ? (drifts(id, minute) ?? 0) + (minute >= 100 && minute < 130 ? 300 : 0) : 0;
    const found = feedAll(engineOf([drift, dust], { devices }), day(180, both));
    expect(types(found)).toEqual(['sensor-drift a', 'dust-exceedance a']);
    const exceedance = found.find(({ type }) => type === 'dust-exceedance');
    expect(Number(exceedance?.measures.drift_removed)).toBeGreaterThan(25);
    expect(told(found)).toContainEqual(expect.stringMatching(/^dust-exceedance end a 1[3-6]\d$/));
  });

  it('does not drift where all rise, nor where its neighbours do', () => {
    const city: Added = (id, minute) => STATIONS[id] * Math.min(1, Math.max(0, minute - 40) / 60);
    expect(types(feedAll(engineOf([drift], { devices }), day(180, city)))).toEqual([]);
    const found = feedAll(engineOf([drift], { devices }), day(180, drifts, ['a', 'b', 'c']));
    expect(types(found)).toEqual(['sensor-drift a']);
  });

  it('may as well measure too little', () => {
    const less: Added = (id, minute) => (id === 'd' ? -Math.min(60, 0.6 * Math.max(0, minute - 40)) : 0);
    const found = feedAll(engineOf([drift, dust], { devices }), day(180, less));
    expect(types(found)).toEqual(['sensor-drift d']);
    expect(Number(found[0]?.measures.departure)).toBeLessThan(-25);
  });

  it('agrees with them again once it is calibrated', () => {
    const mended: Added = (id, minute) => (minute < 120 ? drifts(id, minute) : 0);
    const found = feedAll(engineOf([drift, dust], { devices }), day(180, mended));
    expect(types(found)).toEqual(['sensor-drift a']);
    expect(told(found)[1]).toMatch(/^sensor-drift end a 1[23]\d$/);
    expect(found.at(-1)?.endReason).toBe('agrees with its neighbours again');
  });
});

describe('nothing is said of a drift', () => {
  const said = (zone: ReturnType<typeof mapZone>): string[] =>
    types(feedAll(engineOf([drift], { devices, mapZones: [zone] }), day(140, drifts)));

  it('while a site is upwind, but while it is downwind', () => {
    expect(said(mapZone('site', 'site', 113.097, 28.2))).toEqual([]);
    expect(said(mapZone('site', 'site', 113.097, 28.2, 5))).toEqual([]);
    expect(said(mapZone('site', 'site', 113.1025, 28.197))).toEqual(['sensor-drift a']);
    expect(said(mapZone('park', 'park', 113.097, 28.2))).toEqual(['sensor-drift a']);
    // Too far to matter.
    expect(said(mapZone('site', 'site', 113.09, 28.2))).toEqual(['sensor-drift a']);
  });

  it('where too few neighbours can tell', () => {
    expect(types(feedAll(engineOf([drift], { devices }), day(140, drifts, ['a', 'b'])))).toEqual([]);
    const far = devices.map((device, index) => ({ ...device, lon: 113 + index }));
    expect(types(feedAll(engineOf([drift], { devices: far }), day(140, drifts)))).toEqual([]);
    const one = { ...drift, neighbours_min: 1 };
    const found = feedAll(engineOf([one], { devices }), day(140, drifts, ['a', 'b']));
    expect(types(found)).toEqual(['sensor-drift a']);
  });
});

it('says when a station that drifts falls silent, and gives it up after long', () => {
  const until: Added = (id, minute) => (minute < 100 || id !== 'a' ? drifts(id, minute) : undefined);
  const give_up_s = 7200;
  const engine = engineOf([{ ...drift, give_up_s }], { devices });
  const found = feedAll(engine, day(101, until));
  const later = feedAll(
    engine,
    range(101, 300).map((minute) => tick(minute * 60)),
  );
  expect(types(found)).toEqual(['sensor-drift a']);
  expect(later.map(({ action, missing }) => [action, missing[0]?.reason])).toEqual([
    ['update', 'no readings'],
    ['end', 'no valid reading for 7200 s: given up'],
  ]);
});

it('goes on from a snapshot as if nothing had been', () => {
  const readings = day(140, drifts);
  const half = readings.length / 2;
  const whole = engineOf([drift, dust], { devices });
  const first = engineOf([drift, dust], { devices });
  const second = engineOf([drift, dust], { devices });
  const all = feedAll(whole, readings);
  const before = feedAll(first, readings.slice(0, half));
  second.restore(JSON.parse(JSON.stringify(first.snapshot())));
  expect([...before, ...feedAll(second, readings.slice(half))]).toEqual(all);
  expect(all.length).toBeGreaterThan(0);
});

it('knows quartiles and weighted middles', () => {
  expect(lowerQuartile([])).toBeUndefined();
  expect(lowerQuartile([3])).toBe(3);
  expect(lowerQuartile([9, 1, 5, 3, 7])).toBe(3);
  expect(weightedMedian([])).toBeUndefined();
  const values = [10, 20, 90];
  expect(weightedMedian(values.map((value) => ({ value, weight: 1 })))).toBe(20);
  expect(weightedMedian(values.map((value) => ({ value, weight: value === 90 ? 5 : 1 })))).toBe(90);
});
