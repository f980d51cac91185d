import { isRedLight } from '../../lights.ts';
import type { Metres } from '../../plane.ts';
import { createRandom, deriveSeed, type Random } from '../../random.ts';
import type { ActorKind, StageActor } from '../stage/stage-scene.ts';
import { drawRoute, type LaneRoute } from './lane-routes.ts';
import type { Passing } from './life-file.ts';
import { drawLook } from './looks.ts';
import { turn_deg } from './neighbourhood.ts';
import { inTheWay, type Other, otherOf } from './right-of-way.ts';
import { settledOnes } from './settled-ones.ts';
import type { Street } from './street.ts';
import { thinPath } from './thin-path.ts';
import { pose } from './walking.ts';
import { arrivals, type PassingWorld } from './world.ts';

interface VehicleKind {
  readonly rate: keyof Passing;
  readonly kind: ActorKind;
  readonly length_m: number;
  readonly width_m: number;
  /** Share of the limit that is driven, and never more than `top_mps`. */
  readonly pace: readonly [number, number];
  readonly top_mps: number;
  readonly lane: (street: Street, draw: number) => number;
}

/** On an arterial there are two lanes for cars and room for two wheels beside the kerb. */
const outer_m = (street: Street): number =>
  street.class === 'arterial' && street.carriageway_m >= 12
    ? street.carriageway_m / 2 - 2
    : street.carriageway_m / 4 + 0.1;
const anyLane_m = (street: Street, draw: number): number =>
  street.class === 'arterial' && street.carriageway_m >= 12 && draw < 0.5 ? 2.2 : outer_m(street);
const kerb_m = (street: Street, draw: number): number => street.carriageway_m / 2 - 0.45 - draw * 0.35;

const KINDS: readonly VehicleKind[] = [
  {
    rate: 'cars',
    kind: 'car',
    length_m: 4.6,
    width_m: 1.8,
    pace: [0.75, 1.05],
    top_mps: 15,
    lane: anyLane_m,
  },
  {
    rate: 'two_wheelers',
    kind: 'two-wheeler',
    length_m: 1.8,
    width_m: 0.7,
    pace: [0.5, 0.8],
    top_mps: 7,
    lane: kerb_m,
  },
  {
    rate: 'tricycles',
    kind: 'tricycle',
    length_m: 2.6,
    width_m: 1.2,
    pace: [0.3, 0.5],
    top_mps: 5,
    lane: kerb_m,
  },
  { rate: 'vans', kind: 'van', length_m: 5, width_m: 1.9, pace: [0.7, 0.95], top_mps: 13, lane: anyLane_m },
  { rate: 'buses', kind: 'bus', length_m: 11, width_m: 2.5, pace: [0.65, 0.85], top_mps: 11, lane: outer_m },
  {
    rate: 'trucks',
    kind: 'truck',
    length_m: 7.5,
    width_m: 2.3,
    pace: [0.65, 0.85],
    top_mps: 11,
    lane: outer_m,
  },
];

const STEP_S = 0.5;
const BEFORE_S = -60;
const SPEED_UP_MPS2 = 1.6;
const BRAKE_MPS2 = 2.6;
const GAP_MIN_M = 1.8;
/** Who was held up so long by somebody who comes from aside drives on, so that nobody waits for each other for ever. */
const PATIENCE_S = 9;
const PUSHING_S = 5;
/** Longer than a queue stands before a green light: somebody in it is stuck for good, and squeezes past. */
const STUCK_S = 50;
const SQUEEZING_S = 8;
const SQUEEZING_MPS = 2;
const ENTRY_M = 9;

interface Vehicle {
  readonly id: string;
  readonly plan: VehicleKind;
  readonly route: LaneRoute;
  readonly pace: number;
  readonly look: number;
  readonly poses: ReturnType<typeof pose>[];
  at_m: number;
  speed_mps: number;
  /** Metres to the left of the route, past what stands in the lane. */
  aside_m: number;
  /** Held up by somebody from aside, or by whomever. */
  held_s: number;
  stood_s: number;
  pushes_s: number;
  squeezes_s: number;
}

/**
 * Vehicles that pass: they keep right and in lanes, stop at red lights, behind each other and for people on the
 * carriageway, and pass by what stands at the kerb. `others` are vehicles and people whose ways are settled.
 */
