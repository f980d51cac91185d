import { dirname, resolve } from 'node:path';
import type { Static, TSchema } from 'typebox';
import { CatalogueFile, catalogueProblems } from '../domain/catalogue.ts';
import type { RingLimits } from '../domain/ring.ts';
import { checkRules } from '../domain/rule-check.ts';
import { TruckProfilesFile } from '../domain/truck-profile.ts';
import { type Problem, readYamlFile, type YamlFile } from '../runtime/yaml-file.ts';
import { bearingsOf, readCameras, toJudging } from './cameras.ts';
import type { Config, FocusConfig } from './config.ts';
import { readDevices } from './devices.ts';
import { externalProblems, toExternalMqtt } from './external-mqtt.ts';
import { readHj212 } from './hj212.ts';
import { readJt808 } from './jt808.ts';
import { listenProblems, tlsPaths } from './listen.ts';
import { RoutesFile, readRoutes } from './routes.ts';
import { RulesOutline, readRules } from './rules.ts';
import { ConfigFile, ZonesFile } from './schema.ts';
import { shadowProblems } from './shadows.ts';
import { readZones } from './zones.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The configuration, or every problem found in it and the files that it names. */
export type LoadedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads the configuration and the files that it names. Relative paths start at the configuration's folder. */
export function loadConfig(file: string, env: Env): LoadedConfig {
  const problems: Problem[] = [];
  const read = <S extends TSchema>(path: string, schema: S): YamlFile<Static<S>> | undefined => {
    const result = readYamlFile(path, schema, env);
    if (result.ok) return result.yaml;
    problems.push(...result.problems);
    return undefined;
  };

  const main = read(file, ConfigFile);
  if (main === undefined) return { ok: false, problems };
  const beside = (path: string): string => resolve(dirname(file), path);
  const { value } = main;
  const zonesYaml = value.zones === undefined ? undefined : read(beside(value.zones), ZonesFile);
  const routesYaml = value.routes === undefined ? undefined : read(beside(value.routes), RoutesFile);
  const rulesYaml = read(beside(value.rules), RulesOutline);
  const { profiles } = value.jt808;
  const profilesYaml = profiles === undefined ? undefined : read(beside(profiles), TruckProfilesFile);
  const catalogueYaml = read(beside(value.catalogue.file), CatalogueFile);

  const cameras = readCameras(main);
  const devices = readDevices(main);
  const hj212 = readHj212(main);
  const zones = zonesYaml === undefined ? { zones: [], problems: [] } : readZones(zonesYaml);
  const routes = routesYaml === undefined ? { routes: [], problems: [] } : readRoutes(routesYaml);
  const { jt808, problems: jt808Problems } = readJt808(main, profilesYaml);
  problems.push(
    ...cameras.problems,
    ...devices.problems,
    ...hj212.problems,
    ...zones.problems,
    ...routes.problems,
  );
  problems.push(...checkMain(main), ...listenProblems(main), ...externalProblems(main), ...jt808Problems);
  problems.push(...fusionProblems(main), ...shadowProblems(main));
  const rules = rulesYaml === undefined ? { rules: [], problems: [] } : readRules(rulesYaml);
  problems.push(...rules.problems);
  // A rule that is not read right has no place in the list, so the others' positions would be off.
  if (rulesYaml !== undefined && rules.problems.length === 0) {
    const world = {
      cameraZones: cameras.cameraZones,
      mapZones: zones.zones,
      routes: routes.routes,
      devices: devices.devices,
      timeZone: value.time_zone,
    };
    for (const { path, message } of checkRules(rules.rules, world)) {
      problems.push(rulesYaml.problem(path, message));
    }
  }
  if (catalogueYaml !== undefined) {
    for (const { path, message } of catalogueProblems(catalogueYaml.value, value.catalogue.scheme)) {
      problems.push(catalogueYaml.problem(path, message));
    }
  }
  if (problems.length > 0 || rulesYaml === undefined || catalogueYaml === undefined) {
    return { ok: false, problems };
  }
  const config: Config = {
    name: value.name,
    timeZone: value.time_zone,
    logLevel: value.log_level,
    listen: value.listen,
    ...(value.tls === undefined ? {} : { tls: tlsPaths(value.tls, beside) }),
    ...(value.external_mqtt === undefined
      ? {}
      : { externalMqtt: toExternalMqtt(value.external_mqtt, value.name, beside) }),
    ...(value.open_mqtt === undefined ? {} : { openMqtt: value.open_mqtt }),
    limits: value.limits,
    journal: value.journal,
    series: value.series,
    coverage: value.coverage,
    vision: {
      modelsDir: beside(value.vision.models_dir),
      workers: value.vision.workers,
      threads: value.vision.threads,
      models: value.vision.models,
      shadows: value.vision.shadow,
      allowFiles: value.vision.allow_files,
      refresh_ms: Math.round(value.vision.refresh_s * 1000),
      clockCheck_ms: Math.round(value.vision.clock_check_s * 1000),
      ...(value.vision.ring.seconds === 0 ? {} : { ring: ringLimits(value.vision.ring) }),
      goneWait_ms: value.vision.gone_wait_s * 1000,
      ...(value.vision.focus.enabled ? { focus: focusConfig(value.vision.focus) } : {}),
    },
    ...(value.privacy.blur === undefined ? {} : { blur: value.privacy.blur }),
    devices: devices.devices,
    hj212Stations: hj212.stations,
    cameras: cameras.cameras,
    judgingOf: new Map(value.cameras.map((camera) => [camera.id, toJudging(camera)])),
    onvifOf: cameras.onvifOf,
    bearingOf: bearingsOf(value.cameras),
    cameraZones: cameras.cameraZones,
    mapZones: zones.zones,
    routes: routes.routes,
    jt808,
    rules: rules.rules,
    fusion: value.fusion,
    catalogue: catalogueYaml.value,
    scheme: value.catalogue.scheme,
    ...(value.influxdb === undefined ? {} : { influxdb: value.influxdb }),
  };
  return { ok: true, config };
}

