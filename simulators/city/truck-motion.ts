import type { Metres } from '../plane.ts';
import { createTruck, type TruckState } from '../truck-life.ts';
import type { TruckSpec } from '../trucks.ts';
import type { CityRun } from './city-schedule.ts';
import type { Scenario } from './scenario.ts';
import { truckRun, truckSpecs } from './truck-specs.ts';

/** A truck at a second of the scenario: its middle on the map's plane, x to the east and y to the north. */
export interface TruckPose {
  readonly t_s: number;
  readonly x_m: number;
  readonly y_m: number;
  /** Clockwise from north. */
  readonly heading_deg: number;
  readonly speed_mps: number;
  /** 0 down, 50 up. */
  readonly body_deg: number;
  /** 0 empty, 1 full. */
  readonly load: number;
  /** 0 open, 1 closed. */
  readonly cover: number;
  /** Whether its engine runs. */
  readonly acc: boolean;
}

/** What a truck left behind where it tipped. */
interface TippedHeap {
  /** Middle of the heap, behind the truck. */
  readonly x_m: number;
  readonly y_m: number;
  readonly heading_deg: number;
  /** When the load began and ceased to slide, in seconds of the scenario. */
  readonly from_s: number;
  readonly to_s: number;
}

/** How a truck moves through a run of a scenario, and what it leaves. */
export interface TruckMotion {
  readonly truckId: string;
  readonly plate?: string;
  /** One for each second, from `from_s` on. */
  readonly poses: readonly TruckPose[];
  /** Loads tipped where no disposal site is, also those from before `from_s`. */
  readonly heaps: readonly TippedHeap[];
}

/** A load slides out so far behind the truck's middle. */
const TAIL_M = 6.5;

/**
 * The motion of one truck, second by second and without the errors of its receiver: what it publishes is where it
 * is here. Pure; `to_s` is left out where the scenario's own duration is meant. Throws for a truck that is not there.
 */
export function truckMotion(
  scenario: Scenario,
  run: CityRun,
  truckId: string,
  span: { readonly from_s?: number; readonly to_s?: number } = {},
): TruckMotion {
  const spec = truckSpecs(scenario, run).find(({ id }) => id === truckId);
  const plate = scenario.file.trucks.fleet.find(({ id }) => id === truckId)?.plate;
  if (spec === undefined) throw new Error(`the scenario has no truck ${truckId}`);
  const { from_s = 0, to_s = scenario.file.duration_s } = span;
  const poses: TruckPose[] = [];
  const heaps = createHeaps(spec, scenario, run);
  for (const state of truckStates(scenario, run, spec, to_s)) {
    heaps.note(state);
    const t_s = (state.at_ms - run.start_ms) / 1_000;
    if (t_s < from_s) continue;
    const { at, heading_deg, speed_mps, body_deg, load, cover, acc } = state;
    poses.push({ t_s, x_m: at[0], y_m: at[1], heading_deg, speed_mps, body_deg, load, cover, acc });
  }
  return { truckId, ...(plate === undefined ? {} : { plate }), poses, heaps: heaps.left };
}

/** The true states of a truck from second 0 to `to_s`. */
export function* truckStates(
  scenario: Scenario,
  run: CityRun,
  spec: TruckSpec,
  to_s: number,
): Generator<TruckState> {
  const end_ms = run.start_ms + to_s * 1_000;
  for (const state of createTruck(spec, truckRun(scenario, run))) {
    if (state.at_ms > end_ms) return;
    yield state;
  }
}

/** Collects the heaps that a truck leaves outside of its disposal site, from its states in order. */
function createHeaps(
  spec: TruckSpec,
  { map }: Scenario,
  { start_ms }: CityRun,
): { note(state: TruckState): void; readonly left: readonly TippedHeap[] } {
  const left: TippedHeap[] = [];
  const disposal = map.nodes[spec.disposal]?.at ?? [0, 0];
  let before: TruckState | undefined;
  let sliding: TruckState | undefined;
  return {
    left,
    note: (state) => {
      const slides = before !== undefined && state.body_deg > 0 && state.load < before.load;
      if (slides && sliding === undefined && !isNear(state.at, disposal)) sliding = state;
      if (!slides && sliding !== undefined) {
        const rear = ((sliding.heading_deg + 180) * Math.PI) / 180;
        left.push({
          x_m: sliding.at[0] + TAIL_M * Math.sin(rear),
          y_m: sliding.at[1] + TAIL_M * Math.cos(rear),
          heading_deg: sliding.heading_deg,
          from_s: (sliding.at_ms - start_ms) / 1_000,
          to_s: (state.at_ms - start_ms) / 1_000,
        });
        sliding = undefined;
      }
      before = state;
    },
  };
}

const DISPOSAL_REACH_M = 15;

function isNear(a: Metres, b: Metres): boolean {
  return Math.hypot(a[0] - b[0], a[1] - b[1]) < DISPOSAL_REACH_M;
}
