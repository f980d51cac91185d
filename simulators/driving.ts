import { distance_m, type Metres } from './plane.ts';
import { headingOf, type Route } from './roads.ts';

const ACCELERATION_MPS2 = 0.9;
const BRAKING_MPS2 = 1.4;
/** One phase of a light: shorter than any stop that would look suspicious. */
const LIGHT_PHASE_S = 22;
/** Trucks halt so far before the middle of a junction. */
const STOP_LINE_M = 12;

/** Where a vehicle is on its way. */
export interface Drive {
  /** Moves on by `dt_s`; `time_s` decides about the lights. */
  step(time_s: number, dt_s: number): void;
  readonly done: boolean;
  readonly at: Metres;
  readonly speed_mps: number;
  readonly heading_deg: number;
  /** Metres driven so far. */
  readonly driven_m: number;
  /** Index of the route point ahead. */
  readonly ahead: number;
}

/** Drives a route: keeps to the limits, slows for bends, halts at red lights and at the end. */
export function startDrive(route: Route, speed_mps: number): Drive {
  const reach = cumulative(route.points);
  const total = reach.at(-1) ?? 0;
  const corners = route.points.map((_point, index) => cornerSpeed_mps(route, index));
  let position = 0;
  let speed = speed_mps;
  let ahead = 1;
  const allowed = (time_s: number): number => {
    let limit = Math.min(route.speed_mps[ahead - 1] ?? 0, brakingSpeed(total - position, 0));
    for (let index = ahead; index < reach.length - 1 && (reach[index] ?? 0) - position < 200; index += 1) {
      const away = (reach[index] ?? 0) - position;
      limit = Math.min(limit, brakingSpeed(away, corners[index] ?? 0));
      const toLine = away - STOP_LINE_M;
      // Who cannot halt any more drives on, as the yellow light allows.
      const canHalt = toLine > 0 && speed ** 2 / (2 * BRAKING_MPS2) <= toLine + 3;
      if (route.lights[index] === true && canHalt && isRed(route, index, time_s)) {
        limit = Math.min(limit, brakingSpeed(toLine, 0));
      }
    }
    return limit;
  };
  return {
    step: (time_s, dt_s) => {
      const limit = allowed(time_s);
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
      return pointAt(route.points, reach, ahead, position);
    },
    get speed_mps() {
      return speed;
    },
    get heading_deg() {
      return headingOf(route, Math.min(ahead - 1, route.points.length - 2));
    },
    get driven_m() {
      return position;
    },
    get ahead() {
      return ahead;
    },
  };
}

function cumulative(points: readonly Metres[]): number[] {
  const reach = [0];
  for (let index = 1; index < points.length; index += 1) {
    reach.push((reach[index - 1] ?? 0) + distance_m(points[index - 1] ?? [0, 0], points[index] ?? [0, 0]));
  }
  return reach;
}

/** The speed from which one can still slow to `then_mps` within `away_m`. */
function brakingSpeed(away_m: number, then_mps: number): number {
  return Math.sqrt(then_mps ** 2 + 2 * BRAKING_MPS2 * Math.max(0, away_m));
}

function cornerSpeed_mps(route: Route, index: number): number {
  if (index === 0 || index >= route.points.length - 1) return Number.POSITIVE_INFINITY;
  const turn = Math.abs(((headingOf(route, index) - headingOf(route, index - 1) + 540) % 360) - 180);
  if (turn > 120) return 1.5;
  if (turn > 50) return 4;
  return turn > 20 ? 7 : Number.POSITIVE_INFINITY;
}

function isRed(route: Route, index: number, time_s: number): boolean {
  const [x, y] = route.points[index] ?? [0, 0];
  const phase = Math.floor((time_s + Math.abs(x * 7 + y * 13)) / LIGHT_PHASE_S) % 2;
  const heading = headingOf(route, index - 1) % 180;
  const eastWest = heading > 45 && heading < 135;
  return eastWest === (phase === 0);
}

function pointAt(
  points: readonly Metres[],
  reach: readonly number[],
  ahead: number,
  position: number,
): Metres {
  const from = points[ahead - 1] ?? [0, 0];
  const to = points[ahead] ?? from;
  const length = (reach[ahead] ?? 0) - (reach[ahead - 1] ?? 0);
  const share = length === 0 ? 1 : (position - (reach[ahead - 1] ?? 0)) / length;
  return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
}
