import type { RoadClass } from '../src/domain/zone.ts';
import { bearing_deg, createPlane, distance_m, type LonLat, type Metres, type Plane } from './plane.ts';

/** A road as a line on the map. Roads that cross or touch are joined there. */
export interface Road {
  readonly id: string;
  readonly class: RoadClass;
  readonly speed_kmh: number;
  readonly line: readonly LonLat[];
}

/** A point of the graph: junction, bend, or a step along a long straight. */
export interface RoadNode {
  readonly at: Metres;
  readonly hasLight: boolean;
  readonly edges: { readonly to: number; readonly length_m: number; readonly speed_mps: number }[];
}

/** A way along the roads; `speed_mps[i]` holds from point i to the next. */
export interface Route {
  readonly points: readonly Metres[];
  readonly speed_mps: readonly number[];
  /** True where a traffic light stands at the point. */
  readonly lights: readonly boolean[];
  /** Metres from the beginning to each point. */
  readonly reach_m: readonly number[];
  /** Speed at which the bend at each point can be taken; infinite on a straight. */
  readonly bend_mps: readonly number[];
}

/** A route before its lengths and bends are known. */
type RouteLine = Pick<Route, 'points' | 'speed_mps' | 'lights'>;

/** A street network on which trucks find their way. */
export interface RoadMap {
  readonly plane: Plane;
  readonly nodes: readonly RoadNode[];
  nearest(point: Metres): { readonly node: number; readonly distance_m: number };
  /** The quickest way between two nodes, or undefined where none leads. */
  route(from: number, to: number): Route | undefined;
}

const SAME_POINT_M = 1;
const STEP_M = 40;
const LIGHT_REACH_M = 15;
/** A stop farther from every road makes no node. */
const STOP_REACH_M = 30;
/** Ways that are remembered; trucks go the same ones day by day. */
const ROUTES_MAX = 20_000;

/**
 * Builds the graph of roads given as lines; `lights` are places of traffic lights, `stops` places beside roads at
 * which vehicles halt exactly and not at the nearest step of a road.
 */
export function buildRoadMap(
  roads: readonly Road[],
  lights: readonly LonLat[],
  stops: readonly LonLat[] = [],
): RoadMap {
  const origin = roads[0]?.line[0] ?? [0, 0];
  const plane = createPlane(origin);
  const lightsAt = lights.map((light) => plane.toMetres(light));
  const lines = roads.map((road) => ({ road, points: road.line.map((point) => plane.toMetres(point)) }));
  const segments = lines.flatMap(({ road, points }) =>
    points.slice(1).map((end, index) => ({ road, start: points[index] ?? end, end })),
  );
  const nodes: RoadNode[] = [];
  const nodeAt = nodeFinder(nodes, lightsAt);
  const stopCuts = nearestSegments(
    segments,
    stops.map((stop) => plane.toMetres(stop)),
  );
  for (const [index, segment] of segments.entries()) {
    const crossings = segments.flatMap((other) => (other === segment ? [] : crossing(segment, other)));
    const cuts = [0, ...crossings, ...(stopCuts.get(index) ?? []), 1].sort((a, b) => a - b);
    const ids = cutPoints(segment.start, segment.end, cuts).map(nodeAt);
    for (const [index, to] of ids.entries()) {
      const from = ids[index - 1];
      if (from !== undefined && from !== to) join(nodes, from, to, segment.road.speed_kmh / 3.6);
    }
  }
  return {
    plane,
    nodes,
    nearest: (point) => nearestNode(nodes, point),
    route: rememberRoutes(nodes),
  };
}

/** Finds the node at a point, or makes it. */
function nodeFinder(nodes: RoadNode[], lights: readonly Metres[]): (at: Metres) => number {
  const cells = new Map<string, number[]>();
  const cellOf = (value: number): number => Math.floor(value / SAME_POINT_M);
  return (at) => {
    const [column, row] = [cellOf(at[0]), cellOf(at[1])];
    for (let x = column - 1; x <= column + 1; x += 1) {
      for (let y = row - 1; y <= row + 1; y += 1) {
        const found = cells
          .get(`${x},${y}`)
          ?.find((node) => distance_m(nodes[node]?.at ?? at, at) < SAME_POINT_M);
        if (found !== undefined) return found;
      }
    }
    nodes.push({ at, hasLight: lights.some((light) => distance_m(light, at) < LIGHT_REACH_M), edges: [] });
    const key = `${column},${row}`;
    cells.set(key, [...(cells.get(key) ?? []), nodes.length - 1]);
    return nodes.length - 1;
  };
}

/** For each segment, where (0..1) the stops beside it lie; a stop belongs to the nearest segment. */
function nearestSegments(segments: readonly Segment[], stops: readonly Metres[]): Map<number, number[]> {
  const cuts = new Map<number, number[]>();
  for (const stop of stops) {
    let best = { segment: -1, share: 0, away_m: STOP_REACH_M };
    for (const [segment, { start, end }] of segments.entries()) {
      const [ux, uy] = [end[0] - start[0], end[1] - start[1]];
      const along = ((stop[0] - start[0]) * ux + (stop[1] - start[1]) * uy) / (ux * ux + uy * uy || 1);
      const share = Math.min(1, Math.max(0, along));
      const away_m = distance_m(stop, [start[0] + ux * share, start[1] + uy * share]);
      if (away_m < best.away_m) best = { segment, share, away_m };
    }
    if (best.segment >= 0) cuts.set(best.segment, [...(cuts.get(best.segment) ?? []), best.share]);
  }
  return cuts;
}

