import type { Exhibit } from '../domain/finding.ts';
import { isoTime } from '../domain/time.ts';

type TrackExhibit = Extract<Exhibit, { kind: 'track' }>;
type SeriesExhibit = Extract<Exhibit, { kind: 'series' }>;

/**
 * A track as GeoJSON (RFC 7946, WGS-84): the line, then every point with its time, speed, lift and load. A
 * track of one point has no line. Equal tracks give equal bytes.
 */
export function trackGeoJson(exhibit: TrackExhibit, incidentId: string): string {
  const { deviceId, points } = exhibit;
  const line = {
    type: 'Feature',
    geometry: { type: 'LineString', coordinates: points.map(({ lon, lat }) => [lon, lat]) },
    properties: {
      incidentId,
      deviceId,
      from: timeOf(points.at(0)),
      to: timeOf(points.at(-1)),
    },
  };
  const stops = points.map(({ at_ms, lon, lat, speed_kmh, lift, load }) => ({
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [lon, lat] },
    properties: { at: isoTime(at_ms), speed_kmh, lift, load },
  }));
  const features = points.length < 2 ? stops : [line, ...stops];
  return `${JSON.stringify({ type: 'FeatureCollection', features }, undefined, 1)}\n`;
}

/** A series with its limit as JSON. Equal series give equal bytes. */
export function seriesJson(exhibit: SeriesExhibit, incidentId: string): string {
  const { deviceId, metric, limit, points } = exhibit;
  const values = points.map(({ at_ms, value, flag }) => ({ at: isoTime(at_ms), value, flag }));
  return `${JSON.stringify({ incidentId, deviceId, metric, limit, points: values }, undefined, 1)}\n`;
}

function timeOf(point: { readonly at_ms: number } | undefined): string | undefined {
  return point === undefined ? undefined : isoTime(point.at_ms);
}
