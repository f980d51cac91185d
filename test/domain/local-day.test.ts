import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addDays, dayText, localDayOf, parseDay, startOf_ms, weekDayOf } from '../../src/domain/local-day.ts';

const ZONES = ['Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Apia', 'UTC'];
const day = (text: string) => parseDay(text) ?? expect.fail(text);

it('begins and ends each local day where its neighbours do, also where clocks change', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(2012, 0, 1), max: Date.UTC(2040, 0, 1) }),
      fc.constantFrom(...ZONES),
      (at_ms, zone) => {
        const today = localDayOf(at_ms, zone);
        const [start_ms, end_ms] = [startOf_ms(today, zone), startOf_ms(addDays(today, 1), zone)];
        expect(start_ms).toBeLessThanOrEqual(at_ms);
        expect(end_ms).toBeGreaterThan(at_ms);
        expect(localDayOf(start_ms, zone)).toEqual(today);
        expect(localDayOf(start_ms - 1, zone)).toEqual(addDays(today, -1));
      },
    ),
  );
});

it('knows the lengths of days', () => {
  const hours = (text: string, zone: string) =>
    (startOf_ms(addDays(day(text), 1), zone) - startOf_ms(day(text), zone)) / 3_600_000;
  expect(hours('2026-11-26', 'Asia/Shanghai')).toBe(24);
  expect(hours('2026-03-29', 'Europe/Berlin')).toBe(23);
  expect(hours('2026-10-25', 'Europe/Berlin')).toBe(25);
});

it('reads days of the calendar alone', () => {
  expect(dayText(day('2028-02-29'))).toBe('2028-02-29');
  expect(weekDayOf(day('2026-11-26'))).toBe(4);
  for (const text of ['2026-02-29', '2026-13-01', '2026-1-1', '', 'x'])
    expect(parseDay(text)).toBeUndefined();
});
