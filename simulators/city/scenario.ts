import { dirname, resolve } from 'node:path';

import type { Device } from '../../src/domain/device.ts';
import type { DailyHours, RoadClass } from '../../src/domain/zone.ts';
import { type Problem, readYamlFile, type YamlFile } from '../../src/runtime/yaml-file.ts';
import type { LonLat, Metres } from '../plane.ts';
import { buildRoadMap, type RoadMap } from '../roads.ts';
import { ScenarioFile, ScenarioZones } from './scenario-file.ts';

/** A zone of the map on the scenario's plane. */
export interface ScenarioZone {
  readonly id: string;
  readonly kind: string;
  readonly roadClass?: RoadClass;
  readonly hours?: readonly DailyHours[];
  readonly ring: readonly Metres[];
}

/** A scenario that was read and fits together. */
export interface Scenario {
  readonly file: ScenarioFile;
  readonly map: RoadMap;
  readonly zones: readonly ScenarioZone[];
  /** Position of a place, or the middle of a zone. */
  locate(name: string): LonLat;
  /** The road node at a place, or the one deepest inside a zone. */
  node(name: string): number;
  /** Path of a file that the scenario names. */
  resolve(path: string): string;
}

export type ScenarioResult =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A place farther from every road cannot be driven to. */
const REACH_M = 30;

/** Reads a scenario and the zones that it refers to; every problem names file, key and line. */
export function loadScenario(path: string): ScenarioResult {
  const read = readYamlFile(path, ScenarioFile, {});
  if (!read.ok) return read;
  const { yaml } = read;
  const zonesPath = resolve(dirname(path), yaml.value.map.zones);
  const zones = readYamlFile(zonesPath, ScenarioZones, {});
  if (!zones.ok) return zones;
  const { roads, lights, places } = yaml.value.map;
  const map = buildRoadMap(roads, lights, Object.values(places));
  const points = new Map<string, LonLat>(Object.entries(places));
  for (const { properties, geometry } of zones.yaml.value.features) {
    points.set(properties.id, middleOf(geometry.coordinates[0] ?? []));
  }
  const locate = (name: string): LonLat => points.get(name) ?? [0, 0];
  const scenario: Scenario = {
    file: yaml.value,
    map,
    zones: zones.yaml.value.features.map(({ properties: { id, kind, road_class, hours }, geometry }) => ({
      id,
      kind,
      ring: (geometry.coordinates[0] ?? []).map((point) => map.plane.toMetres(point)),
      ...(road_class === undefined ? {} : { roadClass: road_class }),
      ...(hours === undefined ? {} : { hours }),
    })),
    locate,
    node: (name) => map.nearest(map.plane.toMetres(locate(name))).node,
    resolve: (file) => resolve(dirname(path), file),
  };
  const problems = checkScenario(yaml, scenario, points);
  return problems.length === 0 ? { ok: true, scenario } : { ok: false, problems };
}

/** The devices of a scenario as a gateway registers them. */
export function scenarioDevices({ file }: Scenario): Device[] {
  const fixed = [
    ...file.cameras.map((camera) => ({ kind: 'camera' as const, ...camera })),
    ...file.stations.list,
  ].map(
    ({ id, kind, name, at: [lon, lat] }): Device => ({
      id,
      kind,
      lon,
      lat,
      ...(name === undefined ? {} : { name }),
    }),
  );
  const trucks = file.trucks.fleet.map(
    ({ id, plate }): Device => ({ id, kind: 'truck', ...(plate === undefined ? {} : { plate }) }),
  );
  return [...fixed, ...trucks];
}

function checkScenario(
  yaml: YamlFile<ScenarioFile>,
  scenario: Scenario,
  points: ReadonlyMap<string, LonLat>,
): Problem[] {
  const { cameras, trucks, stations, script } = yaml.value;
  const problems: Problem[] = [];
  const say = (path: (string | number)[], message: string): void => {
    problems.push(yaml.problem(path, message));
  };
  const known = (path: (string | number)[], name: string): boolean => {
    if (!points.has(name)) say(path, `no place or zone is called ${name}`);
    return points.has(name);
  };
  const reachable = (path: (string | number)[], name: string, from?: string): void => {
    if (!known(path, name) || (from !== undefined && !points.has(from))) return;
    const { map } = scenario;
    const away_m = map.nearest(map.plane.toMetres(scenario.locate(name))).distance_m;
    if (away_m > REACH_M) say(path, `${name} is ${Math.round(away_m)} m from the nearest road`);
    else if (from !== undefined && map.route(scenario.node(from), scenario.node(name)) === undefined) {
      say(path, `no road leads from ${from} to ${name}`);
    }
  };
  const ids = new Set<string>();
  const unique = (path: (string | number)[], id: string): void => {
    if (ids.has(id)) say(path, `device ${id} is defined twice`);
    ids.add(id);
  };
  for (const [index, camera] of cameras.entries()) {
    const path = ['cameras', index];
    unique([...path, 'id'], camera.id);
    if ((camera.path === undefined) !== (camera.file === undefined))
      say([...path, camera.path === undefined ? 'file' : 'path'], 'path and file belong together');
    if (camera.path === undefined && camera.pole === undefined)
      say(path, 'a camera needs a pole from which it sees, or path and file of a film');
  }
  for (const [index, station] of stations.list.entries())
    unique(['stations', 'list', index, 'id'], station.id);
  for (const [index, truck] of trucks.fleet.entries()) {
    const path = ['trucks', 'fleet', index];
    unique([...path, 'id'], truck.id);
    reachable([...path, 'start'], truck.start);
    reachable([...path, 'site'], truck.site, truck.start);
    reachable([...path, 'disposal'], truck.disposal, truck.start);
  }
  for (const [index, { place }] of yaml.value.sites.entries()) known(['sites', index, 'place'], place);
  for (const [index, entry] of script.entries()) {
    const device = 'truck' in entry ? entry.truck : 'device' in entry ? entry.device : undefined;
    const path = ['script', index];
    if (device !== undefined && !ids.has(device))
      say([...path, 'truck' in entry ? 'truck' : 'device'], `no device is called ${device}`);
    if (entry.kind === 'lens' && !cameras.some(({ id }) => id === entry.camera))
      say([...path, 'camera'], `no camera is called ${entry.camera}`);
    if ('where' in entry) {
      known([...path, 'where', 'at'], entry.where.at);
      if (!yaml.value.map.roads.some(({ id }) => id === entry.where.road))
        say([...path, 'where', 'road'], `no road is called ${entry.where.road}`);
    }
    if (entry.kind === 'sensor-fault' && !stations.list.some(({ id }) => id === entry.device))
      say([...path, 'device'], `no station is called ${entry.device}`);
    if (!('place' in entry)) continue;
    if ('truck' in entry) reachable([...path, 'place'], entry.place, trucks.fleet[0]?.start);
    else known([...path, 'place'], entry.place);
  }
  return problems;
}

/** Middle of an outline's bounding box, which lies inside the simple shapes of a site. */
function middleOf(ring: readonly LonLat[]): LonLat {
  const lons = ring.map(([lon]) => lon);
  const lats = ring.map(([, lat]) => lat);
  return [(Math.min(...lons) + Math.max(...lons)) / 2, (Math.min(...lats) + Math.max(...lats)) / 2];
}
