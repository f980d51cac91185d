import { type Decoded, decoded, refused } from '../../domain/decoded.ts';
import type { ParticulateUnit } from '../../domain/hj212-station.ts';
import {
  DATA_FLAGS,
  type DataFlag,
  type ReadingObservation,
  type ReadingPeriod,
} from '../../domain/observation.ts';
import type { Hj212Deviation } from './deviation.ts';
import { DATA_COMMANDS, FACTORS, type Factor, fromStation, metricName, SUFFIXES } from './factors.ts';
import { fieldOf, type Hj212Field, type Hj212Message } from './message.ts';
import { parseHj212Time } from './time.ts';

/** Whose data it is, and how its numbers are meant. */
export interface DataContext {
  readonly deviceId: string;
  readonly deviceKind: 'dust' | 'noise';
  readonly particulateUnit: ParticulateUnit;
  readonly received_ms: number;
  /** DataTime of an earlier packet of the same split message, for one that does not repeat it. */
  readonly packetTime_ms?: number | undefined;
}

/** What a data message says. */
export interface Hj212Data {
  /** One reading for each of dust and noise, and for each data flag; all of one time. */
  readonly readings: readonly ReadingObservation[];
  readonly at_ms: number;
  /** DataTime stands in the message itself. */
  readonly hasTime: boolean;
  readonly deviations: readonly Hj212Deviation[];
}

const EXTRA_FIELDS_MAX = 250;
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;
const BY_CODE = new Map(FACTORS.map((factor) => [factor.code.toLowerCase(), factor]));
const BY_SUFFIX = new Map(SUFFIXES.map((suffix) => [suffix.toLowerCase(), suffix]));
const [LA, LEQ] = [BY_CODE.get('la'), BY_CODE.get('leq')];

interface Named {
  readonly factor: Factor;
  readonly suffix: string;
}

/** Groups in the making, by family and data flag. */
interface Gathering {
  readonly metrics: Map<
    string,
    { family: 'dust' | 'noise'; flag: DataFlag | undefined; values: Record<string, number> }
  >;
  readonly extra: [string, string][];
  readonly found: Set<Hj212Deviation>;
}

/** True for a message that carries measured data: 2011, 2051, 2061, 2031. */
export function isData({ cn }: Pick<Hj212Message, 'cn'>): boolean {
  return Object.hasOwn(DATA_COMMANDS, cn);
}

/**
 * Readings of a data message. A factor that is not known, or whose value no working sensor gives, is kept as
 * text in `extra`; the others count all the same. `at_ms` of interval data is the interval's start. Never throws.
 */
export function decodeData(message: Hj212Message, context: DataContext): Decoded<Hj212Data> {
  const found = new Set<Hj212Deviation>();
  const time = timeOf(message, context, found);
  if (!time.ok) return time;
  const gathering: Gathering = { metrics: new Map(), extra: [], found };
  const period = DATA_COMMANDS[message.cn];
  const hasLeq = message.cp.some((group) => group.some(([name]) => /^leq-(?!flag)/i.test(name)));
  const common = flagText(message.cp.flat(), 'flag');
  for (const group of message.cp) {
    const fault = gather(group, { period, hasLeq, common, unit: context.particulateUnit }, gathering);
    if (fault !== undefined) return fault;
  }
  if (gathering.extra.length > EXTRA_FIELDS_MAX) {
    return refused(
      'too-large',
      `${gathering.extra.length} unknown fields; at most ${EXTRA_FIELDS_MAX} are kept`,
    );
  }
  const { at_ms, hasTime } = time.value;
  const readings = toReadings(gathering, { at_ms, ...(period !== undefined && { period }) }, context);
  return decoded({ readings, at_ms, hasTime, deviations: [...found] });
}

function timeOf(
  message: Hj212Message,
  { packetTime_ms }: DataContext,
  found: Set<Hj212Deviation>,
): Decoded<{ at_ms: number; hasTime: boolean }> {
  const text = fieldOf(message, 'DataTime');
  if (text !== undefined && text !== '') {
    const time = parseHj212Time(text);
    if (time === undefined) return refused('schema', 'no time of the years 2000 to 2099', 'DataTime');
    if (!time.isRegular) found.add('time-form');
    return decoded({ at_ms: time.at_ms, hasTime: true });
  }
  if (packetTime_ms !== undefined) return decoded({ at_ms: packetTime_ms, hasTime: false });
  const isSplit = (message.pnum ?? 1) > 1;
  const asked = isSplit || message.qn === undefined ? undefined : parseHj212Time(message.qn, 17);
  // The time of sending is not that of an interval, which may be long over.
  if (asked === undefined || DATA_COMMANDS[message.cn] !== undefined) {
    return refused('schema', isSplit ? 'none in this packet, nor in one before it' : 'missing', 'DataTime');
  }
  found.add('time-missing');
  return decoded({ at_ms: asked.at_ms, hasTime: false });
}

