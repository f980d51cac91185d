import type { Ring } from './zone.ts';

const EARTH_RADIUS_M = 6_371_008.8;
const METRES_PER_DEGREE = (Math.PI / 180) * EARTH_RADIUS_M;

/** A point in WGS-84 degrees. */
export interface LonLat {
  readonly lon: number;
  readonly lat: number;
}

/** Great-circle distance in metres. */
export function haversine_m(a: LonLat, b: LonLat): number {
  const rad = Math.PI / 180;
  const sinLat = Math.sin(((b.lat - a.lat) * rad) / 2);
  const sinLon = Math.sin(((b.lon - a.lon) * rad) / 2);
  const h = sinLat * sinLat + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * sinLon * sinLon;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Direction from one point to another near it, in degrees clockwise from north, 0..360. */
export function bearing_deg(from: LonLat, to: LonLat): number {
  const east = (to.lon - from.lon) * Math.cos((from.lat * Math.PI) / 180);
  return ((Math.atan2(east, to.lat - from.lat) * 180) / Math.PI + 360) % 360;
}

/** Even-odd test in the ring's own plane (degrees or picture shares); the closing point may be left out. */
export function pointInRing(x: number, y: number, ring: Ring): boolean {
  let inside = false;
  let previous = ring.at(-1);
  for (const point of ring) {
    if (previous !== undefined && point[1] > y !== previous[1] > y) {
      const crossing = ((previous[0] - point[0]) * (y - point[1])) / (previous[1] - point[1]) + point[0];
      if (x < crossing) inside = !inside;
    }
    previous = point;
  }
  return inside;
}

/** True inside the first ring and outside every further one (GeoJSON polygon: holes follow the outline). */
export function pointInPolygon(x: number, y: number, rings: readonly Ring[]): boolean {
  const [outline, ...holes] = rings;
  if (outline === undefined || !pointInRing(x, y, outline)) return false;
  return !holes.some((hole) => pointInRing(x, y, hole));
}

/** Metres to the nearest edge of the rings, on a plane tangent at the point: good for a few kilometres. */
export function distanceToRings_m(point: LonLat, rings: readonly Ring[]): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const ring of rings) nearest = Math.min(nearest, distanceAlong_m(point, ring, ring.at(-1)));
  return nearest;
}

/** The same to an open line; infinite where it has no two points. */
export function distanceToLine_m(point: LonLat, line: Ring): number {
  return distanceAlong_m(point, line, undefined);
}

function distanceAlong_m(point: LonLat, line: Ring, before: Ring[number] | undefined): number {
  const lonScale = METRES_PER_DEGREE * Math.cos((point.lat * Math.PI) / 180);
  let nearest = Number.POSITIVE_INFINITY;
  let previous = before;
  for (const corner of line) {
    if (previous !== undefined) {
      const ax = (previous[0] - point.lon) * lonScale;
      const ay = (previous[1] - point.lat) * METRES_PER_DEGREE;
      const bx = (corner[0] - point.lon) * lonScale;
      const by = (corner[1] - point.lat) * METRES_PER_DEGREE;
      nearest = Math.min(nearest, originToSegment(ax, ay, bx, by));
    }
    previous = corner;
  }
  return nearest;
}

/** Degrees of longitude and latitude that `distance_m` spans at a latitude. */
export function degreesOf(distance_m: number, lat: number): { readonly lon: number; readonly lat: number } {
  const latDegrees = distance_m / METRES_PER_DEGREE;
  // Near the poles a degree of longitude has no width; no city is there, but no division by zero either.
  return { lon: latDegrees / Math.max(0.01, Math.cos((lat * Math.PI) / 180)), lat: latDegrees };
}

function originToSegment(ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax;
  const dy = by - ay;
  const length2 = dx * dx + dy * dy;
  const along = length2 === 0 ? 0 : Math.max(0, Math.min(1, -(ax * dx + ay * dy) / length2));
  return Math.hypot(ax + along * dx, ay + along * dy);
}
