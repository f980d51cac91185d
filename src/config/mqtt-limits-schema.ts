import Type from 'typebox';

const MIB = 1024 * 1024;
const atLeast = (minimum: number, fallback: number) => Type.Integer({ minimum, default: fallback });

/** Keys of `limits` that are the embedded broker's. */
export const MQTT_LIMIT_KEYS = {
  mqtt_connections_max: atLeast(1, 20_000),
  mqtt_packet_bytes_max: atLeast(1024, 8 * MIB),
  mqtt_client_messages_per_s_max: atLeast(1, 5000),
  mqtt_client_inflight_max: atLeast(1, 1000),
  mqtt_inflight_bytes_max: atLeast(1024, MIB),
  mqtt_subscriptions_max: atLeast(1, 100),
  mqtt_topic_levels_max: Type.Integer({ minimum: 5, maximum: 100, default: 16 }),
  mqtt_backlog_bytes_max: atLeast(1024, 4 * MIB),
  mqtt_keepalive_max_s: Type.Integer({ minimum: 1, maximum: 43_690, default: 3600 }),
  mqtt_will_wait_s: Type.Integer({ minimum: 1, maximum: 86_400, default: 120 }),
  mqtt_sessions_max: atLeast(1, 10_000),
  mqtt_session_hours_max: atLeast(1, 168),
  mqtt_session_messages_max: atLeast(1, 1000),
  mqtt_session_bytes_max: atLeast(1024, 8 * MIB),
  mqtt_sessions_bytes_max: atLeast(1024, 256 * MIB),
  mqtt_retained_max: atLeast(1, 100_000),
  mqtt_retained_bytes_max: atLeast(1024, 64 * MIB),
} as const;
