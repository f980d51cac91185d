import { svg } from './dom.js';
import { metricName, number } from './measures.js';
import { clockTime } from './times.js';
import { word } from './words.js';

const WIDTH = 480;
const HEIGHT = 270;
const PAD = { left: 46, right: 14, top: 40, bottom: 26 };

/** A series with its limit line; values above the limit stand out, unflagged values alone count. */
export function seriesChart({ metric, limit, points }) {
  const values = points.map(({ at, value, flag }) => ({
    t: Date.parse(at),
    value,
    counts: flag === undefined || flag === 'N',
  }));
  if (values.length === 0) return emptyChart();
  const [t0, t1] = [values[0].t, Math.max(values.at(-1).t, values[0].t + 1000)];
  const top = Math.max(limit, ...values.map(({ value }) => value)) * 1.12;
  const low = Math.min(limit, ...values.map(({ value }) => value));
  const floor = low > top * 0.55 ? low - (top - low) * 0.6 : 0;
  const x = (t) => PAD.left + ((t - t0) / (t1 - t0)) * (WIDTH - PAD.left - PAD.right);
  const y = (v) => HEIGHT - PAD.bottom - ((v - floor) / (top - floor)) * (HEIGHT - PAD.top - PAD.bottom);
  const line = values
    .map(({ t, value }, i) => `${i === 0 ? 'M' : 'L'}${fixed(x(t))} ${fixed(y(value))}`)
    .join('');
  const base = HEIGHT - PAD.bottom;
  const area = `${line}L${fixed(x(values.at(-1).t))} ${base}L${fixed(x(t0))} ${base}Z`;
  const label = `${metricName(metric)}: ${number(Math.max(...values.map((v) => v.value)))}, ${word('limit')} ${number(limit)}`;
  return svg(
    'svg',
    { class: 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label },
    ticks(floor, top).map((tick) => [
      svg('line', { class: 'grid', x1: PAD.left, x2: WIDTH - PAD.right, y1: y(tick), y2: y(tick) }),
      svg('text', { class: 'axis', x: PAD.left - 7, y: y(tick) + 4, 'text-anchor': 'end' }, number(tick)),
    ]),
    svg('path', { class: 'area', d: area }),
    svg('path', { class: 'over', d: overArea(values, limit, x, y) }),
    svg('path', { class: 'line', d: line }),
    values
      .filter(({ counts }) => !counts)
      .map(({ t, value }) => svg('circle', { class: 'flagged', cx: x(t), cy: y(value), r: 3.2 })),
    svg('line', { class: 'limit', x1: PAD.left, x2: WIDTH - PAD.right, y1: y(limit), y2: y(limit) }),
    svg(
      'text',
      { class: 'limit-text', x: WIDTH - PAD.right - 3, y: y(limit) - 5, 'text-anchor': 'end' },
      `${word('limit')} ${number(limit)}`,
    ),
    svg('text', { class: 'axis', x: PAD.left, y: HEIGHT - 8 }, clockTime(points[0].at)),
    svg(
      'text',
      { class: 'axis', x: WIDTH - PAD.right, y: HEIGHT - 8, 'text-anchor': 'end' },
      clockTime(points.at(-1).at),
    ),
    svg('text', { class: 'metric', x: PAD.left, y: 24 }, metricName(metric)),
  );
}

/** What lies between the curve and the limit, where the curve is above it. */
function overArea(values, limit, x, y) {
  let path = '';
  values.slice(1).forEach((b, index) => {
    const a = values[index];
    if (a.value <= limit && b.value <= limit) return;
    const cross = (limit - a.value) / (b.value - a.value || 1);
    const from = a.value > limit ? a : { t: a.t + cross * (b.t - a.t), value: limit };
    const to = b.value > limit ? b : { t: a.t + cross * (b.t - a.t), value: limit };
    const corners = [
      [from.t, limit],
      [from.t, from.value],
      [to.t, to.value],
      [to.t, limit],
    ];
    path += `${corners.map(([t, v], i) => `${i === 0 ? 'M' : 'L'}${fixed(x(t))} ${fixed(y(v))}`).join('')}Z`;
  });
  return path;
}

