import type { Log } from '../runtime/log.ts';
import { redactUrls } from '../runtime/redact.ts';

/** Writes a line of a worker's log (pino's JSON) into the gateway's, at its level and without URL secrets. */
export function relog(log: Log, line: string): void {
  const { level, msg, time: _time, pid: _pid, hostname: _host, ...fields } = JSON.parse(line) as Fields;
  log[levelName(Number(level))](fields, redactUrls(String(msg)));
}

type Fields = Record<string, unknown>;

function levelName(level: number): 'debug' | 'info' | 'warn' | 'error' {
  if (level >= 50) return 'error';
  if (level >= 40) return 'warn';
  return level >= 30 ? 'info' : 'debug';
}
