import { bearing_deg, distance_m, type Metres } from '../../plane.ts';
import type { StagePose } from '../stage/stage-scene.ts';
import type { Obstacle } from './cast.ts';
import {
  halfWidth_m,
  locateOn,
  pointAlong,
  pointBeside,
  pointBesideBend,
  type Street,
  shifted,
} from './street.ts';

/** A walk along one side of a street. */
export interface Walk {
  readonly street: Street;
  readonly from_m: number;
  readonly to_m: number;
  /** Metres to the right of the street's middle; negative: left. */
  readonly right_m: number;
  readonly speed_mps: number;
  readonly start_s: number;
}

/** Where somebody has to wait on the way, and until when. */
export interface Crossing {
  /** Where the kerb is, and where the one beyond. */
  readonly from_m: number;
  readonly to_m: number;
  /** The earliest second at which one may set out who arrives at `t_s`. */
  readonly free_s: (t_s: number, crossing_s: number) => number;
}

/** Room that a person leaves to what stands in the way, in metres from its middle line. */
const ELBOW_M = 0.5;
const APPROACH_M = 1.5;
const TURN_S = 0.4;

/** A pose, rounded so that scenes stay small: centimetres, tenths of a second. */
export function pose(t_s: number, [x, y]: Metres, heading_deg: number): StagePose {
  return {
    t_s: Math.round(t_s * 10) / 10,
    x_m: Math.round(x * 100) / 100,
    y_m: Math.round(y * 100) / 100,
    heading_deg: Math.round(((heading_deg % 360) + 360) % 360),
  };
}

/** Poses of a way through points at one speed. */
export function posesThrough(points: readonly Metres[], start_s: number, speed_mps: number): StagePose[] {
  const poses: StagePose[] = [];
  let t_s = start_s;
  for (const [index, to] of points.slice(1).entries()) {
    const from = points[index] ?? to;
    const length = distance_m(from, to);
    if (length < 0.02) continue;
    const heading = bearing_deg(from, to);
    const last = poses.at(-1);
    // Turning takes a moment, else the body would swing round slowly along the whole way.
    if (last === undefined || last.heading_deg !== Math.round(heading) % 360)
      poses.push(
        pose(last === undefined ? t_s : t_s + Math.min(TURN_S, length / speed_mps / 2), from, heading),
      );
    t_s += length / speed_mps;
    poses.push(pose(t_s, to, heading));
  }
  return poses;
}

/** The poses of a walk: around what stands in the way, waiting where a street has to be crossed. */
export function walkAlong(
  walk: Walk,
  obstacles: readonly Obstacle[],
  crossings: readonly Crossing[] = [],
): StagePose[] {
  const { street, from_m, to_m, right_m, speed_mps, start_s } = walk;
  const ahead = Math.sign(to_m - from_m) || 1;
  const stops = [...crossings]
    .filter(
      ({ from_m: a, to_m: b }) =>
        Math.max(a, b) > Math.min(from_m, to_m) && Math.min(a, b) < Math.max(from_m, to_m),
    )
    .map((crossing) => (ahead > 0 ? crossing : { ...crossing, from_m: crossing.to_m, to_m: crossing.from_m }))
    .sort((a, b) => (a.from_m - b.from_m) * ahead);
  const poses: StagePose[] = [];
  let at_m = from_m;
  let t_s = start_s;
  const go = (until_m: number): void => {
    const points = waypoints({ ...walk, from_m: at_m, to_m: until_m, start_s: t_s }, obstacles);
    const part = posesThrough(points, t_s, speed_mps);
    poses.push(...part);
    t_s = part.at(-1)?.t_s ?? t_s;
    at_m = until_m;
  };
  for (const stop of stops) {
    if ((stop.from_m - at_m) * ahead > 0.1) go(stop.from_m);
    const free_s = stop.free_s(t_s, Math.abs(stop.to_m - stop.from_m) / speed_mps);
    if (free_s > t_s + 0.2) {
      const at = pointBeside(street, at_m, right_m);
      const heading = pointAlong(street, at_m).heading_deg + (ahead > 0 ? 0 : 180);
      poses.push(pose(t_s, at, heading), pose(free_s, at, heading));
      t_s = free_s;
    }
    const beyond_m = (to_m - stop.to_m) * ahead > 0 ? stop.to_m : to_m;
    if ((beyond_m - at_m) * ahead > 0.1) go(beyond_m);
  }
  if ((to_m - at_m) * ahead > 0.1) go(to_m);
  return poses;
}