export function traffic(world: PassingWorld, others: readonly StageActor[]): StageActor[] {
  const entries = entriesOf(world);
  const made: StageActor[] = [];
  let active: Vehicle[] = [];
  let next = 0;
  const settled = settledOnes(world, others);
  for (let t_s = BEFORE_S; t_s < world.duration_s; t_s += STEP_S) {
    while (next < entries.length && (entries[next]?.t_s ?? 0) <= t_s) {
      const vehicle = entries[next]?.vehicle;
      if (vehicle !== undefined && isFree(vehicle, active)) active.push(vehicle);
      next += 1;
    }
    const fixed = settled(t_s);
    const moving = active.map(asOther);
    for (const [index, vehicle] of active.entries()) step(world, vehicle, index, moving, fixed, t_s);
    const gone = active.filter(({ at_m, route }) => at_m >= route.points.length - 1);
    if (gone.length > 0) active = active.filter((vehicle) => !gone.includes(vehicle));
    made.push(...gone.flatMap(toActor));
  }
  return [...made, ...active.flatMap(toActor)];
}

function entriesOf(world: PassingWorld): { t_s: number; vehicle: Vehicle }[] {
  const entries = world.stretches.flatMap((stretch) =>
    ([1, -1] as const).flatMap((ahead) =>
      KINDS.flatMap((plan) => {
        const { street } = stretch;
        // Nobody comes out of the blind end of a street, nor out of the middle of a junction.
        const start_m = ahead > 0 ? stretch.from_m : stretch.to_m;
        if (start_m < 1 || start_m > street.length_m - 1) return [];
        const name = `${plan.kind}-${street.id}-${Math.round(start_m)}${ahead > 0 ? 'f' : 'b'}`;
        const random = createRandom(deriveSeed(world.seed, 'traffic', name));
        const rate = (t_s: number): number => world.perHour(plan.rate, street.class, t_s) / 2;
        return [...arrivals(random.next, rate, BEFORE_S, world.duration_s)].flatMap((t_s, index) => {
          const lane = random.next();
          const route = drawRoute(world, stretch, ahead, (on) => plan.lane(on, lane), random);
          if (route === undefined) return [];
          return [{ t_s, vehicle: vehicleOf(`${name}-${index + 1}`, plan, route, random) }];
        });
      }),
    ),
  );
  return entries.sort((a, b) => a.t_s - b.t_s || (a.vehicle.id < b.vehicle.id ? -1 : 1));
}

function vehicleOf(id: string, plan: VehicleKind, route: LaneRoute, random: Random): Vehicle {
  const pace = random.between(...plan.pace);
  const speed_mps = Math.min(plan.top_mps, (route.limits_mps[0] ?? 0) * pace);
  return {
    id,
    plan,
    route,
    pace,
    look: drawLook(random),
    poses: [],
    at_m: 0,
    speed_mps,
    aside_m: 0,
    held_s: 0,
    stood_s: 0,
    pushes_s: 0,
    squeezes_s: 0,
  };
}

function isFree(vehicle: Vehicle, active: readonly Vehicle[]): boolean {
  const [x, y] = vehicle.route.points[0] ?? [0, 0];
  return active.every((other) => {
    const [ox, oy] = positionOf(other);
    return Math.hypot(ox - x, oy - y) > ENTRY_M + other.plan.length_m / 2 || Math.hypot(ox - x, oy - y) > 22;
  });
}

function positionOf({ route, at_m, aside_m }: Vehicle): Metres {
  const index = Math.min(route.points.length - 1, Math.floor(at_m));
  const from = route.points[index] ?? [0, 0];
  const to = route.points[index + 1] ?? from;
  const share = at_m - index;
  const heading = (headingOf(route, at_m) * Math.PI) / 180;
  return [
    from[0] + (to[0] - from[0]) * share - Math.cos(heading) * aside_m,
    from[1] + (to[1] - from[1]) * share + Math.sin(heading) * aside_m,
  ];
}

function headingOf({ headings }: LaneRoute, at_m: number): number {
  return headings[Math.min(headings.length - 1, Math.floor(at_m))] ?? 0;
}

