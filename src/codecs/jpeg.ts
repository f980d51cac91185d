import { type Decoded, decoded, refused } from '../domain/decoded.ts';

/** Bounds of a still: a camera that sends more has the wrong setting, or is no camera. */
export interface JpegLimits {
  readonly bytes_max: number;
  readonly pixels_max: number;
}

export interface JpegSize {
  readonly width_px: number;
  readonly height_px: number;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const TEM = 0x01;
/** Start of frame is C0 to CF without DHT (C4), JPG (C8) and DAC (CC); ITU-T T.81, table B.1. */
const NOT_A_FRAME = [0xc4, 0xc8, 0xcc];

/**
 * Checks cheaply that bytes are a whole JPEG: markers up to the first scan, a frame size within bounds, and the
 * end of the image at the end. The pixels are not decoded.
 */
export function decodeJpeg(bytes: Uint8Array, limits: JpegLimits): Decoded<JpegSize> {
  if (bytes.length > limits.bytes_max) {
    return refused('too-large', `a JPEG of ${bytes.length} bytes; at most ${limits.bytes_max} are taken`);
  }
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return refused('malformed', 'not a JPEG: no FF D8', 'byte 0');
  if (!endsWithEoi(bytes)) return refused('malformed', 'a JPEG that is cut off', `byte ${bytes.length}`);
  let size: JpegSize | undefined;
  let offset = 2;
  while (offset + 4 <= bytes.length) {
    if (bytes[offset] !== 0xff) return refused('malformed', 'a JPEG marker is missing', `byte ${offset}`);
    const marker = bytes[offset + 1] ?? 0;
    if (marker === 0xff) {
      offset += 1; // Fill byte before a marker (B.1.1.2).
      continue;
    }
    if (marker === SOS) return judge(size, limits, offset);
    if (marker === EOI) break;
    if (marker === TEM || (marker >= 0xd0 && marker <= 0xd7)) {
      offset += 2; // Markers that stand alone.
      continue;
    }
    const length = uint16(bytes, offset + 2);
    if (length < 2) return refused('malformed', 'a JPEG segment shorter than its length', `byte ${offset}`);
    if (marker >= 0xc0 && marker <= 0xcf && !NOT_A_FRAME.includes(marker)) {
      if (length < 8 || offset + 9 > bytes.length) break;
      size = { height_px: uint16(bytes, offset + 5), width_px: uint16(bytes, offset + 7) };
    }
    offset += 2 + length;
  }
  return refused('malformed', 'a JPEG that ends before its picture', `byte ${bytes.length}`);
}

function judge(size: JpegSize | undefined, limits: JpegLimits, offset: number): Decoded<JpegSize> {
  if (size === undefined) return refused('malformed', 'a JPEG without a frame header', `byte ${offset}`);
  const { width_px, height_px } = size;
  if (width_px === 0 || height_px === 0) return refused('malformed', 'a JPEG without width or height');
  if (width_px * height_px > limits.pixels_max) {
    return refused(
      'too-large',
      `a JPEG of ${width_px}×${height_px} pixels; at most ${limits.pixels_max} are taken`,
    );
  }
  return decoded(size);
}

/** Cameras pad their pictures: the end may be followed by zeros or line ends. */
function endsWithEoi(bytes: Uint8Array): boolean {
  let end = bytes.length;
  while (end > 2 && (bytes[end - 1] === 0 || bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end -= 1;
  return bytes[end - 2] === 0xff && bytes[end - 1] === EOI;
}

function uint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}
