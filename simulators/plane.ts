/** Longitude and latitude, WGS-84 degrees. */
export type LonLat = readonly [number, number];
/** Metres east and north of a plane's origin. */
export type Metres = readonly [number, number];

/** A flat map around an origin: over a few kilometres its error is below that of a GPS receiver. */
export interface Plane {
  toMetres(point: LonLat): Metres;
  toLonLat(point: Metres): LonLat;
}

const METRES_PER_DEGREE = 111_195;

/** The plane that touches the globe at `origin`. */
export function createPlane(origin: LonLat): Plane {
  const [lon0, lat0] = origin;
  const perLon = METRES_PER_DEGREE * Math.cos((lat0 * Math.PI) / 180);
  return {
    toMetres: ([lon, lat]) => [(lon - lon0) * perLon, (lat - lat0) * METRES_PER_DEGREE],
    toLonLat: ([x, y]) => [lon0 + x / perLon, lat0 + y / METRES_PER_DEGREE],
  };
}

/** Metres between two points of one plane. */
export function distance_m(a: Metres, b: Metres): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** Metres between two points of the globe, for distances within a city. */
export function groundDistance_m(a: LonLat, b: LonLat): number {
  return distance_m([0, 0], createPlane(a).toMetres(b));
}

/** Clockwise from north, 0..360. */
export function bearing_deg(from: Metres, to: Metres): number {
  return ((Math.atan2(to[0] - from[0], to[1] - from[1]) * 180) / Math.PI + 360) % 360;
}
