import type { AdmitOutcome, AdmitRequest, PendingParts } from '../api/parts.ts';
import type { Config } from '../config/config.ts';
import { isLoopback } from '../config/loopback.ts';
import { DeviceExistsError } from '../store/device-store.ts';
import type { PendingDevice } from '../store/pending-store.ts';
import type { Stores } from './stores.ts';

type AdmissionStores = Pick<Stores, 'db' | 'devices' | 'terminals' | 'stations' | 'pending'>;
type Outcome = AdmitOutcome;

interface AdmissionConfig {
  readonly jt808: Config['jt808'];
  readonly listen: Pick<Config['listen'], 'hj212'>;
}

/** The list of unknown devices, and what an operator does with them. */
export function createAdmission(config: AdmissionConfig, stores: AdmissionStores): PendingParts {
  const { db, devices, pending } = stores;
  const admitOne = db.transaction((id: number, request: AdmitRequest): Outcome => {
    const device = pending.get(id);
    if (device === undefined) return { ok: false, code: 'not-found', message: `nobody waits as ${id}` };
    if (request.place !== undefined && request.kind === 'truck')
      return invalid('place', 'is not for trucks: they move');
    const outcome = admitters[device.protocol](device, request, config, stores);
    if (!outcome.ok) return outcome;
    if (request.place !== undefined) devices.setPlace(outcome.id, request.place);
    pending.remove(id);
    return outcome;
  });
  return {
    list: (filter) => pending.list(filter),
    dismiss: (id) => pending.remove(id),
    admit: (id, request) => {
      // Gathered knocks go in a transaction of their own.
      pending.flush();
      try {
        return admitOne.immediate(id, request);
      } catch (error) {
        if (!(error instanceof DeviceExistsError)) throw error;
        return { ok: false, code: 'device-exists', message: error.message };
      }
    },
  };
}

type Admitter = (
  device: PendingDevice,
  request: AdmitRequest,
  config: AdmissionConfig,
  stores: AdmissionStores,
) => Outcome;

const admitters: Readonly<Record<PendingDevice['protocol'], Admitter>> = {
  mqtt: ({ identity }, request, _config, { devices }) => {
    const wrong = strayKey(request, []);
    if (wrong !== undefined) return wrong;
    if (request.id !== identity)
      return invalid('id', `over MQTT a device's id is its user name, ${identity}`);
    return { ok: true, id: identity, kind: request.kind, ...devices.add(identity, request.kind) };
  },
  jt808: ({ identity }, request, { jt808 }, { devices, terminals }) => {
    const { id, kind, profile } = request;
    const wrong = strayKey(request, ['profile']);
    if (wrong !== undefined) return wrong;
    if (kind !== 'truck') return invalid('kind', 'must be truck: trucks speak JT/T 808');
    if (profile !== undefined && !jt808.profiles.has(profile)) {
      return invalid('profile', `is none of ${[...jt808.profiles.keys()].join(', ')}`);
    }
    const isNew = devices.ensure(id, kind);
    const made = isNew ? devices.add(id, kind) : {};
    terminals.bind({ phone: identity, deviceId: id, ...(profile !== undefined && { profile }) });
    return { ok: true, id, kind, ...made };
  },
  hj212: ({ identity }, request, { listen }, { devices, stations }) => {
    const { id, kind, pw, particulateUnit } = request;
    const wrong = strayKey(request, ['pw', 'particulateUnit']);
    if (wrong !== undefined) return wrong;
    if (kind !== 'dust' && kind !== 'noise') {
      return invalid('kind', 'must be dust or noise: such stations speak HJ 212');
    }
    if (particulateUnit === undefined) {
      return invalid('particulateUnit', 'is needed: what the station gives particulates in');
    }
    if (pw === undefined && listen.hj212 !== undefined && !isLoopback(listen.hj212.host)) {
      return invalid('pw', `is needed: ${listen.hj212.host} is not loopback`);
    }
    devices.ensure(id, kind);
    stations.bind({ mn: identity, deviceId: id, particulateUnit, ...(pw !== undefined && { pw }) });
    return { ok: true, id, kind };
  },
};

/** Refuses a key that says nothing in the device's protocol, rather than to forget it silently. */
function strayKey(request: AdmitRequest, taken: readonly (keyof AdmitRequest)[]): Outcome | undefined {
  const key = (['profile', 'pw', 'particulateUnit'] as const).find(
    (name) => request[name] !== undefined && !taken.includes(name),
  );
  return key && invalid(key, "is not of this device's protocol");
}

function invalid(key: string, message: string): Outcome {
  return { ok: false, code: 'invalid-request', key, message };
}
