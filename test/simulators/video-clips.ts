import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The ffmpeg and ffprobe of the machine, found as the project finds them. */
export const FFMPEG = process.env.FFMPEG_PATH ?? 'ffmpeg';
export const FFPROBE = process.env.FFPROBE_PATH ?? FFMPEG.replace(/ffmpeg(?=(\.exe)?$)/, 'ffprobe');

/** True where a program can be run. */
export function hasProgram(name: string, ...args: string[]): boolean {
  return spawnSync(name, args).status === 0;
}

/** Two seconds of a moving test picture, 25 frames a second, a key frame each second. */
export interface Clips {
  readonly dir: string;
  /** With B frames. */
  readonly h264: string;
  readonly h265: string;
  remove(): void;
}

/** Makes the clips in a temporary folder. */
export function makeClips(): Clips {
  const dir = mkdtempSync(join(tmpdir(), 'xuncheng-clips-'));
  const make = (name: string, ...codec: string[]): string => {
    const file = join(dir, name);
    encode(file, 't=2', ...codec);
    return file;
  };
  return {
    dir,
    h264: make('h264.mp4', '-c:v', 'libx264', '-g', '25', '-keyint_min', '25'),
    h265: make('h265.mp4', '-c:v', 'libx265', '-x265-params', 'keyint=25:log-level=none'),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Encodes a test picture; `length` is `t=SECONDS`. */
export function encode(file: string, length: string, ...codec: string[]): void {
  const source = ['-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=25', '-t', length.replace('t=', '')];
  execFileSync(FFMPEG, ['-y', '-loglevel', 'error', ...source, ...codec, '-pix_fmt', 'yuv420p', file]);
}
