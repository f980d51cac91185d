import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MqttLimits } from '../../src/ingest/mqtt-limits.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import {
  type BrokerRig,
  connected,
  connectPacket,
  rawSocket,
  sleep,
  startBroker,
  until,
} from '../support/mqtt.ts';

const AT = 1_795_312_800_000;
const TOPIC = 'xc/v1/truck/T1/position';

function position(number: number, bytes = 0): string {
  return JSON.stringify({ at: AT + number, lon: 104.06, lat: 30.67 }).padEnd(bytes);
}

let rig: BrokerRig;
let proxy: FaultProxy;
let clients: MqttClient[];

async function start(limits: Partial<MqttLimits> = {}): Promise<void> {
  rig = await startBroker({ limits });
  proxy = await FaultProxy.start(rig.port);
}

async function connectThrough(userName: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = mqtt.connect(`mqtt://127.0.0.1:${proxy.port}`, {
    username: userName,
    password: `${userName}-secret`,
    reconnectPeriod: 0,
    connectTimeout: 15_000,
    ...options,
  });
  clients.push(client);
  client.on('error', () => undefined);
  await connected(client);
  return client;
}

/** Publishes positions with a window of 50 from a client that is not behind the proxy. */
async function publishDirectly(count: number, bytes = 0): Promise<void> {
  const truck = await rig.connect('T1');
  await Promise.all(
    Array.from({ length: count }, (_, number) =>
      truck.publishAsync(TOPIC, position(number, bytes), { qos: 1 }),
    ),
  );
}

beforeEach(() => {
  clients = [];
});
afterEach(async () => {
  for (const client of clients) client.end(true);
  await proxy.stop();
  await rig.stop();
  expect(rig.broker.stats()).toMatchObject({ connections: 0, inflight_bytes: 0 });
});

describe('a bad line', () => {
  it('with delay loses nothing, and holds up nobody else', async () => {
    await start();
    proxy.faults = { delay_ms: 80 };
    const far = await connectThrough('T2');
    const slow = Promise.all(
      Array.from({ length: 100 }, (_, number) =>
        far.publishAsync('xc/v1/truck/T2/position', position(number), { qos: 1 }),
      ),
    );
    await publishDirectly(200);
    await slow;
    expect(rig.accepted.filter(({ deviceId }) => deviceId === 'T2')).toHaveLength(100);
    expect(rig.accepted.filter(({ deviceId }) => deviceId === 'T1')).toHaveLength(200);
  });

  it('that carries little costs a subscriber its session; publishers and other subscribers go on', async () => {
    await start({ backlog_bytes_max: 64 * 1024 });
    const options = { password: 'operator-key' };
    const slow = await connectThrough('x', options);
    const quick = await rig.connect('y', options);
    const topics: string[] = [];
    quick.on('message', (topic) => topics.push(topic));
    for (const client of [slow, quick]) await client.subscribeAsync('xc/v1/#', { qos: 1 });
    proxy.faults = { bytes_per_s: 20_000 };
    await publishDirectly(500, 16_000);
    await until(() => topics.length === 500, 'every message at the quick one');
    await until(() => rig.broker.stats().slow === 1, 'the slow one to be cut');
    expect(rig.accepted).toHaveLength(500);
  });

  it('that breaks again and again loses nothing that was acknowledged', async () => {
    await start();
    const far = await connectThrough('T1', { reconnectPeriod: 20, clientId: 'T1' });
    const acknowledged = new Set<number>();
    const all = Array.from({ length: 300 }, async (_, number) => {
      await sleep(number * 3);
      // The client gives some up when the line breaks; a device sends again.
      while (!acknowledged.has(number)) {
        await far.publishAsync(TOPIC, position(number), { qos: 1 }).then(
          () => acknowledged.add(number),
          () => sleep(20),
        );
      }
    });
    for (let breaks = 0; breaks < 6; breaks += 1) {
      await until(() => acknowledged.size >= breaks * 40, 'some acknowledgements');
      proxy.reset();
    }
    await Promise.all(all);
    const stored = new Set(rig.accepted.map(({ at_ms }) => at_ms - AT));
    expect([...acknowledged].filter((number) => !stored.has(number))).toEqual([]);
    expect(acknowledged.size).toBe(300);
  });
});

