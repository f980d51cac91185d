import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { EvidenceStore } from '../../src/evidence/evidence-store.ts';
import { findFfmpeg } from '../../src/ingest/ffmpeg.ts';
import { copyClip } from '../../src/ingest/ffmpeg-clip.ts';
import { openDatabase } from '../../src/store/database.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { tempDir } from '../support/temp-dir.ts';
import { makeClip } from '../support/test-clip.ts';

/** A disk of so many kilobytes; undefined where none may be mounted here. */
function smallDisk(dir: string, kilobytes: number): string | undefined {
  const path = join(dir, 'evidence');
  mkdirSync(path);
  const isRoot = process.getuid?.() === 0;
  const args = ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', path];
  if (!isRoot || spawnSync('mount', args).status !== 0) return undefined;
  onTestFinished(() => void spawnSync('umount', ['-l', path]));
  return path;
}

it('leaves no piece of a clip for which the disk is too small, and keeps it once there is room', {
  timeout: 240_000,
}, async ({ skip }) => {
  const dir = tempDir();
  const clip = makeClip(join(dir, 'clip.mp4'), 'h264', 10);
  const args = ['-v', 'error', '-i', clip, '-c', 'copy', '-f', 'mpegts', '-'];
  const stream = execFileSync('ffmpeg', args, { maxBuffer: 1e8 });
  const root = smallDisk(dir, 64);
  if (root === undefined) return skip('no small disk can be mounted here');
  expect(stream.length).toBeGreaterThan(128 * 1024);
  const db = openDatabase(join(dir, 'xuncheng.db'), MAIN_SCHEMA, true);
  onTestFinished(() => void db.close());
  const store = new EvidenceStore({
    ...{ db, root, quota_bytes: 1e9, timeZone: 'Asia/Shanghai', clock: Date.now },
    readFrame: async () => undefined,
    log: pino({ level: 'silent' }),
  });
  const tools = await findFfmpeg(process.env);
  const keep = () =>
    store.captureClip({
      ...{ incidentId: 'inc_1', deviceId: 'cam-1', from_ms: 1_700_000_000_000, to_ms: 1_700_000_010_000 },
      ...{ detail: 'onset', rule: { id: 'rule', version: '1' } },
      make: (file) =>
        copyClip(tools, {
          ...{ stream: Readable.from([stream]), codec: 'h264', duration_s: 10, file },
          start: '2023-11-14T22:13:20.000Z',
        }),
    });
  await expect(keep()).rejects.toThrow(/No space left/);
  expect(readdirSync(join(root, 'inc_1'))).toEqual([]);
  expect(store.stats()).toMatchObject({ bytes: 0 });
  expect(spawnSync('mount', ['-o', 'remount,size=8m', root]).status).toBe(0);
  const item = await keep();
  expect(item).toMatchObject({ kind: 'clip', at: '2023-11-14T22:13:20.000Z' });
  expect(readdirSync(join(root, 'inc_1'))).toHaveLength(1);
});
