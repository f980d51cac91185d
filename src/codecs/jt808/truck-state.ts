import type { SignalSource, TruckProfile } from '../../domain/truck-profile.ts';
import type { Location, LocationItem } from './location.ts';

/** What a profile makes of a location; a key that is not there is not known. */
export interface TruckState {
  readonly load?: 'empty' | 'half' | 'full';
  readonly lift?: boolean;
  readonly cover?: 'closed' | 'open';
}

/** Where a number is looked for. */
type Fields = Pick<Location, 'status' | 'alarm' | 'items'>;
type Signal = NonNullable<TruckProfile['cover'] | TruckProfile['lift'] | TruckProfile['load']>;
type Meanings<T> = readonly (readonly [values: readonly number[] | undefined, meaning: T])[];

/** State and alarm names of a truck as its maker's profile has them. */
export function readTruckState(
  profile: TruckProfile,
  fields: Fields,
): { readonly state: TruckState; readonly alarms: readonly string[] } {
  const { cover, lift, load } = profile;
  const state = {
    ...known('load', load && meaningOf(load, fields, loadMeanings(load))),
    ...known('lift', lift && meaningOf(lift, fields, liftMeanings(lift))),
    ...known('cover', cover && meaningOf(cover, fields, coverMeanings(cover))),
  };
  const alarms = (profile.alarms ?? [])
    .filter((alarm) => {
      const value = numberAt(alarm.in, fields);
      return value !== undefined && ((value >>> alarm.bit) & 1) === alarm.is;
    })
    .map(({ name }) => name);
  return { state, alarms };
}

/** The fields with the state written into them, as a terminal of that maker would; what the profile lacks is left. */
export function writeTruckState(profile: TruckProfile, state: TruckState, fields: Fields): Fields {
  const { cover, lift, load } = profile;
  let written = fields;
  if (load !== undefined) written = put(load, loadMeanings(load), state.load, written);
  if (lift !== undefined) written = put(lift, liftMeanings(lift), state.lift, written);
  if (cover !== undefined) written = put(cover, coverMeanings(cover), state.cover, written);
  return written;
}

function loadMeanings({ empty, half, full }: NonNullable<TruckProfile['load']>) {
  return [
    [empty, 'empty'],
    [half, 'half'],
    [full, 'full'],
  ] as const satisfies Meanings<string>;
}

function liftMeanings({ lowered, raised }: NonNullable<TruckProfile['lift']>) {
  return [
    [lowered, false],
    [raised, true],
  ] as const satisfies Meanings<boolean>;
}

function coverMeanings({ closed, open }: NonNullable<TruckProfile['cover']>) {
  return [
    [closed, 'closed'],
    [open, 'open'],
  ] as const satisfies Meanings<string>;
}

function known<K extends string, T>(key: K, value: T | undefined): { readonly [_ in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [_ in K]?: T });
}

function meaningOf<T>(signal: Signal, fields: Fields, meanings: Meanings<T>): T | undefined {
  const number = numberAt(signal.in, fields);
  if (number === undefined) return undefined;
  const isThere = (signal.only_if ?? []).every(({ bit, is }) => ((number >>> bit) & 1) === is);
  if (!isThere) return undefined;
  const value = signal.bits === undefined ? number : pick(number, signal.bits);
  return meanings.find(([values]) => values?.includes(value))?.[1];
}

function put<T>(signal: Signal, meanings: Meanings<T>, state: T | undefined, fields: Fields): Fields {
  const value = meanings.find(([, meaning]) => meaning === state)?.[0]?.[0];
  if (state === undefined || value === undefined) return fields;
  let number = numberAt(signal.in, fields) ?? 0;
  number = signal.bits === undefined ? value : spread(number, signal.bits, value);
  for (const { bit, is } of signal.only_if ?? []) number = setBit(number, bit, is);
  return withNumber(signal.in, number >>> 0, fields);
}

function numberAt(source: SignalSource, { status, alarm, items }: Fields): number | undefined {
  if (source === 'status') return status;
  if (source === 'alarm') return alarm;
  const data = items.find(({ id }) => id === source.item)?.data;
  if (data === undefined || data.length < source.offset + source.bytes) return undefined;
  return data.readUIntBE(source.offset, source.bytes);
}

function withNumber(source: SignalSource, value: number, fields: Fields): Fields {
  if (source === 'status') return { ...fields, status: value };
  if (source === 'alarm') return { ...fields, alarm: value };
  const { item, offset, bytes } = source;
  const before = fields.items.find(({ id }) => id === item)?.data ?? Buffer.alloc(0);
  const data = Buffer.alloc(Math.max(before.length, offset + bytes));
  before.copy(data);
  data.writeUIntBE(value % 2 ** (8 * bytes), offset, bytes);
  const items: LocationItem[] = fields.items.filter(({ id }) => id !== item);
  return { ...fields, items: [...items, { id: item, data }] };
}

function pick(number: number, bits: readonly number[]): number {
  let value = 0;
  for (const bit of bits) value = value * 2 + ((number >>> bit) & 1);
  return value;
}

function spread(number: number, bits: readonly number[], value: number): number {
  let result = number;
  bits.forEach((bit, index) => {
    result = setBit(result, bit, Math.floor(value / 2 ** (bits.length - 1 - index)) & 1);
  });
  return result;
}

function setBit(number: number, bit: number, is: number): number {
  return is === 1 ? number | (1 << bit) : number & ~(1 << bit);
}
