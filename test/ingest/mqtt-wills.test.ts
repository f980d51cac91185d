import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { Observation } from '../../src/domain/observation.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { MQTT_SCHEMA } from '../../src/store/mqtt-schema.ts';
import { MqttSessionStore } from '../../src/store/mqtt-session-store.ts';
import { type BrokerRig, startBroker, until } from '../support/mqtt.ts';
import { tempDir } from '../support/temp-dir.ts';

const opened: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop();
});

async function brokerOn(path: string, will_wait_ms: number): Promise<BrokerRig & { readonly db: Database }> {
  const db = openDatabase(path, MQTT_SCHEMA, true);
  const sessions = new MqttSessionStore(db);
  const rig = await startBroker({ sessions, limits: { will_wait_ms } });
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    await rig.stop();
    sessions.close();
    db.close();
  };
  opened.push({ stop });
  return { ...rig, db, stop };
}

function withWill(id: string) {
  const will = {
    topic: `xc/v1/truck/${id}/status`,
    payload: Buffer.from(JSON.stringify({ online: false, battery_pct: 7 })),
    qos: 1 as const,
    retain: true,
  };
  return { will, clientId: `client-of-${id}` };
}

const kept = ({ db }: { readonly db: Database }): string[] =>
  db
    .prepare<[], { device_id: string }>('SELECT device_id FROM wills ORDER BY device_id')
    .all()
    .map(({ device_id }) => device_id);

/** Devices that are said to be offline by their last will. */
const willed = (observations: readonly Observation[]): string[] =>
  observations
    .filter((one) => one.kind === 'status' && !one.online && one.extra?.lastWill === true)
    .map(({ deviceId }) => deviceId);

it('publishes the wills of those who do not come back after a crash, once', {
  timeout: 120_000,
}, async () => {
  const dir = tempDir();
  const before = await brokerOn(join(dir, 'mqtt.db'), 60_000);
  await before.connect('T1', withWill('T1'));
  await before.connect('T2', withWill('T2'));
  await before.connect('G1', withWill('G1'));
  await before.connect('D1');
  await until(() => kept(before).length === 3, 'three wills');
  // What a crash leaves: the file and its log as they are now.
  for (const end of ['', '-wal']) copyFileSync(join(dir, `mqtt.db${end}`), join(dir, `crashed.db${end}`));

  const after = await brokerOn(join(dir, 'crashed.db'), 6000);
  const heard: string[] = [];
  const operator = await after.connect('operator', { password: 'operator-key' });
  operator.on('message', (topic) => heard.push(topic));
  await operator.subscribeAsync('xc/v1/truck/+/status', { qos: 1 });
  // One is back under another client id, one with its own.
  await after.connect('T2', { ...withWill('T2'), clientId: 'another' });
  await after.connect('G1', withWill('G1'));
  await until(() => heard.length > 0, 'the will');
  expect(heard).toEqual(['xc/v1/truck/T1/status']);
  expect(willed(after.accepted)).toEqual(['T1']);
  await until(() => kept(after).join() === 'G1,T2', 'only the wills of the connected are kept');

  const next = await brokerOn(join(dir, 'crashed-not.db'), 1);
  expect(next.accepted).toEqual([]);
});

it('keeps them over a restart, and forgets that of a device that went away in between', {
  timeout: 120_000,
}, async () => {
  const path = join(tempDir(), 'mqtt.db');
  const before = await brokerOn(path, 60_000);
  const gone = await before.connect('T1', withWill('T1'));
  await before.connect('T2', withWill('T2'));
  await until(() => kept(before).length === 2, 'two wills');
  await gone.endAsync();
  await until(() => kept(before).join() === 'T2', 'the will of the one that said good-bye is void');
  // While it stops nobody is said to be offline.
  await before.broker.stop();
  expect(willed(before.accepted)).toEqual([]);
  await before.stop();
  const after = await brokerOn(path, 100);
  await until(() => willed(after.accepted).length > 0, 'the will');
  expect(willed(after.accepted)).toEqual(['T2']);
  after.revoked.devices.add('T1');
  await until(() => kept(after).length === 0, 'nothing is left');
});
