import type { LonLat } from '../../domain/geometry.ts';
import { html, type Markup } from './markup.ts';
import { HEIGHT, joined, metresFrom, PAD, type Point, scaleBar, scaled, WIDTH } from './plane.ts';

/** Of more points as many are drawn, evenly chosen. */
const POINTS_MAX = 1000;

/** A track (GeoJSON, as evidence keeps it) with the incident's place. Undefined where it is no such thing. */
export function trackDrawing(bytes: Uint8Array, place: LonLat): Markup | undefined {
  const points = thinned(positions(parsed(bytes)));
  if (points.length === 0) return undefined;
  const flat = points.map(([lon, lat]) => metresFrom(place, { lon, lat }));
  const { at, scale } = scaled([...flat, [0, 0]], true);
  const [x, y] = at([0, 0]);
  const dots = flat.map(at).map(([cx, cy]) => html`<circle class="dot" cx="${cx}" cy="${cy}" r="2"/>`);
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="track, north is up"><polyline class="line" points="${joined(flat.map(at))}"/>${dots}<circle class="spot" cx="${x}" cy="${y}" r="7"/>${scaleBar(scale)}</svg>`;
}

/** A series with its limit (JSON, as evidence keeps it). Undefined where it is no such thing. */
export function seriesDrawing(bytes: Uint8Array): Markup | undefined {
  const json = parsed(bytes);
  if (!isRecord(json) || !Array.isArray(json.points)) return undefined;
  const all = json.points.flatMap((point: unknown): Point[] => {
    if (!isRecord(point) || typeof point.value !== 'number' || typeof point.at !== 'string') return [];
    const at_ms = Date.parse(point.at);
    return Number.isFinite(at_ms) && Number.isFinite(point.value) ? [[at_ms, -point.value]] : [];
  });
  const points = thinned(all);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const limit = typeof json.limit === 'number' ? json.limit : undefined;
  const { at } = scaled([...points, ...(limit === undefined ? [] : ([[first[0], -limit]] as const))], false);
  const metric = typeof json.metric === 'string' ? json.metric : 'value';
  const limitLine = limit === undefined ? undefined : limitMarkup(at([first[0], -limit])[1], limit);
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="series"><text x="10" y="16">${metric}</text>${limitLine}<polyline class="line" points="${joined(points.map(at))}"/></svg>`;
}

function limitMarkup(y: number, limit: number): Markup {
  return html`<line class="limit" x1="${PAD}" x2="${WIDTH - PAD}" y1="${y}" y2="${y}"/><text x="${WIDTH - PAD}" y="${y - 5}" text-anchor="end">limit ${limit}</text>`;
}

function positions(json: unknown): Point[] {
  if (!isRecord(json) || !Array.isArray(json.features)) return [];
  return json.features.flatMap((feature: unknown): Point[] => {
    if (!isRecord(feature) || !isRecord(feature.geometry) || feature.geometry.type !== 'Point') return [];
    const { coordinates } = feature.geometry;
    const [lon, lat]: unknown[] = Array.isArray(coordinates) ? coordinates : [];
    if (typeof lon !== 'number' || typeof lat !== 'number') return [];
    return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? [[lon, lat]] : [];
  });
}

function thinned(points: readonly Point[]): Point[] {
  const step = Math.ceil(points.length / POINTS_MAX);
  return step <= 1 ? [...points] : points.filter((_, index) => index % step === 0);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
