import type { MqttClient } from 'mqtt';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MqttBrokerOptions } from '../../src/ingest/mqtt-options.ts';
import {
  type BrokerRig,
  connectPacket,
  hasMosquitto,
  publishPacket,
  rawSocket,
  remainingLength,
  runProgram,
  sleep,
  startBroker,
  until,
} from '../support/mqtt.ts';

const AT = 1_795_312_800_000;
const POSITION = JSON.stringify({ at: AT, lon: 104.06, lat: 30.67, speed_kmh: 31 });
const TOPIC = 'xc/v1/truck/T1/position';

let rig: BrokerRig;

async function restart(overrides: Partial<MqttBrokerOptions>): Promise<void> {
  await rig.stop();
  rig = await startBroker(overrides);
}

function closing(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()));
}

beforeEach(async () => {
  rig = await startBroker();
});
afterEach(async () => {
  await rig.stop();
  // What a lost connection had underway must be given back, or the broker would come to a standstill.
  expect(rig.broker.stats()).toMatchObject({ connections: 0, inflight_bytes: 0 });
});

describe('publishing', () => {
  it.each([0, 1, 2] as const)('takes a message of QoS %i once', async (qos) => {
    const truck = await rig.connect('T1');
    await truck.publishAsync(TOPIC, POSITION, { qos });
    await until(() => rig.accepted.length > 0, 'the position');
    await sleep(50);
    expect(rig.accepted).toMatchObject([{ kind: 'position', deviceId: 'T1', at_ms: AT, lon: 104.06 }]);
    expect(rig.accepted[0]?.received_ms).toBeGreaterThan(AT - 1e9);
    expect(rig.seen).toEqual(['T1']);
  });

  it("converts with the device's own coordinate system", async () => {
    const truck = await rig.connect('G1');
    await truck.publishAsync('xc/v1/truck/G1/position', POSITION, { qos: 1 });
    expect(rig.accepted).toMatchObject([{ given: { crs: 'gcj02', lon: 104.06, lat: 30.67 } }]);
  });

  it('hands on a still with the time of its topic, and quarantines what is no JPEG', async () => {
    const camera = await rig.connect('C1');
    const create = { width: 64, height: 48, channels: 3, background: '#333' } as const;
    const jpeg = await sharp({ create }).jpeg().toBuffer();
    await camera.publishAsync(`xc/v1/camera/C1/snapshot/${AT}`, jpeg, { qos: 1 });
    expect(rig.snapshots).toMatchObject([{ deviceId: 'C1', at_ms: AT, width_px: 64, height_px: 48 }]);
    expect(Buffer.compare(rig.snapshots[0]?.jpeg ?? Buffer.alloc(0), jpeg)).toBe(0);
    await camera.publishAsync('xc/v1/camera/C1/snapshot', 'no picture', { qos: 1 });
    expect(rig.quarantined).toMatchObject([
      { error: { code: 'malformed' }, channel: 'xc/v1/camera/C1/snapshot' },
    ]);
  });

  it('acknowledges only after the message is stored', async () => {
    const waiting: (() => void)[] = [];
    await restart({ accept: () => new Promise<void>((resolve) => waiting.push(resolve)) });
    const truck = await rig.connect('T1');
    let acknowledged = 0;
    const publishes: Promise<unknown>[] = [];
    // Those that arrive together are stored together.
    for (const count of [1, 2, 3]) {
      const publish = truck.publishAsync(TOPIC, POSITION, { qos: 1 });
      publishes.push(publish.then(() => (acknowledged += 1)));
      await until(() => waiting.length === count, `${count} messages at the journal`);
    }
    await sleep(200);
    expect(acknowledged).toBe(0);
    waiting[0]?.();
    await until(() => acknowledged === 1, 'the first acknowledgement');
    await sleep(50);
    expect(acknowledged).toBe(1);
    for (const release of waiting) release();
    await Promise.all(publishes);
  });

  it('closes the connection without acknowledgement where storing fails', async () => {
    await restart({ accept: () => Promise.reject(new Error('disk full')) });
    const truck = await rig.connect('T1');
    const closed = closing(truck);
    let acknowledged = false;
    truck.publishAsync(TOPIC, POSITION, { qos: 1 }).then(
      () => {
        acknowledged = true;
      },
      () => undefined,
    );
    await closed;
    await sleep(50);
    expect(acknowledged).toBe(false);
    expect(rig.broker.stats()).toMatchObject({ failed: 1, acknowledged: 0 });
  });

  it('takes the copy of a QoS 2 message that is sent again for the same one', async () => {
    const raw = await rawSocket(rig.port);
    const first = publishPacket(TOPIC, POSITION, 7);
    first[0] = 0x34;
    const again = Buffer.from(first);
    again[0] = 0x3c;
    raw.socket.write(Buffer.concat([connectPacket('T1'), first]));
    await until(() => raw.received().length === 8, 'CONNACK and PUBREC');
    raw.socket.write(again);
    await until(() => raw.received().length === 12, 'PUBREC again');
    expect(raw.received().subarray(8)).toEqual(Buffer.from([0x50, 2, 0, 7]));
    expect(rig.accepted).toHaveLength(1);
    raw.socket.destroy();
  });
});