interface GroupContext {
  readonly period: ReadingPeriod | undefined;
  readonly hasLeq: boolean;
  /** A data flag that stands for all factors without one of their own. */
  readonly common: string | undefined;
  readonly unit: ParticulateUnit;
}

function gather(
  group: readonly Hj212Field[],
  context: GroupContext,
  gathering: Gathering,
): Decoded<never> | undefined {
  const { found, extra } = gathering;
  const measured = new Set<Factor>();
  const flags: { readonly field: Hj212Field; readonly factor: Factor }[] = [];
  for (const field of group) {
    const [name, value] = field;
    if (!NAME.test(name)) return refused('schema', 'a field name that is not allowed', name.slice(0, 40));
    if (name.toLowerCase() === 'datatime') {
      if (name !== 'DataTime') found.add('name-case');
      continue;
    }
    if (/^(longitude|latitude)$/i.test(name)) found.add('position-in-cp');
    if (/^flag$/i.test(name)) found.add('flag-in-cp');
    if (value === '') {
      found.add('empty-value');
      continue;
    }
    const named = nameOf(name, found);
    if (named?.suffix === 'Flag') flags.push({ field, factor: named.factor });
    else if (named !== undefined && addValue(named, value, group, context, gathering))
      measured.add(named.factor);
    else extra.push([name, value]);
  }
  for (const { field, factor } of flags) {
    // The flag of a reading says it already.
    if (!measured.has(factor) || dataFlag(field[1], found) === undefined) extra.push([...field]);
  }
  return undefined;
}

/** Factor and suffix of a name, whatever its case; undefined where either is not known. */
function nameOf(name: string, found: Set<Hj212Deviation>): Named | undefined {
  const [code = '', first = '', second, ...more] = name.split('-');
  const factor = BY_CODE.get(code.toLowerCase());
  const suffix = BY_SUFFIX.get(first.toLowerCase());
  if (factor === undefined || suffix === undefined || more.length > 0) return undefined;
  if (second !== undefined) {
    if (second.toLowerCase() !== first.toLowerCase()) return undefined;
    found.add('suffix-twice');
  }
  if (code !== factor.code || first !== suffix) found.add('name-case');
  return { factor, suffix };
}

/** Adds the metric of a value; false where there is none, so that it is kept as text. */
function addValue(
  { factor, suffix }: Named,
  text: string,
  group: readonly Hj212Field[],
  { period, hasLeq, common, unit }: GroupContext,
  { metrics, found }: Gathering,
): boolean {
  // The level of the moment stands for the equivalent one where a station gives no other.
  const named = factor === LA && !hasLeq ? (LEQ ?? factor) : factor;
  const metric = metricName(named, suffix, period);
  if (metric === undefined) return false;
  const number = NUMBER.test(text) ? Number(text) : Number.NaN;
  const value = fromStation(factor, number, unit);
  const { min, max, family } = factor.quantity;
  if (!(value >= min && value <= max)) {
    found.add('implausible-value');
    return false;
  }
  const own = flagText(group, `${factor.code.toLowerCase()}-flag`) ?? common;
  const flag = own === undefined ? undefined : (dataFlag(own, found) ?? 'D');
  const key = `${family} ${flag ?? ''}`;
  const known = metrics.get(key) ?? { family, flag, values: {} };
  metrics.set(key, known);
  known.values[metric] ??= value;
  return true;
}

/** The text of a data flag: `a34002-Flag`, or one for all that is a letter. */
function flagText(fields: readonly Hj212Field[], name: string): string | undefined {
  const field = fields.find(([key, value]) => key.toLowerCase() === name && value !== '');
  return field === undefined || (name === 'flag' && !/^[A-Za-z]$/.test(field[1])) ? undefined : field[1];
}

function dataFlag(text: string, found: Set<Hj212Deviation>): DataFlag | undefined {
  const flag = DATA_FLAGS.find((known) => known === text.toUpperCase());
  if (flag === undefined) found.add('unknown-flag');
  else if (flag !== text) found.add('name-case');
  return flag;
}

function toReadings(
  { metrics, extra }: Gathering,
  when: Pick<ReadingObservation, 'at_ms' | 'period'>,
  { deviceId, deviceKind, received_ms }: DataContext,
): ReadingObservation[] {
  const readings = [...metrics.values()].map(
    ({ family, flag, values }): ReadingObservation => ({
      kind: 'reading',
      deviceKind: family,
      deviceId,
      ...when,
      received_ms,
      metrics: values,
      ...(flag !== undefined && { flag }),
    }),
  );
  if (extra.length === 0) return readings;
  const empty = { kind: 'reading', deviceKind, deviceId, ...when, received_ms, metrics: {} } as const;
  const [first = empty, ...others] = readings;
  return [{ ...first, extra: Object.fromEntries(extra) }, ...others];
}
