import { describe, expect, it } from 'vitest';
import type { ReadingObservation } from '../../src/domain/observation.ts';
import { engineOf, feedAll, mapZone, range, reading, START_MS, story, tick } from './support.ts';

const dust = {
  id: 'dust-exceedance',
  kind: 'threshold',
  type: 'dust-exceedance',
  device_kind: 'dust',
  metric: 'pm10_ug_m3',
  window_s: 900,
  expected_interval_s: 60,
  limits: [{ limit: 150, clear_limit: 120 }],
  severity_steps: [{ severity: 2 }, { ratio: 1.5, severity: 3 }, { ratio: 2, severity: 4 }],
};
const devices = [
  { id: 'dust-1', kind: 'dust', lon: 113.1, lat: 28.2, street: 'Furong Road', gridCode: '430102001001001' },
] as const;

interface Case {
  readonly what: string;
  readonly rule?: Record<string, unknown>;
  /** PM10 in each minute; undefined: no reading. */
  readonly value: (minute: number) => number | undefined;
  readonly flag?: (minute: number) => ReadingObservation['flag'];
  readonly until?: number;
  readonly story: string;
}

const CASES: Case[] = [
  { what: 'says nothing below the limit', value: () => 149, story: '' },
  { what: 'says nothing at the limit', value: () => 150, story: '' },
  { what: 'opens once enough of the window is there', value: () => 160, until: 20, story: 'open@660' },
  {
    what: 'does not mind a single peak',
    value: (m) => (m === 20 ? 800 : 50),
    story: '',
  },
  {
    what: 'needs enough valid samples',
    value: (m) => (m % 2 === 0 ? 400 : undefined),
    story: '',
  },
  {
    what: 'counts only what is flagged N',
    value: () => 400,
    flag: (m) => (m % 3 === 0 ? 'D' : 'N'),
    story: '',
  },
  {
    what: 'ignores what is flagged otherwise',
    value: (m) => (m % 5 === 0 ? 5000 : 50),
    flag: (m) => (m % 5 === 0 ? 'T' : 'N'),
    story: '',
  },
  {
    what: 'updates while it lasts, at once when it gets worse, and ends with hysteresis',
    value: (m) => (m < 20 ? 160 : m < 40 ? 400 : m < 60 ? 130 : 60),
    until: 100,
    // The mean passes 225 in minute 24 and 300 in minute 28. It is below 150 from minute 54, but below 120 only
    // from minute 62, and that must last 300 s.
    story: 'open@660 update@1260 update@1440 update@1680 update@2280 update@2880 update@3480 end@4020',
  },
  {
    what: 'knows maxima',
    rule: { statistic: 'max', window_s: 180, min_valid_share: 0 },
    value: (m) => (m === 10 ? 151 : 10),
    until: 25,
    story: 'open@600 end@1080',
  },
];

