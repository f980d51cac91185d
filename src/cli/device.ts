import { DEVICE_KINDS, type DeviceKind, isDeviceId, isDeviceKind } from '../domain/device.ts';
import { type Jt808Terminal, trimPhone } from '../domain/jt808-terminal.ts';
import { isoTime } from '../domain/time.ts';
import { DeviceExistsError, DeviceStore } from '../store/device-store.ts';
import { TerminalStore } from '../store/terminal-store.ts';
import { addFleet } from './device-fleet.ts';
import { type CliIo, type ExitCode, UsageError } from './io.ts';
import { DATA_OPTION, readArgs } from './options.ts';
import { withData } from './with-data.ts';

const ADD_OPTIONS = {
  kind: { type: 'string' },
  phone: { type: 'string' },
  profile: { type: 'string' },
} as const;

/** `xuncheng device add ID --kind KIND [--phone NUMBER] [--profile NAME] | list | revoke ID`; works beside a running gateway. */
export async function deviceCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const [action, ...rest] = args;
  if (action === 'add') {
    if (rest.some((word) => /^--from\b/.test(word))) return addFleet(rest, io);
    const { values, positionals } = readArgs(rest, { ...DATA_OPTION, ...ADD_OPTIONS }, 1);
    const [id = ''] = positionals;
    const kind = values.kind ?? '';
    if (!isDeviceKind(kind)) throw new UsageError(`--kind must be one of ${DEVICE_KINDS.join(', ')}`);
    if (!isDeviceId(id))
      throw new UsageError(`${id} is no device id (letters, digits, - _ . and at most 64 of them)`);
    const terminal = terminalOf(id, kind, values.phone, values.profile);
    return withData(
      values.data,
      io,
      async (db) => {
        const code = await addDevice(new DeviceStore(db, Date.now), id, kind, io);
        if (code === 0 && terminal !== undefined) new TerminalStore(db).bind(terminal);
        return code;
      },
      { mayCreate: true },
    );
  }
  if (action === 'list') {
    const { values } = readArgs(rest, DATA_OPTION, 0);
    return withData(values.data, io, (db) => {
      for (const device of new DeviceStore(db, Date.now).list()) {
        const seen =
          device.lastSeen_ms === undefined ? 'never seen' : `last seen ${isoTime(device.lastSeen_ms)}`;
        io.out(`${device.id}\t${device.kind}\t${device.revoked ? 'revoked' : 'active'}\t${seen}`);
      }
      return 0;
    });
  }
  if (action === 'revoke') {
    const { values, positionals } = readArgs(rest, DATA_OPTION, 1);
    const [id = ''] = positionals;
    return withData(values.data, io, (db) => {
      if (new DeviceStore(db, Date.now).revoke(id)) {
        io.out(`${id} revoked`);
        return 0;
      }
      io.err(`no device ${id}`);
      return 1;
    });
  }
  throw new UsageError(
    'device add ID --kind KIND [--phone NUMBER] | device add --from CONFIG --secrets FILE | device list | device revoke ID',
  );
}

/** The JT/T 808 terminal that the options name, if they do. */
function terminalOf(
  deviceId: string,
  kind: DeviceKind,
  given: string | undefined,
  profile: string | undefined,
): Jt808Terminal | undefined {
  if (given === undefined) {
    if (profile !== undefined) throw new UsageError('--profile needs --phone');
    return undefined;
  }
  const phone = trimPhone(given);
  if (!/^\d{1,20}$/.test(given) || phone === '') throw new UsageError('--phone takes up to 20 digits');
  if (kind !== 'truck') throw new UsageError('--phone is for trucks: they speak JT/T 808');
  return { phone, deviceId, ...(profile !== undefined && { profile }) };
}

async function addDevice(
  devices: DeviceStore,
  id: string,
  kind: Parameters<DeviceStore['add']>[1],
  io: CliIo,
): Promise<ExitCode> {
  try {
    const { secret } = await devices.add(id, kind);
    io.out(`device ${id} (${kind})`);
    io.out(`secret ${secret}`);
    io.out('The secret is shown this once: user name is the device id, password the secret.');
    return 0;
  } catch (error) {
    if (!(error instanceof DeviceExistsError)) throw error;
    io.err(error.message);
    return 1;
  }
}
