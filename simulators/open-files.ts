import { readFileSync } from 'node:fs';

/** Files that a process needs beside its connections: programs, logs, timers, the network's own. */
const SPARE = 100;

/** How many files and sockets this process may have open; undefined where the system does not tell (not Linux). */
export function openFilesMax(): number | undefined {
  try {
    return openFilesOf(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    return undefined;
  }
}

/** The soft limit in the text of `/proc/self/limits`; undefined where there is none. */
export function openFilesOf(limits: string): number | undefined {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  return soft === undefined || soft === 'unlimited' ? undefined : Number(soft);
}

/** Throws, with what to do, where the process may not open so many connections. */
export function checkOpenFiles(connections: number, max: number | undefined = openFilesMax()): void {
  const needed = connections + SPARE;
  if (max !== undefined && needed > max) throw new Error(tooFew(connections, max));
}

/** What to tell where connections fail for want of file descriptors. */
export function tooFew(connections: number, max: number | undefined): string {
  const needed = connections + SPARE;
  return (
    `${connections} connections need ${needed} open files, but this process may have ${max ?? 'fewer'} (RLIMIT_NOFILE): ` +
    `raise the limit first (ulimit -n ${needed}, or LimitNOFILE= of the service), here and for the gateway`
  );
}
