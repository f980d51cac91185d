import { SimulateUsageError } from './cli-io.ts';
import { Hj212Link } from './hj212-link.ts';
import type { LinkMaker } from './mqtt-player.ts';

/** What stations speak: an option of the command line. */
export type StationProtocol = 'mqtt' | 'hj212';

/** Reads an option that says what stations speak. */
export function stationProtocol(name: string, text: string): StationProtocol {
  if (text === 'mqtt' || text === 'hj212') return text;
  throw new SimulateUsageError(`--${name} takes mqtt or hj212, not ${text}`);
}

/** Connections of stations that speak HJ 212 to `HOST:PORT`; undefined where they speak MQTT, as all others do. */
export function stationLinks(protocol: StationProtocol, address: string): LinkMaker | undefined {
  const [, host = '', portText = ''] = /^(.+):(\d{1,5})$/.exec(address) ?? [];
  const port = Number(portText);
  if (host === '' || port < 1 || port > 65_535) {
    throw new SimulateUsageError(`--hj212 takes HOST:PORT such as 127.0.0.1:8212, not ${address}`);
  }
  if (protocol === 'mqtt') return undefined;
  return ({ deviceKind, deviceId }, common) =>
    deviceKind === 'dust' || deviceKind === 'noise'
      ? new Hj212Link({ host: host.replace(/^\[(.*)\]$/, '$1'), port, deviceId, ...common })
      : undefined;
}
