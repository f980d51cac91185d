/** The standard names no time zone; stations live on the national one, UTC+8. */
const ZONE_MS = 8 * 3_600_000;
const EARLIEST_MS = Date.UTC(2000, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

/** A time of a frame as epoch milliseconds; `isRegular` where it has the form that the standard says. */
export interface Hj212Time {
  readonly at_ms: number;
  readonly isRegular: boolean;
}

/**
 * Reads `YYYYMMDDhhmmss` (DataTime, SystemTime), or with three more digits (QN) as UTC+8. Taken as well: a zone's
 * name behind it, 17 digits for 14 and the other way round, 15 digits, and times that end with the minute, hour
 * or day. Undefined where no time can be made of it.
 */
export function parseHj212Time(text: string, digits: 14 | 17 = 14): Hj212Time | undefined {
  const number = /^(\d{8,17})\s*[A-Za-z]{0,4}$/.exec(text)?.[1];
  if (number === undefined) return undefined;
  const at_ms = instantOf(number);
  return at_ms === undefined ? undefined : { at_ms, isRegular: text.length === digits };
}

/** `YYYYMMDDhhmmss` in UTC+8. */
export function formatHj212Time(at_ms: number): string {
  return new Date(at_ms + ZONE_MS).toISOString().replace(/\D/g, '').slice(0, 14);
}

/** A request number: `YYYYMMDDhhmmsszzz` in UTC+8. */
export function formatQn(at_ms: number): string {
  return new Date(at_ms + ZONE_MS).toISOString().replace(/\D/g, '').slice(0, 17);
}

function instantOf(number: string): number | undefined {
  const { length } = number;
  if (length === 8 || length === 10 || length === 12) return utcOf(number.padEnd(14, '0'));
  if (length === 14) return utcOf(number);
  if (length === 17) {
    const at_ms = utcOf(number.slice(0, 14));
    return at_ms === undefined ? undefined : at_ms + Number(number.slice(14));
  }
  if (length !== 15) return undefined;
  // A digit too many, or seconds below ten without their zero in front of the milliseconds.
  return utcOf(number.slice(0, 14)) ?? utcOf(`${number.slice(0, 12)}0${number[12]}`);
}

function utcOf(number: string): number | undefined {
  const part = (from: number, to: number): number => Number(number.slice(from, to));
  const [year, month, day] = [part(0, 4), part(4, 6), part(6, 8)];
  const [hour, minute, second] = [part(8, 10), part(10, 12), part(12, 14)];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const local_ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(local_ms);
  // Date.UTC rolls the 31st of June over into July.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const at_ms = local_ms - ZONE_MS;
  return at_ms >= EARLIEST_MS && at_ms < LATEST_MS ? at_ms : undefined;
}
