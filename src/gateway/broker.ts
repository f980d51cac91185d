import { readFileSync } from 'node:fs';
import { decodeJpeg } from '../codecs/jpeg.ts';
import { decodeTelemetry } from '../codecs/telemetry-json.ts';
import { telemetryText } from '../codecs/telemetry-text.ts';
import type { Config } from '../config/config.ts';
import type { ExternalMqttConfig } from '../config/external-mqtt.ts';
import type { Observation, SnapshotObservation } from '../domain/observation.ts';
import type { QuarantineItem } from '../domain/quarantine.ts';
import type { FrameSpool } from '../evidence/frame-spool.ts';
import { MqttBroker } from '../ingest/mqtt-broker.ts';
import type { DirectMessage } from '../ingest/mqtt-direct.ts';
import { ExternalMqtt } from '../ingest/mqtt-external.ts';
import type { Snapshot } from '../ingest/mqtt-intake.ts';
import type { MqttLimits } from '../ingest/mqtt-limits.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { TlsFiles } from '../runtime/tls-files.ts';
import { maskedStill, unmaskable, withoutPicture } from './masked-still.ts';
import type { Stores } from './stores.ts';

/** Pictures above this are no camera's still. */
const SNAPSHOT_PIXELS_MAX = 64_000_000;

interface BrokerParts {
  readonly config: Config;
  readonly stores: Stores;
  readonly spool: FrameSpool;
  readonly accept: (observations: readonly Observation[]) => Promise<void>;
  readonly acceptAll: (messages: readonly DirectMessage[]) => Promise<void>;
  readonly heard: (deviceId: string, at_ms: number) => void;
  /** Present where the configuration names a certificate. */
  readonly tls: TlsFiles | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** The broker, ours or another, with its way into the journal; not started yet. */
export function createBroker(parts: BrokerParts): MqttBroker | ExternalMqtt {
  return parts.config.externalMqtt === undefined
    ? createEmbedded(parts)
    : createExternal(parts, parts.config.externalMqtt);
}

function createEmbedded(parts: BrokerParts): MqttBroker {
  const { config, stores, tls, log } = parts;
  const { devices, keys, pending } = stores;
  if (config.openMqtt !== undefined)
    log.warn('open_mqtt: no credentials are asked for, and nothing is taken in');
  const { mqtt, mqtts } = config.listen;
  return new MqttBroker({
    ...(mqtt.enabled && { listen: mqtt }),
    ...(mqtts !== undefined && tls !== undefined && { listenTls: { ...mqtts, tls } }),
    limits: mqttLimits(config.limits),
    sessions: stores.mqttSessions,
    ...(config.openMqtt !== undefined && { open: config.openMqtt }),
    authenticateDevice: (id, secret) => devices.verify(id, secret),
    isKnownDevice: (id) => devices.get(id) !== undefined,
    onUnknownDevice: (device) => pending.note(device),
    authenticateKey: (key) => keys.verify(key),
    revoked: () => ({ devices: devices.revokedIds(), keys: keys.revokedNames() }),
    acceptAll: parts.acceptAll,
    ...intakeParts(parts),
  });
}

/** Throws where a file of the configuration cannot be read. */
function createExternal(parts: BrokerParts, { files, ...address }: ExternalMqttConfig): ExternalMqtt {
  const { ca, cert, key } = files;
  const tls = {
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    ...(cert !== undefined && { cert: readFileSync(cert) }),
    ...(key !== undefined && { key: readFileSync(key) }),
  };
  return new ExternalMqtt({ address: { ...address, tls }, ...intakeParts(parts) });
}

/** What takes messages in, the same for both. */
function intakeParts({ config, stores, spool, accept, heard, clock, log }: BrokerParts) {
  const { devices, quarantine } = stores;
  // Room between the two: a still that is too large is then quarantined and its session kept.
  const bytes_max = Math.floor(config.limits.mqtt_packet_bytes_max / 2);
  return {
    codecs: {
      telemetry: decodeTelemetry,
      telemetryText,
      jpeg: (bytes: Uint8Array) => decodeJpeg(bytes, { bytes_max, pixels_max: SNAPSHOT_PIXELS_MAX }),
    },
    accept,
    acceptSnapshot: async (snapshot: Snapshot) => {
      const still = await maskedStill(snapshot, config.judgingOf);
      if (still === undefined) return quarantine.add(unmaskable(snapshot));
      return accept([await spoolSnapshot(spool, still)]);
    },
    quarantine: (item: QuarantineItem) => quarantine.add(withoutPicture(item, config.judgingOf)),
    onDeviceSeen: heard,
    admittedDevice: (id: string) => devices.admitted(id),
    clock,
    log,
  };
}

/** The broker's limits as the configuration has them. */
function mqttLimits(limits: Config['limits']): Partial<MqttLimits> {
  return {
    connections_max: limits.mqtt_connections_max,
    packet_bytes_max: limits.mqtt_packet_bytes_max,
    client_messages_per_s_max: limits.mqtt_client_messages_per_s_max,
    client_inflight_max: limits.mqtt_client_inflight_max,
    inflight_bytes_max: limits.mqtt_inflight_bytes_max,
    subscriptions_max: limits.mqtt_subscriptions_max,
    topic_levels_max: limits.mqtt_topic_levels_max,
    backlog_bytes_max: limits.mqtt_backlog_bytes_max,
    keepalive_max_s: limits.mqtt_keepalive_max_s,
    will_wait_ms: limits.mqtt_will_wait_s * 1000,
    sessions_max: limits.mqtt_sessions_max,
    session_hours_max: limits.mqtt_session_hours_max,
    session_messages_max: limits.mqtt_session_messages_max,
    session_bytes_max: limits.mqtt_session_bytes_max,
    sessions_bytes_max: limits.mqtt_sessions_bytes_max,
    retained_max: limits.mqtt_retained_max,
    retained_bytes_max: limits.mqtt_retained_bytes_max,
  };
}

/** Keeps a still and journals it; its bytes are on disk before its entry is. */
async function spoolSnapshot(spool: FrameSpool, snapshot: Snapshot): Promise<SnapshotObservation> {
  const { deviceId, at_ms, received_ms, jpeg, width_px, height_px } = snapshot;
  const frame = await spool.put({ cameraId: deviceId, at_ms, jpeg, width_px, height_px });
  return { kind: 'snapshot', deviceId, at_ms, received_ms, frame };
}
