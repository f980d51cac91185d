import { writeFileSync } from 'node:fs';
import { DeviceExistsError, DeviceStore } from '../store/device-store.ts';
import { type CliIo, type ExitCode, UsageError } from './io.ts';
import { configOrTell, DATA_OPTION, readArgs } from './options.ts';
import { withData } from './with-data.ts';

const OPTIONS = { from: { type: 'string' }, secrets: { type: 'string' } } as const;

/**
 * `xuncheng device add --from CONFIG --secrets FILE`: makes a secret for each device of a configuration that speaks MQTT
 * or HTTP and has none, and writes them to a new file as a JSON object of id and secret.
 */
export async function addFleet(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const { values } = readArgs(args, { ...DATA_OPTION, ...OPTIONS }, 0);
  const { from, secrets: file } = values;
  if (from === undefined || file === undefined) {
    throw new UsageError('device add --from CONFIG needs --secrets FILE, a new file');
  }
  const config = configOrTell(from, io);
  if (config === undefined) return 1;
  // Those that are known by a number of their protocol show no secret.
  const numbered = new Set([
    ...config.hj212Stations.map(({ deviceId }) => deviceId),
    ...config.jt808.terminals.map(({ deviceId }) => deviceId),
  ]);
  const wanted = config.devices.filter(({ id }) => !numbered.has(id));
  return withData(
    values.data,
    io,
    (db) => {
      // Before anything is made: what is made can be written down.
      try {
        writeFileSync(file, '{}\n', { mode: 0o600, flag: 'wx' });
      } catch (error) {
        io.err(`${file}: cannot be made (${(error as NodeJS.ErrnoException).code}); it must be a new file`);
        return 1;
      }
      const devices = new DeviceStore(db, Date.now);
      const made: Record<string, string> = {};
      for (const { id, kind } of wanted) {
        try {
          made[id] = devices.add(id, kind).secret;
        } catch (error) {
          if (!(error instanceof DeviceExistsError)) throw error;
          io.err(error.message);
        }
      }
      writeFileSync(file, `${JSON.stringify(made, undefined, 1)}\n`);
      const count = Object.keys(made).length;
      io.out(`${count} secrets in ${file}; ${numbered.size} devices need none`);
      return count === wanted.length ? 0 : 1;
    },
    { mayCreate: true },
  );
}
