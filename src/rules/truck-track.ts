import type { Exhibit } from '../domain/finding.ts';
import type { PositionObservation } from '../domain/observation.ts';
import type { Load } from './truck-state.ts';

/**
 * Where a truck was in the last half hour, thinned. Numbers alone, six for a point: time (epoch ms), longitude, latitude,
 * speed (km/h), and codes of lift and load; every rule remembers one of every truck, and as objects they were most of
 * what a gateway keeps in memory.
 */
export type Track = number[];

type Point = Pick<PositionObservation, 'at_ms' | 'lon' | 'lat' | 'lift' | 'load'>;

/** Time that the track covers, and points of it; together they give the spacing. */
const TRACK_MS = 30 * 60_000;
const TRACK_POINTS_MAX = 120;
const FIELDS = 6;
const UNKNOWN = -1;
const LOADS: readonly Load[] = ['empty', 'half', 'full'];

/** Adds a position where one is due, and every moment at which lift or load changed; drops what is too old. */
export function remember(track: Track, point: Point, speed_kmh: number): void {
  const { at_ms, lon, lat } = point;
  const lift = point.lift === undefined ? UNKNOWN : Number(point.lift);
  const load = point.load === undefined ? UNKNOWN : LOADS.indexOf(point.load);
  const last = track.length - FIELDS;
  const isDue = last < 0 || at_ms - (track[last] ?? 0) >= TRACK_MS / TRACK_POINTS_MAX;
  if (!isDue && track[last + 4] === lift && track[last + 5] === load) return;
  track.push(at_ms, lon, lat, Math.round(speed_kmh * 10) / 10, lift, load);
  let old = Math.max(0, track.length / FIELDS - TRACK_POINTS_MAX);
  while ((track[old * FIELDS] ?? at_ms) < at_ms - TRACK_MS) old += 1;
  if (old > 0) track.splice(0, old * FIELDS);
}

/** The remembered track of a truck, as evidence. */
export function trackExhibit(
  { deviceId, track = [] }: { readonly deviceId: string; readonly track?: Track },
  at_ms: number,
): Exhibit {
  const points = Array.from({ length: track.length / FIELDS }, (_none, index) => {
    const [point_ms = 0, lon = 0, lat = 0, speed_kmh = 0, lift, load = UNKNOWN] = track.slice(
      index * FIELDS,
      (index + 1) * FIELDS,
    );
    const loaded = LOADS[load];
    return {
      at_ms: point_ms,
      lon,
      lat,
      speed_kmh,
      ...(lift === UNKNOWN ? {} : { lift: lift === 1 }),
      ...(loaded === undefined ? {} : { load: loaded }),
    };
  });
  return { kind: 'track', deviceId, at_ms, points };
}
