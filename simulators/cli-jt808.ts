import { STANDARD_TRUCK_PROFILE, type TruckProfile, TruckProfilesFile } from '../src/domain/truck-profile.ts';
import { problemText, readYamlFile } from '../src/runtime/yaml-file.ts';
import { beside } from './beside.ts';
import { numberOption, SimulateUsageError } from './cli-io.ts';
import type { Jt808Target } from './jt808-link.ts';

/** Options of every simulator whose trucks can speak JT/T 808. */
export const JT808_OPTIONS = {
  jt808: { type: 'string', default: '127.0.0.1:8808' },
  edition: { type: 'string', default: '2019' },
  profile: { type: 'string', default: 'status-high-bits' },
} as const;

/** Where trucks go over JT/T 808, or undefined where `protocol` says that they stay with MQTT. */
export function jt808Target(
  option: 'protocol' | 'trucks',
  protocol: string,
  values: { readonly jt808: string; readonly edition: string; readonly profile: string },
): Jt808Target | undefined {
  if (protocol === 'mqtt') return undefined;
  if (protocol !== 'jt808') throw new SimulateUsageError(`--${option} takes mqtt or jt808, not ${protocol}`);
  const [, host, port] = /^(?:tcp:\/\/)?(.+):(\d+)$/.exec(values.jt808) ?? [];
  if (host === undefined || port === undefined) {
    throw new SimulateUsageError('--jt808 takes HOST:PORT, such as 127.0.0.1:8808');
  }
  const { edition } = values;
  if (edition !== '2013' && edition !== '2019') throw new SimulateUsageError('--edition takes 2013 or 2019');
  return {
    host,
    port: numberOption('jt808', port, { min: 1, max: 65_535, integer: true }),
    edition,
    profile: profileOf(values.profile),
  };
}

/** One of the profiles that come with the gateway. */
function profileOf(id: string): TruckProfile {
  if (id === STANDARD_TRUCK_PROFILE.id) return STANDARD_TRUCK_PROFILE;
  const read = readYamlFile(beside('config/jt808-profiles.yaml'), TruckProfilesFile, {});
  if (!read.ok) throw new Error(read.problems.map(problemText).join('\n'));
  const profile = read.yaml.value.find((one) => one.id === id);
  if (profile !== undefined) return profile;
  const known = [STANDARD_TRUCK_PROFILE, ...read.yaml.value].map((one) => one.id).join(', ');
  throw new SimulateUsageError(`--profile: no ${id}; there are ${known}`);
}
