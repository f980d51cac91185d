import type { PositionPayload } from '../src/domain/telemetry.ts';
import { isoTime } from '../src/domain/time.ts';
import { createDrift, createRandom, deriveSeed, type Random } from './random.ts';
import type { RoadMap } from './roads.ts';
import type { Publication } from './schedule.ts';
import { createTruck, type TruckState } from './truck-life.ts';

/** Something scripted that a truck does, as soon as it is free after `at_ms`. */
export interface TruckEvent {
  readonly kind: 'illegal-dumping' | 'suspicious-stop' | 'uncovered-load';
  readonly at_ms: number;
  readonly duration_ms: number;
  /** Node of the road map where it happens; not needed for an uncovered load. */
  readonly node?: number;
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
}

/** What all trucks of a run share. */
export interface TruckRun {
  readonly seed: number;
  readonly start_ms: number;
  readonly interval_ms: number;
  readonly map: RoadMap;
}

const STEP_MS = 1_000;
/** Standard deviation of a receiver's error in each axis. */
const JITTER_M = 2.2;
/** Traffic keeps right; lines on the map are the middle of the road. */
const LANE_OFFSET_M = 2.5;

/** An endless schedule of one truck's positions; each carries its simulated time. */
export function* truckPositions(spec: TruckSpec, run: TruckRun): Generator<Publication> {
  const random = createRandom(deriveSeed(run.seed, 'truck', spec.id));
  const phase_ms = Math.floor(random.next() * Math.min(run.interval_ms, STEP_MS));
  const receiver = createReceiver(random, run);
  const life = createTruck(spec, run.map, run.start_ms);
  let due_ms = 0;
  for (const state of life) {
    if (state.at_ms - run.start_ms < due_ms) continue;
    due_ms += run.interval_ms;
    const at_ms = state.at_ms + phase_ms;
    const payload = receiver(state, at_ms);
    yield { kind: 'publish', at_ms, deviceKind: 'truck', deviceId: spec.id, channel: 'position', payload };
  }
}

/** Turns where the truck is into what its unit reports: with errors, rounded. */
function createReceiver(
  random: Random,
  run: TruckRun,
): (state: TruckState, at_ms: number) => PositionPayload {
  const step_s = run.interval_ms / 1_000;
  const east = createDrift(random, step_s, 15);
  const north = createDrift(random, step_s, 15);
  return (state, at_ms) => {
    const right = ((state.heading_deg + 90) * Math.PI) / 180;
    const [lon, lat] = run.map.plane.toLonLat([
      state.at[0] + LANE_OFFSET_M * Math.sin(right) + JITTER_M * east(),
      state.at[1] + LANE_OFFSET_M * Math.cos(right) + JITTER_M * north(),
    ]);
    const moving = state.speed_mps > 0.3;
    const speed_kmh = moving ? Math.max(0, state.speed_mps * 3.6 + 0.4 * random.gauss()) : 0;
    return {
      at: isoTime(at_ms),
      lon: Number(lon.toFixed(6)),
      lat: Number(lat.toFixed(6)),
      speed_kmh: Number(speed_kmh.toFixed(1)),
      heading_deg: Math.round(state.heading_deg) % 360,
      altitude_m: Math.round(48 + 2 * north()),
      satellites: 10 + Math.floor(random.next() * 8),
      acc: state.acc,
      load: state.load,
      lift: state.lift,
      cover: state.cover,
      mileage_km: Number((state.driven_m / 1_000).toFixed(2)),
    };
  };
}
