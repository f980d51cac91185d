import { type Drive, type Manner, startDrive } from './driving.ts';
import { lightShift_s } from './lights.ts';
import { bearing_deg, type Metres } from './plane.ts';
import { createRandom, deriveSeed } from './random.ts';
import { measureRoute, type RoadMap, type Route } from './roads.ts';
import { createTruckEvents, type TruckEvents } from './truck-events.ts';
import type { TruckEvent, TruckSpec } from './trucks.ts';

/** A truck as it really is, second by second. */
export interface TruckState {
  readonly at_ms: number;
  /** Its middle, in its lane. */
  readonly at: Metres;
  readonly heading_deg: number;
  readonly speed_mps: number;
  /** The road's limit where it is. */
  readonly limit_mps: number;
  readonly acc: boolean;
  /** 0 empty, 1 full. */
  readonly load: number;
  /** 0 down, 50 up. */
  readonly body_deg: number;
  /** 0 open, 1 closed. */
  readonly cover: number;
  readonly driven_m: number;
  /** Stands for a reason of its own: not for a light, nor in a jam. */
  readonly halted: boolean;
}

type Steps = Generator<TruckState, void>;

const STEP_S = 1;
/** Traffic keeps right; lines on the map are the middle of the road. */
const LANE_OFFSET_M = 2.5;
/** A truck that pulls over begins so far before its place, and moves sidewards so fast. */
const PULL_OVER_M = 45;
const SIDEWARDS_MPS = 0.7;
const BODY_MAX_DEG = 50;
const BODY_S = 12;
const COVER_S = 4;
const TURN_DEG_PER_S = 30;
/** In a jam all stand for most of the time and creep on for the rest. */
const JAM = { period_s: 30, creep_s: 7, creep_mps: 2 };

/** The endless life of one truck in steps of a second. `seed` gives driver and site their habits. */
export function createTruck(
  spec: TruckSpec,
  run: { readonly seed: number; readonly start_ms: number; readonly map: RoadMap },
): Steps {
  return new TruckLife(spec, run.map, run.start_ms, run.seed).run();
}

class TruckLife {
  private readonly spec: TruckSpec;
  private readonly map: RoadMap;
  private readonly start_ms: number;
  private readonly events: TruckEvents;
  private readonly lightShift_s: number;
  private readonly pace: number;
  private readonly vary: () => number;
  private time_s = 0;
  private node: number;
  private at: Metres;
  private heading_deg = 0;
  private speed_mps = 0;
  private limit_mps = 0;
  private offset_m = LANE_OFFSET_M;
  private acc = false;
  private load: number;
  private body_deg = 0;
  private cover = 1;
  private isCovered = true;
  private driven_m = 0;
  private halted = true;

  constructor(spec: TruckSpec, map: RoadMap, start_ms: number, seed: number) {
    const random = createRandom(deriveSeed(seed, 'driver', spec.id));
    this.spec = spec;
    this.map = map;
    this.start_ms = start_ms;
    this.events = createTruckEvents(spec.events);
    this.lightShift_s = lightShift_s(seed);
    this.pace = random.between(0.88, 1);
    this.vary = () => random.between(0.8, 1.25);
    this.node = spec.start;
    this.at = map.nodes[spec.start]?.at ?? [0, 0];
    this.load = spec.load === 'full' ? 1 : 0;
  }

  *run(): Steps {
    this.heading_deg = this.firstHeading();
    if (this.spec.depart_s > 0) yield* this.stay(this.spec.depart_s, false);
    for (;;) {
      if (this.load < 0.5) {
        yield* this.drive(this.spec.site);
        yield* this.fill();
      }
      yield* this.drive(this.spec.disposal);
      yield* this.tip(Math.round(this.spec.tip_s * this.vary()));
    }
  }

  private get now_ms(): number {
    return this.start_ms + this.time_s * 1_000;
  }

  /** The truck in the present second, which ends with it. */
  private second(): TruckState {
    const { heading_deg, speed_mps, limit_mps, acc, load, body_deg, driven_m, halted, now_ms } = this;
    const right = ((heading_deg + 90) * Math.PI) / 180;
    const at: Metres = [
      this.at[0] + this.offset_m * Math.sin(right),
      this.at[1] + this.offset_m * Math.cos(right),
    ];
    const cover = this.events.isOn('uncovered-load', now_ms) === undefined ? this.cover : 0;
    const closing = (this.isCovered ? STEP_S : -STEP_S) / COVER_S;
    this.cover = Math.min(1, Math.max(0, this.cover + closing));
    this.time_s += STEP_S;
    return {
      at_ms: now_ms,
      at,
      heading_deg,
      speed_mps,
      limit_mps,
      acc,
      load,
      body_deg,
      cover,
      driven_m,
      halted,
    };
  }

  private *stay(duration_s: number, acc: boolean): Steps {
    this.acc = acc;
    this.halted = true;
    for (let left = duration_s; left > 0; left -= STEP_S) yield this.second();
    this.acc = true;
  }

  /** Stands while the cover opens. */
  private *uncover(): Steps {
    this.isCovered = false;
    yield* this.stay(COVER_S, true);
  }

