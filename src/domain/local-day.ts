const DAY_MS = 86_400_000;

/** A day of the calendar, without a time zone. */
export interface CalendarDay {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

/** Reads `YYYY-MM-DD`; undefined where that is no day. */
export function parseDay(text: string): CalendarDay | undefined {
  const [, year, month, day] = (/^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const parsed = dayOf(Date.UTC(year, month - 1, day));
  return parsed.year === year && parsed.month === month && parsed.day === day ? parsed : undefined;
}

/** `YYYY-MM-DD`. */
export function dayText({ year, month, day }: CalendarDay): string {
  return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);
}

/** So many days later, or earlier. */
export function addDays({ year, month, day }: CalendarDay, days: number): CalendarDay {
  return dayOf(Date.UTC(year, month - 1, day + days));
}

/** ISO week day, 1 = Monday to 7 = Sunday. */
export function weekDayOf({ year, month, day }: CalendarDay): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() || 7;
}

/** The local day of an instant. Throws RangeError for an unknown zone. */
export function localDayOf(at_ms: number, timeZone: string): CalendarDay {
  return dayOf(at_ms + offset_ms(at_ms, timeZone));
}

/** The instant at which a local day begins; where clocks leap over midnight, the first instant after it. */
export function startOf_ms({ year, month, day }: CalendarDay, timeZone: string): number {
  const midnight_ms = Date.UTC(year, month - 1, day);
  // The offset is that of the moment itself, which is near; a second look is enough on either side of a change.
  const near_ms = midnight_ms - offset_ms(midnight_ms, timeZone);
  return midnight_ms - offset_ms(near_ms, timeZone);
}

function dayOf(utc_ms: number): CalendarDay {
  const date = new Date(Math.floor(utc_ms / DAY_MS) * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

function offset_ms(at_ms: number, timeZone: string): number {
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
  const parts = new Map(format.formatToParts(at_ms).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const [year, month, day] = [part('year'), part('month') - 1, part('day')];
  const local_ms = Date.UTC(year, month, day, part('hour'), part('minute'), part('second'));
  return local_ms - Math.floor(at_ms / 1000) * 1000;
}