/** A truck's track on a plain ground: standing and lifted points stand out, the end has an arrowhead's dot. */
export function trackChart({ features }) {
  const stops = features
    .filter(({ geometry }) => geometry.type === 'Point')
    .map(({ geometry, properties }) => ({
      lon: geometry.coordinates[0],
      lat: geometry.coordinates[1],
      ...properties,
    }));
  if (stops.length === 0) return emptyChart();
  const place = projection(stops);
  const line = stops.map((stop, i) => `${i === 0 ? 'M' : 'L'}${place.x(stop)} ${place.y(stop)}`).join('');
  const [first, last] = [stops[0], stops.at(-1)];
  const standing = stops.filter(({ speed_kmh }) => speed_kmh !== undefined && speed_kmh < 3);
  const lifted = stops.filter(({ lift }) => lift === true);
  const marked = lifted[0] ?? longestStand(stops);
  return svg(
    'svg',
    { class: 'chart track', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': word('track') },
    svg('path', { class: 'grid', d: gridPath(32) }),
    svg('path', { class: 'casing', d: line }),
    svg('path', { class: 'line', d: line }),
    standing.map((stop) => svg('circle', { class: 'standing', cx: place.x(stop), cy: place.y(stop), r: 7 })),
    lifted.map((stop) => svg('circle', { class: 'lifted', cx: place.x(stop), cy: place.y(stop), r: 5 })),
    svg('circle', { class: 'start', cx: place.x(first), cy: place.y(first), r: 5 }),
    svg('circle', { class: 'end', cx: place.x(last), cy: place.y(last), r: 5 }),
    marked && markText(place, marked, lifted.length > 0 ? word('lifted') : word('stop')),
    scaleBar(place.metres_px),
    svg('text', { class: 'axis span', x: 12, y: 22 }, `${clockTime(first.at)} – ${clockTime(last.at)}`),
  );
}

function gridPath(step) {
  let path = '';
  for (let x = step; x < WIDTH; x += step) path += `M${x} 0V${HEIGHT}`;
  for (let y = step; y < HEIGHT; y += step) path += `M0 ${y}H${WIDTH}`;
  return path;
}

/** Where the longest stand began: the track may have started or paused at a light before. */
function longestStand(stops) {
  let found;
  let longest_ms = -1;
  let begin;
  for (const stop of stops) {
    if (!(stop.speed_kmh < 3)) begin = undefined;
    else {
      begin ??= stop;
      const length_ms = Date.parse(stop.at) - Date.parse(begin.at);
      if (length_ms > longest_ms) [found, longest_ms] = [begin, length_ms];
    }
  }
  return found;
}

function markText(place, stop, text) {
  const right = place.x(stop) > WIDTH - 130;
  const props = { x: place.x(stop) + (right ? -13 : 13), y: Math.max(34, place.y(stop) - 10) };
  return svg(
    'text',
    { class: 'mark-text', 'text-anchor': right ? 'end' : 'start', ...props },
    `${text} ${clockTime(stop.at)}`,
  );
}

function scaleBar(metres_px) {
  const length_m =
    [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000].findLast((m) => m / metres_px <= 130) ?? 10;
  const px = length_m / metres_px;
  const [x, y] = [WIDTH - 14 - px, HEIGHT - 14];
  return [
    svg('path', { class: 'scale', d: `M${fixed(x)} ${y - 5}v5h${fixed(px)}v-5` }),
    svg(
      'text',
      { class: 'axis', x: x + px / 2, y: y - 8, 'text-anchor': 'middle' },
      length_m >= 1000 ? `${length_m / 1000} km` : `${length_m} m`,
    ),
  ];
}

/** Equirectangular about the track's middle: at the scale of a city the error is far below a pixel. */
function projection(stops) {
  const lons = stops.map(({ lon }) => lon);
  const lats = stops.map(({ lat }) => lat);
  const [lon0, lon1] = [Math.min(...lons), Math.max(...lons)];
  const [lat0, lat1] = [Math.min(...lats), Math.max(...lats)];
  const middle = ((lat0 + lat1) / 2) * (Math.PI / 180);
  const [kx, ky] = [111_320 * Math.cos(middle), 110_574];
  const [width_m, height_m] = [(lon1 - lon0) * kx, (lat1 - lat0) * ky];
  const metres_px = Math.max(width_m / (WIDTH - 90), height_m / (HEIGHT - 90), 0.25);
  const [cx, cy] = [(lon0 + lon1) / 2, (lat0 + lat1) / 2];
  return {
    metres_px,
    x: ({ lon }) => Number(fixed(WIDTH / 2 + ((lon - cx) * kx) / metres_px)),
    y: ({ lat }) => Number(fixed(HEIGHT / 2 - ((lat - cy) * ky) / metres_px)),
  };
}

function ticks(from, to) {
  const rough = (to - from) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  const found = [];
  for (let tick = Math.ceil(from / step) * step; tick < to; tick += step) found.push(tick);
  return found;
}

function emptyChart() {
  return svg('svg', { class: 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': '–' });
}

function fixed(value) {
  return value.toFixed(1);
}
