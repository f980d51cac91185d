import { readdirSync, readFileSync } from 'node:fs';

/** Process ids of the ffmpegs whose command line holds `text` (Linux). */
export function ffmpegPids(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const command = commandLine(pid);
      return command.split('\0')[0]?.endsWith('ffmpeg') === true && command.includes(text);
    })
    .map(Number);
}

/** Process ids of the ffmpegs that a process has started itself and that still run (Linux). */
export function ffmpegChildren(parent: number): number[] {
  return ffmpegPids('').filter((pid) => parentOf(pid) === parent && isAlive(pid));
}

function parentOf(pid: number): number | undefined {
  try {
    const parent = /^PPid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return parent === undefined ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

/** True while a process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** The command line of a process as everybody can read it, parts ended by NUL; empty where there is none. */
export function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
