import { type Decoded, decoded } from '../../domain/decoded.ts';
import { RESEND_MAX, tooShort } from './answers.ts';
import { ByteReader, u8, u16, u32 } from './bytes.ts';
import { decodeLocation, encodeLocation, LOCATION_BYTES, type Location } from './location.ts';

/** What a multimedia message says of what was taken (0x0800 has just that). */
export interface MediaInfo {
  readonly id: number;
  /** 0 image, 1 audio, 2 video. */
  readonly type: number;
  /** 0 JPEG, 1 TIF, 2 MP3, 3 WAV, 4 WMV; others are the maker's. */
  readonly format: number;
  /** 0 asked for, 1 at intervals, 2 robbery, 3 collision, 4 door opened, 5 door closed, 6 …; the maker's above. */
  readonly event: number;
  readonly channel: number;
}

/** A picture, sound or film with the location where it was taken (0x0801). */
export interface MediaUpload extends MediaInfo {
  readonly location: Location;
  readonly data: Buffer;
}

/** The body of 0x8800. */
export interface MediaAnswer {
  readonly id: number;
  /** Numbers of the packets to be sent again; none: it is complete. */
  readonly missing: readonly number[];
}

const INFO_BYTES = 8;

/** The beginning of both messages. */
export function decodeMediaInfo(body: Buffer): Decoded<MediaInfo> {
  const reader = new ByteReader(body);
  const info = readInfo(reader);
  return reader.isShort ? tooShort('multimedia', body, INFO_BYTES) : decoded(info);
}

export function decodeMedia(body: Buffer): Decoded<MediaUpload> {
  const reader = new ByteReader(body);
  const info = readInfo(reader);
  const basic = reader.bytes(LOCATION_BYTES);
  if (reader.isShort) return tooShort('multimedia data', body, INFO_BYTES + LOCATION_BYTES);
  const location = decodeLocation(basic);
  return location.ok ? decoded({ ...info, location: location.value, data: reader.rest() }) : location;
}

export function encodeMediaInfo({ id, type, format, event, channel }: MediaInfo): Buffer {
  return Buffer.concat([u32(id), u8(type), u8(format), u8(event), u8(channel)]);
}

/** The location's items are left out: the message has room for its fixed part alone. */
export function encodeMedia(upload: MediaUpload): Buffer {
  const { rest: _rest, ...location } = upload.location;
  return Buffer.concat([encodeMediaInfo(upload), encodeLocation({ ...location, items: [] }), upload.data]);
}

export function encodeMediaAnswer({ id, missing }: MediaAnswer): Buffer {
  const listed = missing.slice(0, RESEND_MAX);
  return Buffer.concat([u32(id), ...(listed.length === 0 ? [] : [u8(listed.length), ...listed.map(u16)])]);
}

export function decodeMediaAnswer(body: Buffer): Decoded<MediaAnswer> {
  const reader = new ByteReader(body);
  const id = reader.u32();
  if (reader.isShort) return tooShort('answer to multimedia', body, 4);
  const count = reader.left === 0 ? 0 : reader.u8();
  if (reader.left < 2 * count) return tooShort('answer to multimedia', body, 5 + 2 * count);
  return decoded({ id, missing: Array.from({ length: count }, () => reader.u16()) });
}

function readInfo(reader: ByteReader): MediaInfo {
  const id = reader.u32();
  return { id, type: reader.u8(), format: reader.u8(), event: reader.u8(), channel: reader.u8() };
}
