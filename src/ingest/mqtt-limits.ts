import type { GuardLimits } from './mqtt-guard.ts';
import { PERSISTENCE_LIMITS, type PersistenceLimits } from './mqtt-persistence.ts';

/** What the broker takes at most. */
export interface MqttLimits extends GuardLimits, PersistenceLimits {
  readonly connections_max: number;
  /** Cost (`publishCost`) of the messages that are worked on, of all clients; above it none is read. */
  readonly inflight_bytes_max: number;
  /** Of one client; a further one is refused with 0x80. */
  readonly subscriptions_max: number;
  /** Of a filter, which is else refused with 0x80; no topic of ours comes near it. */
  readonly topic_levels_max: number;
  /** From the connection to its CONNECT. */
  readonly connect_timeout_ms: number;
  /** A client that does not read for so long is cut off. */
  readonly drain_timeout_ms: number;
  /** A client that asks for none or a longer keep-alive gets this one. */
  readonly keepalive_max_s: number;
  /** After a restart devices have so long to come back, before their last wills are published. */
  readonly will_wait_ms: number;
}

export const MQTT_LIMITS: MqttLimits = {
  ...PERSISTENCE_LIMITS,
  connections_max: 12_000,
  subscriptions_max: 100,
  topic_levels_max: 16,
  client_inflight_max: 1000,
  client_messages_per_s_max: 5000,
  connect_timeout_ms: 10_000,
  drain_timeout_ms: 5000,
  keepalive_max_s: 3600,
  will_wait_ms: 120_000,
  connect_bytes_max: 64 * 1024,
  packet_bytes_max: 8 * 1024 * 1024,
  inflight_bytes_max: 1024 * 1024,
  backlog_bytes_max: 4 * 1024 * 1024,
};
