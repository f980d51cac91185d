import { type Decoded, decoded, refused } from '../../domain/decoded.ts';
import { tooShort } from './answers.ts';
import { ByteReader, u8, u16 } from './bytes.ts';

/** Locations in one message (0x0704, 8.49). */
export interface LocationBatch {
  /** False: live; true: caught up after a blind area. */
  readonly isCatchUp: boolean;
  /** Bodies of 0x0200, not decoded: one that is wrong spoils no other. */
  readonly bodies: readonly Buffer[];
}

/** Refused where the bytes do not hold as many bodies as they say. */
export function decodeBatch(body: Buffer): Decoded<LocationBatch> {
  const reader = new ByteReader(body);
  const count = reader.u16();
  const type = reader.u8();
  if (reader.isShort) return tooShort('batch', body, 3);
  const bodies: Buffer[] = [];
  while (bodies.length < count && !reader.isShort) {
    const at = reader.offset;
    const item = reader.bytes(reader.u16());
    if (reader.isShort) {
      return refused('malformed', `batch: item ${bodies.length + 1} of ${count} is cut off`, `byte ${at}`);
    }
    bodies.push(item);
  }
  return decoded({ isCatchUp: type === 1, bodies });
}

export function encodeBatch({ isCatchUp, bodies }: LocationBatch): Buffer {
  return Buffer.concat([
    u16(bodies.length),
    u8(isCatchUp ? 1 : 0),
    ...bodies.flatMap((body) => [u16(body.length), body]),
  ]);
}
