import { decodeTelemetry } from '../../../src/codecs/telemetry-json.ts';
import { GATEWAY_DEVICE_ID, type Observation } from '../../../src/domain/observation.ts';
import { until } from '../../schedule.ts';
import { type CityRun, citySchedule } from '../city-schedule.ts';
import type { Scenario } from '../scenario.ts';
import { type Arrival, arrivals } from './arrivals.ts';

const TICK_MS = 1_000;

/**
 * What a gateway would have journaled of a run, in journal order: every message through the public codecs, when it
 * arrived, and a tick each second. Over the scenario's duration. Pure and seeded.
 */
export function* cityObservations(scenario: Scenario, run: CityRun): Generator<Observation> {
  const { file } = scenario;
  const end_ms = run.start_ms + file.duration_s * 1_000;
  let tick_ms = run.start_ms;
  for (const arrival of arrivals(until(citySchedule(scenario, run), end_ms), run.seed ?? file.seed)) {
    if (arrival.received_ms > end_ms) break;
    for (; tick_ms <= arrival.received_ms; tick_ms += TICK_MS) yield tickAt(tick_ms);
    yield* decoded(arrival);
  }
  for (; tick_ms <= end_ms; tick_ms += TICK_MS) yield tickAt(tick_ms);
}

function decoded(arrival: Arrival): readonly Observation[] {
  const result = decodeTelemetry(arrival);
  if (!result.ok) throw new Error(`${arrival.deviceId} sent what no gateway takes: ${result.error.message}`);
  return result.value;
}

function tickAt(at_ms: number): Observation {
  return { kind: 'tick', deviceId: GATEWAY_DEVICE_ID, at_ms, received_ms: at_ms };
}
