import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Device } from '../../src/domain/device.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { Observation, StatusObservation } from '../../src/domain/observation.ts';
import type { RuleEngine } from '../../src/rules/engine.ts';
import { paintedRecords } from '../support/painted-street.ts';
import { engineOf, fix, range, reading, START_MS, tick } from './support.ts';

const STATIONS = {
  id: 'offline',
  kind: 'device-offline',
  type: 'device-offline',
  device_kinds: ['dust', 'noise'],
};
const TRUCKS = { ...STATIONS, device_kinds: ['truck'] };

/** Twelve stations, the first six of them in one grid cell. */
const CITY: readonly Device[] = range(0, 12).map((n) => ({
  id: `dust-${n}`,
  kind: 'dust',
  lon: 113 + n / 100,
  lat: 28,
  gridCode: n < 6 ? 'A' : 'B',
}));

interface Silence {
  readonly from_s: number;
  readonly to_s?: number;
}

/** A reading of each station every minute (each at its own second), but for its silences, and a tick each second. */
function stations(
  to_s: number,
  silences: Readonly<Record<string, Silence | readonly Silence[]>>,
): Observation[] {
  return range(0, to_s).flatMap((second) => [
    ...CITY.flatMap(({ id }, n) => {
      const mine = [silences[id] ?? []].flat();
      const isSilent = mine.some(({ from_s, to_s: until_s = to_s }) => second >= from_s && second < until_s);
      return second % 60 === n * 4 && !isSilent
        ? [reading(second, { pm10_ug_m3: 40 }, { deviceId: id })]
        : [];
    }),
    tick(second),
  ]);
}

function feed(engine: RuleEngine, observations: readonly Observation[]): Finding[] {
  return observations.flatMap((observation) => engine.feed(observation));
}

function run(rule: Record<string, unknown>, observations: readonly Observation[]): Finding[] {
  return feed(engineOf([rule], { devices: CITY }, { lateness_ms: 5000 }), observations);
}

/** What began and ended, and when: in seconds from the start. */
function told(findings: readonly Finding[]): string[] {
  return findings
    .filter(({ action }) => action !== 'update')
    .map(
      ({ action, key, at_ms }) => `${action} ${key.replace(/\d{10,}/, 'T')} @${(at_ms - START_MS) / 1000}`,
    );
}

const only = (...ids: number[]) => ids.map((n) => `dust-${n}`);
const silent = (ids: readonly string[], from_s: number, to_s?: number) =>
  Object.fromEntries(ids.map((id) => [id, { from_s, ...(to_s !== undefined && { to_s }) }]));

