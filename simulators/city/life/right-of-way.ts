import type { Metres } from '../../plane.ts';
import type { LaneRoute } from './lane-routes.ts';
import { turn_deg } from './neighbourhood.ts';

/** Somebody or something that a driver has to mind, as circles. */
export interface Other {
  readonly circles: readonly Metres[];
  readonly radius_m: number;
  readonly at: Metres;
  readonly heading_deg: number;
  readonly speed_mps: number;
  /** Stands for long: one may pass by. */
  readonly standing: boolean;
  /** Its way does not depend on the traffic. */
  readonly settled: boolean;
}

/** The vehicle that looks ahead. */
interface Body {
  readonly at: Metres;
  readonly at_m: number;
  readonly aside_m: number;
  readonly length_m: number;
  readonly width_m: number;
  readonly speed_mps: number;
}

const LOOK_MIN_M = 9;
const LOOK_S = 2.6;
const MARGIN_M = 0.22;
/** Who comes from aside is minded where it will be so much later. */
const FORESIGHT_S = 1.2;
const PASS_M = 0.45;

/** A thing or vehicle as circles along its length. */
export function otherOf(
  at: Metres,
  heading_deg: number,
  length_m: number,
  width_m: number,
  speed_mps: number,
  standing: boolean,
  settled = standing,
): Other {
  const rad = (heading_deg * Math.PI) / 180;
  const count = Math.max(1, Math.round(length_m / Math.max(0.5, width_m)));
  const circles = Array.from({ length: count }, (_none, index): Metres => {
    const along = count === 1 ? 0 : (index / (count - 1) - 0.5) * Math.max(0, length_m - width_m);
    return [at[0] + Math.sin(rad) * along, at[1] + Math.cos(rad) * along];
  });
  return { circles, radius_m: width_m / 2, at, heading_deg, speed_mps, standing, settled };
}

/**
 * How much room there is ahead on a route, who takes it, and how far to the left one should keep. Who `pushes` minds
 * nobody but those ahead of it on its own way.
 */
export function inTheWay(
  route: LaneRoute,
  body: Body,
  self: number,
  moving: readonly Other[],
  fixed: readonly Other[],
  pushes: boolean,
): { gap_m: number; other: Other | undefined; wantAside_m: number } {
  const look_m = Math.max(LOOK_MIN_M, body.speed_mps * LOOK_S) + body.length_m / 2;
  let gap_m = Number.POSITIVE_INFINITY;
  let first: Other | undefined;
  let wantAside_m = 0;
  const mind = (other: Other, isMoving: boolean): void => {
    const dx = other.at[0] - body.at[0];
    const dy = other.at[1] - body.at[1];
    if (Math.hypot(dx, dy) > look_m + 8) return;
    if (other.standing) {
      const aside = roomLeftOf(route, body, other, look_m);
      wantAside_m = Math.max(wantAside_m, aside);
    }
    const heading = route.headings[Math.floor(body.at_m)] ?? 0;
    const fromAside = Math.abs(turn_deg(heading, other.heading_deg)) > 50;
    if (pushes && fromAside) return;
    const now = hit(route, body, other.circles, other.radius_m, look_m);
    const rad = (other.heading_deg * Math.PI) / 180;
    const ahead = other.speed_mps * FORESIGHT_S;
    const soon =
      isMoving && fromAside && other.speed_mps > 0.5
        ? hit(
            route,
            body,
            other.circles.map(([x, y]): Metres => [x + Math.sin(rad) * ahead, y + Math.cos(rad) * ahead]),
            other.radius_m,
            look_m,
          )
        : Number.POSITIVE_INFINITY;
    const found = Math.min(now, soon);
    if (found >= gap_m) return;
    gap_m = found;
    first = other;
  };
  for (const [index, other] of moving.entries()) if (index !== self) mind(other, true);
  for (const other of fixed) mind(other, other.speed_mps > 0.5);
  return { gap_m, other: first, wantAside_m };
}

/** Metres from the front to the first point of the way that a circle touches. */
function hit(
  route: LaneRoute,
  { at_m, aside_m, width_m, length_m }: Body,
  circles: readonly Metres[],
  radius_m: number,
  look_m: number,
): number {
  const reach = radius_m + width_m / 2 + MARGIN_M;
  const start = Math.floor(at_m);
  const end = Math.min(route.points.length - 1, start + Math.ceil(look_m));
  for (let index = start; index <= end; index += 1) {
    const point = route.points[index];
    if (point === undefined) break;
    const rad = ((route.headings[index] ?? 0) * Math.PI) / 180;
    const x = point[0] - Math.cos(rad) * aside_m;
    const y = point[1] + Math.sin(rad) * aside_m;
    for (const [cx, cy] of circles) {
      if (Math.abs(cx - x) > reach || Math.abs(cy - y) > reach || Math.hypot(cx - x, cy - y) > reach)
        continue;
      // What touches the rear half only is beside or behind.
      const along = (cx - x) * Math.sin(rad) + (cy - y) * Math.cos(rad) + (index - at_m);
      if (along < length_m / 4) continue;
      return Math.max(0, along - radius_m - length_m / 2);
    }
  }
  return Number.POSITIVE_INFINITY;
}

/** How far left of the route one must keep to pass what stands there; 0 where it is not in the way. */
function roomLeftOf(
  route: LaneRoute,
  { at_m, width_m, length_m }: Body,
  { circles, radius_m }: Other,
  look_m: number,
): number {
  let most = 0;
  const start = Math.max(0, Math.floor(at_m - length_m));
  const end = Math.min(route.points.length - 1, Math.floor(at_m + look_m + 6));
  for (let index = start; index <= end; index += 1) {
    const point = route.points[index];
    if (point === undefined) break;
    const rad = ((route.headings[index] ?? 0) * Math.PI) / 180;
    for (const [cx, cy] of circles) {
      const along = (cx - point[0]) * Math.sin(rad) + (cy - point[1]) * Math.cos(rad);
      if (Math.abs(along) > 1) continue;
      const right = (cx - point[0]) * Math.cos(rad) - (cy - point[1]) * Math.sin(rad);
      const need = radius_m + width_m / 2 + PASS_M;
      // What stands well to the left is the others' business.
      if (right < -0.6 || right > need) continue;
      most = Math.max(most, need - right);
    }
  }
  return most;
}
