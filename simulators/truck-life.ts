import { type Drive, startDrive } from './driving.ts';
import type { Metres } from './plane.ts';
import type { RoadMap, Route } from './roads.ts';
import type { TruckEvent, TruckSpec } from './trucks.ts';

/** A truck as it really is, second by second. */
export interface TruckState {
  readonly at_ms: number;
  readonly at: Metres;
  readonly heading_deg: number;
  readonly speed_mps: number;
  readonly acc: boolean;
  readonly load: 'empty' | 'half' | 'full';
  readonly lift: boolean;
  readonly cover: 'open' | 'closed';
  readonly driven_m: number;
}

type Steps = Generator<TruckState, void>;

const STEP_S = 1;
/** A body goes up and comes down so long before and after the load moves. */
const LIFT_MARGIN_S = 3;

/** The endless life of one truck in steps of a second. */
export function createTruck(spec: TruckSpec, map: RoadMap, start_ms: number): Steps {
  const life = new TruckLife(spec, map, start_ms);
  return life.run();
}

class TruckLife {
  private readonly spec: TruckSpec;
  private readonly map: RoadMap;
  private readonly start_ms: number;
  private readonly events: TruckEvent[];
  private time_s = 0;
  private node: number;
  private at: Metres;
  private heading_deg = 0;
  private speed_mps = 0;
  private acc = false;
  private load: TruckState['load'];
  private lift = false;
  private coverOpen = false;
  private uncoveredUntil_ms = Number.NEGATIVE_INFINITY;
  private driven_m = 0;

  constructor(spec: TruckSpec, map: RoadMap, start_ms: number) {
    this.spec = spec;
    this.map = map;
    this.start_ms = start_ms;
    this.events = [...spec.events].sort((a, b) => a.at_ms - b.at_ms);
    this.node = spec.start;
    this.at = map.nodes[spec.start]?.at ?? [0, 0];
    this.load = spec.load;
  }

  *run(): Steps {
    if (this.spec.depart_s > 0) yield* this.stay(this.spec.depart_s, false);
    for (;;) {
      if (this.load === 'empty') {
        yield* this.drive(this.spec.site);
        yield* this.fill();
      }
      yield* this.drive(this.spec.disposal);
      yield* this.tip(this.spec.tip_s);
    }
  }

  private state(): TruckState {
    const { at, heading_deg, speed_mps, acc, load, lift, driven_m } = this;
    const at_ms = this.start_ms + this.time_s * 1_000;
    const open = this.coverOpen || at_ms < this.uncoveredUntil_ms;
    return { at_ms, at, heading_deg, speed_mps, acc, load, lift, cover: open ? 'open' : 'closed', driven_m };
  }

  /** Ends the present second. */
  private *tick(): Steps {
    yield this.state();
    this.time_s += STEP_S;
  }

  private *stay(duration_s: number, acc: boolean): Steps {
    this.acc = acc;
    for (let left = duration_s; left > 0; left -= STEP_S) yield* this.tick();
    this.acc = true;
  }

  private *fill(): Steps {
    this.coverOpen = true;
    yield* this.stay(this.spec.load_s / 2, true);
    this.load = 'half';
    yield* this.stay(this.spec.load_s / 2, true);
    this.load = 'full';
    yield* this.stay(5, true);
    this.coverOpen = false;
  }

  private *tip(duration_s: number): Steps {
    this.coverOpen = true;
    yield* this.stay(LIFT_MARGIN_S, true);
    this.lift = true;
    yield* this.stay(duration_s / 2, true);
    this.load = 'half';
    yield* this.stay(duration_s / 2, true);
    this.load = 'empty';
    yield* this.stay(LIFT_MARGIN_S, true);
    this.lift = false;
    this.coverOpen = false;
    yield* this.stay(LIFT_MARGIN_S, true);
  }

  /** Drives to a node; a scripted event on the way is lived through first, and the way then found anew. */
  private *drive(to: number, interruptible = true): Steps {
    this.acc = true;
    for (;;) {
      const route = this.routeTo(to);
      if (route.points.length < 2) return;
      const drive = startDrive(route, this.speed_mps);
      const event = yield* this.follow(drive, route, interruptible);
      if (event === undefined) {
        this.node = to;
        return;
      }
      yield* this.live(event);
    }
  }

  private *follow(
    drive: Drive,
    route: Route,
    interruptible: boolean,
  ): Generator<TruckState, TruckEvent | undefined> {
    const before_m = this.driven_m;
    while (!drive.done) {
      const event = interruptible ? this.takeEvent() : undefined;
      if (event !== undefined) {
        // A truck that has not moved yet may still turn round on the spot.
        if (drive.driven_m > 0) this.node = this.map.nearest(route.points[drive.ahead] ?? this.at).node;
        return event;
      }
      drive.step(this.start_ms / 1_000 + this.time_s, STEP_S);
      this.at = drive.at;
      this.heading_deg = drive.heading_deg;
      this.speed_mps = drive.speed_mps;
      this.driven_m = before_m + drive.driven_m;
      yield* this.tick();
    }
    return undefined;
  }

  /** From where the truck is to the node ahead of it, and on from there. */
  private routeTo(to: number): Route {
    const route = this.map.route(this.node, to) ?? { points: [], speed_mps: [], lights: [] };
    const [first] = route.points;
    if (first === undefined || Math.hypot(first[0] - this.at[0], first[1] - this.at[1]) < 0.5) return route;
    return {
      points: [this.at, ...route.points],
      speed_mps: [route.speed_mps[0] || 8, ...route.speed_mps],
      lights: [false, ...route.lights],
    };
  }

  /** The next event whose time has come and which the truck can do; dumping waits for a load. */
  private takeEvent(): TruckEvent | undefined {
    const now_ms = this.start_ms + this.time_s * 1_000;
    const index = this.events.findIndex(
      ({ at_ms, kind }) => at_ms <= now_ms && (kind === 'suspicious-stop' || this.load === 'full'),
    );
    const event = this.events[index];
    if (event === undefined) return undefined;
    this.events.splice(index, 1);
    if (event.repeat_ms !== undefined) {
      const missed = Math.floor((now_ms - event.at_ms) / event.repeat_ms);
      this.events.push({ ...event, at_ms: event.at_ms + (missed + 1) * event.repeat_ms });
    }
    return event;
  }

  private *live(event: TruckEvent): Steps {
    const duration_s = Math.round(event.duration_ms / 1_000);
    if (event.kind === 'uncovered-load') {
      this.uncoveredUntil_ms = this.start_ms + this.time_s * 1_000 + event.duration_ms;
      return;
    }
    if (event.node !== undefined) yield* this.drive(event.node, false);
    if (event.kind === 'illegal-dumping') yield* this.tip(duration_s);
    else yield* this.stay(duration_s, true);
  }
}
