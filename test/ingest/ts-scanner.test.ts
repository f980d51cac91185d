import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TsPicture, TsScanner } from '../../src/ingest/ts-scanner.ts';
import { tempDir } from '../support/temp-dir.ts';
import { makeClip } from '../support/test-clip.ts';

function transportStream(): Buffer {
  const clip = makeClip(join(tempDir(), 'clip.mp4'), 'h264', 3);
  const args = ['-v', 'error', '-i', clip, '-c', 'copy', '-f', 'mpegts', 'pipe:1'];
  return spawnSync('ffmpeg', args, { maxBuffer: 100_000_000 }).stdout;
}

test('cuts a stream into the same pictures, however it is chunked', () => {
  const bytes = transportStream();
  const scan = (chunk_bytes: number): TsPicture[] => {
    const found: TsPicture[] = [];
    let now_ms = 0;
    const scanner = new TsScanner(
      1e6,
      () => {
        now_ms += 1;
        return now_ms;
      },
      (picture) => found.push(picture),
    );
    for (let at = 0; at < bytes.length; at += chunk_bytes) scanner.push(bytes.subarray(at, at + chunk_bytes));
    scanner.end();
    expect(scanner.tables?.length).toBe(376);
    return found;
  };
  const whole = scan(bytes.length);
  expect(whole).toHaveLength(30);
  expect(whole.flatMap(({ isKey }, index) => (isKey ? [index] : []))).toEqual([0, 10, 20]);
  const [first, second] = whole;
  expect((second?.pts ?? 0) - (first?.pts ?? 0)).toBe(9000);
  expect(whole.map(({ at_ms }) => at_ms)).toEqual(whole.map((_, index) => index + 1));
  for (const chunk_bytes of [1, 187, 1000]) expect(scan(chunk_bytes)).toEqual(whole);
});

test('gives key pictures that a decoder takes by themselves', () => {
  const keys: Buffer[] = [];
  const scanner: TsScanner = new TsScanner(
    1e6,
    () => 0,
    ({ bytes, isKey }) => isKey && keys.push(Buffer.concat([scanner.tables ?? Buffer.alloc(0), bytes])),
  );
  scanner.push(transportStream());
  const [, input = Buffer.alloc(0)] = keys;
  const args = [
    '-v',
    'error',
    '-f',
    'mpegts',
    '-i',
    'pipe:0',
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgb24',
    'pipe:1',
  ];
  expect(spawnSync('ffmpeg', args, { input, maxBuffer: 1e7 }).stdout.length).toBe(320 * 180 * 3);
});

test('refuses what is no MPEG-TS, and pictures beyond its bound', () => {
  const scanner = new TsScanner(
    1000,
    () => 0,
    () => undefined,
  );
  expect(() => scanner.push(Buffer.alloc(188, 1))).toThrow('no MPEG-TS packet');
  expect(() =>
    new TsScanner(
      1000,
      () => 0,
      () => undefined,
    ).push(transportStream()),
  ).toThrow('more than 1000 bytes');
});
