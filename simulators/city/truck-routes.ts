import type { Metres } from '../plane.ts';
import type { TruckSpec } from '../trucks.ts';
import type { Scenario } from './scenario.ts';
import { distanceToLine_m } from './truth/zone-test.ts';

/** Routes as a gateway's configuration has them: GeoJSON lines with the trucks whose they are. */
interface RoutesFile {
  readonly type: 'FeatureCollection';
  readonly features: readonly {
    readonly type: 'Feature';
    readonly properties: { readonly id: string; readonly devices: readonly string[] };
    readonly geometry: { readonly type: 'MultiLineString'; readonly coordinates: readonly number[][][] };
  }[];
}

/** Nearer to the straight line it is no bend. */
const BEND_M = 0.5;

/** Lines on which a truck is expected: between where it starts, its site and its disposal site, there and back. */
export function approvedWays(
  { start, site, disposal }: Pick<TruckSpec, 'start' | 'site' | 'disposal'>,
  { map }: Scenario,
): Metres[][] {
  const ways: (readonly [from: number, to: number])[] = [
    [start, site],
    [start, disposal],
    [site, disposal],
    [disposal, site],
  ];
  return ways.flatMap(([from, to]) => {
    const points = map.route(from, to)?.points ?? [];
    return points.length < 2 ? [] : [[...points]];
  });
}

/** Text of the file, a route a line. */
export function routesText({ type, features }: RoutesFile): string {
  const lines = features.map((feature) => JSON.stringify(feature)).join(',\n');
  return `{"type": "${type}", "features": [\n${lines}\n]}\n`;
}

/** Without the points that lie on the straight way between those around them. */
function straightened(line: readonly Metres[]): Metres[] {
  const kept: Metres[] = [];
  line.forEach((point, index) => {
    const [before, next] = [kept.at(-1), line[index + 1]];
    if (before === undefined || next === undefined || distanceToLine_m(point, [before, next]) > BEND_M) {
      kept.push(point);
    }
  });
  return kept;
}

/** The approved routes of a scenario's fleet as GeoJSON: one for all trucks with the same ways. */
export function routesFile(scenario: Scenario): RoutesFile {
  const { fleet } = scenario.file.trucks;
  const groups = new Map<string, typeof fleet>();
  for (const truck of fleet) {
    const key = `${truck.start} ${truck.site} ${truck.disposal}`;
    groups.set(key, [...(groups.get(key) ?? []), truck]);
  }
  const features = [...groups.values()].flatMap((trucks, index): RoutesFile['features'] => {
    const [{ start, site, disposal } = {}] = trucks;
    if (start === undefined || site === undefined || disposal === undefined) return [];
    const nodes = {
      start: scenario.node(start),
      site: scenario.node(site),
      disposal: scenario.node(disposal),
    };
    const lines = approvedWays(nodes, scenario);
    if (lines.length === 0) return [];
    const coordinates = lines.map((line) =>
      straightened(line).map((point) =>
        scenario.map.plane.toLonLat(point).map((degrees) => Number(degrees.toFixed(6))),
      ),
    );
    const properties = { id: `route-${index + 1}`, devices: trucks.map(({ id }) => id) };
    return [{ type: 'Feature', properties, geometry: { type: 'MultiLineString', coordinates } }];
  });
  return { type: 'FeatureCollection', features };
}
