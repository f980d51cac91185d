import { bearing_deg, distance_m, type Metres } from '../../plane.ts';
import type { Random } from '../../random.ts';
import { headingAlong, type Junction, type Stretch, turn_deg } from './neighbourhood.ts';
import { pointBeside, type Street } from './street.ts';
import type { PassingWorld } from './world.ts';

/** A way of a vehicle through the neighbourhood, as points a metre apart. */
export interface LaneRoute {
  readonly points: readonly Metres[];
  /** Heading at each point. */
  readonly headings: readonly number[];
  /** Speed that is right at each point. */
  readonly limits_mps: readonly number[];
  readonly lights: readonly StopLine[];
}

/** Where one stops at a red light, as metres along the route. */
export interface StopLine {
  readonly at_m: number;
  readonly junction: Metres;
  readonly heading_deg: number;
}

/** How far right of a street's middle one drives on it. */
export type LaneOf = (street: Street) => number;

const TURNS_MAX = 3;
const TURN_MPS = 4;
const BEND_M = 6;
const SMOOTH_POINTS = 4;
/** Where a street goes on, so many turn off all the same. */
const TURN_SHARE = 0.16;
/** Between the stop line and the carriageway that is crossed: room for a zebra. */
const LINE_M = 4;

interface Leg {
  readonly street: Street;
  readonly from_m: number;
  readonly to_m: number;
  readonly ahead: 1 | -1;
}

/** Draws a way that enters at an end of a stretch and leaves at another; undefined where one could only turn back. */
export function drawRoute(
  world: PassingWorld,
  stretch: Stretch,
  ahead: 1 | -1,
  laneOf: LaneOf,
  random: Random,
): LaneRoute | undefined {
  const legs: Leg[] = [];
  let here = stretch;
  let way = ahead;
  let start_m = ahead > 0 ? stretch.from_m : stretch.to_m;
  for (let turns = 0; turns <= TURNS_MAX; turns += 1) {
    const end_m = way > 0 ? here.to_m : here.from_m;
    const exit = turns === TURNS_MAX ? undefined : drawTurn(world, here, start_m, way, random);
    if (exit === undefined) {
      if (isDeadEnd(here.street, end_m) && turns > 0 && legs.length === 0) return undefined;
      legs.push({ street: here.street, from_m: start_m, to_m: end_m, ahead: way });
      break;
    }
    legs.push({ street: here.street, from_m: start_m, to_m: exit.leave_m, ahead: way });
    here = exit.stretch;
    start_m = exit.enter_m;
    way = exit.ahead;
  }
  return layRoute(world, legs, laneOf);
}

function isDeadEnd(street: Street, end_m: number): boolean {
  return end_m < 1 || end_m > street.length_m - 1;
}

interface Exit {
  readonly leave_m: number;
  readonly stretch: Stretch;
  readonly enter_m: number;
  readonly ahead: 1 | -1;
}

/** Whether and where the way turns off; at the end of a street it must. */
function drawTurn(
  world: PassingWorld,
  { street, from_m, to_m }: Stretch,
  start_m: number,
  ahead: 1 | -1,
  random: Random,
): Exit | undefined {
  const junctions = world.junctions
    .flatMap((junction) => {
      const along_m =
        junction.a === street ? junction.along_a_m : junction.b === street ? junction.along_b_m : undefined;
      if (along_m === undefined || (along_m - start_m) * ahead < 8) return [];
      return along_m >= from_m - 1 && along_m <= to_m + 1 ? [{ junction, along_m }] : [];
    })
    .sort((a, b) => (a.along_m - b.along_m) * ahead);
  for (const { junction, along_m } of junctions) {
    const end_m = ahead > 0 ? to_m : from_m;
    const mustTurn = isDeadEnd(street, along_m) && Math.abs(along_m - end_m) < 2;
    if (!mustTurn && random.next() > TURN_SHARE) continue;
    const exits = exitsOf(world, junction, street, along_m);
    const exit = exits[Math.floor(random.next() * exits.length)];
    if (exit !== undefined) return exit;
  }
  return undefined;
}

function exitsOf(world: PassingWorld, junction: Junction, street: Street, leave_m: number): Exit[] {
  const other = junction.a === street ? junction.b : junction.a;
  const enter_m = junction.a === street ? junction.along_b_m : junction.along_a_m;
  const stretch = world.stretches.find(
    (known) => known.street === other && known.from_m - 1 <= enter_m && enter_m <= known.to_m + 1,
  );
  if (stretch === undefined) return [];
  return ([1, -1] as const)
    .filter((ahead) => (ahead > 0 ? stretch.to_m - enter_m : enter_m - stretch.from_m) > 15)
    .map((ahead) => ({ leave_m, stretch, enter_m, ahead }));
}