describe('a half-open line', () => {
  const will = { topic: 'xc/v1/truck/T2/status', payload: Buffer.from('{"online":false}'), qos: 1 } as const;

  it('is noticed by its silence, and the last will stored', async () => {
    await start();
    const far = await connectThrough('T2', { keepalive: 1, will });
    proxy.freeze();
    await publishDirectly(50);
    await until(() => rig.accepted.some(({ kind }) => kind === 'status'), 'the last will');
    await until(() => rig.broker.stats().connections === 1, 'the connection to be gone');
    far.end(true);
  });

  it('gives its session to the client that comes back', async () => {
    await start();
    await connectThrough('T2', { clientId: 'same' });
    proxy.freeze();
    const back = await rig.connect('T2', { clientId: 'same' });
    await back.publishAsync('xc/v1/truck/T2/position', position(1), { qos: 1 });
    await until(() => rig.broker.stats().connections === 1, 'the old connection to be gone');
  });

  it('of a subscriber is cut once too much lies unread, and until then holds up nobody', async () => {
    await start({ backlog_bytes_max: 128 * 1024 });
    const frozen = await connectThrough('x', { password: 'operator-key' });
    await frozen.subscribeAsync('xc/v1/#', { qos: 1 });
    proxy.freeze();
    await publishDirectly(750, 16_000);
    expect(rig.accepted).toHaveLength(750);
    await until(() => rig.broker.stats().slow === 1, 'the frozen one to be cut');
  });
});

describe('limits of one client', () => {
  it('let it send at its rate and no faster; what it sent is taken, and others are not held up', async () => {
    await start({ client_messages_per_s_max: 100 });
    const from_ms = performance.now();
    const truck = await rig.connect('T1');
    const flood = Promise.all(
      Array.from({ length: 250 }, (_, number) => truck.publishAsync(TOPIC, position(number), { qos: 1 })),
    );
    const other = await rig.connect('T2');
    await other.publishAsync('xc/v1/truck/T2/position', position(1), { qos: 1 });
    expect(rig.accepted.length).toBeLessThan(250);
    await flood;
    expect(rig.accepted).toHaveLength(251);
    expect(performance.now() - from_ms).toBeGreaterThan(1300);
  });

  it('hold it back while that many of its messages wait for the disk', async () => {
    const waiting: (() => void)[] = [];
    rig = await startBroker({
      limits: { client_inflight_max: 7 },
      accept: () => new Promise<void>((resolve) => waiting.push(resolve)),
    });
    proxy = await FaultProxy.start(rig.port);
    const truck = await rig.connect('T1');
    const sent = Array.from({ length: 20 }, (_, number) =>
      truck.publishAsync(TOPIC, position(number), { qos: 1 }),
    );
    await until(() => waiting.length === 7, 'seven messages');
    const other = await rig.connect('T2');
    const others = other.publishAsync('xc/v1/truck/T2/position', position(1), { qos: 1 });
    await until(() => waiting.length === 8, "the other client's message");
    await sleep(50);
    expect(waiting).toHaveLength(8);
    let released = 0;
    await until(() => {
      for (; released < waiting.length; released += 1) waiting[released]?.();
      return released === 21;
    }, 'the others');
    await Promise.all([...sent, others]);
  });

  it('refuse filters that are too many or too deep, and keep the session', async () => {
    await start({ subscriptions_max: 2, topic_levels_max: 6 });
    const client = await rig.connect('x', { password: 'operator-key' });
    await client.subscribeAsync('xc/v1/a/b/c/d');
    await expect(client.subscribeAsync('xc/v1/a/b/c/d/e')).rejects.toThrow();
    await client.subscribeAsync('xc/v1/b');
    await expect(client.subscribeAsync('xc/v1/c')).rejects.toThrow();
    await client.unsubscribeAsync('xc/v1/b');
    await client.subscribeAsync('xc/v1/c');
    expect(client.connected).toBe(true);
    expect(rig.broker.stats().subscriptionsRefused).toBe(2);
  });

  it('quarantine a topic that is too deep, and keep the session', async () => {
    await start();
    const truck = await rig.connect('T1');
    await truck.publishAsync(`xc/v1/truck/T1${'/x'.repeat(90)}`, position(1), { qos: 1 });
    expect(rig.quarantined).toMatchObject([{ error: { code: 'unsupported' } }]);
    await truck.publishAsync(TOPIC, position(1), { qos: 1 });
    expect(rig.accepted).toHaveLength(1);
  });

  it('cut who does not even read its acknowledgements only by its silence', async () => {
    await start({ keepalive_max_s: 1 });
    const raw = await rawSocket(proxy.port);
    raw.socket.write(connectPacket('T1'));
    await until(() => raw.received().length === 4, 'CONNACK');
    proxy.freeze();
    await until(() => rig.broker.stats().connections === 0, 'it to be gone');
    raw.socket.destroy();
  });
});
