import type { DailyHours, RoadClass } from '../../../src/domain/zone.ts';
import type { Metres } from '../../plane.ts';
import type { Scenario, ScenarioZone } from '../scenario.ts';
import type { StageCamera } from '../stage/stage-scene.ts';
import { halfWidth_m, locateOn, pointBeside, type Street, streetsOf } from './street.ts';
import { openRuns } from './street-fronts.ts';
import { poleCameras, project } from './view.ts';

/** A zone of a camera's picture as a gateway's configuration has it. */
export interface PictureZone {
  readonly id: string;
  readonly kind: string;
  readonly road_class: RoadClass;
  readonly polygon: readonly (readonly [number, number])[];
  readonly hours?: readonly DailyHours[];
}

/** The part of a gateway's configuration that says where a camera is and what its picture shows. */
export interface PictureZones {
  readonly id: string;
  readonly name?: string;
  readonly lon: number;
  readonly lat: number;
  readonly zones: readonly PictureZone[];
}

/** Kinds of map zone that matter in a picture. */
const KINDS: ReadonlySet<string> = new Set(['no-vending', 'vending', 'collection-point']);
/** Ground farther away than this is in no zone: what stands there is too small to be judged. */
const REACH_M = 60;
const NEAR_M = 1;
/** What stands so near before shops, in metres, is the shops'. In lanes all of the pavement would be theirs. */
const SHOPFRONT_M = 1.25;
/** Rows of shops reach so far around a corner. */
const CORNER_M = 3;
/** Fronts stand so far behind the pavement: there nothing of the street itself is. */
const SETBACK_M = 0.25;
/** Smaller shares of the picture are slivers. */
const AREA_MIN = 0.0015;

type Points = readonly (readonly [number, number])[];

/**
 * For each pole camera the zones of its picture: the streets themselves (kind `street`), the map's zones where they lie on
 * a street, and the ground before shops (kind `shopfront`). What an engineer would draw by hand, for a gateway that rehearses with the scenario.
 */
export function pictureZones(scenario: Scenario): PictureZones[] {
  const streets = streetsOf(scenario);
  return poleCameras(scenario).map((camera) => {
    const entry = scenario.file.cameras.find(({ id }) => id === camera.id);
    const [lon, lat] = entry?.at ?? [0, 0];
    // Where two overlap the first counts, so larger roads and permitting zones come first.
    const zones = [
      ...scenario.zones.filter(({ kind }) => KINDS.has(kind)).flatMap((zone) => drawn(camera, streets, zone)),
      ...streets.flatMap((street) => shopfronts(camera, street, streets)),
      ...[...streets].sort(byClass).flatMap((street) => whole(camera, street)),
    ];
    return { id: camera.id, ...(entry?.name === undefined ? {} : { name: entry.name }), lon, lat, zones };
  });
}

const ORDER: readonly RoadClass[] = ['arterial', 'secondary', 'lane'];

function byClass(a: Street, b: Street): number {
  return ORDER.indexOf(a.class) - ORDER.indexOf(b.class);
}

function whole(camera: StageCamera, street: Street): PictureZone[] {
  return strips(camera, street).flatMap((strip, index) => {
    const polygon = inPicture(camera, strip);
    if (polygon === undefined) return [];
    return [{ id: numbered(street.id, index), kind: 'street', road_class: street.class, polygon }];
  });
}

/** The ground before the shops of a street, where the scenario says that there are some, in straight parts. */
function shopfronts(camera: StageCamera, street: Street, streets: readonly Street[]): PictureZone[] {
  if (street.class === 'lane') return [];
  const others = streets.filter((other) => other !== street);
  const half_m = halfWidth_m(street);
  const here = locateOn(street, [camera.x_m, camera.y_m]).along_m;
  return (['left', 'right'] as const).flatMap((side) => {
    if (street.fronts[side] !== 'shops') return [];
    const sign = side === 'right' ? 1 : -1;
    const parts = openRuns(street, sign * (half_m + SETBACK_M), others).flatMap(([start_m, end_m]) => {
      const low = Math.max(0, start_m - CORNER_M, here - REACH_M);
      const high = Math.min(street.length_m, end_m + CORNER_M, here + REACH_M);
      const cuts = [low, ...street.reach.filter((at_m) => at_m > low && at_m < high), high];
      return cuts.slice(1).flatMap((to_m, index) => {
        const [a, b] = [(cuts[index] ?? to_m) + 0.01, to_m - 0.01];
        if (b - a < 1) return [];
        const corner = (along_m: number, in_m: number) =>
          pointBeside(street, along_m, sign * (half_m - in_m));
        const ground = [corner(a, 0), corner(b, 0), corner(b, SHOPFRONT_M), corner(a, SHOPFRONT_M)];
        const polygon = inPicture(camera, ground);
        return polygon === undefined ? [] : [polygon];
      });
    });
    return parts.map((polygon, index) => ({
      id: numbered(`shopfront-${street.id}-${side}`, index),
      kind: 'shopfront',
      road_class: street.class,
      polygon,
    }));
  });
}

