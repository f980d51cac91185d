import { haversine_m, type LonLat } from '../../domain/geometry.ts';
import { html, type Markup } from './markup.ts';

/** Size of a drawing, and what stays free at its edges. */
export const WIDTH = 320;
export const HEIGHT = 180;
export const PAD = 20;

export type Point = readonly [x: number, y: number];

/** Metres east and south of a place: good for a few kilometres. */
export function metresFrom(place: LonLat, { lon, lat }: LonLat): Point {
  const north = haversine_m(place, { lon: place.lon, lat }) * Math.sign(lat - place.lat);
  const east = haversine_m(place, { lon, lat: place.lat }) * Math.sign(lon - place.lon);
  return [east, -north];
}

/** A bar that says how long a round number of metres is. */
export function scaleBar(scale: number): Markup {
  const bar_m = niceBelow(80 / scale);
  return html`<line class="opened" x1="10" x2="${10 + bar_m * scale}" y1="${HEIGHT - 8}" y2="${HEIGHT - 8}"/><text x="10" y="${HEIGHT - 12}">${bar_m} m</text>`;
}

/** Where points go in the drawing; with `even`, both directions have one scale. */
export function scaled(points: readonly Point[], even: boolean) {
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

/** Points as SVG wants them. */
export function joined(points: readonly Point[]): string {
  return points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
}

/** The largest of 1, 2, 5, 10, … that is not more. */
function niceBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return ([5, 2].find((step) => step * power <= value) ?? 1) * power;
}