function layRoute(world: PassingWorld, legs: readonly Leg[], laneOf: LaneOf): LaneRoute | undefined {
  const rough: { at: Metres; limit_mps: number }[] = [];
  for (const [index, leg] of legs.entries()) {
    const before = legs[index - 1];
    const after = legs[index + 1];
    const right_m = laneOf(leg.street) * leg.ahead;
    const room = (other: Leg | undefined): number =>
      other === undefined ? 0 : other.street.carriageway_m / 2 + 1.5;
    const start_m = leg.from_m + leg.ahead * room(before);
    const end_m = leg.to_m - leg.ahead * room(after);
    if ((end_m - start_m) * leg.ahead < 2) return undefined;
    if (before !== undefined)
      rough.push(...bend(rough.at(-1)?.at, before, leg, pointBeside(leg.street, start_m, right_m)));
    const length = Math.abs(end_m - start_m);
    const bends = leg.street.reach.slice(1, -1);
    for (let along = 0; along <= length; along += 1) {
      const along_m = start_m + leg.ahead * along;
      const isBend = bends.some((bend_m) => Math.abs(bend_m - along_m) < BEND_M);
      rough.push({
        at: pointBeside(leg.street, along_m, right_m),
        limit_mps: isBend ? Math.min(TURN_MPS, leg.street.speed_mps) : leg.street.speed_mps,
      });
    }
  }
  const points = smoothed(rough.map(({ at }) => at));
  const headings = points.map((at, index) => {
    const next = points[index + 1];
    const last = points[index - 1];
    return next !== undefined ? bearing_deg(at, next) : last !== undefined ? bearing_deg(last, at) : 0;
  });
  return {
    points,
    headings,
    limits_mps: slowed(rough.map(({ limit_mps }) => limit_mps)),
    lights: linesOf(world, legs, points),
  };
}

/** Rounds the corners that bends of a street leave; straights stay as they are. */
function smoothed(points: readonly Metres[]): Metres[] {
  return points.map((_at, index) => {
    const reach = Math.min(SMOOTH_POINTS, index, points.length - 1 - index);
    const near = points.slice(index - reach, index + reach + 1);
    const mean = (axis: 0 | 1): number => near.reduce((sum, point) => sum + point[axis], 0) / near.length;
    return [mean(0), mean(1)];
  });
}

/** A curve from one leg into the next, as points about a metre apart. */
function bend(from: Metres | undefined, before: Leg, leg: Leg, to: Metres) {
  if (from === undefined) return [];
  const heading = headingAlong(before.street, before.to_m, before.ahead);
  const out = headingAlong(leg.street, leg.from_m, leg.ahead);
  const length = distance_m(from, to);
  const pull = length * (Math.abs(turn_deg(heading, out)) > 30 ? 0.55 : 0.3);
  const rad = (deg: number): number => (deg * Math.PI) / 180;
  const c1: Metres = [from[0] + Math.sin(rad(heading)) * pull, from[1] + Math.cos(rad(heading)) * pull];
  const c2: Metres = [to[0] - Math.sin(rad(out)) * pull, to[1] - Math.cos(rad(out)) * pull];
  const steps = Math.max(3, Math.round(length * 1.1));
  return Array.from({ length: steps - 1 }, (_none, index) => {
    const t = (index + 1) / steps;
    const mix = (axis: 0 | 1): number =>
      (1 - t) ** 3 * from[axis] +
      3 * (1 - t) ** 2 * t * c1[axis] +
      3 * (1 - t) * t * t * c2[axis] +
      t ** 3 * to[axis];
    return { at: [mix(0), mix(1)] as Metres, limit_mps: TURN_MPS };
  });
}

/** Limits from which one can brake in time to the next lower one. */
function slowed(limits: readonly number[]): number[] {
  const made = [...limits];
  for (let index = made.length - 2; index >= 0; index -= 1)
    made[index] = Math.min(made[index] ?? 0, Math.sqrt((made[index + 1] ?? 0) ** 2 + 2 * 1.6));
  return made;
}

function linesOf(world: PassingWorld, legs: readonly Leg[], points: readonly Metres[]): StopLine[] {
  return legs.flatMap((leg) =>
    world.junctions.flatMap((junction): StopLine[] => {
      if (!junction.hasLight || (junction.a !== leg.street && junction.b !== leg.street)) return [];
      const other = junction.a === leg.street ? junction.b : junction.a;
      const along_m = junction.a === leg.street ? junction.along_a_m : junction.along_b_m;
      const line_m = along_m - leg.ahead * (other.carriageway_m / 2 + LINE_M);
      if ((line_m - leg.from_m) * leg.ahead < 0 || (leg.to_m - line_m) * leg.ahead < 0) return [];
      const line = pointBeside(leg.street, line_m, 0);
      let at_m = 0;
      for (const [index, point] of points.entries())
        if (distance_m(point, line) < distance_m(points[at_m] ?? point, line)) at_m = index;
      return [{ at_m, junction: junction.at, heading_deg: headingAlong(leg.street, line_m, leg.ahead) }];
    }),
  );
}
