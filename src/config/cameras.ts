import type { CameraSource, Judging, Region, Regions } from '../domain/camera.ts';
import { type OnvifAccess, onvifAccess } from '../domain/onvif-access.ts';
import type { CameraZone } from '../domain/zone.ts';
import type { Problem, YamlFile } from '../runtime/yaml-file.ts';
import type { ConfigFile } from './schema.ts';

/** Smaller parts of a picture hold nothing that a detector could know. */
const REGION_SHARE_MIN = 0.05;

type CameraEntry = ConfigFile['cameras'][number];

/** Turns the cameras of the file into sources and zones, and checks what the schema cannot. */
export function readCameras(yaml: YamlFile<ConfigFile>): {
  cameras: CameraSource[];
  cameraZones: CameraZone[];
  onvifOf: Map<string, OnvifAccess>;
  problems: Problem[];
} {
  const cameras: CameraSource[] = [];
  const cameraZones: CameraZone[] = [];
  const onvifOf = new Map<string, OnvifAccess>();
  const problems: Problem[] = [];
  yaml.value.cameras.forEach((camera, index) => {
    const path = ['cameras', index];
    if (camera.url !== undefined) {
      const fault = urlFault(camera.url, yaml.value.vision.allow_files);
      if (fault !== undefined) problems.push(yaml.problem([...path, 'url'], fault));
      cameras.push(toSource(camera, camera.url));
    }
    if (camera.onvif !== undefined) {
      const access = onvifAccess(camera.onvif);
      if (typeof access === 'string') problems.push(yaml.problem([...path, 'onvif'], access));
      else onvifOf.set(camera.id, access);
    }
    for (const [place, fault] of regionFaults(camera))
      problems.push(yaml.problem([...path, ...place], fault));
    const seen = new Set<string>();
    camera.zones.forEach((zone, zoneIndex) => {
      if (seen.has(zone.id))
        problems.push(yaml.problem([...path, 'zones', zoneIndex, 'id'], `zone ${zone.id} twice`));
      seen.add(zone.id);
      cameraZones.push(toZone(camera, zone));
    });
  });
  return { cameras, cameraZones, onvifOf, problems };
}

/** Why a camera URL is not accepted; never repeats the URL, which may carry a password. */
export function urlFault(url: string, allowFiles: boolean): string | undefined {
  if (!URL.canParse(url)) return 'not a URL (rtsp://user:password@host:554/path)';
  const { protocol } = new URL(url);
  if (protocol === 'rtsp:' || protocol === 'rtsps:') return undefined;
  if (protocol !== 'file:') return `scheme ${protocol} is not allowed; use rtsp or rtsps`;
  return allowFiles ? undefined : 'files are not allowed unless vision.allow_files is true';
}

function toSource(camera: CameraEntry, url: string): CameraSource {
  return {
    id: camera.id,
    url,
    transport: camera.transport,
    patrol_interval_ms: Math.round(camera.patrol_interval_s * 1000),
    stall_timeout_ms: Math.round(camera.stall_timeout_s * 1000),
    zones: camera.zones.map(({ polygon }) => polygon.map(([x = 0, y = 0]) => [x, y] as const)),
    ...toJudging(camera),
  };
}

/** Where cameras look, by their ids. */
export function bearingsOf(cameras: readonly CameraEntry[]): Map<string, number> {
  return new Map(
    cameras.flatMap(({ id, bearing_deg }) => (bearing_deg === undefined ? [] : [[id, bearing_deg]])),
  );
}

type RegionPath = readonly (string | number)[];

/** The lists of regions in a camera's entry, with their places there. */
function regionLists({ regions }: CameraEntry): [path: RegionPath, list: readonly (readonly number[])[]][] {
  if (regions === undefined) return [];
  if (Array.isArray(regions)) return [[['regions'], regions]];
  return Object.entries(regions).map(([name, list]) => [['regions', name], list]);
}

function regionFaults(camera: CameraEntry): [path: RegionPath, fault: string][] {
  return regionLists(camera).flatMap(([path, list]): [RegionPath, string][] => {
    const [, model] = path;
    if (model !== undefined && !camera.models.includes(String(model)))
      return [[path, `${model} is none of the camera's models (${camera.models.join(', ')})`]];
    return list.flatMap(([x1 = 0, y1 = 0, x2 = 0, y2 = 0], index): [RegionPath, string][] => {
      if (x2 - x1 >= REGION_SHARE_MIN && y2 - y1 >= REGION_SHARE_MIN) return [];
      const fault = `a region is left, top, right, bottom, at least ${REGION_SHARE_MIN} wide and high`;
      return [[[...path, index], fault]];
    });
  });
}

function toRegions(regions: NonNullable<CameraEntry['regions']>): Regions {
  const parts = (list: readonly (readonly number[])[]): Region[] =>
    list.map(([x1 = 0, y1 = 0, x2 = 1, y2 = 1]) => [x1, y1, x2, y2]);
  if (Array.isArray(regions)) return parts(regions);
  return Object.fromEntries(Object.entries(regions).map(([name, list]) => [name, parts(list)]));
}

/** Which detectors look at which parts of the camera's pictures. */
export function toJudging({ models, regions, masks }: CameraEntry): Judging {
  return {
    models,
    ...(regions && { regions: toRegions(regions) }),
    ...(masks && { masks: masks.map((polygon) => polygon.map(([x = 0, y = 0]) => [x, y] as const)) }),
  };
}

/** A zone without a place of its own is where its camera is. */
function toZone(camera: CameraEntry, zone: CameraEntry['zones'][number]): CameraZone {
  const street = zone.street ?? camera.street;
  const gridCode = zone.grid_code ?? camera.grid_code;
  return {
    id: zone.id,
    cameraId: camera.id,
    kind: zone.kind,
    roadClass: zone.road_class,
    polygon: zone.polygon.map(([x = 0, y = 0]) => [x, y] as const),
    ...(zone.hours === undefined ? {} : { hours: zone.hours }),
    place: {
      lon: zone.lon ?? camera.lon,
      lat: zone.lat ?? camera.lat,
      ...(street === undefined ? {} : { street }),
      ...(gridCode === undefined ? {} : { gridCode }),
    },
  };
}
