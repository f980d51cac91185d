import type { ParticulateUnit } from '../../domain/hj212-station.ts';
import { type DataFlag, READING_PERIODS, type ReadingPeriod } from '../../domain/observation.ts';
import { DATA_COMMANDS, FACTORS, type Factor, metricName, SUFFIXES, toStation } from './factors.ts';
import { CP_BYTES_MAX, flagOf, HJ212_VERSIONS, type Hj212Field, type Hj212Message } from './message.ts';
import { formatHj212Time, formatQn } from './time.ts';

/** Who a station says it is, and how it writes particulate values. */
export interface StationIdentity {
  readonly mn: string;
  readonly pw: string;
  /** System type; 39 is a building site's dust. */
  readonly st: string;
  readonly particulateUnit: ParticulateUnit;
}

/** What a station measured; metrics as the gateway names them, particulates in µg/m³. */
export interface StationReading {
  readonly at_ms: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly flag?: DataFlag | undefined;
  readonly period?: ReadingPeriod | undefined;
}

interface Place {
  readonly factor: Factor;
  readonly suffix: string;
  readonly period: ReadingPeriod | undefined;
}

const BY_METRIC: ReadonlyMap<string, Place> = new Map(
  [undefined, ...READING_PERIODS].flatMap((period) =>
    FACTORS.flatMap((factor) =>
      SUFFIXES.flatMap((suffix) => {
        const metric = metricName(factor, suffix, period);
        return metric === undefined ? [] : [[metric, { factor, suffix, period }] as const];
      }),
    ),
  ),
);

/**
 * The messages of a reading, one for most and several packets (PNUM, PNO) where CP would be longer than 950
 * bytes; each has a request number of its own, from `sent_ms` on, and asks for an answer. Metrics that no factor
 * stands for are left out. A reading without values is its data flag alone.
 */
export function encodeReadingMessages(
  { mn, pw, st, particulateUnit }: StationIdentity,
  reading: StationReading,
  sent_ms: number,
): Hj212Message[] {
  const cn = Object.keys(DATA_COMMANDS).find((name) => DATA_COMMANDS[name] === reading.period) ?? '2011';
  const time: Hj212Field[] = [['DataTime', formatHj212Time(reading.at_ms)]];
  const packets = pack(groupsOf(reading, particulateUnit), bytesOf(time));
  const isSplit = packets.length > 1;
  return packets.map((groups, index) => ({
    qn: formatQn(sent_ms + index),
    st,
    cn,
    pw,
    mn,
    flag: flagOf(HJ212_VERSIONS[2017], true, isSplit),
    ...(isSplit && { pnum: packets.length, pno: index + 1 }),
    cp: [time, ...groups],
  }));
}

/** The intervals of which there are values, the instant among them: each is a message of its own. */
export function periodsOf(metrics: StationReading['metrics']): (ReadingPeriod | undefined)[] {
  return [undefined, ...READING_PERIODS].filter((period) =>
    Object.keys(metrics).some((metric) => BY_METRIC.has(metric) && BY_METRIC.get(metric)?.period === period),
  );
}

function groupsOf({ metrics, flag, period }: StationReading, unit: ParticulateUnit): Hj212Field[][] {
  const groups = new Map<string, Hj212Field[]>();
  const hasLa = BY_METRIC.has('la_dba') && Object.keys(metrics).some((metric) => metric.startsWith('la_'));
  for (const [metric, value] of Object.entries(metrics)) {
    const place = BY_METRIC.get(metric);
    if (place === undefined || place.period !== period) continue;
    const { factor, suffix } = place;
    // Realtime noise is LA in the standard (table C.25); intervals have Leq.
    const code = factor.code === 'Leq' && period === undefined && !hasLa ? 'LA' : factor.code;
    const given = toStation(factor, value, unit);
    const group = groups.get(code) ?? [];
    groups.set(code, group);
    group.push([`${code}-${suffix}`, decimalText(given)]);
  }
  if (groups.size === 0 && flag !== undefined) return [[['a34002-Flag', flag]], [['LA-Flag', flag]]];
  for (const [code, group] of groups) {
    if (flag !== undefined) group.push([`${code}-Flag`, flag]);
  }
  return [...groups.values()];
}

/** Groups in as few packets as there is room for. */
function pack(groups: readonly Hj212Field[][], time_bytes: number): Hj212Field[][][] {
  const packets: Hj212Field[][][] = [[]];
  let used_bytes = time_bytes;
  for (const group of groups) {
    const bytes = bytesOf(group) + 1;
    if (used_bytes + bytes > CP_BYTES_MAX) {
      packets.push([]);
      used_bytes = time_bytes;
    }
    packets.at(-1)?.push(group);
    used_bytes += bytes;
  }
  return packets;
}

function bytesOf(group: readonly Hj212Field[]): number {
  return group.reduce((sum, [name, value]) => sum + name.length + value.length + 2, 0);
}

/** Plain decimals: no exponent, no zeros at the end. */
function decimalText(value: number): string {
  return value.toFixed(6).replace(/\.?0+$/, '');
}
