import { join } from 'node:path';
import { citySchedule } from '../../simulators/city/city-schedule.ts';
import { loadScenario } from '../../simulators/city/scenario.ts';
import { encodeContent, until } from '../../simulators/schedule.ts';
import { decodeTelemetry } from '../../src/codecs/telemetry-json.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Observation } from '../../src/domain/observation.ts';
import { RecordingWriter } from '../../src/recording/recording-writer.ts';

const root = join(import.meta.dirname, '../..');

/** Beginning of the recorded day: 12:00 in Changsha. */
export const CITY_START_MS = Date.parse('2026-11-22T12:00:00+08:00');

/** The configuration that the demo city is watched with. */
export function demoConfig(): Config {
  const env = { DEMO_HTTP_PORT: '0', DEMO_MQTT_PORT: '0', DEMO_CAMERA_URL: 'rtsp://127.0.0.1/corner' };
  const loaded = loadConfig(join(root, 'config/demo/xuncheng.yaml'), env);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

/** What the trucks and stations of the demo city send, as a gateway would have journaled it, ticks included. */
export function* cityObservations(seconds: number): Generator<Observation> {
  const read = loadScenario(join(root, 'simulators/city/demo.yaml'));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  let tick_ms = CITY_START_MS;
  const end_ms = CITY_START_MS + seconds * 1000;
  for (const event of until(citySchedule(read.scenario, { start_ms: CITY_START_MS }), end_ms)) {
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
  const writer = await RecordingWriter.create(dir, { name: 'demo city', from_ms: CITY_START_MS });
  for (const observation of cityObservations(seconds)) await writer.append([observation]);
  await writer.close();
}

function tickAt(at_ms: number): Observation {
  return { kind: 'tick', deviceId: '_gateway', at_ms, received_ms: at_ms };
}