describe('a device from which nothing comes', () => {
  it('is an incident after five minutes, until it is heard again for a minute', () => {
    const found = run(STATIONS, stations(2000, silent(only(0), 600, 1200)));
    // Heard last at 540, looked at every ten seconds.
    expect(told(found)).toEqual(['open dust-0 @840', 'end dust-0 @1200']);
    expect(found[0]).toMatchObject({
      type: 'device-offline',
      onset_ms: START_MS + 540_000,
      place: { lon: 113, lat: 28, gridCode: 'A' },
      subject: { deviceId: 'dust-0' },
      measures: { usual_interval_s: 60 },
      missing: [{ modality: 'dust' }],
    });
    expect(found.at(-1)).toMatchObject({ endReason: 'it is heard again' });
  });

  it('is none while it is only late, and while the gateway itself was down', () => {
    expect(run(STATIONS, stations(2000, silent(only(0), 600, 839)))).toEqual([]);
    const before = stations(600, {});
    const hour_ms = 3_600_000;
    const after = stations(900, {}).map((one) => ({
      ...one,
      at_ms: one.at_ms + hour_ms,
      received_ms: one.received_ms + hour_ms,
    }));
    expect(run(STATIONS, [...before, ...after])).toEqual([]);
  });

  it('is not back with one message, after which it is silent again', () => {
    const blips = {
      'dust-0': [
        { from_s: 600, to_s: 1200 },
        { from_s: 1201, to_s: 9000 },
      ],
    };
    const rule = { ...STATIONS, clear_s: 200 };
    expect(told(run(rule, stations(3000, blips)))).toEqual(['open dust-0 @840']);
  });

  it('is waited for by its own interval, learnt or configured', () => {
    const hourly = [...range(0, 6).map((hour) => reading(hour * 3600, { leq_dba: 50 }, NOISE))];
    const seldom = [...hourly, ...range(0, 60_000, 10).map(tick)].sort((a, b) => a.at_ms - b.at_ms);
    expect(told(run(STATIONS, seldom))).toEqual(['open noise-1 @36000']);
    expect(told(run({ ...STATIONS, expected_interval_s: 60 }, seldom))[0]).toBe('open noise-1 @300');
  });

  it('is offline by its own word after five minutes, and at once no longer with its next', () => {
    const said = (second: number, online: boolean): StatusObservation => ({
      ...{ kind: 'status', deviceKind: 'noise', deviceId: 'noise-1', online },
      ...{ at_ms: START_MS + second * 1000, received_ms: START_MS + second * 1000 },
    });
    const words = [
      reading(0, { leq_dba: 50 }, NOISE),
      reading(3600, { leq_dba: 50 }, NOISE),
      said(4000, false),
    ];
    const back = [said(5000, true), reading(5001, { leq_dba: 50 }, NOISE)];
    const all = [...words, ...back, ...range(0, 6000, 10).map(tick)].sort((a, b) => a.at_ms - b.at_ms);
    expect(told(run(STATIONS, all))).toEqual(['open noise-1 @4300', 'end noise-1 @5000']);
    const revoked = { ...said(4500, false), revoked: true as const };
    expect(told(run(STATIONS, [...all.filter(({ at_ms }) => at_ms < revoked.at_ms), revoked]))).toEqual([
      'open noise-1 @4300',
      'end noise-1 @4500',
    ]);
  });

  it('is told by arrival: what it buffered comes too late to change that', () => {
    const late = range(600, 1200, 60).map((second) =>
      reading(second, { pm10_ug_m3: 40 }, { deviceId: 'dust-0', received_ms: START_MS + 1_200_000 }),
    );
    const all = stations(2000, silent(only(0), 600, 1200));
    const at = all.findIndex(({ received_ms }) => received_ms >= START_MS + 1_200_000);
    const found = run(STATIONS, [...all.slice(0, at), ...late, ...all.slice(at)]);
    expect(told(found)).toEqual(['open dust-0 @840', 'end dust-0 @1200']);
  });

  it('is no truck that is parked with its ignition off, for a while', () => {
    const night = (acc: boolean) => [
      ...range(0, 600, 30).map((second) => fix(second, 113, 28, { acc: true })),
      fix(600, 113.5, 28.5, { acc }),
      ...range(0, 40_000, 10).map(tick),
    ];
    const sorted = (acc: boolean) => night(acc).sort((a, b) => a.at_ms - b.at_ms);
    const parked = { ...TRUCKS, parked_s: 36_000 };
    expect(told(run(parked, sorted(true)))).toEqual(['open truck-1 @900']);
    const found = run(parked, sorted(false));
    expect(told(found)).toEqual(['open truck-1 @36600']);
    expect(found[0]).toMatchObject({ place: { lon: 113.5, lat: 28.5 }, sources: [{ modality: 'gps' }] });
  });
});

const NOISE = { deviceKind: 'noise', deviceId: 'noise-1' } as const;

