import Flatbush from 'flatbush';
import { bearing_deg, degreesOf, haversine_m, type LonLat } from '../domain/geometry.ts';
import type { SensorDriftConfig } from '../domain/sensor-rule-config.ts';
import type { World } from '../domain/world.ts';

/** A station near another, and how much its word counts. */
export interface Neighbour {
  readonly id: string;
  readonly weight: number;
}

/** What stands around stations. Stations do not move; one that is admitted while the rule runs joins the others. */
export interface Surroundings {
  /** A station has said something: from then on it counts among the others, if it is known where it stands. */
  heard(deviceId: string): void;
  /** The nearest stations of the kind, nearest first. */
  neighbours(deviceId: string): readonly Neighbour[];
  /** True where something that raises dust lies upwind, or where the wind is unknown and anything is near. */
  hasSourceUpwind(deviceId: string, wind_deg: number | null): boolean;
}

/** Stations nearer than this count as equally near. */
const NEAR_M = 200;

type Station = LonLat & { readonly id: string };

interface Bearing {
  readonly from_deg: number;
  readonly span_deg: number;
}

/** Where stations stand and what is near them, looked up whenever a new one is heard of. */
export function surroundingsOf(config: SensorDriftConfig, world: World): Surroundings {
  const sources = world.mapZones.filter(({ kind }) => config.source_zone_kinds.includes(kind));
  const bearingsOf = (station: LonLat): Bearing[] =>
    sources.flatMap(({ rings }) => bearingOf(station, rings[0] ?? [], config.source_reach_m));
  const stations = new Map<string, Station>();
  const bearings = new Map<string, readonly Bearing[]>();
  let neighbours: ReadonlyMap<string, readonly Neighbour[]> | undefined;
  const add = (id: string, lon: number | undefined, lat: number | undefined): void => {
    if (lon === undefined || lat === undefined) return;
    stations.set(id, { id, lon, lat });
    bearings.set(id, bearingsOf({ lon, lat }));
    neighbours = undefined;
  };
  for (const { id, kind, lon, lat } of world.devices) {
    if (kind === config.device_kind) add(id, lon, lat);
  }
  return {
    heard: (deviceId) => {
      if (stations.has(deviceId)) return;
      const place = world.placeOf?.(deviceId);
      add(deviceId, place?.lon, place?.lat);
    },
    neighbours: (deviceId) => {
      neighbours ??= neighboursOf([...stations.values()], config);
      return neighbours.get(deviceId) ?? [];
    },
    hasSourceUpwind: (deviceId, wind_deg) => {
      const around = bearings.get(deviceId) ?? [];
      if (wind_deg === null) return around.length > 0;
      return around.some(({ from_deg, span_deg }) => {
        const off_deg = (wind_deg - from_deg + 720) % 360;
        return off_deg <= span_deg + config.upwind_deg || off_deg >= 360 - config.upwind_deg;
      });
    },
  };
}

function neighboursOf(
  stations: readonly Station[],
  { neighbour_reach_m, neighbours_max }: SensorDriftConfig,
): Map<string, Neighbour[]> {
  if (stations.length === 0) return new Map();
  const tree = new Flatbush(stations.length);
  for (const { lon, lat } of stations) tree.add(lon, lat, lon, lat);
  tree.finish();
  return new Map(
    stations.map((station) => {
      const { id, lon, lat } = station;
      const reach = degreesOf(neighbour_reach_m, lat);
      const near = tree
        .search(lon - reach.lon, lat - reach.lat, lon + reach.lon, lat + reach.lat)
        .flatMap((index) => stations[index] ?? [])
        .map((other) => ({ id: other.id, away_m: haversine_m(station, other) }))
        .filter((other) => other.id !== id && other.away_m <= neighbour_reach_m)
        .sort((a, b) => a.away_m - b.away_m || (a.id < b.id ? -1 : 1))
        .slice(0, neighbours_max);
      return [id, near.map((other) => ({ id: other.id, weight: 1 / (other.away_m + NEAR_M) }))];
    }),
  );
}

/** The sector of the compass that an outline takes up, seen from a station; nothing where it is too far. */
function bearingOf(
  station: LonLat,
  ring: readonly (readonly [number, number])[],
  reach_m: number,
): Bearing[] {
  const corners = ring.map(([lon, lat]) => ({ lon, lat }));
  if (!corners.some((corner) => haversine_m(station, corner) <= reach_m)) return [];
  const degrees = corners.map((corner) => bearing_deg(station, corner)).sort((a, b) => a - b);
  // The widest gap between corners is what the outline does not take up.
  let widest = { gap_deg: 0, from_deg: 0 };
  degrees.forEach((to_deg, index) => {
    const before_deg = degrees.at(index - 1) ?? to_deg;
    const gap_deg = (to_deg - before_deg + 360) % 360;
    if (gap_deg > widest.gap_deg) widest = { gap_deg, from_deg: to_deg };
  });
  return [{ from_deg: widest.from_deg, span_deg: widest.gap_deg === 0 ? 0 : 360 - widest.gap_deg }];
}
