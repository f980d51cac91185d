import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { findFootage, readFootage } from '../../src/ring/ring-reader.ts';
import { RingWriter } from '../../src/ring/ring-writer.ts';
import { tempDir } from '../support/temp-dir.ts';

const LIMITS = { ring_ms: 10_000, bytes_max: 1_000_000, segment_ms: 2000, held_bytes_max: 100_000 };
const tables = Buffer.from('T');

function ring(limits: Partial<typeof LIMITS> = {}, folder = join(tempDir(), 'cam')) {
  const faults: string[] = [];
  const writer = new RingWriter({
    folder,
    limits: { ...LIMITS, ...limits },
    onFault: (reason) => faults.push(reason),
  });
  onTestFinished(() => writer.stop());
  /** Ten pictures a second, each 100 bytes, the first of a second a key picture; `jump` moves the time stamps. */
  const film = (from_s: number, to_s: number, jump_ms = 0): void => {
    for (let at_ms = from_s * 1000; at_ms < to_s * 1000; at_ms += 100) {
      const bytes = Buffer.alloc(100, `${at_ms},`);
      writer.write({ at_ms, bytes, isKey: at_ms % 1000 === 0, pts: (at_ms + jump_ms) * 90, tables });
    }
  };
  return { writer, folder, faults, film };
}

const names = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.ts'));

test('segments begin with a key picture, and each goes on where the one before ends', async () => {
  const { writer, folder, film } = ring();
  film(0.5, 7);
  await writer.stop();
  expect(names(folder).sort()).toEqual(['1000-3000.ts', '3000-5000.ts', '5000-6900.ts']);
  expect(readFileSync(join(folder, '1000-3000.ts')).toString().startsWith('T1000,')).toBe(true);
  const footage = await findFootage(folder, 3500, 5500);
  expect(footage).toMatchObject({ start_ms: 3000, end_ms: 6900 });
  const bytes = footage === undefined ? Buffer.alloc(0) : await buffer(readFootage(footage));
  expect(bytes.length).toBe(2 + 40 * 100);
});

test('keeps no more seconds and no more bytes than it may', async () => {
  const old = ring();
  old.film(0, 60);
  await old.writer.stop();
  expect(Math.min(...names(old.folder).map((name) => Number(name.split('-')[0])))).toBe(48_000);
  const large = ring({ bytes_max: 5000 });
  large.film(0, 60);
  await large.writer.stop();
  expect(large.writer.stats().bytes).toBeLessThanOrEqual(5000);
  expect(names(large.folder)).toEqual(['56000-58000.ts', '58000-59900.ts']);
});

test('what breaks off or jumps is not one piece', async () => {
  const { writer, folder, film } = ring();
  film(0, 3);
  writer.cut();
  film(4, 6);
  film(6, 8, 3_600_000);
  await writer.stop();
  expect(names(folder).sort()).toEqual(['0-2000.ts', '2000-2900.ts', '4000-5900.ts', '6000-7900.ts']);
  expect(await findFootage(folder, 0, 8000)).toMatchObject({ start_ms: 0, end_ms: 2900 });
  expect(await findFootage(folder, 3000, 8000)).toMatchObject({ start_ms: 4000, end_ms: 5900 });
  expect(await findFootage(folder, 9000, 9500)).toBeUndefined();
});

test('what is held outlives the ring, within its own bound', async () => {
  const { writer, folder, film } = ring();
  film(0, 5);
  writer.hold(1000, 7000);
  film(5, 60);
  await writer.stop();
  expect(await findFootage(folder, 1000, 7000)).toMatchObject({ start_ms: 0, end_ms: 8000 });
  expect(writer.stats().held_bytes).toBe(4 * 2001);
  const again = ring({ held_bytes_max: 4 * 2001 }, folder);
  again.writer.hold(50_000, 51_000);
  await again.writer.stop();
  // The older one had to go.
  expect(await findFootage(folder, 1000, 7000)).toBeUndefined();
  expect(await findFootage(folder, 50_000, 51_000)).toBeDefined();
  const last = ring({}, folder);
  last.writer.release(50_000);
  await last.writer.stop();
  expect(readdirSync(join(folder, 'held'))).toEqual([]);
});

test('goes on with what a killed writer left', async () => {
  const { writer, folder, film } = ring();
  film(0, 4);
  await writer.stop();
  writeFileSync(join(folder, '4000.ts'), 'T4000,');
  writeFileSync(join(folder, 'notes.txt'), 'not ours');
  const again = ring({}, folder);
  again.film(5, 6);
  await again.writer.stop();
  expect(
    names(folder)
      .map((name) => name.split('-')[0])
      .sort(),
  ).toEqual(['0', '2000', '4000', '5000']);
  expect(again.writer.stats().bytes).toBe(3900 + 2 + 6 + 1000 + 1 + 100);
});

test('what cannot be written is told, and costs no more than its segment', async () => {
  const file = join(tempDir(), 'a-file');
  writeFileSync(file, '');
  const { writer, faults, film } = ring({}, join(file, 'cam'));
  film(0, 5);
  await writer.stop();
  expect(faults.length).toBeGreaterThan(0);
  expect(faults[0]).toContain('ENOTDIR');
  expect(writer.stats()).toMatchObject({ bytes: 0 });
});
