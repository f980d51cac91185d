import Flatbush from 'flatbush';
import { degreesOf, distanceToRings_m, type LonLat, pointInPolygon } from '../domain/geometry.ts';
import { inHours, type LocalTime } from '../domain/schedule.ts';
import type { MapZone } from '../domain/zone.ts';

/** Finds map zones by position. */
export interface ZoneIndex {
  /** Zones that contain the point, or whose edge is at most `margin_m` away, in the order of the configuration. */
  at(point: LonLat, margin_m: number): MapZone[];
}

const NO_MARGIN = { lon: 0, lat: 0 } as const;

/** Indexes zones by their bounding boxes. */
export function createZoneIndex(zones: readonly MapZone[]): ZoneIndex {
  const usable = zones.filter(({ rings }) => (rings[0]?.length ?? 0) > 2);
  if (usable.length === 0) return { at: () => [] };
  const tree = new Flatbush(usable.length);
  for (const { rings } of usable) {
    const outline = rings[0] ?? [];
    const lons = outline.map(([lon]) => lon);
    const lats = outline.map(([, lat]) => lat);
    tree.add(Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats));
  }
  tree.finish();
  return {
    at(point, margin_m) {
      const { lon, lat } = point;
      const margin = margin_m > 0 ? degreesOf(margin_m, lat) : NO_MARGIN;
      const near = tree.search(lon - margin.lon, lat - margin.lat, lon + margin.lon, lat + margin.lat);
      if (near.length === 0) return [];
      // The tree's own order depends on how it was packed.
      near.sort((a, b) => a - b);
      return near
        .map((index) => usable[index])
        .filter((zone): zone is MapZone => zone !== undefined && isAt(zone, point, margin_m));
    },
  };
}

/** True for a zone of one of the kinds that is in force at the time. */
export function isInForce(zone: MapZone, localTime: LocalTime, at_ms: number): boolean {
  return zone.hours === undefined || inHours(zone.hours, localTime(at_ms));
}

function isAt({ rings }: MapZone, point: LonLat, margin_m: number): boolean {
  if (pointInPolygon(point.lon, point.lat, rings)) return true;
  return margin_m > 0 && distanceToRings_m(point, rings) <= margin_m;
}
