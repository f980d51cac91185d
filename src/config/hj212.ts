import type { Hj212Station } from '../domain/hj212-station.ts';
import type { Problem, YamlFile } from '../runtime/yaml-file.ts';
import { isLoopback } from './loopback.ts';
import type { ConfigFile } from './schema.ts';

/** The stations that speak HJ 212, and what is wrong with how they are described. */
export function readHj212(yaml: YamlFile<ConfigFile>): { stations: Hj212Station[]; problems: Problem[] } {
  const { devices, listen } = yaml.value;
  const isExposed = listen.hj212 !== undefined && !isLoopback(listen.hj212.host);
  const stations: Hj212Station[] = [];
  const problems: Problem[] = [];
  const seen = new Map<string, string>();
  devices.forEach(({ id, kind, hj212 }, index) => {
    if (hj212 === undefined) return;
    const path = ['devices', index, 'hj212'];
    const mn = hj212.mn.toUpperCase();
    const other = seen.get(mn);
    if (other !== undefined)
      problems.push(yaml.problem([...path, 'mn'], `MN ${mn} is that of ${other} already`));
    seen.set(mn, id);
    if (kind !== 'dust' && kind !== 'noise') {
      problems.push(yaml.problem(path, `a ${kind} does not speak HJ 212: dust and noise stations do`));
      return;
    }
    if (hj212.pw === undefined && isExposed) {
      const why = `${listen.hj212?.host} is not loopback: who sends must show a password`;
      problems.push(yaml.problem(path, `pw is missing, and listen.hj212.host ${why}`));
    }
    stations.push({
      deviceId: id,
      deviceKind: kind,
      mn,
      ...(hj212.pw !== undefined && { pw: hj212.pw }),
      particulateUnit: hj212.particulate_unit,
    });
  });
  return { stations, problems };
}
