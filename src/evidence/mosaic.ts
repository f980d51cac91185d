import sharp from 'sharp';
import type { Region } from '../domain/camera.ts';

const PIXELS_MAX = 64_000_000;
const JPEG_QUALITY = 85;
/** Tiles across a part: too few to know a face or read a plate by, however large it is. */
const TILES_ACROSS = 4;
const TILE_MIN_PX = 6;

/** Size of the picture of which regions are shares; a caption below it is left as it is. */
interface PictureSize {
  readonly width_px: number;
  readonly height_px: number;
}

/** A JPEG with parts of it made into coarse tiles. Rejects where the bytes are no picture. */
export async function mosaicJpeg(
  jpeg: Uint8Array,
  regions: readonly Region[],
  size?: PictureSize,
): Promise<Buffer> {
  const { data, info } = await sharp(jpeg, { limitInputPixels: PIXELS_MAX, failOn: 'error' })
    .toColourspace('srgb')
    .flatten()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const { width_px, height_px } = size ?? { width_px: width, height_px: height };
  for (const [x1, y1, x2, y2] of regions) {
    const left = Math.max(0, Math.floor(x1 * width_px));
    const right = Math.min(width, Math.ceil(x2 * width_px));
    const top = Math.max(0, Math.floor(y1 * height_px));
    const bottom = Math.min(height, Math.ceil(y2 * height_px));
    const tile_px = Math.max(TILE_MIN_PX, Math.ceil((right - left) / TILES_ACROSS));
    for (let y = top; y < bottom; y += tile_px) {
      for (let x = left; x < right; x += tile_px) {
        const tile = { x, y, right: Math.min(right, x + tile_px), bottom: Math.min(bottom, y + tile_px) };
        level(data, width, channels, tile);
      }
    }
  }
  return sharp(data, { raw: { width, height, channels } }).jpeg({ quality: JPEG_QUALITY }).toBuffer();
}

/** Gives all pixels of a tile their mean colour. */
function level(
  data: Buffer,
  width: number,
  channels: number,
  tile: { readonly x: number; readonly y: number; readonly right: number; readonly bottom: number },
): void {
  const pixels = (tile.right - tile.x) * (tile.bottom - tile.y);
  for (let channel = 0; channel < channels; channel += 1) {
    let sum = 0;
    for (let y = tile.y; y < tile.bottom; y += 1) {
      for (let x = tile.x; x < tile.right; x += 1) sum += data[(y * width + x) * channels + channel] ?? 0;
    }
    const mean = Math.round(sum / pixels);
    for (let y = tile.y; y < tile.bottom; y += 1) {
      for (let x = tile.x; x < tile.right; x += 1) data[(y * width + x) * channels + channel] = mean;
    }
  }
}