  private *fill(): Steps {
    const load_s = Math.round(this.spec.load_s * this.vary());
    yield* this.uncover();
    for (let second = 1; second <= load_s; second += 1) {
      this.load = second / load_s;
      yield* this.stay(STEP_S, true);
    }
    this.isCovered = true;
    yield* this.stay(COVER_S, true);
  }

  /** The body is up for `duration_s`; the load slides out between. */
  private *tip(duration_s: number): Steps {
    const ramp_s = Math.min(BODY_S, duration_s / 3);
    yield* this.uncover();
    for (let second = 1; second <= duration_s; second += 1) {
      this.body_deg = BODY_MAX_DEG * Math.min(1, second / ramp_s, (duration_s - second) / ramp_s);
      const slid = (second - 0.6 * ramp_s) / (duration_s - 1.8 * ramp_s);
      this.load = Math.min(this.load, Math.max(0, 1 - Math.max(0, slid)));
      yield* this.stay(STEP_S, true);
    }
    this.load = 0;
    this.isCovered = true;
    yield* this.stay(1, true);
  }

  /** Drives to a node; a scripted event on the way is lived through first, and the way then found anew. */
  private *drive(to: number, place?: TruckEvent): Steps {
    this.acc = true;
    for (;;) {
      const route = this.routeTo(to);
      if (route.points.length < 2) return;
      if (this.speed_mps === 0)
        yield* this.turn(bearing_deg(route.points[0] ?? [0, 0], route.points[1] ?? [0, 0]));
      const drive = startDrive(route, this.speed_mps, this.lightShift_s);
      const event = yield* this.follow(drive, route, place);
      if (event === undefined) {
        this.node = to;
        return;
      }
      yield* this.live(event);
    }
  }

  /** Turns round on the spot, as a truck does with some shunting. */
  private *turn(towards_deg: number): Steps {
    for (;;) {
      const off = ((towards_deg - this.heading_deg + 540) % 360) - 180;
      if (Math.abs(off) < 60) return;
      this.heading_deg = (this.heading_deg + Math.sign(off) * TURN_DEG_PER_S + 360) % 360;
      yield this.second();
    }
  }

  private *follow(
    drive: Drive,
    route: Route,
    place: TruckEvent | undefined,
  ): Generator<TruckState, TruckEvent | undefined> {
    const before_m = this.driven_m;
    while (!drive.done) {
      const event = place === undefined ? this.events.take(this.now_ms, this.load > 0.9) : undefined;
      if (event !== undefined) {
        // A truck that has not moved yet may still turn round on the spot.
        if (drive.driven_m > 0) this.node = this.map.nearest(route.points[drive.ahead] ?? this.at).node;
        return event;
      }
      drive.step(this.start_ms / 1_000 + this.time_s, STEP_S, this.manner());
      this.at = drive.at;
      this.heading_deg = drive.heading_deg;
      this.speed_mps = drive.speed_mps;
      this.limit_mps = drive.limit_mps;
      this.halted = drive.done;
      this.driven_m = before_m + drive.driven_m;
      this.keepSide(drive.left_m < PULL_OVER_M ? place?.offset_m : undefined);
      yield this.second();
    }
    return undefined;
  }

  private manner(): Manner {
    const speeding = this.events.isOn('overspeed', this.now_ms);
    const pace = speeding?.factor ?? this.pace;
    if (this.events.isOn('jam', this.now_ms) === undefined)
      return { pace, cap_mps: Number.POSITIVE_INFINITY };
    const creeps = this.time_s % JAM.period_s < JAM.creep_s;
    return { pace, cap_mps: creeps ? JAM.creep_mps : 0 };
  }

  private keepSide(offset_m = LANE_OFFSET_M): void {
    const off = offset_m - this.offset_m;
    const step = Math.min(SIDEWARDS_MPS, this.speed_mps / 4) * STEP_S;
    this.offset_m += Math.sign(off) * Math.min(Math.abs(off), step);
  }

  /** From where the truck is to the node ahead of it, and on from there. */
  private routeTo(to: number): Route {
    const route = this.map.route(this.node, to) ?? measureRoute({ points: [], speed_mps: [], lights: [] });
    const [first] = route.points;
    if (first === undefined || Math.hypot(first[0] - this.at[0], first[1] - this.at[1]) < 0.5) return route;
    return measureRoute({
      points: [this.at, ...route.points],
      speed_mps: [route.speed_mps[0] || 8, ...route.speed_mps],
      lights: [false, ...route.lights],
    });
  }

  private firstHeading(): number {
    const { start, site, disposal } = this.spec;
    const [from, to] = this.map.route(start, this.load < 0.5 ? site : disposal)?.points ?? [];
    return from === undefined || to === undefined ? 0 : bearing_deg(from, to);
  }

  private *live(event: TruckEvent): Steps {
    const duration_s = Math.round(event.duration_ms / 1_000);
    if (event.node !== undefined) yield* this.drive(event.node, event);
    if (event.kind === 'illegal-dumping') yield* this.tip(duration_s);
    else if (event.kind === 'suspicious-stop' || event.kind === 'wait') yield* this.stay(duration_s, true);
    else if (event.kind === 'jam') this.events.begin(event, this.now_ms);
  }
}