function asOther(vehicle: Vehicle): Other {
  const { length_m, width_m } = vehicle.plan;
  const heading_deg = headingOf(vehicle.route, vehicle.at_m);
  return otherOf(positionOf(vehicle), heading_deg, length_m, width_m, vehicle.speed_mps, false);
}

function step(
  world: PassingWorld,
  vehicle: Vehicle,
  self: number,
  moving: readonly Other[],
  fixed: readonly Other[],
  t_s: number,
): void {
  const { route, plan } = vehicle;
  const wanted = Math.min(plan.top_mps, (route.limits_mps[Math.floor(vehicle.at_m)] ?? 0) * vehicle.pace);
  const front_m = vehicle.at_m + plan.length_m / 2;
  let gap_m = Number.POSITIVE_INFINITY;
  let isQueue = false;
  let isRed = false;
  for (const { at_m, junction, heading_deg } of route.lights) {
    const away_m = at_m - front_m;
    const canHalt = vehicle.speed_mps ** 2 / (2 * BRAKE_MPS2) <= away_m + 1;
    if (away_m < -0.5 || !canHalt || !isRedLight(junction, heading_deg, world.lightTime_s(t_s))) continue;
    gap_m = Math.min(gap_m, away_m + GAP_MIN_M);
    isQueue = true;
    isRed = true;
  }
  const pushes = vehicle.pushes_s > 0;
  const body = {
    ...plan,
    at: positionOf(vehicle),
    at_m: vehicle.at_m,
    aside_m: vehicle.aside_m,
    speed_mps: vehicle.speed_mps,
  };
  const blocked = inTheWay(route, body, self, moving, fixed, pushes);
  const squeezes = vehicle.squeezes_s > 0;
  if (blocked.gap_m < gap_m && !squeezes) {
    gap_m = blocked.gap_m;
    isQueue = blocked.other !== undefined && isSameWay(route, vehicle.at_m, blocked.other);
  }
  const safe = Math.sqrt(2 * BRAKE_MPS2 * 0.8 * Math.max(0, gap_m - GAP_MIN_M));
  const target = Math.min(wanted, safe, squeezes ? SQUEEZING_MPS : Number.POSITIVE_INFINITY);
  const speed = vehicle.speed_mps;
  vehicle.speed_mps =
    target > speed
      ? Math.min(target, speed + SPEED_UP_MPS2 * STEP_S)
      : Math.max(target, speed - 2 * BRAKE_MPS2 * STEP_S);
  const drift = Math.max(-0.9, Math.min(0.9, blocked.wantAside_m - vehicle.aside_m)) * STEP_S;
  if (vehicle.speed_mps > 0.3) vehicle.aside_m += drift;
  vehicle.held_s = vehicle.speed_mps < 0.2 && !isQueue ? vehicle.held_s + STEP_S : 0;
  vehicle.stood_s = vehicle.speed_mps < 0.2 && !isRed ? vehicle.stood_s + STEP_S : 0;
  vehicle.pushes_s = Math.max(0, vehicle.pushes_s - STEP_S);
  vehicle.squeezes_s = Math.max(0, vehicle.squeezes_s - STEP_S);
  if (vehicle.stood_s > STUCK_S) {
    vehicle.squeezes_s = SQUEEZING_S;
    vehicle.stood_s = 0;
  }
  if (vehicle.held_s > PATIENCE_S) {
    vehicle.pushes_s = PUSHING_S;
    vehicle.held_s = 0;
  }
  const turned = (Math.atan2(drift, Math.max(1, vehicle.speed_mps * STEP_S)) * 180) / Math.PI;
  vehicle.poses.push(pose(t_s, positionOf(vehicle), headingOf(route, vehicle.at_m) - turned));
  vehicle.at_m += vehicle.speed_mps * STEP_S;
}

/** A queue: who stands before one looks the same way and will go on. */
function isSameWay(route: LaneRoute, at_m: number, other: Other): boolean {
  return !other.settled && Math.abs(turn_deg(headingOf(route, at_m), other.heading_deg)) < 50;
}

function toActor({ id, plan, look, poses }: Vehicle): StageActor[] {
  const first = poses[0];
  const last = poses.at(-1);
  if (first === undefined || last === undefined || last.t_s <= 0) return [];
  return [{ id, kind: plan.kind, look, from_s: first.t_s, to_s: last.t_s, path: thinPath(poses) }];
}