function drawn(camera: StageCamera, streets: readonly Street[], zone: ScenarioZone): PictureZone[] {
  const parts = streets.flatMap((street) =>
    strips(camera, street).flatMap((strip) => {
      const polygon = inPicture(camera, cut(strip, zone.ring));
      return polygon === undefined ? [] : [{ street, polygon }];
    }),
  );
  return parts.map(({ street, polygon }, index) => ({
    id: numbered(zone.id, index),
    kind: zone.kind,
    road_class: zone.roadClass ?? street.class,
    polygon,
    ...(zone.hours === undefined ? {} : { hours: zone.hours }),
  }));
}

function numbered(id: string, index: number): string {
  return index === 0 ? id : `${id}-${index + 1}`;
}

/** The straight parts of a street near a camera, from front to front. */
function strips(camera: StageCamera, street: Street): Metres[][] {
  const here = locateOn(street, [camera.x_m, camera.y_m]).along_m;
  const [low, high] = [Math.max(0, here - REACH_M), Math.min(street.length_m, here + REACH_M)];
  const cuts = [low, ...street.reach.filter((at_m) => at_m > low && at_m < high), high];
  const half_m = halfWidth_m(street);
  return cuts.slice(1).flatMap((to_m, index) => {
    const from_m = cuts[index] ?? to_m;
    if (to_m - from_m < 1) return [];
    const [a, b] = [from_m + 0.01, to_m - 0.01];
    return [
      [
        pointBeside(street, a, -half_m),
        pointBeside(street, b, -half_m),
        pointBeside(street, b, half_m),
        pointBeside(street, a, half_m),
      ],
    ];
  });
}

/** A ground polygon as shares of the picture, cut at its edges. */
function inPicture(camera: StageCamera, ground: Points): [number, number][] | undefined {
  const ahead = clip(ground, ([x, y]) => {
    const rad = (camera.heading_deg * Math.PI) / 180;
    const away = (x - camera.x_m) * Math.sin(rad) + (y - camera.y_m) * Math.cos(rad);
    return away - NEAR_M;
  });
  const near = clip(ahead, ([x, y]) => {
    const rad = (camera.heading_deg * Math.PI) / 180;
    return REACH_M - ((x - camera.x_m) * Math.sin(rad) + (y - camera.y_m) * Math.cos(rad));
  });
  const seen = near.flatMap((point): [number, number][] => {
    const spot = project(camera, point, 0);
    return spot === undefined ? [] : [[spot.x, spot.y]];
  });
  if (seen.length !== near.length) return undefined;
  const edges: ((point: readonly [number, number]) => number)[] = [
    ([x]) => x,
    ([x]) => 1 - x,
    ([, y]) => y,
    ([, y]) => 1 - y,
  ];
  const kept = edges.reduce<Points>(clip, seen);
  if (kept.length < 3 || areaOf(kept) < AREA_MIN) return undefined;
  const share = (value: number): number => Number(Math.max(0, Math.min(1, value)).toFixed(4));
  return kept.map(([x, y]) => [share(x), share(y)]);
}

/** The part of a polygon that lies within a convex one. */
function cut(points: Points, ring: Points): Points {
  const turn = Math.sign(signedArea(ring)) || 1;
  return ring.reduce<Points>((left, from, index) => {
    const to = ring[(index + 1) % ring.length] ?? from;
    const [ex, ey] = [to[0] - from[0], to[1] - from[1]];
    if (Math.hypot(ex, ey) < 1e-9) return left;
    return clip(left, ([x, y]) => turn * (ex * (y - from[1]) - ey * (x - from[0])));
  }, points);
}

/** The part of a polygon where a linear function is not negative. */
function clip(points: Points, side: (point: readonly [number, number]) => number): Points {
  return points.flatMap((to, index) => {
    const from = points[(index + points.length - 1) % points.length] ?? to;
    const [a, b] = [side(from), side(to)];
    const share = a / (a - b);
    const between = [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share] as const;
    if (a >= 0 && b >= 0) return [to];
    if (a >= 0) return [between];
    return b >= 0 ? [between, to] : [];
  });
}

function signedArea(points: Points): number {
  return points.reduce((sum, [x, y], index) => {
    const [nx, ny] = points[(index + 1) % points.length] ?? [x, y];
    return sum + (x * ny - nx * y) / 2;
  }, 0);
}

function areaOf(points: Points): number {
  return Math.abs(signedArea(points));
}
