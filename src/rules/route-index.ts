import Flatbush from 'flatbush';
import { degreesOf, distanceToLine_m, type LonLat } from '../domain/geometry.ts';
import type { TruckRoute } from '../domain/route.ts';
import { inHours, type LocalTime } from '../domain/schedule.ts';
import type { Ring } from '../domain/zone.ts';

/** Where a truck is that has left its routes. */
export interface Strayed {
  /** To the nearest route that it may drive at the time; null where none of its routes is open then. */
  readonly away_m: number | null;
}

/**
 * Whether a truck is farther than the margin from all of its routes that are open at the time; undefined where it is
 * not, or where no route is known of it.
 */
export type RouteTest = (deviceId: string, at: LonLat, at_ms: number) => Strayed | undefined;

type Segment = readonly [Ring[number], Ring[number]];

interface IndexedRoute {
  readonly route: TruckRoute;
  readonly segments: readonly Segment[];
  readonly tree: Flatbush;
}

/** Indexes the legs of routes by their bounding boxes. */
export function createRouteTest(
  routes: readonly TruckRoute[],
  margin_m: number,
  localTime: LocalTime,
): RouteTest {
  const everybodys: IndexedRoute[] = [];
  const own = new Map<string, IndexedRoute[]>();
  for (const route of routes) {
    const indexed = indexOf(route);
    if (route.deviceIds === undefined) everybodys.push(indexed);
    for (const id of route.deviceIds ?? []) own.set(id, [...(own.get(id) ?? []), indexed]);
  }
  return (deviceId, at, at_ms) => {
    const mine = own.get(deviceId) ?? [];
    if (mine.length + everybodys.length === 0) return undefined;
    const isOpen = ({ route: { hours } }: IndexedRoute): boolean =>
      hours === undefined || inHours(hours, localTime(at_ms));
    const open = [...mine, ...everybodys].filter(isOpen);
    if (open.some((indexed) => isNear(indexed, at, margin_m))) return undefined;
    // Only who has strayed is measured in full.
    const away_m = Math.min(
      ...open.flatMap(({ route }) => route.lines.map((line) => distanceToLine_m(at, line))),
    );
    return { away_m: open.length === 0 ? null : away_m };
  };
}

function indexOf(route: TruckRoute): IndexedRoute {
  const segments = route.lines.flatMap((line) =>
    line.slice(1).map((point, index): Segment => [line[index] ?? point, point]),
  );
  const tree = new Flatbush(segments.length);
  for (const [a, b] of segments) {
    tree.add(Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1]));
  }
  tree.finish();
  return { route, segments, tree };
}

function isNear({ segments, tree }: IndexedRoute, at: LonLat, margin_m: number): boolean {
  const { lon, lat } = at;
  const margin = degreesOf(margin_m, lat);
  return tree
    .search(lon - margin.lon, lat - margin.lat, lon + margin.lon, lat + margin.lat)
    .some((index) => distanceToLine_m(at, segments[index] ?? []) <= margin_m);
}
