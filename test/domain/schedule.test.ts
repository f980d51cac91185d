import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLocalTime, inHours } from '../../src/domain/schedule.ts';
import type { DailyHours } from '../../src/domain/zone.ts';

const shanghai = createLocalTime('Asia/Shanghai');

describe('createLocalTime', () => {
  it.each([
    ['2026-11-22T16:30:00Z', 'Asia/Shanghai', { day: 1, minute: 30 }],
    ['2026-11-22T15:59:59Z', 'Asia/Shanghai', { day: 7, minute: 23 * 60 + 59 }],
    ['2026-11-22T00:00:00Z', 'Asia/Kathmandu', { day: 7, minute: 5 * 60 + 45 }],
    // The hour that does not exist, and its neighbours.
    ['2026-03-29T00:59:00Z', 'Europe/Berlin', { day: 7, minute: 60 + 59 }],
    ['2026-03-29T01:00:00Z', 'Europe/Berlin', { day: 7, minute: 3 * 60 }],
    ['1969-12-31T23:00:00Z', 'UTC', { day: 3, minute: 23 * 60 }],
  ])('%s in %s', (at, zone, expected) => {
    expect(createLocalTime(zone)(Date.parse(at))).toEqual(expected);
  });

  it('refuses a zone that does not exist', () => {
    expect(() => createLocalTime('Asia/Changsha')).toThrow(RangeError);
  });

  it('agrees with the runtime at any instant', () => {
    const berlin = createLocalTime('Europe/Berlin');
    const format = new Intl.DateTimeFormat('en-GB', {
      timeZone: 'Europe/Berlin',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    fc.assert(
      fc.property(fc.integer({ min: 946_684_800_000, max: 2_000_000_000_000 }), (at_ms) => {
        const { minute } = berlin(at_ms);
        const text = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
        expect(text).toBe(format.format(at_ms));
      }),
    );
  });
});

describe('inHours', () => {
  const night: DailyHours = { days: [5], from: '22:00', to: '06:00' };
  it.each<[string, DailyHours[] | undefined, string, boolean]>([
    ['no hours: always', undefined, '2026-11-22T12:00:00+08:00', true],
    ['an empty list: never', [], '2026-11-22T12:00:00+08:00', false],
    ['begins with its first minute', [{ from: '08:00', to: '09:00' }], '2026-11-22T08:00:00+08:00', true],
    ['ends before its last', [{ from: '08:00', to: '09:00' }], '2026-11-22T09:00:00+08:00', false],
    ['Friday night, on Friday', [night], '2026-11-20T22:00:00+08:00', true],
    ['Friday night, on Saturday morning', [night], '2026-11-21T05:59:00+08:00', true],
    ['Friday night, over', [night], '2026-11-21T06:00:00+08:00', false],
    ['not Thursday night', [night], '2026-11-20T05:00:00+08:00', false],
    ['not Saturday night', [night], '2026-11-21T23:00:00+08:00', false],
    [
      'Sunday night, on Monday',
      [{ days: [7], from: '22:00', to: '06:00' }],
      '2026-11-23T01:00:00+08:00',
      true,
    ],
    ['till midnight', [{ from: '18:00', to: '24:00' }], '2026-11-22T23:59:00+08:00', true],
    ['the whole day', [{ days: [7], from: '00:00', to: '00:00' }], '2026-11-22T00:00:00+08:00', true],
    ['any of several', [night, { from: '11:00', to: '13:00' }], '2026-11-22T12:00:00+08:00', true],
  ])('%s', (_what, hours, at, expected) => {
    expect(inHours(hours, shanghai(Date.parse(at)))).toBe(expected);
  });
});
