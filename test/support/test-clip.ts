import { spawnSync } from 'node:child_process';

/** Renders a moving test picture with a key frame each second: 320x180, ten frames a second, no reordering. */
export function makeClip(path: string, codec: 'h264' | 'h265', seconds = 60): string {
  const encoder =
    codec === 'h264'
      ? ['-c:v', 'libx264', '-tune', 'zerolatency', '-g', '10']
      : ['-c:v', 'libx265', '-x265-params', 'keyint=10:bframes=0:log-level=error', '-tag:v', 'hvc1'];
  const source = `testsrc2=s=320x180:r=10:d=${seconds}`;
  const args = [
    '-v',
    'error',
    '-y',
    '-f',
    'lavfi',
    '-i',
    source,
    '-preset',
    'ultrafast',
    '-pix_fmt',
    'yuv420p',
  ];
  return render([...args, ...encoder, path], path);
}

/** A clip of 30 seconds with one key frame, at its beginning, and reordered frames, as files from the web often are. */
export function rareKeyFrames(path: string): string {
  const source = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=10:d=30', '-pix_fmt', 'yuv420p'];
  const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '1000', '-sc_threshold', '0'];
  return render(['-v', 'error', '-y', ...source, ...encoder, path], path);
}

/** A clip with one key frame, at its beginning, and no reordering: what a camera with a "smart" codec sends of a quiet street. */
export function oneKeyFrame(path: string, seconds: number): string {
  const source = ['-f', 'lavfi', '-i', `testsrc2=s=320x180:r=5:d=${seconds}`, '-pix_fmt', 'yuv420p'];
  const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '100000'];
  return render(['-v', 'error', '-y', ...source, ...encoder, '-sc_threshold', '0', path], path);
}

/** A clip of noise with a key frame each half second, too large to wait anywhere: 16 Mbit/s. */
export function noise(path: string, seconds: number): string {
  const source = ['-f', 'lavfi', '-i', `nullsrc=s=640x360:r=10:d=${seconds},geq=random(1)*255:128:128`];
  const encoder = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-tune',
    'zerolatency',
    '-g',
    '5',
    '-b:v',
    '16M',
  ];
  return render(['-v', 'error', '-y', ...source, '-pix_fmt', 'yuv420p', ...encoder, path], path);
}

/** A clip with a key frame each second and pictures that are sent before those that they are shown after. */
export function reordered(path: string, codec: 'h264' | 'h265'): string {
  const source = [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=320x180:r=10:d=30',
    '-pix_fmt',
    'yuv420p',
    '-preset',
    'ultrafast',
  ];
  const encoder =
    codec === 'h264'
      ? ['-c:v', 'libx264', '-bf', '2', '-g', '10', '-sc_threshold', '0']
      : ['-c:v', 'libx265', '-x265-params', 'keyint=10:bframes=2:log-level=error', '-tag:v', 'hvc1'];
  return render(['-v', 'error', '-y', ...source, ...encoder, path], path);
}

/** The first seconds of a clip with a key frame each second, as a street camera sends them. */
export function withKeyFrames(source: string, path: string, fps: number, seconds: number): string {
  const args = ['-v', 'error', '-y', '-t', String(seconds), '-i', source, '-an', '-c:v', 'libx264'];
  const encoder = ['-preset', 'ultrafast', '-tune', 'zerolatency', '-crf', '20', '-g', String(fps)];
  return render([...args, ...encoder, path], path);
}

function render(args: readonly string[], path: string): string {
  const run = spawnSync('ffmpeg', args);
  if (run.status !== 0) throw new Error(`ffmpeg: ${run.stderr.toString()}`);
  return path;
}
