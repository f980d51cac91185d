import type { Config } from '../config/config.ts';
import { isLoopback } from '../config/loopback.ts';
import type { Hj212Station } from '../domain/hj212-station.ts';
import type { Observation } from '../domain/observation.ts';
import { Hj212Listener } from '../ingest/hj212-listener.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Stores } from './stores.ts';

interface Hj212Parts {
  readonly config: Config;
  readonly stores: Pick<Stores, 'devices' | 'quarantine' | 'stations' | 'pending'>;
  readonly accept: (observations: readonly Observation[]) => Promise<void>;
  readonly heard: (deviceId: string, at_ms: number) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** The listener for stations that speak HJ 212, not started yet; undefined where the configuration has none. */
export function createHj212({
  config,
  stores,
  accept,
  heard,
  clock,
  log,
}: Hj212Parts): Hj212Listener | undefined {
  const { hj212: listen } = config.listen;
  if (listen === undefined) return undefined;
  const { devices, quarantine, pending } = stores;
  const byMn = new Map(config.hj212Stations.map((station) => [station.mn, station]));
  return new Hj212Listener({
    listen,
    limits: {
      connections_max: config.limits.hj212_connections_max,
      idle_timeout_ms: listen.idle_timeout_s * 1000,
    },
    stationOf: (mn) => byMn.get(mn) ?? admittedStation(stores, mn, isLoopback(listen.host)),
    onUnknownDevice: (station) => pending.note(station),
    revoked: () => devices.revokedIds(),
    accept,
    quarantine: (item) => quarantine.add(item),
    onDeviceSeen: heard,
    clock,
    log,
  });
}

/** A station that an operator has admitted; read every time, since that may be a moment ago. */
function admittedStation(
  { stations, devices }: Pick<Stores, 'stations' | 'devices'>,
  mn: string,
  isPrivate: boolean,
) {
  const station = stations.find(mn);
  const kind = station && devices.get(station.deviceId)?.kind;
  if (station === undefined || (kind !== 'dust' && kind !== 'noise')) return undefined;
  // Without a password, as on loopback: who else could reach the listener since must not be believed.
  if (station.pw === undefined && !isPrivate) return undefined;
  return { ...station, deviceKind: kind } satisfies Hj212Station;
}
