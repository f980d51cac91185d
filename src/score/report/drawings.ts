import { haversine_m, type LonLat } from '../../domain/geometry.ts';
import { html, type Markup } from './markup.ts';

const WIDTH = 480;
const HEIGHT = 270;
const PAD = 24;
/** Of more points as many are drawn, evenly chosen. */
const POINTS_MAX = 1000;

type Point = readonly [x: number, y: number];

/** A track (GeoJSON, as evidence keeps it) with the incident's place. Undefined where it is no such thing. */
export function trackDrawing(bytes: Uint8Array, place: LonLat): Markup | undefined {
  const points = thinned(positions(parsed(bytes)));
  if (points.length === 0) return undefined;
  // Metres east and north of the place: good for the few kilometres that a track covers.
  const flat = points.map(([lon, lat]): Point => {
    const north = haversine_m(place, { lon: place.lon, lat }) * Math.sign(lat - place.lat);
    const east = haversine_m(place, { lon, lat: place.lat }) * Math.sign(lon - place.lon);
    return [east, -north];
  });
  const { at, scale } = scaled([...flat, [0, 0]], true);
  const bar_m = niceBelow(120 / scale);
  const [x, y] = at([0, 0]);
  const dots = flat.map(at).map(([cx, cy]) => html`<circle class="dot" cx="${cx}" cy="${cy}" r="2.5"/>`);
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="track, north is up"><polyline class="line" points="${joined(flat.map(at))}"/>${dots}<circle class="spot" cx="${x}" cy="${y}" r="9"/><line class="opened" x1="12" x2="${12 + bar_m * scale}" y1="${HEIGHT - 10}" y2="${HEIGHT - 10}"/><text x="12" y="${HEIGHT - 15}">${bar_m} m</text></svg>`;
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
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="series"><text x="12" y="18">${metric}</text>${limitLine}<polyline class="line" points="${joined(points.map(at))}"/></svg>`;
}

function limitMarkup(y: number, limit: number): Markup {
  return html`<line class="limit" x1="${PAD}" x2="${WIDTH - PAD}" y1="${y}" y2="${y}"/><text x="${WIDTH - PAD}" y="${y - 5}" text-anchor="end">limit ${limit}</text>`;
}

/** Where points go in the drawing; with `even`, both directions have one scale. */
function scaled(points: readonly Point[], even: boolean) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const width = Math.max(Math.max(...xs) - left, 1e-6);
  const height = Math.max(Math.max(...ys) - top, 1e-6);
  const across = (WIDTH - 2 * PAD) / width;
  const down = (HEIGHT - 2 * PAD) / height;
  const scale = Math.min(across, down, even ? 10 : Infinity);
  const [kx, ky] = even ? [scale, scale] : [across, down];
  const [dx, dy] = [(WIDTH - width * kx) / 2, (HEIGHT - height * ky) / 2];
  return { scale, at: ([x, y]: Point): Point => [dx + (x - left) * kx, dy + (y - top) * ky] };
}

function joined(points: readonly Point[]): string {
  return points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
}

/** The largest of 1, 2, 5, 10, … that is not more. */
function niceBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return ([5, 2].find((step) => step * power <= value) ?? 1) * power;
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
