import { createRandom, deriveSeed } from './random.ts';
import type { RoadMap } from './roads.ts';
import type { Publication } from './schedule.ts';
import { createTruck } from './truck-life.ts';
import { createReceiver, type ReceiverFault } from './truck-receiver.ts';

/**
 * Something scripted that a truck does, as soon as it is free after `at_ms`. `illegal-dumping`, `suspicious-stop`,
 * `wait` and `jam` are at a node; `detour` drives over one; the others last while the truck drives.
 */
export interface TruckEvent {
  readonly kind:
    | 'illegal-dumping'
    | 'suspicious-stop'
    | 'wait'
    | 'jam'
    | 'detour'
    | 'uncovered-load'
    | 'overspeed';
  readonly at_ms: number;
  readonly duration_ms: number;
  /** Node of the road map where it happens. */
  readonly node?: number;
  /** Metres right of the road's middle at which the truck halts there; left out, in its lane. */
  readonly offset_m?: number;
  /** Speed as a share of the limit. */
  readonly factor?: number;
  /** With it the event comes back so often. */
  readonly repeat_ms?: number;
}

/** A muck truck and its work: from a site, full, to a disposal site, empty, and back. */
export interface TruckSpec {
  readonly id: string;
  /** Nodes of the road map. */
  readonly start: number;
  readonly site: number;
  readonly disposal: number;
  readonly load: 'empty' | 'full';
  /** Stands with the engine off so long before it sets out. */
  readonly depart_s: number;
  readonly load_s: number;
  readonly tip_s: number;
  readonly events: readonly TruckEvent[];
  readonly faults?: readonly ReceiverFault[];
  /** How far into each interval it reports, 0 to 1; in whole seconds. */
  readonly phase?: number | undefined;
}

/** What all trucks of a run share. */
export interface TruckRun {
  readonly seed: number;
  readonly start_ms: number;
  readonly interval_ms: number;
  readonly map: RoadMap;
}

const STEP_MS = 1_000;

/** An endless schedule of one truck's positions; each carries its simulated time. */
export function* truckPositions(spec: TruckSpec, run: TruckRun): Generator<Publication> {
  const random = createRandom(deriveSeed(run.seed, 'truck', spec.id));
  const phase_ms = Math.floor(random.next() * Math.min(run.interval_ms, STEP_MS));
  const receiver = createReceiver(random, run, spec.faults ?? []);
  let due_ms = (spec.phase ?? 0) * run.interval_ms;
  for (const state of createTruck(spec, run)) {
    if (state.at_ms - run.start_ms < due_ms) continue;
    due_ms += run.interval_ms;
    const at_ms = state.at_ms + phase_ms;
    const payload = receiver(state, at_ms);
    yield { kind: 'publish', at_ms, deviceKind: 'truck', deviceId: spec.id, channel: 'position', payload };
  }
}