describe('bad input', () => {
  it('goes to the quarantine, is acknowledged, and keeps the session', async () => {
    const truck = await rig.connect('T1');
    await truck.publishAsync(TOPIC, '{"at":', { qos: 1 });
    await truck.publishAsync(TOPIC, '{"at":1,"lon":1,"lat":1}', { qos: 2 });
    await truck.publishAsync('xc/v1/truck/T2/position', POSITION, { qos: 1 });
    await truck.publishAsync('xc/v1/dust/T1/reading', POSITION, { qos: 1 });
    await truck.publishAsync('xc/v1/truck/T1/command', POSITION, { qos: 1 });
    await truck.publishAsync('some/topic', POSITION, { qos: 1 });
    await truck.publishAsync(TOPIC, POSITION, { qos: 1 });
    expect(rig.quarantined.map(({ channel, error }) => [channel, error.code, error.where])).toEqual([
      [TOPIC, 'malformed', undefined],
      [TOPIC, 'schema', 'at'],
      ['xc/v1/truck/T2/position', 'forbidden', 'topic'],
      ['xc/v1/dust/T1/reading', 'forbidden', 'topic'],
      ['xc/v1/truck/T1/command', 'forbidden', 'topic'],
      ['some/topic', 'unsupported', 'topic'],
    ]);
    expect(rig.quarantined[0]).toMatchObject({
      source: 'mqtt',
      deviceId: 'T1',
      payload: Buffer.from('{"at":'),
    });
    expect(rig.accepted).toHaveLength(1);
    expect(truck.connected).toBe(true);
    expect(rig.broker.stats()).toMatchObject({ received: 7, acknowledged: 7, quarantined: 6, forbidden: 3 });
  });

  it('does not reach subscribers', async () => {
    const watcher = await rig.connect('screen', { password: 'operator-key' });
    const topics: string[] = [];
    watcher.on('message', (topic) => topics.push(topic));
    await watcher.subscribeAsync('#', { qos: 1 });
    const truck = await rig.connect('T1');
    await truck.publishAsync(TOPIC, 'rubbish', { qos: 1, retain: true });
    await truck.publishAsync('xc/v1/incident/I-1', POSITION, { qos: 1, retain: true });
    await truck.publishAsync(TOPIC, POSITION, { qos: 1 });
    await until(() => topics.length > 0, 'a message');
    await sleep(50);
    expect(topics).toEqual([TOPIC]);
  });

  it('of an oversize packet is cut by its header, and its beginning kept', async () => {
    await restart({ limits: { packet_bytes_max: 10_000 } });
    const raw = await rawSocket(rig.port);
    raw.socket.write(connectPacket('T1'));
    await until(() => raw.received().length === 4, 'CONNACK');
    const fits = publishPacket(TOPIC, `${' '.repeat(9950)}7`, 1);
    expect(fits.length).toBeLessThanOrEqual(10_000);
    raw.socket.write(fits);
    await until(() => rig.quarantined.length === 1, 'the one that fits');
    const announced = publishPacket(TOPIC, 'x'.repeat(5_000_000), 2);
    raw.socket.write(announced.subarray(0, 2000));
    await raw.closed;
    await until(() => rig.quarantined.length === 2, 'the oversize one');
    expect(rig.quarantined[1]).toMatchObject({
      error: { code: 'too-large' },
      channel: TOPIC,
      deviceId: 'T1',
      payload_bytes: announced.length,
    });
    expect(rig.broker.stats().oversize).toBe(1);
  });

  it.each([
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['a packet before CONNECT', publishPacket(TOPIC, POSITION, 1)],
    ['an oversize CONNECT', Buffer.concat([Buffer.from([0x10]), remainingLength(200_000_000)])],
    ['an endless length', Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0xff])],
    ['a wrong protocol name', Buffer.from([0x10, 6, 0, 4, 0x58, 0x58, 0x58, 0x58])],
    ['two CONNECTs', Buffer.concat([connectPacket('T1'), connectPacket('T1')])],
    ['a PUBLISH with QoS 3', Buffer.concat([connectPacket('T1'), Buffer.from([0x36, 5, 0, 1, 0x61, 0, 1])])],
    ['a topic with a wildcard', Buffer.concat([connectPacket('T1'), publishPacket('xc/v1/#', '', 1)])],
  ])('closes the connection for %s and serves the next client', async (_what, bytes) => {
    const raw = await rawSocket(rig.port);
    raw.socket.write(bytes);
    await raw.closed;
    const truck = await rig.connect('T1');
    await truck.publishAsync(TOPIC, POSITION, { qos: 1 });
    expect(rig.accepted).toHaveLength(1);
  });

  it('closes a connection that says nothing', async () => {
    await restart({ limits: { connect_timeout_ms: 200 } });
    const raw = await rawSocket(rig.port);
    await raw.closed;
    expect(rig.broker.stats().connections).toBe(0);
  });

  it('closes a connection that goes silent, also where it asked for no keep-alive', async () => {
    await restart({ limits: { keepalive_max_s: 1 } });
    const raw = await rawSocket(rig.port);
    const connect = connectPacket('T1');
    connect[11] = 0;
    raw.socket.write(connect);
    await until(() => raw.received().length === 4, 'CONNACK');
    const from_ms = performance.now();
    await raw.closed;
    expect(performance.now() - from_ms).toBeGreaterThan(1000);
  });

  it('survives random bytes after CONNECT', async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const raw = await rawSocket(rig.port);
      const noise = Buffer.from(
        Array.from({ length: 200 }, (_, index) => (seed * 7919 + index * index * 31) % 256),
      );
      raw.socket.write(connectPacket('T1'));
      raw.socket.end(noise);
      await raw.closed;
    }
    const truck = await rig.connect('T1');
    await truck.publishAsync(TOPIC, POSITION, { qos: 1 });
    await until(() => rig.broker.stats().connections === 1, 'the others to be gone');
  });
});

