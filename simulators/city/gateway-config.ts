import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { stringify } from 'yaml';
import { simulatedStation } from '../hj212-identity.ts';
import type { Jt808Target } from '../jt808-link.ts';
import { phoneOf } from '../jt808-phones.ts';
import { pictureRegions } from './life/picture-regions.ts';
import { pictureZones } from './life/picture-zones.ts';
import { type Scenario, scenarioDevices } from './scenario.ts';
import { routesFile, routesText } from './truck-routes.ts';

/** Where a scenario's gateway gets what the scenario does not say. */
export interface GatewayConfigOptions {
  /** Folder that is written. */
  readonly dir: string;
  /** The project's `config` folder, whose rules and code table are copied. */
  readonly reference: string;
  /** Detectors of every camera, by name, and where they lie. */
  readonly models: readonly string[];
  readonly modelsDir: string;
  /** Address under which `simulate city` and `simulate recording` serve the cameras. */
  readonly cameras: { readonly host: string; readonly port: number };
  /** Where its trucks go over JT/T 808, if they do. */
  readonly jt808?: Jt808Target;
  /** What its stations speak; over HJ 212 they need an identity in the configuration. */
  readonly stations?: 'mqtt' | 'hj212';
}

/** Seconds between two frames that are judged: a minute's dwell needs several looks. */
const PATROL_S = 5;
/** Detectors that look for what is small in a picture, with an input smaller than the picture. */
const CLOSE_LOOKERS: ReadonlySet<string> = new Set(['garbage']);
const PROFILES = 'jt808-profiles.yaml';

/**
 * Writes the configuration of a gateway that rehearses with a scenario: its devices, routes, cameras and their zones, with copies of
 * the rules and the code table to be changed at will. Gives the path of `xuncheng.yaml`.
 */
export async function writeGatewayConfig(scenario: Scenario, options: GatewayConfigOptions): Promise<string> {
  const { dir, reference } = options;
  await mkdir(dir, { recursive: true });
  const names = ['rules.yaml', 'catalogue.yaml', ...(options.jt808 === undefined ? [] : [PROFILES])];
  for (const name of names) await copyFile(join(reference, name), join(dir, name));
  await copyFile(scenario.resolve(scenario.file.map.zones), join(dir, 'zones.geojson'));
  await writeFile(join(dir, 'routes.geojson'), routesText(routesFile(scenario)));
  const path = join(dir, 'xuncheng.yaml');
  const head = `# A gateway for rehearsals with the scenario ${scenario.file.name}. Every key is explained in config/xuncheng.yaml.\n`;
  await writeFile(
    path,
    head + stringify(configOf(scenario, options), { lineWidth: 0, flowCollectionPadding: false }),
  );
  return path;
}

function configOf(scenario: Scenario, options: GatewayConfigOptions) {
  const { dir, models, modelsDir, cameras, jt808, stations } = options;
  const isHj212 = stations === 'hj212';
  const zonesOf = new Map(pictureZones(scenario).map((view) => [view.id, view.zones]));
  const place = new Map(
    scenario.file.cameras.map(({ id, at, path }) => [id, { at, path: path ?? `/${id}` }]),
  );
  return {
    name: scenario.file.name,
    ...((isHj212 || jt808 !== undefined) && {
      listen: {
        ...(jt808 !== undefined && { jt808: { host: jt808.host, port: jt808.port } }),
        ...(isHj212 && { hj212: {} }),
      },
    }),
    ...(jt808 !== undefined && { jt808: { profiles: PROFILES } }),
    zones: 'zones.geojson',
    routes: 'routes.geojson',
    rules: 'rules.yaml',
    catalogue: { file: 'catalogue.yaml' },
    vision: { models_dir: relative(resolve(dir), resolve(modelsDir)) },
    devices: scenarioDevices(scenario)
      .filter(({ kind }) => kind !== 'camera')
      .map((device) => {
        if (device.kind !== 'truck') return isHj212 ? { ...device, ...hj212Of(device.id) } : device;
        if (jt808 === undefined) return device;
        return { ...device, jt808: { phone: phoneOf(device.id), profile: jt808.profile.id } };
      }),
    cameras: scenarioDevices(scenario)
      .filter(({ kind }) => kind === 'camera')
      .map(({ id, name, lon, lat }) => {
        const zones = zonesOf.get(id) ?? [];
        const regions = pictureRegions(zones);
        const looksClosely = models.filter((model) => CLOSE_LOOKERS.has(model));
        return {
          id,
          ...(name === undefined ? {} : { name }),
          url: `rtsp://${cameras.host}:${cameras.port}${place.get(id)?.path ?? ''}`,
          patrol_interval_s: PATROL_S,
          models: [...models],
          ...(regions.length > 0 &&
            looksClosely.length > 0 && {
              regions: Object.fromEntries(looksClosely.map((model) => [model, regions])),
            }),
          lon,
          lat,
          zones,
        };
      }),
  };
}

function hj212Of(id: string) {
  const { mn, pw, particulateUnit } = simulatedStation(id);
  return { hj212: { mn, pw, particulate_unit: particulateUnit } };
}
