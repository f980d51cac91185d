import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeJpeg } from '../../src/codecs/jpeg.ts';

const LIMITS = { bytes_max: 1_000_000, pixels_max: 4_000_000 };

async function picture(width: number, height: number, progressive = false): Promise<Buffer> {
  const image = sharp({ create: { width, height, channels: 3, background: '#456' } });
  return image.jpeg({ progressive }).withMetadata({ density: 96 }).toBuffer();
}

describe('decodeJpeg', () => {
  it('gives the size of baseline and progressive pictures', async () => {
    const size = { ok: true, value: { width_px: 641, height_px: 359 } };
    expect(decodeJpeg(await picture(641, 359), LIMITS)).toEqual(size);
    expect(decodeJpeg(await picture(641, 359, true), LIMITS)).toEqual(size);
  });

  it('refuses other bytes, torn headers and pictures out of bounds', async () => {
    const jpeg = await picture(64, 64);
    const code = (bytes: Uint8Array, limits = LIMITS) => {
      const decoded = decodeJpeg(bytes, limits);
      return decoded.ok ? 'ok' : decoded.error.code;
    };
    expect(code(Buffer.from('not a picture'))).toBe('malformed');
    expect(code(Buffer.alloc(0))).toBe('malformed');
    expect(code(await sharp(jpeg).png().toBuffer())).toBe('malformed');
    expect(code(jpeg.subarray(0, 40))).toBe('malformed');
    expect(code(jpeg.subarray(0, jpeg.length - 10))).toBe('malformed');
    expect(code(Buffer.concat([jpeg, Buffer.alloc(3)]))).toBe('ok');
    expect(code(jpeg, { ...LIMITS, bytes_max: jpeg.length - 1 })).toBe('too-large');
    expect(code(jpeg, { ...LIMITS, pixels_max: 64 * 64 - 1 })).toBe('too-large');
    expect(code(jpeg, { ...LIMITS, pixels_max: 64 * 64 })).toBe('ok');
  });

  it('never throws or hangs on mutated bytes', async () => {
    const whole = await picture(64, 64);
    const jpeg = Buffer.concat([whole.subarray(0, 698), whole.subarray(-2)]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(699), fc.nat(255)), { maxLength: 8 }),
        fc.nat(700),
        (edits, cut) => {
          const bytes = Buffer.from(jpeg.subarray(0, cut));
          for (const [at, byte] of edits) if (at < bytes.length) bytes[at] = byte;
          const decoded = decodeJpeg(bytes, LIMITS);
          if (decoded.ok) expect(decoded.value.width_px).toBeGreaterThan(0);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
