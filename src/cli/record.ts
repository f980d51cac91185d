import { parseAt_ms } from '../domain/time.ts';
import { recordGateway } from '../record/record.ts';
import { type CliIo, type ExitCode, UsageError } from './io.ts';
import { CONFIG_OPTION, configOrTell, DATA_OPTION, readArgs } from './options.ts';

const OPTIONS = {
  ...CONFIG_OPTION,
  ...DATA_OPTION,
  'max-mb': { type: 'string', default: '10240' },
  duration: { type: 'string' },
  from: { type: 'string' },
  'no-video': { type: 'boolean', default: false },
} as const;

/** `xuncheng record DIR`: what enters a running gateway, until stopped; run again, it goes on. */
export async function recordCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const { values, positionals } = readArgs(args, OPTIONS, 1);
  const [dir = ''] = positionals;
  const max_mb = positive(values['max-mb'], '--max-mb');
  const from_ms = values.from === undefined ? undefined : parseAt_ms(values.from);
  if (values.from !== undefined && from_ms === undefined) {
    throw new UsageError('--from takes ISO 8601 with offset, such as 2026-11-22T08:00:00+08:00');
  }
  const ends = [io.signal];
  if (values.duration !== undefined) {
    ends.push(AbortSignal.timeout(Math.round(positive(values.duration, '--duration') * 1000)));
  }
  const config = configOrTell(values.config, io);
  if (config === undefined) return 1;
  const result = await recordGateway({
    dir,
    config,
    dataDir: values.data,
    max_bytes: max_mb * 1_000_000,
    ...(from_ms === undefined ? {} : { from_ms }),
    video: !values['no-video'],
    env: io.env,
    signal: AbortSignal.any(ends),
    onNote: (note) => io.err(note),
    onProgress: ({ observations, bytes }) =>
      io.status?.(`${observations} observations, ${(bytes / 1e6).toFixed(1)} MB; Ctrl-C ends the recording`),
  });
  io.status?.('');
  const { observations, videos, bytes } = result;
  io.out(`${dir}: ${observations} observations, ${videos} videos, ${(bytes / 1e6).toFixed(1)} MB`);
  return 0;
}

function positive(text: string, option: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1e9) return value;
  throw new UsageError(`${option} must be a number above 0`);
}
