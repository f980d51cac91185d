import { u8, u16, u32 } from './bytes.ts';
import type { LocationItem } from './location.ts';

/** Values of the standard additional items that a location had (JT/T 808-2019, tables 27 to 32; JT/T 1078, 13). */
export interface LocationExtras {
  mileage_km?: number;
  oil_l?: number;
  recorder_speed_kmh?: number;
  /** Number of an alarm that a person has to confirm. */
  alarm_event_id?: number;
  /** One byte for each tyre as it came, from the front left; without those that are not there. */
  tyre_pressures?: number[];
  box_temperature_c?: number;
  overspeed?: { readonly placeType: number; readonly placeId?: number };
  area?: { readonly placeType: number; readonly placeId: number; readonly direction: 'in' | 'out' };
  segment?: { readonly placeId: number; readonly duration_s: number; readonly result: 'short' | 'long' };
  /** Bits as in JT/T 1078, see `videoAlarmNames`. */
  video_alarms?: number;
  /** A bit for each channel. */
  video_lost_channels?: number;
  video_occluded_channels?: number;
  storage_faults?: number;
  /** Bits: 0 fatigue, 1 phone, 2 smoking. */
  abnormal_driving?: number;
  vehicle_signals?: number;
  io?: number;
  ad0?: number;
  ad1?: number;
  /** Strength of the mobile network, as it came. */
  signal?: number;
  satellites?: number;
}

interface ItemCodec {
  /** Lengths in bytes that the item may have. */
  readonly bytes: readonly number[];
  read(data: Buffer, into: LocationExtras): void;
  /** Undefined where the value is not there. */
  write(from: LocationExtras): Buffer | undefined;
}

type NumberKey = {
  [K in keyof LocationExtras]-?: NonNullable<LocationExtras[K]> extends number ? K : never;
}[keyof LocationExtras];

const TYRES = 30;
const NO_TYRE = 0xff;
const SIGN = 0x8000;

const CODECS: ReadonlyMap<number, ItemCodec> = new Map([
  [0x01, number('mileage_km', 4, 10)],
  [0x02, number('oil_l', 2, 10)],
  [0x03, number('recorder_speed_kmh', 2, 10)],
  [0x04, number('alarm_event_id', 2)],
  [0x05, tyres()],
  [0x06, boxTemperature()],
  [0x11, overspeed()],
  [0x12, area()],
  [0x13, segment()],
  [0x14, number('video_alarms', 4)],
  [0x15, number('video_lost_channels', 4)],
  [0x16, number('video_occluded_channels', 4)],
  [0x17, number('storage_faults', 2)],
  // Two bytes of behaviour; JT/T 1078 adds a degree of fatigue.
  [0x18, { ...number('abnormal_driving', 2), bytes: [2, 3] }],
  [0x25, number('vehicle_signals', 4)],
  [0x2a, number('io', 2)],
  [0x2b, analog()],
  [0x30, number('signal', 1)],
  [0x31, number('satellites', 1)],
]);

/** The named values, and the items that have no name here or not their length. */
export function readItems(items: readonly LocationItem[]): {
  readonly extras: LocationExtras;
  readonly others: readonly LocationItem[];
} {
  const extras: LocationExtras = {};
  const others: LocationItem[] = [];
  for (const item of items) {
    const codec = CODECS.get(item.id);
    if (codec?.bytes.includes(item.data.length)) codec.read(item.data, extras);
    else others.push(item);
  }
  return { extras, others };
}

/** Items for the values that are there. */
export function writeItems(extras: LocationExtras): LocationItem[] {
  const items: LocationItem[] = [];
  for (const [id, codec] of CODECS) {
    const data = codec.write(extras);
    if (data !== undefined) items.push({ id, data });
  }
  return items;
}

function number(key: NumberKey, bytes: 1 | 2 | 4, steps = 1): ItemCodec {
  const encode = { 1: u8, 2: u16, 4: u32 }[bytes];
  return {
    bytes: [bytes],
    read: (data, into) => {
      into[key] = data.readUIntBE(0, bytes) / steps;
    },
    write: (from) => {
      const value = from[key];
      return value === undefined ? undefined : encode(Math.round(value * steps));
    },
  };
}

function tyres(): ItemCodec {
  return {
    bytes: [TYRES],
    read: (data, into) => {
      into.tyre_pressures = [...data].filter((value) => value !== NO_TYRE);
    },
    write: ({ tyre_pressures }) =>
      tyre_pressures && Buffer.concat([Buffer.from(tyre_pressures), Buffer.alloc(TYRES, NO_TYRE)], TYRES),
  };
}

/** The highest bit is the sign, the others the amount (2019, table 27). */
function boxTemperature(): ItemCodec {
  return {
    bytes: [2],
    read: (data, into) => {
      const raw = data.readUInt16BE();
      into.box_temperature_c = raw & SIGN ? -(raw & ~SIGN) : raw;
    },
    write: ({ box_temperature_c: celsius }) =>
      celsius === undefined ? undefined : u16(celsius < 0 ? SIGN | -celsius : celsius),
  };
}

function overspeed(): ItemCodec {
  return {
    bytes: [1, 5],
    read: (data, into) => {
      const placeType = data.readUInt8();
      into.overspeed = { placeType, ...(data.length === 5 && { placeId: data.readUInt32BE(1) }) };
    },
    write: ({ overspeed: place }) =>
      place &&
      Buffer.concat([u8(place.placeType), ...(place.placeId === undefined ? [] : [u32(place.placeId)])]),
  };
}

function area(): ItemCodec {
  return {
    bytes: [6],
    read: (data, into) => {
      const direction = data.readUInt8(5) === 0 ? 'in' : 'out';
      into.area = { placeType: data.readUInt8(), placeId: data.readUInt32BE(1), direction };
    },
    write: ({ area: place }) =>
      place && Buffer.concat([u8(place.placeType), u32(place.placeId), u8(place.direction === 'in' ? 0 : 1)]),
  };
}

function segment(): ItemCodec {
  return {
    bytes: [7],
    read: (data, into) => {
      const result = data.readUInt8(6) === 0 ? 'short' : 'long';
      into.segment = { placeId: data.readUInt32BE(), duration_s: data.readUInt16BE(4), result };
    },
    write: ({ segment: place }) =>
      place &&
      Buffer.concat([u32(place.placeId), u16(place.duration_s), u8(place.result === 'short' ? 0 : 1)]),
  };
}

function analog(): ItemCodec {
  return {
    bytes: [4],
    read: (data, into) => {
      into.ad0 = data.readUInt16BE(2);
      into.ad1 = data.readUInt16BE(0);
    },
    write: ({ ad0, ad1 }) =>
      ad0 === undefined && ad1 === undefined ? undefined : Buffer.concat([u16(ad1 ?? 0), u16(ad0 ?? 0)]),
  };
}
