import pino from 'pino';
import { parseAt_ms } from '../domain/time.ts';
import { startGateway } from '../gateway.ts';
import { type ClockSetting, WALL_CLOCK } from '../runtime/clock.ts';
import { type CliIo, type ExitCode, UsageError } from './io.ts';
import { CONFIG_OPTION, configOrTell, DATA_OPTION, readArgs } from './options.ts';
import { packageVersion } from './version.ts';

const REHEARSAL_OPTIONS = {
  'clock-start': { type: 'string' },
  'clock-rate': { type: 'string', default: '1' },
} as const;
const RATE_MAX = 1000;

/** `xuncheng serve`: runs the gateway until the person or the system stops it. */
export async function serveCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const { values } = readArgs(args, { ...CONFIG_OPTION, ...DATA_OPTION, ...REHEARSAL_OPTIONS }, 0);
  const time = clockSetting(values['clock-start'], values['clock-rate']);
  const config = configOrTell(values.config, io);
  if (config === undefined) return 1;
  const log = pino({ level: config.logLevel });
  const gateway = await startGateway({
    config,
    dataDir: values.data,
    env: io.env,
    version: packageVersion(),
    log,
    time,
  });
  if (gateway.createdAdminKey !== undefined) {
    // To the person alone: the log may be kept and shipped, the key must not be.
    io.err(`admin API key (shown this once): ${gateway.createdAdminKey}`);
  }
  log.info({ addresses: gateway.addresses }, 'ready');
  await new Promise<void>((resolve) => {
    if (io.signal.aborted) resolve();
    else io.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  log.info('stopping');
  await gateway.stop();
  log.info('stopped');
  return 0;
}

/** A rehearsal's clock: where it starts and how fast it goes; the wall clock where neither is given. */
function clockSetting(start: string | undefined, rateText: string): ClockSetting {
  const rate = Number(rateText);
  if (!(rate > 0 && rate <= RATE_MAX)) throw new UsageError(`--clock-rate must lie in 0..${RATE_MAX}`);
  if (start === undefined && rate === 1) return WALL_CLOCK;
  const wall_ms = Date.now();
  const start_ms = start === undefined ? wall_ms : parseAt_ms(start);
  if (start_ms === undefined) throw new UsageError('--clock-start must be a time in ISO 8601 with offset');
  return { start_ms, wall_ms, rate };
}
