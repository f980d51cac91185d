import { haversine_m } from '../../domain/geometry.ts';
import type { IncidentLabel } from '../../domain/recording.ts';
import type { ScoredDevice } from '../score-input.ts';
import type { ScoredIncident } from '../score-result.ts';
import { html, type Markup } from './markup.ts';
import { HEIGHT, metresFrom, scaleBar, scaled, WIDTH } from './plane.ts';

/** What is further off is not drawn. */
const NEAR_M = 1500;
const MARKS_MAX = 12;
const NAME_MAX = 16;

/** The surroundings of a label that no camera shows: its radius, what stands near, and what was reported near. */
export function placeDrawing(
  label: IncidentLabel,
  devices: readonly ScoredDevice[],
  founds: readonly ScoredIncident[],
): Markup {
  const standing = devices.flatMap(({ id, lon, lat }) =>
    lon === undefined || lat === undefined ? [] : [{ className: 'dot', name: id, place: { lon, lat } }],
  );
  const reported = founds.map(({ id, place }) => ({ className: 'found-false', name: id, place }));
  const marks = [...standing, ...reported]
    .map((mark) => ({ ...mark, away_m: haversine_m(label.place, mark.place) }))
    .filter(({ away_m }) => away_m <= NEAR_M)
    .sort((a, b) => a.away_m - b.away_m)
    .slice(0, MARKS_MAX)
    .map((mark) => ({ ...mark, point: metresFrom(label.place, mark.place) }));
  const { radius_m } = label;
  const corners = [-radius_m, radius_m].map((metres) => [metres, metres] as const);
  const { at, scale } = scaled([...corners, ...marks.map(({ point }) => point)], true);
  const [x, y] = at([0, 0]);
  const drawn = marks.map(({ className, name, point }) => {
    const [cx, cy] = at(point);
    return html`<circle class="${className}" cx="${cx}" cy="${cy}" r="3.5"/><text x="${cx}" y="${cy - 6}" text-anchor="middle">${name.slice(0, NAME_MAX)}</text>`;
  });
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="surroundings, north is up"><circle class="spot" cx="${x}" cy="${y}" r="${Math.max(4, radius_m * scale)}"/>${drawn}${scaleBar(scale)}</svg>`;
}