describe('threshold', () => {
  it.each(CASES.map((entry) => [entry.what, entry] as const))('%s', (_what, entry) => {
    const engine = engineOf([{ ...dust, ...entry.rule }], { devices });
    const readings = range(0, entry.until ?? 90).flatMap((minute) => {
      const value = entry.value(minute);
      const flag = entry.flag?.(minute);
      if (value === undefined) return [];
      return [reading(minute * 60, { pm10_ug_m3: value }, flag === undefined ? {} : { flag })];
    });
    expect(story(feedAll(engine, readings))).toBe(entry.story);
  });

  it('says how much over what, where, since when, and shows the series with what was excluded', () => {
    const engine = engineOf([dust], { devices });
    const [opened] = feedAll(
      engine,
      range(0, 13).map((m) =>
        reading(m * 60, { pm10_ug_m3: m < 2 ? 100 : 460 }, m === 1 ? { flag: 'C' } : {}),
      ),
    );
    expect(opened).toMatchObject({
      key: 'dust-1',
      onset_ms: START_MS + 120_000,
      severity: 4,
      place: { lon: 113.1, lat: 28.2, street: 'Furong Road', gridCode: '430102001001001' },
      sources: [{ deviceId: 'dust-1', modality: 'dust', from: '2026-11-22T02:02:00.000Z' }],
      measures: { limit: 150, statistic: 'mean', valid_share: 0.8, excluded_C: 1 },
    });
  });

  it('marks a station of which the registry knows no place', () => {
    const engine = engineOf([dust]);
    const [opened] = feedAll(
      engine,
      range(0, 15).map((m) => reading(m * 60, { pm10_ug_m3: 200 })),
    );
    expect(opened).toMatchObject({ place: { lon: 0, lat: 0 }, measures: { place_unknown: true } });
  });

  it('shows the series in order, bounded', () => {
    const rule = { ...dust, window_s: 3600, expected_interval_s: 1 };
    const engine = engineOf([rule], { devices });
    const [opened] = feedAll(
      engine,
      range(0, 3600).map((s) => reading(s, { pm10_ug_m3: 200 })),
    );
    const exhibit = opened?.exhibits[0];
    if (exhibit?.kind !== 'series') throw new Error('no series');
    expect(exhibit.points.length).toBeLessThanOrEqual(601);
    expect(exhibit.points.map(({ at_ms }) => at_ms)).toEqual(
      exhibit.points.map(({ at_ms }) => at_ms).toSorted((a, b) => a - b),
    );
    expect(exhibit).toMatchObject({ metric: 'pm10_ug_m3', limit: 150 });
    expect(exhibit.points.at(-1)?.at_ms).toBe(opened?.at_ms);
  });

  it('averages sound as energy', () => {
    const noise = {
      ...dust,
      id: 'n',
      device_kind: 'noise',
      metric: 'leq_dba',
      statistic: 'energy-mean',
      window_s: 600,
      limits: [{ limit: 70 }],
      severity_steps: [{ severity: 2 }, { excess: 5, severity: 3 }],
    };
    const engine = engineOf([noise]);
    // Every other minute 80 dB, else 40: the plain mean is 60, the energy mean 77.
    const [opened] = feedAll(
      engine,
      range(0, 12).map((m) =>
        reading(m * 60, { leq_dba: m % 2 ? 80 : 40 }, { deviceKind: 'noise', deviceId: 'noise-1' }),
      ),
    );
    expect(opened?.measures.value).toBeCloseTo(10 * Math.log10((4e8 + 4e4) / 8), 1);
    expect(opened?.severity).toBe(3);
  });

  it('takes the limit of day and night in local time, and never mixes the two', () => {
    const noise = {
      ...dust,
      device_kind: 'dust',
      metric: 'leq_dba',
      statistic: 'energy-mean',
      window_s: 1200,
      limits: [
        { name: 'day', limit: 70, hours: [{ from: '06:00', to: '22:00' }] },
        { name: 'night', limit: 55, hours: [{ from: '22:00', to: '06:00' }] },
      ],
    };
    const engine = engineOf([noise]);
    // 65 dB until 22:10, then 50: by day it is allowed, and ten minutes of night are no window.
    const at22 = 12 * 60;
    const quiet = feedAll(
      engine,
      range(at22 - 60, at22 + 60).map((m) => reading(m * 60, { leq_dba: m < at22 + 10 ? 65 : 50 })),
    ).filter(({ action }) => action !== 'update');
    // The energy mean of 10 minutes at 65 among 20 is still 62.
    expect(quiet.map(({ action, measures }) => [action, measures.limit_name])).toEqual([
      ['open', 'night'],
      ['end', 'night'],
    ]);
    expect(quiet[0]?.at_ms).toBe(START_MS + (at22 + 14) * 60_000);
    const loud = feedAll(
      engineOf([noise]),
      range(at22 - 60, at22 + 3).map((m) => reading(m * 60, { leq_dba: 65 })),
    );
    expect(loud).toEqual([]);
  });

  it('takes the limit of the zone in which the station stands', () => {
    const rule = { ...dust, limits: [{ limit: 80, zone_kinds: ['sensitive'] }, { limit: 150 }] };
    const mapZones = [mapZone('s', 'sensitive', 113.1, 28.2)];
    const readings = range(0, 15).map((m) => reading(m * 60, { pm10_ug_m3: 100 }));
    expect(feedAll(engineOf([rule], { devices, mapZones }), readings)).toHaveLength(1);
    const elsewhere = [{ ...devices[0], lon: 113.2 }];
    expect(feedAll(engineOf([rule], { devices: elsewhere, mapZones }), readings)).toEqual([]);
  });

  it('is silent during an exemption and ends what is open then, unverified', () => {
    const rule = {
      ...dust,
      exemptions: [
        {
          from: '2026-11-22T10:20:00+08:00',
          to: '2026-11-22T11:00:00+08:00',
          devices: ['dust-1'],
          reason: 'permit 7',
        },
      ],
    };
    const engine = engineOf([rule], { devices });
    const found = feedAll(
      engine,
      range(0, 80).map((m) => reading(m * 60, { pm10_ug_m3: 160 })),
    );
    expect(story(found)).toBe('open@660 end@1200 open@4260');
    expect(found[1]).toMatchObject({
      endReason: 'permit 7',
      missing: [{ modality: 'dust', reason: 'permit 7' }],
    });
  });

  it('states silence, flagged or not, ends nothing by it, and gives up after long', () => {
    const rule = { ...dust, give_up_s: 7200 };
    const engine = engineOf([rule], { devices });
    const found = feedAll(engine, [
      ...range(0, 12).map((m) => reading(m * 60, { pm10_ug_m3: 160 })),
      ...range(12, 200).flatMap((m) => [
        tick(m * 60),
        ...(m < 40 ? [reading(m * 60, { pm10_ug_m3: 10 }, { flag: 'D' })] : []),
      ]),
    ]);
    expect(story(found)).toBe('open@660 update@960 end@7860');
    expect(found[1]?.missing).toEqual([
      expect.objectContaining({ modality: 'dust', reason: 'readings were flagged invalid' }),
    ]);
    expect(found[2]?.endReason).toMatch(/given up/);
  });
});
