import type { DailyHours } from './zone.ts';

/** A local moment of the week. */
export interface LocalMinute {
  /** ISO week day, 1 = Monday to 7 = Sunday. */
  readonly day: number;
  /** Minutes since local midnight, 0..1439. */
  readonly minute: number;
}

/** Tells the local week day and minute of an instant. */
export type LocalTime = (at_ms: number) => LocalMinute;

const DAY_MS = 86_400_000;
/** Offsets of time zones change on quarter hours at the finest. */
const OFFSET_STEP_MS = 900_000;
/** Remembered offsets; about a month of quarter hours, then the memory starts anew. */
const OFFSETS_MAX = 3000;

/**
 * Local time of a city from its IANA zone. Asking the runtime for every reading would cost more than the rule
 * itself, so offsets are remembered by quarter hour. Throws RangeError for an unknown zone.
 */
export function createLocalTime(timeZone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const offsets = new Map<number, number>();
  const offset_ms = (at_ms: number): number => {
    const step = Math.floor(at_ms / OFFSET_STEP_MS);
    const known = offsets.get(step);
    if (known !== undefined) return known;
    const offset = offsetAt_ms(format, step * OFFSET_STEP_MS);
    if (offsets.size >= OFFSETS_MAX) offsets.clear();
    offsets.set(step, offset);
    return offset;
  };
  return (at_ms) => {
    const local_ms = at_ms + offset_ms(at_ms);
    const dayNumber = Math.floor(local_ms / DAY_MS);
    // 1970-01-01 was a Thursday.
    return {
      day: ((((dayNumber + 3) % 7) + 7) % 7) + 1,
      minute: Math.floor((local_ms - dayNumber * DAY_MS) / 60_000),
    };
  };
}

/** True within one of the hours; no list means always, an empty list never. */
export function inHours(hours: readonly DailyHours[] | undefined, local: LocalMinute): boolean {
  return hours === undefined || hours.some((entry) => within(entry, local));
}

/** Minutes since midnight of `HH:MM`; `24:00` is 1440. */
export function minutesOf(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
}

/** Hours past midnight belong to the week day on which they began; equal ends mean the whole day. */
function within({ days, from, to }: DailyHours, { day, minute }: LocalMinute): boolean {
  const start = minutesOf(from);
  const end = minutesOf(to);
  const on = (weekDay: number): boolean => days === undefined || days.includes(weekDay);
  if (start === end) return on(day);
  if (start < end) return minute >= start && minute < end && on(day);
  if (minute >= start) return on(day);
  return minute < end && on(day === 1 ? 7 : day - 1);
}

function offsetAt_ms(format: Intl.DateTimeFormat, at_ms: number): number {
  const parts = new Map(format.formatToParts(at_ms).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const local_ms = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return local_ms - Math.floor(at_ms / 1000) * 1000;
}
