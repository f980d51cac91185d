import type { DecodeError } from '../../domain/decoded.ts';
import { decodeBcd, encodeBcd } from './bytes.ts';

/** Layouts of the header: 2011 and 2013 share the old one; told apart by bit 14 of the properties. */
export type Jt808Edition = '2013' | '2019';

/** What the header of a message says (JT/T 808-2019 4.4.3). */
export interface Jt808Header {
  readonly id: number;
  readonly edition: Jt808Edition;
  /** Of 2019 headers: 1 in the first edition that has it. */
  readonly protocolVersion?: number;
  /** All digits of the terminal's phone number: 12, or 20 in 2019. */
  readonly phone: string;
  readonly serial: number;
  /** Bits 10 to 12 of the properties; 0 is plain, 1 RSA. */
  readonly encryption: number;
  /** Of a message that came in several packets: how many, and which this is, from 1. */
  readonly part?: { readonly total: number; readonly no: number };
}

/** A message, or one packet of it. */
export interface Jt808Message extends Jt808Header {
  readonly body: Buffer;
}

/** A frame's message; where it is refused, its header if that could be read, so that it can be answered. */
export type Jt808Decoded =
  | { readonly ok: true; readonly message: Jt808Message }
  | { readonly ok: false; readonly error: DecodeError; readonly header?: Jt808Header };

/** Body bytes of one packet: ten bits. */
export const BODY_BYTES_MAX = 1023;
const HEADER_BYTES = { '2013': 12, '2019': 17 } as const;
const PART_BYTES = 4;
const FLAG = 0x7e;
const FLAGS = Buffer.of(FLAG);
const ESCAPE = 0x7d;
/** The longest valid frame between its flags: every byte escaped. */
export const FRAME_BYTES_MAX = 2 * (HEADER_BYTES['2019'] + PART_BYTES + BODY_BYTES_MAX + 1);

/** Decodes what stood between two 0x7e: unescape, check, header, body (JT/T 808-2019 4.4). Never throws. */
export function decodeFrame(escaped: Buffer): Jt808Decoded {
  const plain = unescapeFrame(escaped);
  if (typeof plain === 'string') return { ok: false, error: { code: 'malformed', message: plain } };
  const read = readHeader(plain);
  if (typeof read === 'string') return { ok: false, error: { code: 'malformed', message: read } };
  const { header, offset, body_bytes } = read;
  const check = plain[plain.length - 1] ?? 0;
  const sum = checksum(plain.subarray(0, -1));
  if (check !== sum) {
    const message = `check byte is ${hexByte(check)}, the frame's is ${hexByte(sum)}`;
    return { ok: false, error: { code: 'checksum', message, where: `byte ${plain.length - 1}` }, header };
  }
  const body = plain.subarray(offset, -1);
  if (body.length !== body_bytes) {
    const message = `the header says ${body_bytes} bytes of body, there are ${body.length}`;
    return { ok: false, error: { code: 'malformed', message, where: 'properties' }, header };
  }
  if (header.part !== undefined && (header.part.no < 1 || header.part.no > header.part.total)) {
    const message = `packet ${header.part.no} of ${header.part.total}`;
    return { ok: false, error: { code: 'malformed', message, where: 'packet number' }, header };
  }
  if (header.encryption !== 0) {
    const message = `the body is encrypted (${header.encryption})`;
    return { ok: false, error: { code: 'unsupported', message, where: 'properties' }, header };
  }
  return { ok: true, message: { ...header, body } };
}

