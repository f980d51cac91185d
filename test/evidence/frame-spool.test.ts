import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { FrameRef } from '../../src/domain/observation.ts';
import { FrameSpool, writeFrame } from '../../src/evidence/frame-spool.ts';
import { tempDir } from '../support/temp-dir.ts';

const AT_MS = Date.UTC(2026, 3, 5, 6, 7, 8);
const SIZE = { width_px: 64, height_px: 48 };
let jpeg: Buffer;
beforeAll(async () => {
  jpeg = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#369' } })
    .jpeg()
    .toBuffer();
});

async function open(root: string, max_bytes: number): Promise<FrameSpool> {
  const spool = new FrameSpool({ root, max_bytes });
  await spool.start();
  return spool;
}

function put(spool: FrameSpool, at_ms: number): Promise<FrameRef> {
  return spool.put({ ...SIZE, cameraId: 'cam-1', at_ms, jpeg });
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
  const other = await writeFrame(root, { ...SIZE, cameraId: 'cam-2', at_ms: AT_MS, jpeg });
  await spool.account(other);
  expect(spool.stats()).toEqual({ frames: 3, bytes: jpeg.length * 3, dropped: 1 });
  const left = [...refs, other.ref].map(({ path }) => existsSync(join(root, path)));
  expect(left).toEqual([true, false, true, true]);
  expect(await spool.read(refs[1] ?? other.ref)).toBeUndefined();
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

test('refuses an id that is a path', async () => {
  const frame = { ...SIZE, cameraId: '../up', at_ms: AT_MS, jpeg };
  await expect(writeFrame(tempDir(), frame)).rejects.toThrow('not a device id');
});
