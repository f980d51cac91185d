import { escapeFrame } from './frame.ts';
import { MESSAGE } from './message-ids.ts';

const STAR = 0x2a;
const ESCAPE = 0x7d;
const HEADER_BYTES = { '2013': 12, '2019': 17, packet: 4 } as const;

/**
 * The bytes of a frame as they stood between two 0x7e, damaged or not, with a star for each byte of the body where it
 * is a 0x0102: its code is what a terminal proves its identity with. Header and check byte stay, though the check
 * then fits no more. Other frames come back as they are.
 */
export function maskAuthentication(escaped: Buffer): Buffer {
  const plain = leniently(escaped);
  if (plain.length < 4 || plain.readUInt16BE(0) !== MESSAGE.authenticate) return escaped;
  const properties = plain.readUInt16BE(2);
  const edition = (properties & (1 << 14)) === 0 ? '2013' : '2019';
  const isPacket = (properties & (1 << 13)) !== 0;
  const header_bytes = HEADER_BYTES[edition] + (isPacket ? HEADER_BYTES.packet : 0);
  if (plain.length - 1 <= header_bytes) return escaped;
  return escapeFrame(Buffer.from(plain).fill(STAR, header_bytes, plain.length - 1));
}

/** Without its escapes; what is no escape stays as it is. */
function leniently(escaped: Buffer): Buffer {
  const plain = Buffer.alloc(escaped.length);
  let length = 0;
  for (let at = 0; at < escaped.length; at += 1) {
    const [byte = 0, next] = [escaped[at], escaped[at + 1]];
    const isEscape = byte === ESCAPE && (next === 1 || next === 2);
    plain[length++] = isEscape ? (next === 1 ? ESCAPE : 0x7e) : byte;
    if (isEscape) at += 1;
  }
  return plain.subarray(0, length);
}
