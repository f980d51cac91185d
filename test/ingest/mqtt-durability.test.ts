import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { QuarantineStore } from '../../src/store/quarantine-store.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { connected, sleep, startBroker, until } from '../support/mqtt.ts';

const SCRIPT = fileURLToPath(new URL('../support/durable-broker.ts', import.meta.url));
const TOPIC = 'xc/v1/truck/T1/position';
const AT = 1_795_312_800_000;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'xuncheng-durability-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function message(number: number): string {
  return JSON.stringify({ at: AT + number, lon: 104.06, lat: 30.67, mileage_km: number });
}

describe('an acknowledgement', () => {
  it('finds its message in the journal', async () => {
    const db = openDatabase(join(directory, 'xuncheng.db'), MAIN_SCHEMA, true);
    const reader = openDatabase(join(directory, 'xuncheng.db'), MAIN_SCHEMA, true);
    const journal = new SqliteJournal(db);
    const rig = await startBroker({
      accept: (observations) =>
        journal.append(
          observations.map((body) => ({ subjectId: body.deviceId, at_ms: body.at_ms, received_ms: 0, body })),
        ),
    });
    const count = reader.prepare<[number], { count: number }>(
      'SELECT count(*) AS count FROM journal WHERE at_ms = ?',
    );
    const truck = await rig.connect('T1');
    await Promise.all(
      Array.from({ length: 200 }, async (_, number) => {
        await truck.publishAsync(TOPIC, message(number), { qos: 1 });
        expect(count.get(AT + number)?.count).toBe(1);
      }),
    );
    await rig.stop();
    journal.close();
    db.close();
    reader.close();
  });

  it('still does after kill -9 under load', { timeout: 120_000 }, async () => {
    const path = join(directory, 'xuncheng.db');
    const acknowledged = new Set<number>();
    const quarantined = new Set<number>();
    let next = 0;
    for (let round = 0; round < 2; round += 1) {
      const child = fork(SCRIPT, [path], { execArgv: ['--import', 'tsx'] });
      const [{ port }] = (await once(child, 'message')) as [{ port: number }];
      const clients = await Promise.all(Array.from({ length: 20 }, () => connectTruck(port)));
      const before = acknowledged.size;
      for (const client of clients) {
        void keepPublishing(client, () => next++, acknowledged, quarantined);
      }
      await until(
        () => acknowledged.size > before + 200 && quarantined.size > round * 5,
        'some acknowledgements',
      );
      await sleep(Math.random() * 200);
      await kill(child);
      for (const client of clients) client.end(true);
    }
    const db = openDatabase(path, MAIN_SCHEMA, true);
    const journal = new SqliteJournal(db);
    const stored = new Set(journal.read(0, next + 1).map(({ at_ms }) => at_ms - AT));
    const poison = new QuarantineStore(db, { rows_max: 1e6, payload_bytes_max: 4096 });
    const kept = new Set(
      poison.list({ limit: next }).map(({ payload }) => Number(Buffer.from(payload).toString())),
    );
    expect([...acknowledged].filter((number) => !stored.has(number))).toEqual([]);
    expect([...quarantined].filter((number) => !kept.has(number))).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(400);
    db.close();
  });
});

async function connectTruck(port: number): Promise<MqttClient> {
  const options = { username: 'T1', password: 'T1-secret', reconnectPeriod: 0, connectTimeout: 15_000 };
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, options);
  await connected(client);
  client.on('error', () => undefined);
  return client;
}

/** Publishes with ten messages on their way until the connection breaks; every fiftieth is no JSON object. */
async function keepPublishing(
  client: MqttClient,
  number: () => number,
  acknowledged: Set<number>,
  quarantined: Set<number>,
): Promise<void> {
  const one = async (): Promise<void> => {
    while (client.connected) {
      const mine = number();
      const isPoison = mine % 50 === 0;
      await client.publishAsync(TOPIC, isPoison ? String(mine) : message(mine), { qos: 1 });
      (isPoison ? quarantined : acknowledged).add(mine);
    }
  };
  await Promise.allSettled(Array.from({ length: 10 }, one));
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
