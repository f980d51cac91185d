import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findFfmpeg, optionNames } from '../../src/ingest/ffmpeg.ts';
import { ffmpegPids } from '../support/processes.ts';
import { tempDir } from '../support/temp-dir.ts';
import { makeClip } from '../support/test-clip.ts';
import { waitUntil } from '../support/wait-until.ts';

test('is found in the PATH, or where FFMPEG_PATH says', async () => {
  const found = await findFfmpeg({ PATH: process.env.PATH });
  expect(found.path).toMatch(/ffmpeg$/);
  expect(await findFfmpeg({ FFMPEG_PATH: found.path, PATH: '/nonexistent' })).toEqual(found);
});

test('is missed with the way to help', async () => {
  await expect(findFfmpeg({ PATH: '/nonexistent' })).rejects.toThrow('not in the PATH; install it or set');
  await expect(findFfmpeg({ FFMPEG_PATH: '/nonexistent/ffmpeg', PATH: process.env.PATH })).rejects.toThrow(
    'FFMPEG_PATH: /nonexistent/ffmpeg is no program',
  );
  const folder = tempDir();
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'ffmpeg'), '#!/bin/sh\nexit 3\n', { mode: 0o755 });
  await expect(findFfmpeg({ PATH: join(folder, 'bin') })).rejects.toThrow('does not run');
});

test('is asked in the words of its version', () => {
  expect(optionNames('-vsync  set video sync', '-stimeout <int> -timeout listen')).toEqual({
    frameModeOption: '-vsync',
    rtspTimeoutOption: '-stimeout',
  });
  expect(optionNames('-vsync old\n-fps_mode new', '-timeout <int64>')).toEqual({
    frameModeOption: '-fps_mode',
    rtspTimeoutOption: '-timeout',
  });
});

test('ends by itself when the process that reads it is killed', async () => {
  const clip = makeClip(join(tempDir(), 'clip.mp4'), 'h264', 5);
  const script = new URL('../support/orphan-ffmpeg.ts', import.meta.url).pathname;
  const reader = spawn(process.execPath, ['--import', 'tsx', script, `file://${clip}`], { stdio: 'inherit' });
  await waitUntil('ffmpeg runs', () => ffmpegPids(clip).length === 1);
  reader.kill('SIGKILL');
  await waitUntil('ffmpeg has ended', () => ffmpegPids(clip).length === 0);
}, 120_000);
