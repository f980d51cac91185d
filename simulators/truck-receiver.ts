import type { PositionPayload } from '../src/domain/telemetry.ts';
import { isoTime } from '../src/domain/time.ts';
import type { Metres } from './plane.ts';
import { createDrift, type Random } from './random.ts';
import type { RoadMap } from './roads.ts';
import type { TruckState } from './truck-life.ts';

/**
 * What is wrong with a receiver for a while. `lost`: no satellites, so it repeats its last position; `jump`: single
 * positions far off; `drift`: the position wanders off and comes back at once.
 */
export interface ReceiverFault {
  readonly kind: 'lost' | 'jump' | 'drift';
  readonly from_ms: number;
  readonly to_ms: number;
}

/** Standard deviation of a receiver's error in each axis. */
const JITTER_M = 2.2;
const JUMP_SHARE = 0.12;
const JUMP_M = { min: 800, max: 4_000 };
/** How far a drifting receiver is off in the end. */
const DRIFT_M = 140;

/** Turns where the truck is into what its unit reports: with errors and faults, rounded. */
export function createReceiver(
  random: Random,
  run: { readonly interval_ms: number; readonly map: RoadMap },
  faults: readonly ReceiverFault[],
): (state: TruckState, at_ms: number) => PositionPayload {
  const step_s = run.interval_ms / 1_000;
  const east = createDrift(random, step_s, 15);
  const north = createDrift(random, step_s, 15);
  let seen: Metres | undefined;
  return (state, at_ms) => {
    const fault = faults.find(({ from_ms, to_ms }) => at_ms >= from_ms && at_ms < to_ms);
    const [dx, dy] = [JITTER_M * east(), JITTER_M * north()];
    const isLost = fault?.kind === 'lost';
    const off = fault === undefined ? [0, 0] : errorOf(fault, at_ms, random);
    if (!isLost || seen === undefined)
      seen = [state.at[0] + dx + (off[0] ?? 0), state.at[1] + dy + (off[1] ?? 0)];
    const [lon, lat] = run.map.plane.toLonLat(seen);
    const moving = state.speed_mps > 0.3 && !isLost;
    const speed_kmh = moving ? Math.max(0, state.speed_mps * 3.6 + 0.4 * random.gauss()) : 0;
    return {
      at: isoTime(at_ms),
      lon: round(lon, 1e6),
      lat: round(lat, 1e6),
      speed_kmh: round(speed_kmh, 10),
      heading_deg: Math.round(state.heading_deg) % 360,
      altitude_m: Math.round(48 + dy),
      satellites: isLost ? 0 : 10 + Math.floor(random.next() * 8),
      acc: state.acc,
      load: state.load > 0.75 ? 'full' : state.load > 0.2 ? 'half' : 'empty',
      lift: state.body_deg > 5,
      cover: state.cover > 0.5 ? 'closed' : 'open',
      mileage_km: round(state.driven_m / 1_000, 100),
      ...(isLost ? { alarms: ['gnss-no-fix'] } : {}),
    };
  };
}

function errorOf({ kind, from_ms, to_ms }: ReceiverFault, at_ms: number, random: Random): Metres {
  const angle = random.next() * 2 * Math.PI;
  if (kind === 'jump') {
    if (random.next() >= JUMP_SHARE) return [0, 0];
    const away_m = random.between(JUMP_M.min, JUMP_M.max);
    return [away_m * Math.sin(angle), away_m * Math.cos(angle)];
  }
  if (kind === 'lost') return [0, 0];
  // One direction for one fault: it follows from when it began.
  const towards = (from_ms / 1_000) % (2 * Math.PI);
  const away_m = (DRIFT_M * (at_ms - from_ms)) / (to_ms - from_ms);
  return [away_m * Math.sin(towards), away_m * Math.cos(towards)];
}

function round(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}
