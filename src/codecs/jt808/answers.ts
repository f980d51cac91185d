import { type Decoded, decoded, refused } from '../../domain/decoded.ts';
import { ByteReader, encodeBcd, u8, u16 } from './bytes.ts';
import type { Jt808Edition } from './frame.ts';

/** Results of a general acknowledgement: 0x0001 and 0x8001 (8.1, 8.2); 4 from the platform alone. */
export const ACK = { ok: 0, failed: 1, wrong: 2, unsupported: 3, alarmConfirmed: 4 } as const;
type AckResult = (typeof ACK)[keyof typeof ACK];

/** The body of 0x0001 and 0x8001. */
export interface GeneralAck {
  /** Serial and id of the message that is answered. */
  readonly serial: number;
  readonly id: number;
  readonly result: AckResult | number;
}

/** Packets of a message that did not come (0x8003, 0x0005). */
export interface ResendRequest {
  /** Serial of the message's first packet. */
  readonly serial: number;
  /** Packet numbers, from 1. */
  readonly missing: readonly number[];
}

/** Packets that fit a request: one byte counts them in 2013. */
export const RESEND_MAX = 255;

export function encodeAck({ serial, id, result }: GeneralAck): Buffer {
  return Buffer.concat([u16(serial), u16(id), u8(result)]);
}

export function decodeAck(body: Buffer): Decoded<GeneralAck> {
  const reader = new ByteReader(body);
  const ack = { serial: reader.u16(), id: reader.u16(), result: reader.u8() };
  return reader.isShort ? tooShort('acknowledgement', body, 5) : decoded(ack);
}

/** One byte counts the packets in 2013, two in 2019. */
export function encodeResend({ serial, missing }: ResendRequest, edition: Jt808Edition): Buffer {
  const listed = missing.slice(0, RESEND_MAX);
  const count = edition === '2019' ? u16(listed.length) : u8(listed.length);
  return Buffer.concat([u16(serial), count, ...listed.map(u16)]);
}

export function decodeResend(body: Buffer, edition: Jt808Edition): Decoded<ResendRequest> {
  const reader = new ByteReader(body);
  const serial = reader.u16();
  const count = edition === '2019' ? reader.u16() : reader.u8();
  if (reader.isShort || reader.left < 2 * count) return tooShort('resend request', body, 3 + 2 * count);
  return decoded({ serial, missing: Array.from({ length: count }, () => reader.u16()) });
}

/** 0x8004: the one time of the protocol that is UTC (2019, 8.6). */
export function encodeServerTime(at_ms: number): Buffer {
  return encodeBcd(new Date(at_ms).toISOString().slice(2, 19).replace(/\D/g, ''), 6);
}

export function decodeServerTime(body: Buffer): Decoded<number> {
  const at_ms = readBcdTime(body, 0);
  return at_ms === undefined ? refused('malformed', 'no BCD time', 'body') : decoded(at_ms);
}

/** `YYMMDDhhmmss` of the years 2000 to 2099 in a zone that is `offset_ms` ahead of UTC, as epoch ms. */
export function readBcdTime(bytes: Buffer, offset_ms: number): number | undefined {
  if (bytes.length !== 6) return undefined;
  const [year, month, day] = [twoDigits(bytes[0]), twoDigits(bytes[1]), twoDigits(bytes[2])];
  const [hour, minute, second] = [twoDigits(bytes[3]), twoDigits(bytes[4]), twoDigits(bytes[5])];
  const utc_ms = Date.UTC(2000 + year, month - 1, day, hour, minute, second);
  const date = new Date(utc_ms);
  // 31 February would pass as 3 March.
  const isReal =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return isReal ? utc_ms - offset_ms : undefined;
}

/** Two nibbles as a number; NaN where one of them is no decimal digit. */
function twoDigits(byte = 0): number {
  const tens = byte >> 4;
  const ones = byte & 15;
  return tens > 9 || ones > 9 ? Number.NaN : 10 * tens + ones;
}

/** A body that ends before its last fixed field. */
export function tooShort(what: string, body: Buffer, needed_bytes: number): Decoded<never> {
  return refused('malformed', `${what}: ${body.length} bytes, at least ${needed_bytes} are needed`, 'body');
}
