import { join } from 'node:path';
import { citySchedule } from '../../simulators/city/city-schedule.ts';
import { loadScenario, type Scenario } from '../../simulators/city/scenario.ts';
import { encodeContent, until } from '../../simulators/schedule.ts';
import { decodeTelemetry } from '../../src/codecs/telemetry-json.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Observation } from '../../src/domain/observation.ts';
import { RecordingWriter } from '../../src/recording/recording-writer.ts';

const quickCity = join(import.meta.dirname, '../fixtures/quick-city');

/** A small city in which everything happens within two minutes. */
export function quickCityScenario(): Scenario {
  const read = loadScenario(join(quickCity, 'scenario.yaml'));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.scenario;
}

/** Beginning of the recorded day: 12:00 in Changsha. */
export const CITY_START_MS = Date.parse('2026-11-22T12:00:00+08:00');

/** Configuration of the gateway that watches the quick city. */
export const QUICK_CITY_CONFIG = join(quickCity, 'xuncheng.yaml');

/** The configuration that the quick city is watched with. */
export function quickCityConfig(): Config {
  const loaded = loadConfig(QUICK_CITY_CONFIG, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

/** What the trucks and stations of the quick city send, as a gateway would have journaled it, ticks included. */
export function* cityObservations(seconds: number): Generator<Observation> {
  let tick_ms = CITY_START_MS;
  const end_ms = CITY_START_MS + seconds * 1000;
  for (const event of until(citySchedule(quickCityScenario(), { start_ms: CITY_START_MS }), end_ms)) {
    if (event.kind !== 'publish') continue;
    for (; tick_ms < event.at_ms; tick_ms += 1000) yield tickAt(tick_ms);
    const { deviceKind, deviceId, channel, at_ms } = event;
    const payload = encodeContent(event);
    const decoded = decodeTelemetry({ deviceKind, deviceId, channel, payload, received_ms: at_ms });
    if (!decoded.ok) throw new Error(decoded.error.message);
    yield* decoded.value;
  }
  for (; tick_ms <= end_ms; tick_ms += 1000) yield tickAt(tick_ms);
}

/** Records the city into `dir`. */
export async function recordCity(dir: string, seconds: number): Promise<void> {
  const writer = await RecordingWriter.create(dir, { name: 'quick city', from_ms: CITY_START_MS });
  for (const observation of cityObservations(seconds)) await writer.append([observation]);
  await writer.close();
}

function tickAt(at_ms: number): Observation {
  return { kind: 'tick', deviceId: '_gateway', at_ms, received_ms: at_ms };
}
