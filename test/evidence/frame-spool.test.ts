import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import type { FrameRef } from '../../src/domain/observation.ts';
import { FrameSpool, writeFrame } from '../../src/evidence/frame-spool.ts';
import { jpegSize } from '../../src/evidence/jpeg-size.ts';
import { tempDir } from '../support/temp-dir.ts';

const AT_MS = Date.UTC(2026, 3, 5, 6, 7, 8);
let jpeg: Buffer;
beforeAll(async () => {
  jpeg = await picture(64, 48).jpeg().toBuffer();
});

function picture(width: number, height: number): Sharp {
  return sharp({ create: { width, height, channels: 3, background: '#369' } });
}

async function open(root: string, max_bytes: number): Promise<FrameSpool> {
  const spool = new FrameSpool({ root, max_bytes });
  await spool.start();
  return spool;
}

async function put(spool: FrameSpool, at_ms: number): Promise<FrameRef> {
  const stored = await spool.put({ cameraId: 'cam-1', at_ms, jpeg });
  if (!stored.ok) throw new Error(stored.error.message);
  return stored.value;
}

test('keeps a frame and gives back the same bytes', async () => {
  const spool = await open(join(tempDir(), 'spool'), 1e6);
  const ref = await put(spool, AT_MS);
  const sha256 = createHash('sha256').update(jpeg).digest('hex');
  expect(ref).toEqual({
    path: `cam-1/2026-04-05/${AT_MS}-${sha256.slice(0, 8)}.jpg`,
    sha256,
    width_px: 64,
    height_px: 48,
  });
  expect(await spool.read(ref)).toEqual(jpeg);
  expect(spool.stats()).toEqual({ frames: 1, bytes: jpeg.length, dropped: 0 });
});

test('drops the oldest at its bound, also those of other processes and of an earlier run', async () => {
  const root = join(tempDir(), 'spool');
  const first = await open(root, 1e6);
  const refs = [await put(first, AT_MS), await put(first, AT_MS + 1), await put(first, AT_MS + 2)];
  // The name of the first is the oldest, but it was written last: backfill is not thrown away first.
  await utimes(join(root, refs[0]?.path ?? ''), new Date(), new Date(Date.now() + 5000));
  const spool = await open(root, jpeg.length * 3);
  expect(spool.stats()).toEqual({ frames: 3, bytes: jpeg.length * 3, dropped: 0 });
  const other = await writeFrame(root, { cameraId: 'cam-2', at_ms: AT_MS, jpeg });
  if (!other.ok) throw new Error(other.error.message);
  await spool.account(other.value);
  expect(spool.stats()).toEqual({ frames: 3, bytes: jpeg.length * 3, dropped: 1 });
  const left = [...refs, other.value.ref].map(({ path }) => existsSync(join(root, path)));
  expect(left).toEqual([true, false, true, true]);
  expect(await spool.read(refs[1] ?? other.value.ref)).toBeUndefined();
});

test('counts a frame that comes twice once', async () => {
  const spool = await open(join(tempDir(), 'spool'), 1e6);
  await put(spool, AT_MS);
  await put(spool, AT_MS);
  expect(spool.stats()).toMatchObject({ frames: 1, bytes: jpeg.length });
});

test('does not give out what has changed, nor what lies elsewhere', async () => {
  const root = join(tempDir(), 'spool');
  const spool = await open(root, 1e6);
  const ref = await put(spool, AT_MS);
  await writeFile(join(root, ref.path), 'something else');
  expect(await spool.read(ref)).toBeUndefined();
  await writeFile(join(root, '..', 'outside.jpg'), jpeg);
  expect(await spool.read({ path: '../outside.jpg', sha256: ref.sha256 })).toBeUndefined();
});

describe('refuses', () => {
  test('an id that is a path', async () => {
    const made = await writeFrame(tempDir(), { cameraId: '../up', at_ms: AT_MS, jpeg });
    expect(made).toMatchObject({ ok: false, error: { where: 'cameraId' } });
  });

  test.each([
    ['a text', () => Buffer.from('not a picture'), 'not a JPEG'],
    ['nothing', () => Buffer.alloc(0), 'not a JPEG'],
    ['a picture that is cut off', () => jpeg.subarray(0, jpeg.length - 10), 'cut off'],
    ['a frame without a header', () => Buffer.from([0xff, 0xd8, 0xff, 0xd9]), 'no frame header'],
    ['rubbish between the ends', () => Buffer.from([0xff, 0xd8, ...Array(20).fill(7), 0xff, 0xd9]), 'marker'],
  ])('%s', async (_name, bytes, message) => {
    const spool = await open(join(tempDir(), 'spool'), 1e6);
    const made = await spool.put({ cameraId: 'cam', at_ms: AT_MS, jpeg: bytes() });
    expect(made.ok ? '' : made.error.message).toContain(message);
    expect(spool.stats().frames).toBe(0);
  });
});

test('reads the size of any kind of JPEG', async () => {
  for (const options of [{ progressive: true }, { mozjpeg: true }, { chromaSubsampling: '4:4:4' }]) {
    const made = await picture(123, 45).withMetadata().jpeg(options).toBuffer();
    expect(jpegSize(made)).toEqual({ ok: true, value: { width_px: 123, height_px: 45 } });
    expect(jpegSize(Buffer.concat([made, Buffer.alloc(3)])).ok).toBe(true);
  }
});