describe('identity', () => {
  it.each([
    ['T1', 'wrong', 4],
    ['nobody', 'nobody-secret', 4],
    ['T1', 'no-such-key', 4],
    ['BUSY', 'x', 3],
    ['T1', '', 5],
  ])('refuses %s with "%s" by CONNACK %i', async (userName, password, code) => {
    await expect(rig.connect(userName, { password })).rejects.toMatchObject({ code });
    expect(rig.broker.stats().connectionsRefused).toBe(1);
  });

  it('refuses a client without credentials', async () => {
    const raw = await rawSocket(rig.port);
    raw.socket.write(Buffer.from([0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 1, 0x61]));
    await raw.closed;
    expect(raw.received()).toEqual(Buffer.from([0x20, 2, 0, 5]));
  });

  it('refuses a nameless session that is to be kept, and takes a nameless clean one', async () => {
    await expect(rig.connect('T1', { clientId: '', clean: false })).rejects.toThrow();
    const truck = await rig.connect('T1', { clientId: '', clean: true });
    expect(truck.connected).toBe(true);
  });

  it("keeps sessions apart by identity, whatever the client's id", async () => {
    const one = await rig.connect('T1', { clientId: 'same' });
    const other = await rig.connect('T2', { clientId: 'same' });
    await sleep(50);
    expect([one.connected, other.connected]).toEqual([true, true]);
    const takenOver = closing(one);
    await rig.connect('T1', { clientId: 'same' });
    await takenOver;
  });

  it.each([
    ['T1', undefined, 'xc/v1/truck/T1/command', true],
    ['T1', undefined, 'xc/v1/truck/+/command', false],
    ['T1', undefined, 'xc/v1/truck/T2/command', false],
    ['T1', undefined, 'xc/v1/incident/#', false],
    ['x', 'viewer-key', 'xc/v1/incident/#', true],
    ['x', 'viewer-key', 'xc/v1/case/+', true],
    ['x', 'viewer-key', 'xc/v1/+/#', false],
    ['x', 'viewer-key', '#', false],
    ['x', 'operator-key', 'xc/v1/truck/+/position', true],
    ['x', 'operator-key', '$SYS/#', false],
    ['x', 'admin-key', '#', true],
  ])('%s (%s) subscribing to %s: %s', async (userName, password, filter, isGranted) => {
    const client = await rig.connect(userName, password === undefined ? {} : { password });
    const granted = await client.subscribeAsync(filter, { qos: 1 }).catch((error) => error);
    if (isGranted) expect(granted).toMatchObject([{ topic: filter, qos: 1 }]);
    else expect(String(granted)).toContain('Unspecified error');
    expect(client.connected).toBe(true);
  });

  it('answers a refused subscription with 0x80 beside granted ones', async () => {
    const raw = await rawSocket(rig.port);
    raw.socket.write(connectPacket('x', 'viewer-key'));
    await until(() => raw.received().length === 4, 'CONNACK');
    const filters = ['xc/v1/incident/#', 'xc/v1/truck/#'].map((filter) =>
      Buffer.concat([Buffer.from([0, filter.length]), Buffer.from(filter), Buffer.from([1])]),
    );
    const body = Buffer.concat([Buffer.from([0, 9]), ...filters]);
    raw.socket.write(Buffer.concat([Buffer.from([0x82]), remainingLength(body.length), body]));
    await until(() => raw.received().length === 10, 'SUBACK');
    expect(raw.received().subarray(4)).toEqual(Buffer.from([0x90, 4, 0, 9, 1, 0x80]));
    raw.socket.destroy();
  });

  it('does not deliver what was refused to a session that was kept', async () => {
    const options = { password: 'viewer-key', clientId: 'kept', clean: false } as const;
    const first = await rig.connect('x', options);
    await first.subscribeAsync(['xc/v1/incident/#', 'xc/v1/truck/#'], { qos: 1 }).catch(() => undefined);
    await first.endAsync();
    const truck = await rig.connect('T1');
    await truck.publishAsync(TOPIC, POSITION, { qos: 1 });
    await rig.broker.publish('xc/v1/incident/I-1', 'event', { qos: 1 });
    const topics: string[] = [];
    const again = await rig.connect('x', { ...options, reconnectPeriod: 0 });
    again.on('message', (topic) => topics.push(topic));
    await rig.broker.publish('xc/v1/incident/I-2', 'event', { qos: 1 });
    await until(() => topics.includes('xc/v1/incident/I-2'), 'the second event');
    expect(topics).not.toContain(TOPIC);
  });

  it('lets no key publish', async () => {
    const admin = await rig.connect('x', { password: 'admin-key' });
    await admin.publishAsync(TOPIC, POSITION, { qos: 1 });
    expect(rig.quarantined).toMatchObject([{ error: { code: 'forbidden' } }]);
    expect(rig.accepted).toEqual([]);
  });

  it('ends the session of a revoked device, and believes its last will no more', async () => {
    const will = {
      topic: 'xc/v1/truck/T1/status',
      payload: Buffer.from('{"online":false}'),
      qos: 1,
      retain: true,
    };
    const truck = await rig.connect('T1', { will: { ...will, qos: 1 } });
    const closed = closing(truck);
    rig.revoked.devices.add('T1');
    await closed;
    await sleep(50);
    expect(rig.accepted).toEqual([]);
    expect(rig.broker.stats().connections).toBe(0);
  });
});

