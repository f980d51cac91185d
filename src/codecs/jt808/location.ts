import { type Decoded, decoded } from '../../domain/decoded.ts';
import { readBcdTime, tooShort } from './answers.ts';
import { ByteReader, decodeBcd, encodeBcd, u8, u16, u32 } from './bytes.ts';

/** An additional item: one byte of id, one of length. */
export interface LocationItem {
  readonly id: number;
  readonly data: Buffer;
}

/** A location as it came (0x0200, table 23): units of the wire, nothing interpreted. */
export interface Location {
  /** Alarm and status DWORDs. */
  readonly alarm: number;
  readonly status: number;
  /** Millionths of a degree, without sign: south and west are in the status. */
  readonly latRaw: number;
  readonly lonRaw: number;
  readonly altitude_m: number;
  /** Tenths of km/h. */
  readonly speedRaw: number;
  readonly direction_deg: number;
  /** `YYMMDDhhmmss` as its twelve nibbles, GMT+8. */
  readonly time: string;
  readonly items: readonly LocationItem[];
  /** What follows the last item that could be read: some makers have longer ids and lengths of their own. */
  readonly rest?: Buffer;
}

/** Bytes of a location before its items. */
export const LOCATION_BYTES = 28;
/** The time of every message but 0x8004 is GMT+8 (table 23). */
const GMT8_MS = 8 * 3_600_000;

export function decodeLocation(body: Buffer): Decoded<Location> {
  const reader = new ByteReader(body);
  const basic = {
    alarm: reader.u32(),
    status: reader.u32(),
    latRaw: reader.u32(),
    lonRaw: reader.u32(),
    altitude_m: reader.u16(),
    speedRaw: reader.u16(),
    direction_deg: reader.u16(),
    time: decodeBcd(reader.bytes(6)),
  };
  if (reader.isShort) return tooShort('location', body, LOCATION_BYTES);
  const items: LocationItem[] = [];
  while (reader.left > 0) {
    const start = reader.offset;
    const id = reader.u8();
    const data = reader.bytes(reader.u8());
    if (reader.isShort) return decoded({ ...basic, items, rest: body.subarray(start) });
    items.push({ id, data });
  }
  return decoded({ ...basic, items });
}

export function encodeLocation(location: Location): Buffer {
  const { alarm, status, latRaw, lonRaw, altitude_m, speedRaw, direction_deg, time, items, rest } = location;
  return Buffer.concat([
    u32(alarm),
    u32(status),
    u32(latRaw),
    u32(lonRaw),
    u16(altitude_m),
    u16(speedRaw),
    u16(direction_deg),
    encodeBcd(time, 6),
    ...items.flatMap(({ id, data }) => [u8(id), u8(data.length), data]),
    ...(rest === undefined ? [] : [rest]),
  ]);
}

/** What the bits of the status DWORD say (table 25). */
export interface LocationStatus {
  readonly accOn: boolean;
  readonly positioned: boolean;
  readonly south: boolean;
  readonly west: boolean;
  readonly outOfService: boolean;
  /** The coordinates were encrypted by a plug-in and mean nothing to us. */
  readonly encrypted: boolean;
  /** 0 empty, 1 half, 3 full. */
  readonly loadState: number;
  readonly oilCut: boolean;
  readonly powerCut: boolean;
}

export function locationStatus(status: number): LocationStatus {
  const bit = (number: number): boolean => ((status >>> number) & 1) === 1;
  return {
    accOn: bit(0),
    positioned: bit(1),
    south: bit(2),
    west: bit(3),
    outOfService: bit(4),
    encrypted: bit(5),
    loadState: (status >>> 8) & 3,
    oilCut: bit(10),
    powerCut: bit(11),
  };
}

/** Degrees with their sign, as they were given, plausible or not. */
export function locationDegrees({ status, latRaw, lonRaw }: Location): { lon: number; lat: number } {
  const { south, west } = locationStatus(status);
  return { lon: (west ? -lonRaw : lonRaw) / 1e6, lat: (south ? -latRaw : latRaw) / 1e6 };
}

/** Event time in epoch ms; undefined where the nibbles are no time. */
export function locationTime_ms({ time }: Location): number | undefined {
  return readBcdTime(Buffer.from(time, 'hex'), GMT8_MS);
}

/** Epoch ms as the twelve nibbles of a location. */
export function timeNibbles(at_ms: number): string {
  return new Date(at_ms + GMT8_MS).toISOString().slice(2, 19).replace(/\D/g, '');
}
