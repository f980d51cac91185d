import type { IClientOptions, MqttClient } from 'mqtt';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BrokerRig, connectPacket, rawSocket, sleep, startBroker, until } from '../support/mqtt.ts';

/*
 * What a suite of MQTT 3.1.1 interoperability asks of a broker, case by case, of a broker without rules of
 * topics. Names of topics: two levels, so that `+/+` matches them.
 */
const [FIRST, SECOND, THIRD] = ['TopicA/B', 'TopicA/C', 'Topic/C'] as const;

let rig: BrokerRig;

interface Subscriber {
  readonly client: MqttClient;
  readonly got: {
    readonly topic: string;
    readonly text: string;
    readonly qos: number;
    readonly retain: boolean;
  }[];
}

async function connect(clientId: string, options: IClientOptions = {}): Promise<Subscriber> {
  const got: Subscriber['got'] = [];
  const client = await rig.connect('', { clientId, username: '', password: '', ...options }, (made) => {
    made.on('message', (topic, payload, { qos, retain }) =>
      got.push({ topic, text: String(payload), qos, retain }),
    );
  });
  return { client, got };
}

/** Time for a message to come that must not. */
const aWhile = (): Promise<void> => sleep(150);

beforeEach(async () => {
  rig = await startBroker({ open: { refuse: ['test/nosubscribe'] } });
});
afterEach(async () => {
  await rig.stop();
  // An open broker takes nothing in.
  expect([...rig.accepted, ...rig.quarantined]).toEqual([]);
});

it('basic: each QoS arrives, after connecting twice', async () => {
  const first = await connect('a');
  await first.client.endAsync();
  const { client, got } = await connect('a');
  await client.subscribeAsync(FIRST, { qos: 2 });
  for (const qos of [0, 1, 2] as const) await client.publishAsync(FIRST, `qos ${qos}`, { qos });
  await until(() => got.length === 3, 'three messages');
  expect(got.map(({ text, qos }) => [text, qos])).toEqual([
    ['qos 0', 0],
    ['qos 1', 1],
    ['qos 2', 2],
  ]);
});

it.each([
  ['a second CONNECT', Buffer.concat([connectPacket('a'), connectPacket('a')])],
  [
    'a wrong protocol name',
    Buffer.from([0x10, 14, 0, 2, 0x68, 0x6a, 4, 2, 0, 60, 0, 4, 0x61, 0x62, 0x63, 0x64]),
  ],
])('basic: %s ends the connection', async (_what, bytes) => {
  const raw = await rawSocket(rig.port);
  raw.socket.write(bytes);
  await raw.closed;
});

it('retained messages: of each QoS, to new subscribers, until they are cleared', async () => {
  const { client } = await connect('a');
  await client.publishAsync(FIRST, 'qos 0', { qos: 0, retain: true });
  await client.publishAsync(SECOND, 'qos 1', { qos: 1, retain: true });
  await client.publishAsync(THIRD, 'qos 2', { qos: 2, retain: true });
  const before = await connect('b');
  await before.client.subscribeAsync('+/+', { qos: 2 });
  await until(() => before.got.length === 3, 'the retained ones');
  expect(before.got.every(({ retain }) => retain)).toBe(true);
  expect(before.got.map(({ qos }) => qos).sort()).toEqual([0, 1, 2]);
  await client.publishAsync(FIRST, '', { qos: 0, retain: true });
  await client.publishAsync(SECOND, '', { qos: 1, retain: true });
  await client.publishAsync(THIRD, '', { qos: 2, retain: true });
  const after = await connect('c');
  await after.client.subscribeAsync('+/+', { qos: 2 });
  await aWhile();
  expect(after.got).toEqual([]);
});

it('zero-length client id: taken for a clean session, refused with 2 for one that is to be kept', async () => {
  const { client } = await connect('', { clean: true });
  expect(client.connected).toBe(true);
  const raw = await rawSocket(rig.port);
  const connectKept = connectPacket('a', 'x', '');
  connectKept[9] = 0xc0;
  raw.socket.write(connectKept);
  await raw.closed;
  expect(raw.received()).toEqual(Buffer.from([0x20, 2, 0, 2]));
});

it('offline message queueing: QoS 1 and 2 wait for a session that is away', async () => {
  const away = await connect('a', { clean: false });
  await away.client.subscribeAsync('+/+', { qos: 2 });
  await away.client.endAsync();
  const { client } = await connect('b');
  for (const [topic, qos] of [
    [FIRST, 0],
    [SECOND, 1],
    [THIRD, 2],
  ] as const) {
    await client.publishAsync(topic, `qos ${qos}`, { qos });
  }
  const back = await connect('a', { clean: false });
  await until(() => back.got.length >= 2, 'what waited');
  await aWhile();
  expect(back.got.map(({ text, qos }) => [text, qos])).toEqual([
    ['qos 1', 1],
    ['qos 2', 2],
  ]);
});

