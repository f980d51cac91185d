import { DEVICE_KINDS, isDeviceId, isDeviceKind } from '../domain/device.ts';
import { isoTime } from '../domain/time.ts';
import { DeviceExistsError, DeviceStore } from '../store/device-store.ts';
import { type CliIo, type ExitCode, UsageError } from './io.ts';
import { DATA_OPTION, readArgs } from './options.ts';
import { withData } from './with-data.ts';

/** `xuncheng device add ID --kind KIND | list | revoke ID`; works beside a running gateway. */
export async function deviceCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const [action, ...rest] = args;
  if (action === 'add') {
    const { values, positionals } = readArgs(rest, { ...DATA_OPTION, kind: { type: 'string' } }, 1);
    const [id = ''] = positionals;
    const kind = values.kind ?? '';
    if (!isDeviceKind(kind)) throw new UsageError(`--kind must be one of ${DEVICE_KINDS.join(', ')}`);
    if (!isDeviceId(id))
      throw new UsageError(`${id} is no device id (letters, digits, - _ . and at most 64 of them)`);
    return withData(values.data, io, (db) => addDevice(new DeviceStore(db, Date.now), id, kind, io), {
      mayCreate: true,
    });
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
  throw new UsageError('device add ID --kind KIND | device list | device revoke ID');
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
