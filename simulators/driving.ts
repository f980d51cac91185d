import { isRedLight } from './lights.ts';
import { bearing_deg, type Metres } from './plane.ts';
import { headingOf, type Route } from './roads.ts';

const ACCELERATION_MPS2 = 0.9;
const BRAKING_MPS2 = 1.4;
/** Trucks halt so far before the middle of a junction. */
const STOP_LINE_M = 12;
/** A truck points along the line between its axles, so that it turns while it goes round a corner. */
const HALF_WHEELBASE_M = 4;
const LOOK_AHEAD_M = 200;

/** How the driver of a vehicle drives. */
export interface Manner {
  /** Share of the limit that is driven. */
  readonly pace: number;
  /** Not faster than this, whatever the limit is. */
  readonly cap_mps: number;
}

/** Where a vehicle is on its way. */
export interface Drive {
  /** Moves on by `dt_s`; `time_s` decides about the lights. */
  step(time_s: number, dt_s: number, manner: Manner): void;
  readonly done: boolean;
  readonly at: Metres;
  readonly speed_mps: number;
  readonly heading_deg: number;
  /** The road's limit where the vehicle is. */
  readonly limit_mps: number;
  /** Metres driven so far, and still to go. */
  readonly driven_m: number;
  readonly left_m: number;
  /** Index of the route point ahead. */
  readonly ahead: number;
}

/** Drives a route: keeps to the manner's share of the limits, slows for bends, halts at red lights and at the end. */
export function startDrive(route: Route, speed_mps: number, lightShift_s = 0): Drive {
  const { reach_m: reach, bend_mps } = route;
  const total = reach.at(-1) ?? 0;
  let position = 0;
  let speed = speed_mps;
  let ahead = 1;
  const allowed = (time_s: number, { pace, cap_mps }: Manner): number => {
    let limit = Math.min((route.speed_mps[ahead - 1] ?? 0) * pace, cap_mps);
    limit = Math.min(limit, brakingSpeed(total - position, 0));
    for (let index = ahead; index < reach.length - 1; index += 1) {
      const away = (reach[index] ?? 0) - position;
      if (away >= LOOK_AHEAD_M) break;
      const bend = bend_mps[index] ?? 0;
      if (bend < limit) limit = Math.min(limit, brakingSpeed(away, bend));
      if (route.lights[index] !== true) continue;
      const toLine = away - STOP_LINE_M;
      // Who cannot halt any more drives on, as the yellow light allows.
      const canHalt = toLine > 0 && speed ** 2 / (2 * BRAKING_MPS2) <= toLine + 3;
      if (canHalt && isRed(route, index, time_s + lightShift_s)) {
        limit = Math.min(limit, brakingSpeed(toLine, 0));
      }
    }
    return limit;
  };
  return {
    step: (time_s, dt_s, manner) => {
      const limit = allowed(time_s, manner);
      const wanted = limit > speed ? speed + ACCELERATION_MPS2 * dt_s : speed - 2 * BRAKING_MPS2 * dt_s;
      speed = limit > speed ? Math.min(limit, wanted) : Math.max(limit, wanted);
      position = Math.min(total, position + speed * dt_s);
      // The braking curve comes near its end ever slower; the last half metre is taken at once.
      if (total - position < 0.5) {
        position = total;
        speed = 0;
      }
      while (ahead < reach.length - 1 && (reach[ahead] ?? 0) <= position) ahead += 1;
    },
    get done() {
      return position >= total;
    },
    get at() {
      return pointAt(route, ahead, position);
    },
    get speed_mps() {
      return speed;
    },
    get heading_deg() {
      const rear = Math.max(0, position - HALF_WHEELBASE_M);
      const front = Math.min(total, position + HALF_WHEELBASE_M);
      if (rear >= (reach[ahead - 1] ?? 0) && front <= (reach[ahead] ?? 0)) return headingOf(route, ahead - 1);
      return bearing_deg(pointAt(route, ahead, rear), pointAt(route, ahead, front));
    },
    get limit_mps() {
      return route.speed_mps[ahead - 1] ?? 0;
    },
    get driven_m() {
      return position;
    },
    get left_m() {
      return total - position;
    },
    get ahead() {
      return ahead;
    },
  };
}

/** The speed from which one can still slow to `then_mps` within `away_m`. */
function brakingSpeed(away_m: number, then_mps: number): number {
  return Math.sqrt(then_mps ** 2 + 2 * BRAKING_MPS2 * Math.max(0, away_m));
}

function isRed(route: Route, index: number, time_s: number): boolean {
  return isRedLight(route.points[index] ?? [0, 0], headingOf(route, index - 1), time_s);
}

/** The point so far along a route; `near` is the index of a point beside it. */
function pointAt({ points, reach_m: reach }: Route, near: number, position: number): Metres {
  let ahead = near;
  while (ahead > 1 && (reach[ahead - 1] ?? 0) > position) ahead -= 1;
  while (ahead < points.length - 1 && (reach[ahead] ?? 0) < position) ahead += 1;
  const from = points[ahead - 1] ?? [0, 0];
  const to = points[ahead] ?? from;
  const start = reach[ahead - 1] ?? 0;
  const length = (reach[ahead] ?? 0) - start;
  const share = length === 0 ? 1 : (position - start) / length;
  return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
}