function rememberRoutes(nodes: readonly RoadNode[]): RoadMap['route'] {
  const known = new Map<number, Route | undefined>();
  return (from, to) => {
    const key = from * nodes.length + to;
    if (known.has(key)) return known.get(key);
    const route = shortestRoute(nodes, from, to);
    // Forgetting all of them costs less than keeping count of which was used last.
    if (known.size >= ROUTES_MAX) known.clear();
    known.set(key, route);
    return route;
  };
}

interface Segment {
  readonly start: Metres;
  readonly end: Metres;
}

/** Where on `a` (0..1) `b` crosses or touches it. */
function crossing(a: Segment, b: Segment): number[] {
  const ax = a.end[0] - a.start[0];
  const ay = a.end[1] - a.start[1];
  const bx = b.end[0] - b.start[0];
  const by = b.end[1] - b.start[1];
  const cross = ax * by - ay * bx;
  const lengthA = Math.hypot(ax, ay);
  const lengthB = Math.hypot(bx, by);
  if (Math.abs(cross) < 1e-9 * lengthA * lengthB || lengthA === 0 || lengthB === 0) return [];
  const dx = b.start[0] - a.start[0];
  const dy = b.start[1] - a.start[1];
  const onA = (dx * by - dy * bx) / cross;
  const onB = (dx * ay - dy * ax) / cross;
  const inside = (share: number, length: number): boolean =>
    share >= -SAME_POINT_M / length && share <= 1 + SAME_POINT_M / length;
  return inside(onA, lengthA) && inside(onB, lengthB) ? [Math.min(1, Math.max(0, onA))] : [];
}

function cutPoints(start: Metres, end: Metres, stops: readonly number[]): Metres[] {
  const at = (share: number): Metres => [
    start[0] + (end[0] - start[0]) * share,
    start[1] + (end[1] - start[1]) * share,
  ];
  const points: Metres[] = [];
  for (const [index, stop] of stops.entries()) {
    const before = stops[index - 1];
    if (before !== undefined) {
      const steps = Math.ceil((distance_m(start, end) * (stop - before)) / STEP_M);
      for (let step = 1; step < steps; step += 1) points.push(at(before + ((stop - before) * step) / steps));
    }
    points.push(at(stop));
  }
  return points;
}

function join(nodes: readonly RoadNode[], from: number, to: number, speed_mps: number): void {
  const a = nodes[from];
  const b = nodes[to];
  if (a === undefined || b === undefined || a.edges.some((edge) => edge.to === to)) return;
  const length_m = distance_m(a.at, b.at);
  a.edges.push({ to, length_m, speed_mps });
  b.edges.push({ to: from, length_m, speed_mps });
}

function nearestNode(nodes: readonly RoadNode[], point: Metres): { node: number; distance_m: number } {
  let best = { node: -1, distance_m: Number.POSITIVE_INFINITY };
  for (const [node, { at }] of nodes.entries()) {
    const away = distance_m(at, point);
    if (away < best.distance_m) best = { node, distance_m: away };
  }
  return best;
}

/** Dijkstra by time; a few hundred nodes need no better queue. */
function shortestRoute(nodes: readonly RoadNode[], from: number, to: number): Route | undefined {
  const cost = new Map<number, number>([[from, 0]]);
  const previous = new Map<number, number>();
  const open = new Set<number>([from]);
  for (;;) {
    let current: number | undefined;
    for (const node of open) {
      if (current === undefined || (cost.get(node) ?? 0) < (cost.get(current) ?? 0)) current = node;
    }
    if (current === undefined) return undefined;
    if (current === to) return toRoute(nodes, walkBack(previous, to));
    open.delete(current);
    for (const { to: next, length_m, speed_mps } of nodes[current]?.edges ?? []) {
      const total = (cost.get(current) ?? 0) + length_m / speed_mps;
      if (total >= (cost.get(next) ?? Number.POSITIVE_INFINITY)) continue;
      cost.set(next, total);
      previous.set(next, current);
      open.add(next);
    }
  }
}

function walkBack(previous: ReadonlyMap<number, number>, to: number): number[] {
  const path = [to];
  for (let node = previous.get(to); node !== undefined; node = previous.get(node)) path.push(node);
  return path.reverse();
}

function toRoute(nodes: readonly RoadNode[], path: readonly number[]): Route {
  const found = path.flatMap((id) => nodes[id] ?? []);
  return measureRoute({
    points: found.map(({ at }) => at),
    lights: found.map(({ hasLight }) => hasLight),
    speed_mps: path.map(
      (id, index) => nodes[id]?.edges.find((edge) => edge.to === path[index + 1])?.speed_mps ?? 0,
    ),
  });
}

/** A route of its points, with lengths and bends. */
export function measureRoute(line: RouteLine): Route {
  const reach_m = [0];
  for (const [index, point] of line.points.slice(1).entries()) {
    reach_m.push((reach_m[index] ?? 0) + distance_m(line.points[index] ?? point, point));
  }
  return { ...line, reach_m, bend_mps: line.points.map((_point, index) => bendSpeed_mps(line, index)) };
}

function bendSpeed_mps(line: RouteLine, index: number): number {
  if (index === 0 || index >= line.points.length - 1) return Number.POSITIVE_INFINITY;
  const turn = Math.abs(((headingOf(line, index) - headingOf(line, index - 1) + 540) % 360) - 180);
  if (turn > 120) return 1.5;
  if (turn > 50) return 4;
  return turn > 20 ? 7 : Number.POSITIVE_INFINITY;
}

/** Heading of a route from point `index` to the next. */
export function headingOf(route: RouteLine, index: number): number {
  const from = route.points[index] ?? [0, 0];
  return bearing_deg(from, route.points[index + 1] ?? from);
}