it('will message: sent when the connection breaks, retained where it says so', async () => {
  const will = { topic: THIRD, payload: Buffer.from('gone'), qos: 2, retain: true } as const;
  const dying = await connect('a', { will, keepalive: 2 });
  const { client, got } = await connect('b');
  await client.subscribeAsync(THIRD, { qos: 2 });
  dying.client.stream.destroy();
  await until(() => got.length === 1, 'the will');
  expect(got).toEqual([{ topic: THIRD, text: 'gone', qos: 2, retain: false }]);
  const later = await connect('c');
  await later.client.subscribeAsync(THIRD, { qos: 2 });
  await until(() => later.got.length === 1, 'the retained will');
});

it('overlapping subscriptions: the highest QoS of those that match, whichever came first', async () => {
  for (const filters of [
    { 'TopicA/#': { qos: 2 }, 'TopicA/+': { qos: 1 } },
    { 'TopicA/+': { qos: 0 }, 'TopicA/#': { qos: 2 } },
    { 'TopicA/#': { qos: 1 }, [SECOND]: { qos: 2 } },
  ] as const) {
    const { client, got } = await connect('a');
    await client.subscribeAsync(filters);
    await client.publishAsync(SECOND, 'overlapping', { qos: 2 });
    await until(() => got.length > 0, 'the message');
    await aWhile();
    expect(got).toEqual([{ topic: SECOND, text: 'overlapping', qos: 2, retain: false }]);
    await client.endAsync();
  }
});

it('never sends at a higher QoS than was granted', async () => {
  const { client, got } = await connect('a');
  await client.subscribeAsync({ 'TopicA/+': { qos: 1 }, 'Topic/#': { qos: 0 } });
  for (const topic of [FIRST, THIRD]) await client.publishAsync(topic, 'x', { qos: 2 });
  await until(() => got.length === 2, 'both');
  expect(got.map(({ topic, qos }) => [topic, qos])).toEqual([
    [FIRST, 1],
    [THIRD, 0],
  ]);
});

it('keep-alive: a silent client is cut after half as long again, and its will sent', async () => {
  const { client, got } = await connect('b');
  await client.subscribeAsync(FIRST, { qos: 2 });
  const will = { topic: FIRST, payload: Buffer.from('keep-alive expired'), qos: 1 } as const;
  await connect('a', {
    will,
    keepalive: 1,
    reschedulePings: false,
    timerVariant: { set: () => 0, clear: () => undefined },
  });
  await until(() => got.length === 1, 'the will');
  expect(got[0]?.text).toBe('keep-alive expired');
});

it('redelivery on reconnect: what was not acknowledged comes again', async () => {
  const subscriber = await rawSocket(rig.port);
  const connectKept = connectPacket('a');
  connectKept[9] = 0xc0;
  const filter = Buffer.from([0x82, 8, 0, 1, 0, 3, 0x2b, 0x2f, 0x2b, 2]);
  subscriber.socket.write(Buffer.concat([connectKept, filter]));
  await until(() => subscriber.received().length === 9, 'SUBACK');
  const { client } = await connect('b');
  await client.publishAsync(FIRST, 'one', { qos: 1 });
  await client.publishAsync(SECOND, 'two', { qos: 2 });
  await until(() => subscriber.received().toString('latin1').includes('two'), 'both');
  subscriber.socket.destroy();
  await subscriber.closed;
  const back = await connect('raw', { clean: false });
  await until(() => back.got.length === 2, 'both again');
  expect(back.got.map(({ text, qos }) => [text, qos])).toEqual([
    ['one', 1],
    ['two', 2],
  ]);
});

it('subscribe failure: a refused filter is answered with 0x80', async () => {
  const raw = await rawSocket(rig.port);
  const filter = 'test/nosubscribe';
  const subscribe = Buffer.concat([
    Buffer.from([0x82, 21, 0, 7, 0, 16]),
    Buffer.from(filter),
    Buffer.from([2]),
  ]);
  raw.socket.write(Buffer.concat([connectPacket('a'), subscribe]));
  await until(() => raw.received().length === 9, 'SUBACK');
  expect(raw.received().subarray(4)).toEqual(Buffer.from([0x90, 3, 0, 7, 0x80]));
  raw.socket.destroy();
});

it('dollar topics: a filter that begins with a wildcard does not match them', async () => {
  const { client, got } = await connect('a');
  await client.subscribeAsync(['+/+', '#'], { qos: 2 });
  await client.publishAsync(`$${SECOND}`, 'not for you', { qos: 1 });
  await client.publishAsync(SECOND, 'for you', { qos: 1 });
  await until(() => got.length > 0, 'the other');
  await aWhile();
  expect(got.map(({ text }) => text)).toEqual(['for you']);
});

it('unsubscribe: the other filters stay', async () => {
  const { client, got } = await connect('a');
  await client.subscribeAsync([FIRST, SECOND, THIRD], { qos: 2 });
  await client.unsubscribeAsync(FIRST);
  const other = await connect('b');
  for (const topic of [FIRST, SECOND, THIRD]) await other.client.publishAsync(topic, topic, { qos: 1 });
  await until(() => got.length >= 2, 'two');
  await aWhile();
  expect(got.map(({ text }) => text)).toEqual([SECOND, THIRD]);
});