const SEGMENT_MS = 2000;
const MB = 1024 * 1024;

function ringLimits({ seconds, mb_max, held_mb_max }: ConfigFile['vision']['ring']): RingLimits {
  const bounds = { bytes_max: mb_max * MB, held_bytes_max: held_mb_max * MB };
  return { ring_ms: seconds * 1000, segment_ms: SEGMENT_MS, ...bounds };
}

function focusConfig(focus: ConfigFile['vision']['focus']): FocusConfig {
  const { before_s, after_s, fps, holds_max, hold_s, concurrent, waiting_max, wait_s, budget_s } = focus;
  const bounds = { holds_max, concurrent, waiting_max };
  return {
    before_ms: before_s * 1000,
    after_ms: after_s * 1000,
    every_ms: fps === 0 ? 0 : 1000 / fps,
    hold_ms: hold_s * 1000,
    wait_ms: wait_s * 1000,
    budget_ms: budget_s * 1000,
    ...bounds,
  };
}

function fusionProblems(main: YamlFile<ConfigFile>): Problem[] {
  return main.value.fusion.flatMap(({ type, modalities }, index) => {
    const path = ['fusion', index];
    if (main.value.fusion.findIndex((other) => other.type === type) < index)
      return [main.problem([...path, 'type'], `type ${type} twice`)];
    if (new Set(modalities).size < modalities.length)
      return [main.problem([...path, 'modalities'], 'a sense is named twice')];
    return [];
  });
}

function checkMain(main: YamlFile<ConfigFile>): Problem[] {
  try {
    new Intl.DateTimeFormat('en', { timeZone: main.value.time_zone });
    return [];
  } catch {
    return [
      main.problem(['time_zone'], `${main.value.time_zone} is no IANA time zone, such as Asia/Shanghai`),
    ];
  }
}