describe('retained status and last will', () => {
  const status = 'xc/v1/truck/T1/status';
  const will = { topic: status, payload: Buffer.from('{"online":false}'), qos: 1, retain: true } as const;

  it('says offline when a device breaks away, stored like any message', async () => {
    const truck = await rig.connect('T1', { will });
    await truck.publishAsync(status, JSON.stringify({ at: AT, online: true }), { qos: 1, retain: true });
    const watcher = await rig.connect('screen', { password: 'operator-key' });
    const messages: string[] = [];
    watcher.on('message', (_topic, payload) => messages.push(payload.toString()));
    await watcher.subscribeAsync('xc/v1/+/+/status', { qos: 1 });
    await until(() => messages.length === 1, 'the retained status');
    const broken_ms = Date.now();
    truck.stream.destroy();
    await until(() => messages.length === 2, 'the last will');
    expect(messages[1]).toBe('{"online":false}');
    expect(rig.accepted).toMatchObject([
      { kind: 'status', online: true, at_ms: AT },
      { kind: 'status', online: false, extra: { lastWill: true } },
    ]);
    expect(rig.accepted[1]?.at_ms).toBeGreaterThanOrEqual(broken_ms);
  });

  it('is silent after an orderly goodbye, and when the gateway stops', async () => {
    const truck = await rig.connect('T1', { will });
    await truck.endAsync();
    await rig.connect('T2', { will: { ...will, topic: 'xc/v1/truck/T2/status' } });
    await rig.broker.stop();
    expect(rig.accepted).toEqual([]);
  });

  it("in another device's name is quarantined", async () => {
    const truck = await rig.connect('T2', { will });
    truck.stream.destroy();
    await until(() => rig.quarantined.length === 1, 'the will');
    expect(rig.quarantined[0]).toMatchObject({
      deviceId: 'T2',
      channel: status,
      error: { code: 'forbidden' },
    });
    expect(rig.accepted).toEqual([]);
  });

  it('retains the status alone, until it is taken back', async () => {
    const truck = await rig.connect('T1');
    await truck.publishAsync(TOPIC, POSITION, { qos: 1, retain: true });
    await truck.publishAsync(status, JSON.stringify({ at: AT, online: true }), { qos: 1, retain: true });
    const retainedFor = async (name: string): Promise<string[]> => {
      const topics: string[] = [];
      const watcher = await rig.connect(name, { password: 'operator-key' });
      watcher.on('message', (topic) => topics.push(topic));
      await watcher.subscribeAsync('xc/v1/#');
      await sleep(100);
      return topics;
    };
    expect(await retainedFor('first')).toEqual([status]);
    await truck.publishAsync(status, '', { qos: 1, retain: true });
    expect(await retainedFor('second')).toEqual([]);
    expect(rig.quarantined).toEqual([]);
  });
});

