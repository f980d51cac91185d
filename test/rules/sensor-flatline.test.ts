import { expect, it } from 'vitest';
import type { ReadingObservation } from '../../src/domain/observation.ts';
import { engineOf, feedAll, range, reading, story, tick } from './support.ts';

const flatline = {
  id: 'dust-flatline',
  kind: 'sensor-flatline',
  type: 'sensor-flatline',
  device_kind: 'dust',
  metrics: ['pm10_ug_m3', 'pm25_ug_m3'],
};

interface Case {
  readonly what: string;
  readonly rule?: Record<string, unknown>;
  readonly value: (minute: number) => number;
  readonly flag?: (minute: number) => ReadingObservation['flag'];
  readonly story: string;
}

const CASES: Case[] = [
  { what: 'says nothing of a value that moves', value: (m) => 50 + (m % 7), story: '' },
  {
    what: 'says nothing of a value that stays for less',
    value: (m) => (m < 29 ? 50 : 51 + (m % 2)),
    story: '',
  },
  {
    what: 'opens after half an hour, and ends with another value',
    value: (m) => (m < 50 ? 50 : 60 + m),
    story: 'open@1800 end@3000',
  },
  { what: 'does not ask what is flagged', value: () => 50, flag: () => 'D', story: '' },
  { what: 'bears a tolerance', rule: { tolerance: 0.5 }, value: (m) => 50 + (m % 2) / 2, story: 'open@1800' },
  { what: 'needs enough readings', rule: { min_readings: 1000 }, value: () => 50, story: '' },
];

it.each(CASES)('$what', ({ rule = {}, value, flag, story: expected }) => {
  const engine = engineOf([{ ...flatline, ...rule }]);
  const found = feedAll(
    engine,
    range(0, 60).map((minute) => {
      const marked = flag?.(minute);
      const metrics = { pm10_ug_m3: value(minute), pm25_ug_m3: minute };
      return reading(minute * 60, metrics, marked === undefined ? {} : { flag: marked });
    }),
  );
  expect(story(found)).toBe(expected);
});

it('tells what stood still, and when it falls silent', () => {
  const engine = engineOf([{ ...flatline, give_up_s: 3600 }], {
    devices: [{ id: 'dust-1', kind: 'dust', lon: 113.1, lat: 28.2, street: 'Furong Road' }],
  });
  const readings = range(0, 40).map((m) => reading(m * 60, { pm10_ug_m3: m, pm25_ug_m3: 12.5 }));
  const found = feedAll(engine, [...readings, ...range(40, 120).map((m) => tick(m * 60))]);
  expect(story(found)).toBe('open@1800 update@3240 end@5940');
  expect(found[0]).toMatchObject({
    type: 'sensor-flatline',
    key: 'dust-1',
    place: { lon: 113.1, lat: 28.2, street: 'Furong Road' },
    measures: { metric: 'pm25_ug_m3', value: 12.5, readings: 31, flat_s: 1800 },
  });
  expect(found[1]?.missing[0]?.reason).toBe('no readings');
  expect(found[2]?.endReason).toBe('no valid reading for 3600 s: given up');
});
