import sharp from 'sharp';
import type { RgbFrame } from './preprocess.ts';

/** Pictures beyond this are refused before they are decoded: a few kilobytes can claim gigabytes. */
export const PICTURE_PIXELS_MAX = 64_000_000;

/** Keeps the image library to one thread and without a cache: a vision process gets its share from the gateway. */
export function tunePictures(): void {
  sharp.concurrency(1);
  sharp.cache(false);
}

/** Decodes a picture (path or bytes of JPEG, PNG or WebP) to RGB. Rejects where it is none. */
export async function readPicture(source: string | Uint8Array): Promise<RgbFrame> {
  const { data, info } = await sharp(source, { limitInputPixels: PICTURE_PIXELS_MAX, failOn: 'error' })
    .toColourspace('srgb')
    .flatten()
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`a picture with ${info.channels} channels, expected 3`);
  return { data, width_px: info.width, height_px: info.height };
}

/** Encodes an RGB frame as JPEG at full size. */
export function toJpeg(frame: RgbFrame, quality = 85): Promise<Buffer> {
  const raw = { width: frame.width_px, height: frame.height_px, channels: 3 as const };
  return sharp(frame.data, { raw }).jpeg({ quality }).toBuffer();
}
