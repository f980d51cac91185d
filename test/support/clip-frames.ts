import { spawnSync } from 'node:child_process';
import type { RgbFrame } from '../../src/vision/preprocess.ts';

/** Every `step`-th frame of a clip as RGB, at its own size; at most `count`. `filter` spoils it first. */
export function clipFrames(
  path: string,
  size: { width_px: number; height_px: number },
  step: number,
  count: number,
  filter = 'null',
): RgbFrame[] {
  const select = `${filter},select='not(mod(n,${step}))'`;
  const args = ['-v', 'error', '-i', path, '-vf', select, '-vsync', '0', '-frames:v', String(count)];
  const bytes = size.width_px * size.height_px * 3;
  const run = spawnSync('ffmpeg', [...args, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'], {
    maxBuffer: bytes * (count + 1),
  });
  if (run.status !== 0) throw new Error(`ffmpeg: ${run.stderr.toString()}`);
  const frames: RgbFrame[] = [];
  for (let at = 0; at + bytes <= run.stdout.length; at += bytes) {
    frames.push({ data: run.stdout.subarray(at, at + bytes), ...size });
  }
  return frames;
}