/** Bytes of a frame with its flags, ready to be sent. Throws where a field does not fit its width. */
export function encodeFrame(message: Jt808Message): Buffer {
  const { id, edition, protocolVersion = 1, phone, serial, encryption, part, body } = message;
  if (body.length > BODY_BYTES_MAX) throw new RangeError(`a body of ${body.length} bytes does not fit`);
  const is2019 = edition === '2019';
  const properties =
    body.length | ((encryption & 7) << 10) | (part === undefined ? 0 : 1 << 13) | (is2019 ? 1 << 14 : 0);
  const header_bytes = HEADER_BYTES[edition] + (part === undefined ? 0 : PART_BYTES);
  const plain = Buffer.alloc(header_bytes + body.length + 1);
  plain.writeUInt16BE(id & 0xffff, 0);
  plain.writeUInt16BE(properties, 2);
  if (is2019) plain.writeUInt8(protocolVersion & 0xff, 4);
  encodeBcd(phone, is2019 ? 10 : 6).copy(plain, is2019 ? 5 : 4);
  const serialAt = is2019 ? 15 : 10;
  plain.writeUInt16BE(serial & 0xffff, serialAt);
  if (part !== undefined) {
    plain.writeUInt16BE(part.total & 0xffff, serialAt + 2);
    plain.writeUInt16BE(part.no & 0xffff, serialAt + 4);
  }
  body.copy(plain, header_bytes);
  plain[plain.length - 1] = checksum(plain);
  return Buffer.concat([FLAGS, escapeFrame(plain), FLAGS]);
}

/** A body in as many packets as it needs, numbered from 1; undefined where one takes it whole. */
export function splitBody(body: Buffer, part_bytes = BODY_BYTES_MAX): Buffer[] | undefined {
  if (body.length <= part_bytes) return undefined;
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += part_bytes) parts.push(body.subarray(at, at + part_bytes));
  return parts;
}

/** XOR of all bytes (4.4.4). */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 1) sum ^= bytes[at] ?? 0;
  return sum;
}

/** 0x7e becomes 0x7d 0x02, 0x7d becomes 0x7d 0x01 (4.4.2). */
export function escapeFrame(plain: Buffer): Buffer {
  const escaped = Buffer.alloc(2 * plain.length);
  let at = 0;
  for (const byte of plain) {
    if (byte === FLAG || byte === ESCAPE) {
      escaped[at++] = ESCAPE;
      escaped[at++] = byte === FLAG ? 2 : 1;
    } else escaped[at++] = byte;
  }
  return escaped.subarray(0, at);
}

/** Takes the escapes back; in words, why that is not possible. */
export function unescapeFrame(escaped: Buffer): Buffer | string {
  if (!escaped.includes(ESCAPE)) return escaped;
  const plain = Buffer.alloc(escaped.length);
  let length = 0;
  for (let at = 0; at < escaped.length; at += 1) {
    let byte = escaped[at] ?? 0;
    if (byte === ESCAPE) {
      at += 1;
      const next = escaped[at];
      if (next !== 1 && next !== 2) return `0x7d at byte ${at - 1} is no escape`;
      byte = next === 1 ? ESCAPE : FLAG;
    }
    plain[length++] = byte;
  }
  return plain.subarray(0, length);
}

interface ReadHeader {
  readonly header: Jt808Header;
  /** Where the body begins. */
  readonly offset: number;
  readonly body_bytes: number;
}

function readHeader(plain: Buffer): ReadHeader | string {
  // The properties come first: they tell how long the header is.
  const properties = plain.length < 4 ? 0 : plain.readUInt16BE(2);
  const is2019 = (properties & (1 << 14)) !== 0;
  const edition = is2019 ? '2019' : '2013';
  const hasParts = (properties & (1 << 13)) !== 0;
  const offset = HEADER_BYTES[edition] + (hasParts ? PART_BYTES : 0);
  if (plain.length < offset + 1) {
    return `${plain.length} bytes are no frame: header and check byte alone take ${offset + 1}`;
  }
  const phoneAt = is2019 ? 5 : 4;
  const serialAt = is2019 ? 15 : 10;
  const header: Jt808Header = {
    id: plain.readUInt16BE(0),
    edition,
    ...(is2019 && { protocolVersion: plain.readUInt8(4) }),
    phone: decodeBcd(plain.subarray(phoneAt, serialAt)),
    serial: plain.readUInt16BE(serialAt),
    encryption: (properties >> 10) & 7,
    ...(hasParts && {
      part: { total: plain.readUInt16BE(serialAt + 2), no: plain.readUInt16BE(serialAt + 4) },
    }),
  };
  return { header, offset, body_bytes: properties & 0x3ff };
}

function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}