interface Hindrance {
  readonly along_m: number;
  readonly right_m: number;
  readonly radius_m: number;
}

function waypoints(walk: Walk, obstacles: readonly Obstacle[]): Metres[] {
  const { street, from_m, to_m, right_m } = walk;
  const ahead = Math.sign(to_m - from_m) || 1;
  const points: Metres[] = [pointBeside(street, from_m, right_m)];
  for (const group of groups(hindrances(walk, obstacles), ahead)) {
    const start_m = Math.min(...group.map(({ along_m, radius_m }) => along_m * ahead - radius_m));
    const end_m = Math.max(...group.map(({ along_m, radius_m }) => along_m * ahead + radius_m));
    const detour_m = detourOf(street, right_m, group);
    if (detour_m === right_m) continue;
    for (const [along_m, off_m] of [
      [start_m - APPROACH_M, right_m],
      [start_m, detour_m],
      [end_m, detour_m],
      [end_m + APPROACH_M, right_m],
    ] as const) {
      const at_m = along_m * ahead;
      if ((at_m - from_m) * ahead > 0 && (to_m - at_m) * ahead > 0)
        points.push(pointBeside(street, at_m, off_m));
    }
  }
  points.push(...bends(street, from_m, to_m, right_m));
  const end = pointBeside(street, to_m, right_m);
  const order = (point: Metres): number => locateOn(street, point).along_m * ahead;
  return [...points.sort((a, b) => order(a) - order(b)), end];
}

function bends(street: Street, from_m: number, to_m: number, right_m: number): Metres[] {
  return street.reach.flatMap((bend_m, index) =>
    index > 0 &&
    index < street.line.length - 1 &&
    bend_m > Math.min(from_m, to_m) &&
    bend_m < Math.max(from_m, to_m)
      ? [pointBesideBend(street, index, right_m)]
      : [],
  );
}

/** What stands in the way at the time of passing. */
function hindrances(
  { street, from_m, to_m, right_m, speed_mps, start_s }: Walk,
  obstacles: readonly Obstacle[],
): Hindrance[] {
  const low = Math.min(from_m, to_m);
  const high = Math.max(from_m, to_m);
  return obstacles.flatMap(({ at, radius_m, from_s, to_s }) => {
    const { along_m, right_m: aside_m } = locateOn(street, at);
    if (along_m < low - radius_m || along_m > high + radius_m) return [];
    if (Math.abs(aside_m - right_m) > 6) return [];
    const passes_s = start_s + Math.abs(along_m - from_m) / speed_mps;
    if (passes_s < from_s - 15 || passes_s > to_s + 15) return [];
    return [{ along_m, right_m: aside_m, radius_m }];
  });
}

function groups(found: readonly Hindrance[], ahead: number): Hindrance[][] {
  const sorted = [...found].sort((a, b) => (a.along_m - b.along_m) * ahead);
  const made: Hindrance[][] = [];
  let end_m = Number.NEGATIVE_INFINITY;
  for (const one of sorted) {
    const start_m = one.along_m * ahead - one.radius_m;
    if (start_m < end_m + 2 * APPROACH_M) made.at(-1)?.push(one);
    else made.push([one]);
    end_m = Math.max(end_m, one.along_m * ahead + one.radius_m);
  }
  return made;
}

/** The nearest way past a group: on the pavement, or else at the edge of the carriageway. */
function detourOf(street: Street, right_m: number, group: readonly Hindrance[]): number {
  const sign = right_m < 0 ? -1 : 1;
  const kerb_m = street.carriageway_m / 2;
  const isClear = (off_m: number): boolean =>
    group.every((one) => Math.abs(one.right_m - off_m) >= one.radius_m + ELBOW_M - 0.01);
  const candidates = [
    right_m,
    ...group.flatMap((one) => [-1, 1].map((way) => one.right_m + way * (one.radius_m + ELBOW_M))),
  ].sort((a, b) => Math.abs(a - right_m) - Math.abs(b - right_m));
  const isWalkable = (off_m: number): boolean =>
    off_m * sign > kerb_m - 1.3 && off_m * sign < halfWidth_m(street) - 0.25;
  return candidates.find((off_m) => isWalkable(off_m) && isClear(off_m)) ?? sign * (kerb_m - 1.2);
}

/** The point so far in front of something that faces a heading, and so far to its right. */
export function pointBefore(at: Metres, facing_deg: number, ahead_m: number, right_m = 0): Metres {
  return shifted(shifted(at, facing_deg, ahead_m), facing_deg + 90, right_m);
}
