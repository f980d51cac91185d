import { createPlane } from '../plane.ts';
import { createRandom, deriveSeed } from '../random.ts';
import type { Scenario } from './scenario.ts';

/** A scenario's streets with a fleet of `count` trucks in place of its own; nothing scripted happens. */
export function withFleet(scenario: Scenario, count: number, seed: number): Scenario {
  const { file } = scenario;
  const sites = [...new Set(file.trucks.fleet.map(({ site }) => site))];
  const disposals = [...new Set(file.trucks.fleet.map(({ disposal }) => disposal))];
  const starts = [...new Set(file.trucks.fleet.map(({ start }) => start))];
  const random = createRandom(deriveSeed(seed, 'fleet'));
  const pick = (names: readonly string[]): string => names[Math.floor(random.next() * names.length)] ?? '';
  const fleet = Array.from({ length: count }, (_none, index) => ({
    id: numbered('sim-truck', index),
    start: pick(starts),
    site: pick(sites),
    disposal: pick(disposals),
    load: random.next() < 0.5 ? ('full' as const) : ('empty' as const),
    depart_s: Math.floor(random.between(0, 300)),
    phase: phaseOf(index),
  }));
  const stations = { ...file.stations, list: [] };
  return {
    ...scenario,
    file: { ...file, cameras: [], stations, script: [], trucks: { ...file.trucks, fleet } },
  };
}

/** A scenario's city with generated stations, one in `noiseEvery` of them for noise; nothing scripted happens. */
export function withStations(
  scenario: Scenario,
  counts: { dust: number; noise: number },
  seed: number,
): Scenario {
  const { file, map } = scenario;
  const random = createRandom(deriveSeed(seed, 'stations'));
  const plane = createPlane(file.map.roads[0]?.line[0] ?? [0, 0]);
  const place = (): [number, number] => {
    const [x, y] = map.nodes[Math.floor(random.next() * map.nodes.length)]?.at ?? [0, 0];
    const [lon, lat] = plane.toLonLat([x + random.between(8, 20), y + random.between(8, 20)]);
    return [lon, lat];
  };
  const make = (kind: 'dust' | 'noise', count: number) =>
    Array.from({ length: count }, (_none, index) => ({
      id: numbered(`sim-${kind}`, index),
      kind,
      at: place(),
      base: kind === 'dust' ? random.between(35, 60) : random.between(46, 56),
      phase: phaseOf(index),
    }));
  const list = [...make('dust', counts.dust), ...make('noise', counts.noise)];
  const trucks = { ...file.trucks, fleet: [] };
  return {
    ...scenario,
    file: { ...file, cameras: [], trucks, script: [], stations: { ...file.stations, list } },
  };
}

/** Devices of a generated fleet report one after the other, not all in the same second: multiples of the golden ratio. */
function phaseOf(index: number): number {
  return (index * 0.618_033_988_749_895) % 1;
}

function numbered(prefix: string, index: number): string {
  return `${prefix}-${String(index + 1).padStart(5, '0')}`;
}
