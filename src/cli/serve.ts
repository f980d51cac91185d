import pino from 'pino';
import { startGateway } from '../gateway.ts';
import type { CliIo, ExitCode } from './io.ts';
import { CONFIG_OPTION, configOrTell, DATA_OPTION, readArgs } from './options.ts';
import { packageVersion } from './version.ts';

/** `xuncheng serve`: runs the gateway until the person or the system stops it. */
export async function serveCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const { values } = readArgs(args, { ...CONFIG_OPTION, ...DATA_OPTION }, 0);
  const config = configOrTell(values.config, io);
  if (config === undefined) return 1;
  const log = pino({ level: config.logLevel });
  const gateway = await startGateway({
    config,
    dataDir: values.data,
    env: io.env,
    version: packageVersion(),
    log,
    clock: Date.now,
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
