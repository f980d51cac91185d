import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_S = Number(execFileSync('getconf', ['CLK_TCK']).toString());

interface ProcessFigures {
  readonly pid: number;
  readonly parent: number;
  /** User and system time, its own and that of children which have ended. */
  readonly cpu_s: number;
}

/** Processor seconds of a process and all that it started, those that have ended included (Linux). */
export function cpuTimeOf(pid: number): number {
  return familyOf(pid).reduce((sum, { cpu_s }) => sum + cpu_s, 0);
}

/** Megabytes of a process and all that it started; what they share counts once, in parts (Linux). */
export function memoryOf(pid: number): number {
  return familyOf(pid).reduce((sum, one) => sum + shareOf(one.pid), 0);
}

function familyOf(pid: number): ProcessFigures[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => figuresOf(Number(name)) ?? []);
  const family = all.filter((one) => one.pid === pid);
  for (const member of family) family.push(...all.filter(({ parent }) => parent === member.pid));
  return family;
}

function figuresOf(pid: number): ProcessFigures | undefined {
  try {
    // The name, in brackets, may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + (fields[at] ?? 0), 0);
    return { pid, parent: fields[1] ?? 0, cpu_s: ticks / TICKS_PER_S };
  } catch {
    return undefined;
  }
}

function shareOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