describe('load', () => {
  it('goes on when fifty clients flood and drop at once', { timeout: 60_000 }, async () => {
    await restart({ accept: () => new Promise<void>((resolve) => setImmediate(resolve)) });
    const floods = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const raw = await rawSocket(rig.port);
        raw.socket.write(connectPacket('T1', 'T1-secret', `flood-${index}`));
        await until(() => raw.received().length === 4, 'CONNACK');
        return raw;
      }),
    );
    const burst = Buffer.concat(
      Array.from({ length: 1000 }, (_, index) => publishPacket(TOPIC, POSITION, (index % 65_535) + 1)),
    );
    for (const { socket } of floods) socket.write(burst);
    await sleep(300);
    for (const { socket } of floods) socket.resetAndDestroy();
    const truck = await rig.connect('T1', { connectTimeout: 20_000 });
    await truck.publishAsync(TOPIC, POSITION, { qos: 1 });
    await until(() => rig.broker.stats().connections === 1, 'the flood to be gone');
    expect(rig.broker.stats().received).toBeGreaterThan(1000);
  });

  it('holds a sender back while its messages wait, in however small pieces they come', async () => {
    const waiting: (() => void)[] = [];
    await restart({
      accept: () => new Promise<void>((resolve) => waiting.push(resolve)),
      limits: { inflight_bytes_max: 20_000 },
    });
    const raw = await rawSocket(rig.port);
    raw.socket.setNoDelay(true);
    raw.socket.write(connectPacket('T1'));
    await until(() => raw.received().length === 4, 'CONNACK');
    const total = 300;
    for (let id = 1; id <= total; id += 1) {
      raw.socket.write(publishPacket(TOPIC, POSITION, id));
      await sleep(1);
    }
    await sleep(100);
    const held = waiting.length;
    expect(held).toBeGreaterThan(20);
    expect(held).toBeLessThan(total);
    let released = 0;
    await until(() => {
      for (; released < waiting.length; released += 1) waiting[released]?.();
      return raw.received().length === 4 + 4 * total;
    }, 'every acknowledgement');
    raw.socket.destroy();
  });

  it('takes what a client sends before its CONNACK', async () => {
    const raw = await rawSocket(rig.port);
    const messages = Array.from({ length: 100 }, (_, index) => publishPacket(TOPIC, POSITION, index + 1));
    raw.socket.write(Buffer.concat([connectPacket('T1'), ...messages]));
    await until(() => raw.received().length === 4 + 400, 'every acknowledgement');
    expect(rig.accepted).toHaveLength(100);
    raw.socket.destroy();
  });

  it('turns connections above the limit away', async () => {
    await restart({ limits: { connections_max: 2 } });
    await rig.connect('T1');
    await rig.connect('T2');
    await expect(rig.connect('D1')).rejects.toThrow();
    expect(rig.broker.stats()).toMatchObject({ connections: 2, connectionsRefused: 1 });
  });

  it('cuts off a subscriber that does not read, and others go on', async () => {
    await restart({ limits: { backlog_bytes_max: 64 * 1024 } });
    const raw = await rawSocket(rig.port);
    raw.socket.write(connectPacket('x', 'operator-key'));
    await until(() => raw.received().length === 4, 'CONNACK');
    const filter = Buffer.concat([Buffer.from([0, 1, 0, 1]), Buffer.from('#'), Buffer.from([0])]);
    raw.socket.write(Buffer.concat([Buffer.from([0x82, filter.length]), filter]));
    await until(() => raw.received().length === 9, 'SUBACK');
    raw.socket.pause();
    const truck = await rig.connect('T1');
    const padded = JSON.stringify({ ...JSON.parse(POSITION), note: 'x'.repeat(4000) });
    const sent = Array.from({ length: 4000 }, () => truck.publishAsync(TOPIC, padded, { qos: 1 }));
    await Promise.all(sent);
    await until(() => rig.broker.stats().connections === 1, 'the frozen one to be gone');
    expect(rig.accepted).toHaveLength(4000);
    expect(rig.broker.stats().slow).toBe(1);
    raw.socket.destroy();
  });

  it('bounds what it keeps for a subscriber that stays away', async () => {
    await restart({ limits: { session_messages_max: 10 } });
    const options = { password: 'viewer-key', clientId: 'away', clean: false } as const;
    const first = await rig.connect('x', options);
    await first.subscribeAsync('xc/v1/incident/#', { qos: 1 });
    await first.endAsync();
    for (let number = 0; number < 25; number += 1) {
      await rig.broker.publish(`xc/v1/incident/I-${number}`, 'event', { qos: 1 });
    }
    expect(rig.broker.stats().dropped).toBe(15);
    const raw = await rawSocket(rig.port);
    const connect = connectPacket('x', 'viewer-key', 'away');
    connect[9] = 0xc0;
    raw.socket.write(connect);
    await until(() => raw.received().length > 4, 'what was kept');
    await sleep(100);
    expect(
      raw
        .received()
        .toString('latin1')
        .match(/incident\/I-\d+/g),
    ).toHaveLength(10);
    raw.socket.destroy();
  });
});

