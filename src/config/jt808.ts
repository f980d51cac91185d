import type { Static } from 'typebox';
import { type Jt808Terminal, trimPhone } from '../domain/jt808-terminal.ts';
import {
  STANDARD_TRUCK_PROFILE,
  type TruckProfile,
  type TruckProfilesFile,
} from '../domain/truck-profile.ts';
import type { Problem, YamlFile } from '../runtime/yaml-file.ts';
import { isLoopback } from './loopback.ts';
import type { ConfigFile } from './schema.ts';

/** Trucks that speak JT/T 808, and what their terminals' bits mean. */
export interface Jt808Config {
  readonly terminals: readonly Jt808Terminal[];
  /** By id; `standard` is always there. */
  readonly profiles: ReadonlyMap<string, TruckProfile>;
}

/** The terminals and profiles of the files, and what is wrong with them. */
export function readJt808(
  yaml: YamlFile<ConfigFile>,
  profilesYaml: YamlFile<Static<typeof TruckProfilesFile>> | undefined,
): { jt808: Jt808Config; problems: Problem[] } {
  const problems = exposureProblems(yaml);
  const profiles = new Map([[STANDARD_TRUCK_PROFILE.id, STANDARD_TRUCK_PROFILE]]);
  profilesYaml?.value.forEach((profile, index) => {
    if (profiles.has(profile.id)) {
      problems.push(profilesYaml.problem([index, 'id'], `profile ${profile.id} is there already`));
    }
    profiles.set(profile.id, profile);
  });
  const terminals: Jt808Terminal[] = [];
  const owners = new Map<string, string>();
  yaml.value.devices.forEach(({ id, kind, jt808 }, index) => {
    if (jt808 === undefined) return;
    const path = ['devices', index, 'jt808'];
    if (kind !== 'truck') problems.push(yaml.problem(path, `a ${kind} does not speak JT/T 808: trucks do`));
    const phone = trimPhone(jt808.phone);
    if (phone === '') problems.push(yaml.problem([...path, 'phone'], 'zeros alone are no number'));
    const other = owners.get(phone);
    if (other !== undefined) {
      problems.push(yaml.problem([...path, 'phone'], `${jt808.phone} is the number of ${other} already`));
    }
    owners.set(phone, id);
    const { profile, terminal_id } = jt808;
    if (profile !== undefined && profilesYaml !== undefined && !profiles.has(profile)) {
      const known = [...profiles.keys()].join(', ');
      problems.push(yaml.problem([...path, 'profile'], `no profile ${profile}; there are ${known}`));
    } else if (profile !== undefined && !profiles.has(profile)) {
      problems.push(
        yaml.problem([...path, 'profile'], `no profile ${profile}: jt808.profiles names no file`),
      );
    }
    terminals.push({
      phone,
      deviceId: id,
      ...(profile !== undefined && { profile }),
      ...(terminal_id !== undefined && { terminalId: terminal_id }),
    });
  });
  return { jt808: { terminals, profiles }, problems };
}

/** A listener that others can reach asks for authentication. */
function exposureProblems(yaml: YamlFile<ConfigFile>): Problem[] {
  const { jt808: listen } = yaml.value.listen;
  if (listen === undefined || listen.authenticate || isLoopback(listen.host)) return [];
  const message = `must be true: ${listen.host} is not loopback, and whoever reaches it could speak for any truck`;
  return [yaml.problem(['listen', 'jt808', 'authenticate'], message)];
}