describe('many devices that fall silent together', () => {
  it('are one incident, and those that stay away get one each when the rest is back', () => {
    const silences = { ...silent(only(0, 1, 2, 3, 4, 5, 6, 7, 8), 600, 1500), ...silent(only(9, 10), 605) };
    const found = run(STATIONS, stations(4000, silences));
    expect(told(found)).toEqual([
      'open outage/all/all/T @840',
      'end outage/all/all/T @1530',
      'open dust-10 @1710',
      'open dust-9 @1710',
    ]);
    const [opened, ...rest] = found;
    expect(opened).toMatchObject({
      measures: { devices_offline: 11, devices_total: 12 },
      severity: 3,
      place: { lon: 113.05, lat: 28 },
    });
    expect(opened?.sources).toHaveLength(11);
    const alone = rest.find(({ key }) => key === 'dust-9');
    expect(alone).toMatchObject({
      onset_ms: START_MS + 576_000,
      related: [{ key: opened?.key, onset_ms: opened?.onset_ms }],
    });
  });

  it('are found by what they speak, MQTT being what needs no saying', () => {
    const rule = { ...STATIONS, outage: { min_share: 0.6 } };
    const devices = CITY.map((device, n) =>
      n % 2 === 0 ? device : { ...device, protocol: 'hj212' as const },
    );
    const silences = Object.fromEntries(range(0, 12, 2).map((n) => [`dust-${n}`, { from_s: 600 }]));
    const found = feed(engineOf([rule], { devices }, { lateness_ms: 5000 }), stations(1200, silences));
    expect(told(found)).toEqual([expect.stringMatching(/^open outage\/protocol\/mqtt\//)]);
    expect(found[0]).toMatchObject({ measures: { outage: 'protocol mqtt', devices_total: 6 } });
  });

  it('are found by their grid cell where they are few of all', () => {
    const rule = { ...STATIONS, outage: { min_share: 0.6 } };
    const found = run(rule, stations(1400, silent(only(0, 1, 2, 3, 4), 600)));
    expect(told(found)).toEqual(['open outage/grid/A/T @840']);
    expect(found[0]).toMatchObject({
      place: { gridCode: 'A' },
      measures: { outage: 'grid A', devices_total: 6 },
    });
  });

  it('are an incident each where they are too few, or fell silent one after the other', () => {
    expect(told(run(STATIONS, stations(1400, silent(only(0, 1, 2, 3), 600))))).toHaveLength(4);
    const spread = Object.assign({}, ...only(0, 1, 2, 3, 4, 5).map((id, n) => silent([id], 600 + n * 600)));
    const found = told(run(STATIONS, stations(5000, spread)));
    expect(found).toHaveLength(6);
    expect(found.join()).not.toContain('outage');
  });
});

const HAPPENING = fc.array(
  fc.record({
    station: fc.integer({ min: 0, max: 11 }),
    from_s: fc.integer({ min: 100, max: 1500 }),
    lasts_s: fc.integer({ min: 1, max: 1500 }),
  }),
  { maxLength: 14 },
);

describe('whatever happens', () => {
  it('gives the same findings through a snapshot at any moment, and each incident begins and ends once', {
    timeout: 120_000,
  }, () => {
    fc.assert(
      fc.property(
        HAPPENING,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (silences, share, together) => {
          const byId: Record<string, Silence[]> = {};
          for (const { station, from_s, lasts_s } of silences) {
            const begins_s = together ? 700 : from_s;
            byId[`dust-${station}`] ??= [];
            byId[`dust-${station}`]?.push({ from_s: begins_s, to_s: begins_s + lasts_s });
          }
          const all = stations(2500, byId);
          const make = () => engineOf([STATIONS], { devices: CITY }, { lateness_ms: 5000 });
          const whole = feed(make(), all);
          const at = Math.floor(share * all.length);
          const first = make();
          const findings = feed(first, all.slice(0, at));
          const second = make();
          second.restore(JSON.parse(JSON.stringify(first.snapshot())));
          expect([...findings, ...feed(second, all.slice(at))]).toEqual(whole);
          const story = new Map<string, string>();
          for (const { key, onset_ms, action } of whole) {
            const id = `${key} ${onset_ms}`;
            story.set(id, `${story.get(id) ?? ''}${action[0]}`);
          }
          for (const [id, actions] of story) expect(`${id} ${actions}`).toMatch(/ ou*e?$/);
        },
      ),
      { numRuns: 15, seed: 8212 },
    );
  });
});

describe('a camera that sends nothing', () => {
  const RULE = { ...STATIONS, device_kinds: ['camera'], after_s: 120, clear_s: 0 };
  const cameras: readonly Device[] = range(0, 20).map((n) => ({
    id: `cam-${n}`,
    kind: 'camera',
    lon: 113,
    lat: 28.2,
    gridCode: n < 8 ? 'A' : 'B',
    street: 'Furong Road',
  }));
  const said = (at_s: number, online: boolean, n = 0): StatusObservation => {
    const at_ms = START_MS + at_s * 1000;
    const extra = { reason: 'no route to host' };
    const common = { at_ms, received_ms: at_ms, online, extra };
    return { kind: 'status', deviceKind: 'camera', deviceId: `cam-${n}`, ...common };
  };
  const pictures = (at_s: number, n = 0): Observation[] =>
    paintedRecords(START_MS + at_s * 1000, [{}]).map((record) => ({ ...record, deviceId: `cam-${n}` }));
  const look = (observations: readonly Observation[]) => {
    const inTime = [...observations].sort((a, b) => a.received_ms - b.received_ms);
    return feed(engineOf([RULE], { devices: cameras }, { lateness_ms: 0 }), inTime);
  };
  const ticks = (from: number, to: number): Observation[] => range(from, to, 5).map(tick);

  it('is offline from its last picture on, and why, until one comes', () => {
    const shown = range(0, 180, 10).flatMap((at_s) => pictures(at_s));
    const found = look([...shown, ...ticks(0, 1000), said(180, false), ...pictures(900)]);
    expect(told(found)).toEqual(['open cam-0 @300', 'end cam-0 @900']);
    expect(found[0]).toMatchObject({
      type: 'device-offline',
      place: { lon: 113, street: 'Furong Road' },
      missing: [{ modality: 'camera', reason: 'it went offline: no route to host' }],
    });
    expect(told(look([...shown, ...ticks(0, 1000)]))).toEqual(['open cam-0 @290']);
  });

  it('is offline although it never showed a picture', () => {
    const found = look([...ticks(0, 200), said(1, false)]);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ subject: { deviceId: 'cam-0' }, onset_ms: START_MS + 1000 });
  });

  it('is not when it comes back in time, nor when it seldom sends', () => {
    expect(look([...ticks(0, 300), said(0, false), said(90, true), ...pictures(100)])).toEqual([]);
    const stills = range(0, 7200, 600).flatMap((at_s) => pictures(at_s));
    expect(look([...stills, ...ticks(0, 7200)])).toEqual([]);
  });

  it('is one of many behind a switch that fails: one incident for all', () => {
    const shown = cameras.flatMap((_camera, n) =>
      range(n % 10, 600, 10).flatMap((at_s) => pictures(at_s, n)),
    );
    const behind = range(0, 8);
    const down = behind.map((n) => said(600 + n, false, n));
    const others = range(8, 20).flatMap((n) =>
      range(600 + (n % 10), 2000, 10).flatMap((at_s) => pictures(at_s, n)),
    );
    const back = behind.flatMap((n) => range(1500 + n, 2000, 10).flatMap((at_s) => pictures(at_s, n)));
    const found = look([...shown, ...down, ...others, ...back, ...ticks(0, 2000)]);
    const words = told(found);
    expect(words).toHaveLength(2);
    expect(words[0]).toMatch(/^open outage\/all\/all\/T @7[23]\d$/);
    expect(found[0]).toMatchObject({
      severity: 3,
      place: { lon: 113, lat: 28.2, gridCode: 'A' },
      measures: { outage: 'camera', devices_offline: 8, devices_total: 20 },
    });
    expect(found.at(-1)).toMatchObject({ action: 'end', endReason: 'all are back' });
  });
});
