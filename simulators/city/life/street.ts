import { bearing_deg, distance_m, type Metres } from '../../plane.ts';
import type { Scenario } from '../scenario.ts';
import type { StageRoad } from '../stage/stage-scene.ts';

/** A road of the scenario on its plane, in metres. */
export interface Street {
  readonly id: string;
  readonly class: StageRoad['class'];
  readonly line: readonly Metres[];
  /** Metres along the line at each of its points. */
  readonly reach: readonly number[];
  readonly length_m: number;
  readonly carriageway_m: number;
  readonly pavement_m: number;
  readonly speed_mps: number;
  readonly fronts: { readonly left?: string | undefined; readonly right?: string | undefined };
}

const WIDTHS: Record<Street['class'], { readonly carriageway_m: number; readonly pavement_m: number }> = {
  arterial: { carriageway_m: 14, pavement_m: 4.5 },
  secondary: { carriageway_m: 9, pavement_m: 3.5 },
  lane: { carriageway_m: 5.5, pavement_m: 1.8 },
};

/** The roads of a scenario with their widths. */
export function streetsOf({ file, map }: Scenario): Street[] {
  return file.map.roads.map((road) => {
    const line = road.line.map((point) => map.plane.toMetres(point));
    const reach = [0];
    for (const [index, point] of line.slice(1).entries())
      reach.push((reach[index] ?? 0) + distance_m(line[index] ?? point, point));
    return {
      id: road.id,
      class: road.class,
      line,
      reach,
      length_m: reach.at(-1) ?? 0,
      carriageway_m: road.carriageway_m ?? WIDTHS[road.class].carriageway_m,
      pavement_m: road.pavement_m ?? WIDTHS[road.class].pavement_m,
      speed_mps: road.speed_kmh / 3.6,
      fronts: road.fronts ?? {},
    };
  });
}

/** A point on a street's middle line and where the line leads there. */
export function pointAlong(street: Street, along_m: number): { at: Metres; heading_deg: number } {
  const { line, reach } = street;
  let index = 1;
  while (index < line.length - 1 && (reach[index] ?? 0) < along_m) index += 1;
  const from = line[index - 1] ?? [0, 0];
  const to = line[index] ?? from;
  const length = (reach[index] ?? 0) - (reach[index - 1] ?? 0);
  const share = length === 0 ? 0 : (along_m - (reach[index - 1] ?? 0)) / length;
  return {
    at: [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share],
    heading_deg: bearing_deg(from, to),
  };
}

/** A point so far along a street and so far to the right of its middle line. */
export function pointBeside(street: Street, along_m: number, right_m: number): Metres {
  const { at, heading_deg } = pointAlong(street, along_m);
  return shifted(at, heading_deg + 90, right_m);
}

/** The point beside a street at its bend `index`, where the lines beside both parts meet. */
export function pointBesideBend(street: Street, index: number, right_m: number): Metres {
  const at = street.line[index] ?? [0, 0];
  const before = bearing_deg(street.line[index - 1] ?? at, at);
  const after = bearing_deg(at, street.line[index + 1] ?? at);
  const turn = ((after - before + 540) % 360) - 180;
  const stretch = Math.max(0.3, Math.cos((turn * Math.PI) / 360));
  return shifted(at, before + turn / 2 + 90, right_m / stretch);
}

/** A point moved by metres towards a heading. */
export function shifted([x, y]: Metres, heading_deg: number, by_m: number): Metres {
  const rad = (heading_deg * Math.PI) / 180;
  return [x + Math.sin(rad) * by_m, y + Math.cos(rad) * by_m];
}

/** Where a point lies relative to a street: along its line, and right of it (negative: left). */
export function locateOn(street: Street, [x, y]: Metres): { along_m: number; right_m: number } {
  let best = { along_m: 0, right_m: Number.POSITIVE_INFINITY, away: Number.POSITIVE_INFINITY };
  for (const [index, to] of street.line.slice(1).entries()) {
    const from = street.line[index] ?? to;
    const length = distance_m(from, to);
    if (length === 0) continue;
    const ux = (to[0] - from[0]) / length;
    const uy = (to[1] - from[1]) / length;
    const along = Math.max(0, Math.min(length, (x - from[0]) * ux + (y - from[1]) * uy));
    const away = Math.hypot(x - from[0] - ux * along, y - from[1] - uy * along);
    if (away >= best.away) continue;
    const side = (x - from[0]) * uy - (y - from[1]) * ux >= 0 ? 1 : -1;
    best = { along_m: (street.reach[index] ?? 0) + along, right_m: side * away, away };
  }
  return best;
}

/** Metres from a street's middle line. */
export function distanceToStreet(street: Street, point: Metres): number {
  return Math.abs(locateOn(street, point).right_m);
}

/** Half of carriageway and pavement: what a street covers to each side. */
export function halfWidth_m({ carriageway_m, pavement_m }: Street): number {
  return carriageway_m / 2 + pavement_m;
}
