import type { Migration } from './database.ts';

/** Schema of `mqtt.db`: what the embedded broker keeps for clients that are away, and retained messages. */
export const MQTT_SCHEMA: readonly Migration[] = [
  `
  CREATE TABLE sessions (
    client_id TEXT PRIMARY KEY,
    -- Null while the client is connected.
    away_since_ms INTEGER
  ) WITHOUT ROWID;
  CREATE TABLE subscriptions (
    client_id TEXT NOT NULL,
    filter TEXT NOT NULL,
    qos INTEGER NOT NULL,
    PRIMARY KEY (client_id, filter)
  ) WITHOUT ROWID;
  CREATE TABLE queue (
    id INTEGER PRIMARY KEY,
    client_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    payload BLOB NOT NULL,
    qos INTEGER NOT NULL,
    enqueued_ms INTEGER NOT NULL,
    -- The packet identifier under which it was sent; null before.
    message_id INTEGER,
    -- 1 between PUBREC and PUBCOMP (QoS 2).
    released INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX queue_client ON queue (client_id, id);
  CREATE TABLE retained (
    topic TEXT PRIMARY KEY,
    payload BLOB NOT NULL,
    qos INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
  `
  -- Last wills of devices that are connected.
  CREATE TABLE wills (
    client_id TEXT PRIMARY KEY,
    device_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    payload BLOB NOT NULL,
    qos INTEGER NOT NULL,
    retain INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
];
