import { type Decoded, decoded, refused } from '../domain/decoded.ts';

/** Largest width or height of a frame that is taken for one. */
const SIDE_PX_MAX = 16_384;

/**
 * Reads width and height from a JPEG's frame header (ITU-T T.81, B.2.2) without decoding it, and checks that
 * the file is whole: it begins with SOI and ends with EOI.
 */
export function jpegSize(bytes: Uint8Array): Decoded<{ width_px: number; height_px: number }> {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return refused('malformed', 'not a JPEG', 'byte 0');
  if (!endsWithEoi(bytes)) return refused('malformed', 'the JPEG is cut off', `byte ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 9 <= bytes.length) {
    if (bytes[at] !== 0xff) return refused('malformed', 'a JPEG marker is missing', `byte ${at}`);
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) at += 1;
    else if (isFrameHeader(marker)) {
      const height_px = view.getUint16(at + 5);
      const width_px = view.getUint16(at + 7);
      const fits = width_px > 0 && height_px > 0 && Math.max(width_px, height_px) <= SIDE_PX_MAX;
      return fits
        ? decoded({ width_px, height_px })
        : refused('too-large', `a picture of ${width_px}x${height_px}`, `byte ${at}`);
    } else at += 2 + view.getUint16(at + 2);
  }
  return refused('malformed', 'the JPEG has no frame header', `byte ${bytes.length}`);
}

/** SOF0 to SOF15 but for DHT, JPG and DAC, which share their range. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Cameras pad their pictures: EOI may be followed by zeros or line ends. */
function endsWithEoi(bytes: Uint8Array): boolean {
  let end = bytes.length;
  while (end > 2 && (bytes[end - 1] === 0 || bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end -= 1;
  return bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9;
}
