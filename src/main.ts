#!/usr/bin/env -S node --max-semi-space-size=32
// Observations live for a moment: with room for more of them the collector copies few, which is a fifth of a replay's speed.
import { runCli } from './cli/run.ts';

/** The process: arguments, signals, exit codes. Everything else is a function that other programs can call too. */
const stop = new AbortController();
let signals = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    signals += 1;
    stop.abort();
    // The second time is meant.
    if (signals > 1) process.exit(130);
  });
}
// A reader that goes away (`xuncheng device list | head -1`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await runCli(process.argv.slice(2), {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  ...(process.stderr.isTTY ? { status: (text) => process.stderr.write(`\r\x1b[2K${text}`) } : {}),
  env: process.env,
  signal: stop.signal,
});
