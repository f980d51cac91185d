import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { type FfmpegTools, findFfmpeg } from '../../src/ingest/ffmpeg.ts';
import { copyClip } from '../../src/ingest/ffmpeg-clip.ts';
import { decodeStill } from '../../src/ingest/ffmpeg-still.ts';
import { RtspCamera } from '../../src/ingest/rtsp-camera.ts';
import { findFootage, footageCodec, readFootage } from '../../src/ring/ring-reader.ts';
import { RingWriter } from '../../src/ring/ring-writer.ts';
import { gstMissing, startGstServer } from '../support/gst-server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { reordered } from '../support/test-clip.ts';
import { waitUntil } from '../support/wait-until.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

const noGst = gstMissing();
let ffmpeg: FfmpegTools;
beforeAll(async () => {
  ffmpeg = await findFfmpeg(process.env);
});
const LIMITS = { ring_ms: 60_000, bytes_max: 10_000_000, segment_ms: 2000, held_bytes_max: 0 };

interface Packet {
  readonly pts_time: string;
  readonly flags: string;
}

function probe(file: string) {
  const args = ['-v', 'error', '-show_packets', '-show_streams', '-show_format', '-of', 'json', file];
  return JSON.parse(spawnSync('ffprobe', args, { maxBuffer: 1e8 }).stdout.toString()) as {
    packets: Packet[];
    streams: { codec_tag_string: string; width: number }[];
    format: { tags: { creation_time: string } };
  };
}

/** Reads a camera into a ring until it holds some seconds; gives what it has handed out as key pictures, too. */
async function film(codec: 'h264' | 'h265', folder: string): Promise<Buffer[]> {
  const server = await startGstServer(reordered(join(tempDir(), `${codec}.mp4`), codec), codec);
  const keys: Buffer[] = [];
  const ring = new RingWriter({ folder, limits: LIMITS, onFault: (reason) => expect.fail(reason) });
  const camera: RtspCamera = new RtspCamera({
    source: {
      id: 'cam',
      url: `rtsp://127.0.0.1:${server.port}/live`,
      transport: 'tcp',
      patrol_interval_ms: 0,
      stall_timeout_ms: 30_000,
      models: [],
      zones: [],
    },
    ffmpeg,
    allowFiles: false,
    frame_bytes_max: 1e7,
    width_px_max: 160,
    stream: {
      write: (picture) => ring.write(picture),
      cut: () => ring.cut(),
      fault: (reason) => expect.fail(reason),
    },
    backoff: { first_ms: 100, max_ms: 400 },
    clock: Date.now,
    random: Math.random,
    onStatus: () => undefined,
    onFrame: () => {
      const key = camera.take()?.key;
      if (key !== undefined) keys.push(key);
    },
  });
  camera.start();
  try {
    await waitUntil('eight seconds', () => ring.stats().span_ms > 8000, 200_000);
  } finally {
    await camera.stop();
    await ring.stop();
    await server.stop();
  }
  return keys;
}

test.skipIf(noGst).each([
  ['h264', 'avc1'],
  ['h265', 'hvc1'],
] as const)(
  `a clip of reordered %s plays in order and at its pace${noGst ? ` (skipped: ${noGst})` : ''}`,
  async (codec, tag) => {
    const folder = join(tempDir(), 'ring');
    const keys = await film(codec, folder);
    const all = await findFootage(folder, 0, Number.MAX_SAFE_INTEGER);
    // The first picture of an RTSP stream has no time of its own.
    const footage = await findFootage(folder, all?.segments[1]?.start_ms ?? 0, Number.MAX_SAFE_INTEGER);
    if (footage === undefined) throw new Error('no footage');
    expect(await footageCodec(footage)).toBe(codec);
    const file = join(folder, 'clip.mp4');
    const start = new Date(footage.start_ms).toISOString();
    await copyClip(ffmpeg, { stream: readFootage(footage), codec, duration_s: 5, start, file });

    const { packets, streams, format } = probe(file);
    expect(streams).toMatchObject([{ codec_tag_string: tag, width: 320 }]);
    expect(Math.abs(Date.parse(format.tags.creation_time) - footage.start_ms)).toBeLessThan(1000);
    const shown = packets.map(({ pts_time }) => Number(pts_time)).sort((a, b) => a - b);
    expect(shown.length).toBeGreaterThan(40);
    // Ten pictures a second. Times before the reordering is known may be off by one picture, and where it is cut off, what is shown between two that came before it may be missing.
    const gaps = shown.slice(4, -3).map((at_s, index) => at_s - (shown[index + 3] ?? 0));
    expect(gaps.map((gap) => gap.toFixed(2))).toEqual(gaps.map(() => '0.10'));
    const { stderr, status } = spawnSync('ffmpeg', ['-v', 'error', '-i', file, '-f', 'null', '-']);
    // Two of the first pictures of H.265 may have the same time, as above; all are there and can be decoded.
    const faults = stderr.toString().split('\n');
    expect(status).toBe(0);
    expect(faults.filter((line) => line !== '' && !line.includes('non monotonically'))).toEqual([]);
    // `moov` before `mdat`: a browser begins before it has all.
    const bytes = readFileSync(file);
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));

    const still = await decodeStill(ffmpeg, keys[1] ?? Buffer.alloc(0));
    expect([still.width_px, still.height_px]).toEqual([320, 180]);
    await expect(decodeStill(ffmpeg, Buffer.alloc(1000, 1))).rejects.toThrow('cannot be decoded');
  },
);

/** A file system of 64 kB; undefined where this process may not mount one. */
function tinyDisk(): string | undefined {
  const path = join(tempDir(), 'full');
  mkdirSync(path);
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path]).status !== 0)
    return undefined;
  onTestFinished(() => void spawnSync('umount', [path]));
  return path;
}

test('a full disk costs the clip, and says so', async ({ skip }) => {
  const full = tinyDisk();
  if (full === undefined) return skip('no file system of a few kilobytes can be mounted here');
  const folder = join(tempDir(), 'ring');
  mkdirSync(folder);
  const clip = reordered(join(folder, 'source.mp4'), 'h264');
  spawnSync('ffmpeg', [
    '-v',
    'error',
    '-i',
    clip,
    '-c',
    'copy',
    '-f',
    'mpegts',
    join(folder, '1000-31000.ts'),
  ]);
  const footage = await findFootage(folder, 0, 40_000);
  if (footage === undefined) throw new Error('no footage');
  const file = join(full, 'clip.mp4');
  const wanted = { codec: 'h264', duration_s: 30, start: '2026-11-25T00:00:00Z', file } as const;
  await expect(copyClip(ffmpeg, { ...wanted, stream: readFootage(footage) })).rejects.toThrow(
    'No space left on device',
  );

  const faults: string[] = [];
  const ring = new RingWriter({
    folder: join(full, 'cam'),
    limits: LIMITS,
    onFault: (reason) => faults.push(reason),
  });
  rmSync(file, { force: true });
  const tables = Buffer.alloc(376);
  for (let at_ms = 0; at_ms < 20_000; at_ms += 1000) {
    ring.write({ at_ms, bytes: Buffer.alloc(8000), isKey: true, pts: at_ms * 90, tables });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ring.stop();
  expect(faults.join()).toContain('ENOSPC');
  // It goes on with what fits, and the newest is there.
  expect(ring.stats().bytes).toBeGreaterThan(0);
  const newest = readdirSync(join(full, 'cam')).map((name) => Number(name.split('-')[0]));
  expect(Math.max(...newest)).toBeGreaterThan(10_000);
});