describe.skipIf(!hasMosquitto())("Debian's mosquitto clients (skipped where they are not installed)", () => {
  const common = () => ['-h', '127.0.0.1', '-p', String(rig.port)];

  it.each(['0', '1', '2'])('mosquitto_pub -q %s', async (qos) => {
    const credentials = ['-u', 'T1', '-P', 'T1-secret', '-q', qos];
    const { code } = await runProgram('mosquitto_pub', [
      ...common(),
      ...credentials,
      '-t',
      TOPIC,
      '-m',
      POSITION,
    ]);
    expect(code).toBe(0);
    await until(() => rig.accepted.length === 1, 'the position');
  });

  it('mosquitto_pub with a wrong password says so', async () => {
    const credentials = ['-u', 'T1', '-P', 'wrong', '-q', '1'];
    const { code, output } = await runProgram('mosquitto_pub', [
      ...common(),
      ...credentials,
      '-t',
      TOPIC,
      '-m',
      POSITION,
    ]);
    expect(code).not.toBe(0);
    expect(output).toMatch(/refused|not authori[sz]ed|bad user name/i);
  });

  it('mosquitto_sub gets incidents with a key, and is told when it may not', async () => {
    const listen = [...common(), '-u', 'screen', '-P', 'viewer-key', '-q', '1', '-C', '1', '-W', '10'];
    const subscribed = runProgram('mosquitto_sub', [...listen, '-t', 'xc/v1/incident/#']);
    await until(() => rig.broker.stats().connections === 1, 'the subscriber');
    await sleep(200);
    await rig.broker.publish('xc/v1/incident/I-1', '{"specversion":"1.0"}', { qos: 1 });
    expect(await subscribed).toEqual({ code: 0, output: '{"specversion":"1.0"}\n' });
    const refused = await runProgram('mosquitto_sub', [...listen, '-t', 'xc/v1/truck/#']);
    expect(refused.output).toMatch(/denied|rejected|subscription/i);
  });
});
