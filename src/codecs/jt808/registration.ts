import { type Decoded, decoded } from '../../domain/decoded.ts';
import { tooShort } from './answers.ts';
import { ByteReader, decodeText, encodeText, fixedText, u8, u16 } from './bytes.ts';
import type { Jt808Edition } from './frame.ts';

/** What a terminal says of itself and its vehicle (0x0100). */
export interface Registration {
  /** GB/T 2260 codes: the first two digits, and the other four. */
  readonly province: number;
  readonly city: number;
  readonly maker: string;
  readonly model: string;
  readonly terminalId: string;
  /** JT/T 415; 0 stands for no plate, `plate` is then the vehicle's identification number. */
  readonly plateColour: number;
  readonly plate: string;
}

/** Results of a registration (0x8100). */
export const REGISTERED = {
  ok: 0,
  vehicleTaken: 1,
  noVehicle: 2,
  terminalTaken: 3,
  noTerminal: 4,
} as const;

/** The body of 0x8100; the code comes with result 0 alone. */
export interface RegisterAnswer {
  readonly serial: number;
  readonly result: number;
  readonly code?: string;
}

/** What a terminal proves its identity with (0x0102). */
export interface Authentication {
  readonly code: string;
  /** 2019 alone. */
  readonly imei?: string;
  readonly software?: string;
}

/** Widths in bytes of maker, model and terminal id; 2011 has the shorter model, and the same header as 2013. */
const WIDTHS = { '2011': [5, 8, 7], '2013': [5, 20, 7], '2019': [11, 30, 30] } as const;
const IMEI_BYTES = 15;
const SOFTWARE_BYTES = 20;

export function decodeRegistration(body: Buffer, edition: Jt808Edition): Decoded<Registration> {
  // With every field of 2013 the body is at least so long; a shorter one is of 2011.
  const layout = edition === '2013' && body.length < fixedBytes('2013') ? '2011' : edition;
  const [maker, model, terminalId] = WIDTHS[layout];
  const reader = new ByteReader(body);
  const registration = {
    province: reader.u16(),
    city: reader.u16(),
    maker: reader.text(maker),
    model: reader.text(model),
    terminalId: reader.text(terminalId),
    plateColour: reader.u8(),
    plate: decodeText(reader.rest()),
  };
  return reader.isShort ? tooShort('registration', body, fixedBytes(layout)) : decoded(registration);
}

export function encodeRegistration(registration: Registration, edition: Jt808Edition): Buffer {
  const { province, city, maker, model, terminalId, plateColour, plate } = registration;
  const [makerBytes, modelBytes, idBytes] = WIDTHS[edition];
  return Buffer.concat([
    u16(province),
    u16(city),
    fixedText(maker, makerBytes),
    fixedText(model, modelBytes),
    fixedText(terminalId, idBytes),
    u8(plateColour),
    encodeText(plate),
  ]);
}

export function encodeRegisterAnswer({ serial, result, code }: RegisterAnswer): Buffer {
  return Buffer.concat([u16(serial), u8(result), ...(code === undefined ? [] : [encodeText(code)])]);
}

export function decodeRegisterAnswer(body: Buffer): Decoded<RegisterAnswer> {
  const reader = new ByteReader(body);
  const answer = { serial: reader.u16(), result: reader.u8() };
  if (reader.isShort) return tooShort('answer to a registration', body, 3);
  return decoded(answer.result === REGISTERED.ok ? { ...answer, code: decodeText(reader.rest()) } : answer);
}

/** In 2019 some terminals leave the fields after the code out. */
export function decodeAuthentication(body: Buffer, edition: Jt808Edition): Decoded<Authentication> {
  if (edition === '2013') return decoded({ code: decodeText(body) });
  const reader = new ByteReader(body);
  const length = reader.u8();
  const code = reader.text(length);
  if (reader.isShort) return tooShort('authentication', body, 1 + length);
  const imei = reader.text(Math.min(IMEI_BYTES, reader.left));
  const software = reader.text(Math.min(SOFTWARE_BYTES, reader.left));
  return decoded({ code, ...(imei !== '' && { imei }), ...(software !== '' && { software }) });
}

/** Throws where the code is longer than one byte can tell. */
export function encodeAuthentication(authentication: Authentication, edition: Jt808Edition): Buffer {
  const code = encodeText(authentication.code);
  if (edition === '2013') return code;
  if (code.length > 255) throw new RangeError(`a code of ${code.length} bytes does not fit`);
  const { imei = '', software = '' } = authentication;
  return Buffer.concat([
    u8(code.length),
    code,
    fixedText(imei, IMEI_BYTES),
    fixedText(software, SOFTWARE_BYTES),
  ]);
}

function fixedBytes(layout: keyof typeof WIDTHS): number {
  const [maker, model, terminalId] = WIDTHS[layout];
  return 4 + maker + model + terminalId + 1;
}
