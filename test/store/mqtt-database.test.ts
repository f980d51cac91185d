import { closeSync, existsSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { MQTT_SCHEMA } from '../../src/store/mqtt-schema.ts';
import { MqttSessionStore } from '../../src/store/mqtt-session-store.ts';
import { openOrSalvage } from '../../src/store/series-database.ts';
import { tempDir } from '../support/temp-dir.ts';

const NOW_MS = Date.parse('2026-11-22T10:00:00Z');
const MESSAGES = 400;

async function filled(path: string): Promise<void> {
  const db = openDatabase(path, MQTT_SCHEMA, true);
  const store = new MqttSessionStore(db);
  await store.subscribe('centre', [{ filter: 'xc/v1/incident/#', qos: 1 }]);
  await store.append(
    Array.from({ length: MESSAGES }, (_none, n) => ({
      ...{ id: n + 1, clientId: 'centre', topic: 'xc/v1/incident/x', qos: 1 as const, enqueued_ms: n },
      payload: Buffer.alloc(1000, n),
    })),
  );
  await store.setRetained({ topic: 'xc/v1/truck/T1/status', payload: Buffer.from('{}'), qos: 1 });
  store.close();
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

it('sets a damaged file aside, and goes on with what can be read of it', async () => {
  const dir = tempDir();
  const path = join(dir, 'mqtt.db');
  await filled(path);
  const whole = openOrSalvage(path, MQTT_SCHEMA, NOW_MS, { durable: true });
  expect(whole.recovery).toBeUndefined();
  const [middle] = whole.db
    .prepare<[], { pageno: number }>(
      "SELECT pageno FROM dbstat WHERE name = 'queue' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1 OFFSET 40",
    )
    .all();
  whole.db.close();
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(4096, 0xff), 0, 4096, ((middle?.pageno ?? 0) - 1) * 4096);
  closeSync(file);

  const { db, recovery } = openOrSalvage(path, MQTT_SCHEMA, NOW_MS, { durable: true });
  expect(recovery).toMatchObject({ file: 'mqtt.db', kept: ['mqtt.db.damaged-20261122T100000Z'] });
  expect(recovery?.tables?.queue?.complete).toBe(false);
  expect(recovery?.tables?.sessions).toEqual({ rows: 1, complete: true });
  expect(existsSync(join(dir, 'mqtt.db.damaged-20261122T100000Z'))).toBe(true);
  const store = new MqttSessionStore(db);
  const { length } = store.heads();
  expect(length).toBe(recovery?.tables?.queue?.rows);
  expect(length).toBeGreaterThan(MESSAGES / 2);
  expect(length).toBeLessThan(MESSAGES);
  expect(store.sessions()).toMatchObject([{ clientId: 'centre', subscriptions: [{ qos: 1 }] }]);
  expect(store.retained()).toHaveLength(1);
  db.close();
});

it('begins anew where the file is no database at all', () => {
  const path = join(tempDir(), 'mqtt.db');
  writeFileSync(path, 'not a database, '.repeat(1000));
  const { db, recovery } = openOrSalvage(path, MQTT_SCHEMA, NOW_MS, { durable: true });
  expect(recovery?.problems).not.toEqual([]);
  expect(new MqttSessionStore(db).sessions()).toEqual([]);
  db.close();
});
