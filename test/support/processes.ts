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

/** True while a process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
