import { type Duplex, duplexPair } from 'node:stream';
import fc from 'fast-check';
import type { MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BrokerRig,
  connectPacket,
  publishPacket,
  rawSocket,
  remainingLength,
  sleep,
  startBroker,
  until,
} from '../support/mqtt.ts';

const AT = 1_795_312_800_000;
const TOPIC = 'xc/v1/truck/T1/position';
const STATUS_TOPIC = 'xc/v1/truck/T1/status';
const PINGREQ = Buffer.from([0xc0, 0]);

let rig: BrokerRig;

beforeEach(async () => {
  rig = await startBroker();
});
afterEach(async () => {
  await rig.stop();
  expect(rig.broker.stats()).toMatchObject({ connections: 0, inflight_bytes: 0 });
});

function position(number: number, bytes = 0): string {
  return JSON.stringify({ at: AT + number, lon: 104.06, lat: 30.67 }).padEnd(bytes);
}

/** A packet that a device may send, and what must come of it. */
interface Sent {
  readonly bytes: (number: number) => Buffer;
  /** Type of the packet that answers it, if any does. */
  readonly answer: number | undefined;
  readonly becomes: 'observation' | 'quarantine' | undefined;
}

function withHeader(header: number, packet: Buffer): Buffer {
  const changed = Buffer.from(packet);
  changed[0] = header;
  return changed;
}

/** Packets with QoS 1 have their number, plus one, as their identifier. */
const SENT: Readonly<Record<string, Sent>> = {
  position: {
    bytes: (n) => publishPacket(TOPIC, position(n), n + 1),
    answer: 4,
    becomes: 'observation',
  },
  'sent again': {
    bytes: (n) => withHeader(0x3a, publishPacket(TOPIC, position(n), n + 1)),
    answer: 4,
    becomes: 'observation',
  },
  'retained status': {
    bytes: (n) =>
      withHeader(0x33, publishPacket(STATUS_TOPIC, JSON.stringify({ at: AT + n, online: true }), n + 1)),
    answer: 4,
    becomes: 'observation',
  },
  'QoS 0': {
    bytes: (n) => {
      const topic = Buffer.concat([Buffer.from([0, TOPIC.length]), Buffer.from(TOPIC)]);
      const body = Buffer.concat([topic, Buffer.from(position(n))]);
      return Buffer.concat([Buffer.from([0x30]), remainingLength(body.length), body]);
    },
    answer: undefined,
    becomes: 'observation',
  },
  'a large one': {
    bytes: (n) => publishPacket(TOPIC, position(n, 17_000), n + 1),
    answer: 4,
    becomes: 'observation',
  },
  'no JSON': { bytes: (n) => publishPacket(TOPIC, `{${n}`, n + 1), answer: 4, becomes: 'quarantine' },
  "another's": {
    bytes: (n) => publishPacket('xc/v1/truck/T2/position', position(n), n + 1),
    answer: 4,
    becomes: 'quarantine',
  },
  ping: { bytes: () => PINGREQ, answer: 13, becomes: undefined },
  subscribe: {
    bytes: (n) => {
      const filter = 'xc/v1/truck/T1/command';
      const head = [(n + 1) >> 8, (n + 1) & 0xff, 0, filter.length];
      const body = Buffer.concat([Buffer.from(head), Buffer.from(filter), Buffer.from([1])]);
      return Buffer.concat([Buffer.from([0x82, body.length]), body]);
    },
    answer: 9,
    becomes: undefined,
  },
};

/** Types of the packets in the bytes, and of PUBACKs the identifiers; all are shorter than 128 bytes. */
function answersOf(bytes: Buffer): { readonly types: number[]; readonly ids: number[] } {
  const types: number[] = [];
  const ids: number[] = [];
  for (let at = 0; at + 1 < bytes.length; at += 2 + (bytes[at + 1] ?? 0)) {
    const type = (bytes[at] ?? 0) >> 4;
    types.push(type);
    if (type === 4) ids.push(bytes.readUInt16BE(at + 2));
  }
  return { types, ids };
}

async function attach(): Promise<{ readonly side: Duplex; readonly received: () => Buffer }> {
  const [side, broker] = duplexPair();
  const chunks: Buffer[] = [];
  side.on('data', (chunk: Buffer) => chunks.push(chunk));
  side.on('error', () => undefined);
  rig.broker.attach(broker, 'memory', { kind: 'none' });
  side.write(connectPacket('T1'));
  await until(() => chunks.length > 0, 'CONNACK');
  chunks.length = 0;
  return { side, received: () => Buffer.concat(chunks) };
}

describe('telemetry that nobody subscribes to', () => {
  it('is taken in beside whatever else comes, however the bytes are cut', { timeout: 120_000 }, async () => {
    const names = fc.array(
      fc.oneof({ weight: 5, arbitrary: fc.constant('position') }, fc.constantFrom(...Object.keys(SENT))),
      { minLength: 1, maxLength: 25 },
    );
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(names, cuts, async (kinds, shares) => {
        const { side, received } = await attach();
        rig.accepted.length = 0;
        rig.quarantined.length = 0;
        const sent = kinds.map((name) => SENT[name] as Sent);
        const bytes = Buffer.concat(sent.map(({ bytes: of }, index) => of(index)));
        const offsets = shares.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b);
        for (const [index, from] of [0, ...offsets].entries()) {
          side.write(bytes.subarray(from, offsets[index] ?? bytes.length));
          if (index % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        const indices = (what: string | undefined) =>
          sent.flatMap(({ becomes }, index) => (becomes === what ? [index] : []));
        const answers = sent.flatMap(({ answer }) => answer ?? []).sort();
        await until(
          () =>
            answersOf(received()).types.length >= answers.length &&
            rig.accepted.length >= indices('observation').length,
          'an answer to each packet',
        );
        const { types, ids } = answersOf(received());
        expect(types.sort()).toEqual(answers);
        const acknowledged = sent.flatMap(({ answer }, index) => (answer === 4 ? [index + 1] : []));
        expect(ids.sort((a, b) => a - b)).toEqual(acknowledged);
        expect(rig.accepted.map(({ at_ms }) => at_ms - AT)).toEqual(indices('observation'));
        expect(rig.quarantined).toHaveLength(indices('quarantine').length);
        side.destroy();
      }),
      { numRuns: 60 },
    );
    const { received, direct } = rig.broker.stats();
    expect(direct).toBeGreaterThan(received / 4);
    expect(direct).toBeLessThan(received);
  });

  it('is acknowledged in its order, with what the broker acknowledges in between', async () => {
    const { side, received } = await attach();
    const kinds = ['position', 'position', 'retained status', 'position', 'a large one', 'position'];
    side.write(Buffer.concat(kinds.map((name, index) => SENT[name]?.bytes(index) ?? Buffer.alloc(0))));
    await until(() => answersOf(received()).ids.length === 6, 'every acknowledgement');
    expect(answersOf(received()).ids).toEqual([1, 2, 3, 4, 5, 6]);
    // What follows one for the broker in the same piece goes the same way.
    expect(rig.broker.stats()).toMatchObject({ received: 6, direct: 2, acknowledged: 6 });
    side.destroy();
  });

  it('keeps its sender within the budget and the rate like any other', async () => {
    await rig.stop();
    const waiting: (() => void)[] = [];
    rig = await startBroker({
      accept: () => new Promise<void>((resolve) => waiting.push(resolve)),
      limits: { client_inflight_max: 10 },
    });
    const { side, received } = await attach();
    side.write(Buffer.concat(Array.from({ length: 50 }, (_, n) => publishPacket(TOPIC, position(n), n + 1))));
    await until(() => waiting.length === 10, 'as many as may wait');
    await sleep(100);
    expect(waiting).toHaveLength(10);
    let released = 0;
    await until(() => {
      for (; released < waiting.length; released += 1) waiting[released]?.();
      return received().length === 4 * 50;
    }, 'every acknowledgement');
    expect(rig.broker.stats()).toMatchObject({ direct: 50, acknowledged: 50 });
    side.destroy();
  });
});

describe('telemetry that somebody subscribes to', () => {
  async function listener(filter: string): Promise<{ readonly client: MqttClient; readonly got: string[] }> {
    const got: string[] = [];
    const client = await rig.connect('x', { password: 'operator-key' });
    client.on('message', (_topic, payload) => got.push(payload.toString()));
    await client.subscribeAsync(filter, { qos: 1 });
    return { client, got };
  }

  it('reaches who comes in the middle, from his first to his last moment', async () => {
    const truck = await rig.connect('T1');
    await truck.publishAsync(TOPIC, position(1), { qos: 1 });
    const { client, got } = await listener('xc/v1/truck/+/position');
    await truck.publishAsync(TOPIC, position(2), { qos: 1 });
    await truck.publishAsync(STATUS_TOPIC, JSON.stringify({ at: AT, online: true }), { qos: 1 });
    await until(() => got.length === 1, 'the second position');
    await client.unsubscribeAsync('xc/v1/truck/+/position');
    await truck.publishAsync(TOPIC, position(3), { qos: 1 });
    const again = await listener('#');
    await truck.publishAsync(TOPIC, position(4), { qos: 1 });
    await until(() => again.got.length === 1, 'the fourth position');
    again.client.end(true);
    await until(() => rig.broker.stats().connections === 2, 'his end');
    await truck.publishAsync(TOPIC, position(5), { qos: 1 });
    expect(got).toEqual([position(2)]);
    expect(again.got).toEqual([position(4)]);
    expect(rig.accepted).toHaveLength(6);
    // The status, and positions one, three and five.
    expect(rig.broker.stats()).toMatchObject({ received: 6, direct: 4 });
  });

  it('waits for a persistent session whose client is away', async () => {
    const options = { password: 'operator-key', clientId: 'desk', clean: false } as const;
    const desk = await rig.connect('x', options);
    await desk.subscribeAsync('xc/v1/+/+/position', { qos: 1 });
    desk.end(true);
    await until(() => rig.broker.stats().connections === 0, 'its end');
    const truck = await rig.connect('T1');
    await truck.publishAsync(TOPIC, position(1), { qos: 1 });
    const got: string[] = [];
    await rig.connect('x', options, (client) =>
      client.on('message', (_topic, text) => got.push(String(text))),
    );
    await until(() => got.length === 1, 'what was missed');
    expect(got).toEqual([position(1)]);
  });
});

it('keeps a sender connected for as long as it sends, and cuts it when it falls silent', async () => {
  await rig.stop();
  rig = await startBroker({ limits: { keepalive_max_s: 1 } });
  const raw = await rawSocket(rig.port);
  raw.socket.write(connectPacket('T1'));
  await until(() => raw.received().length === 4, 'CONNACK');
  const total = 30;
  for (let number = 0; number < total; number += 1) {
    raw.socket.write(publishPacket(TOPIC, position(number), number + 1));
    await until(() => raw.received().length >= 8 + 4 * number, 'its acknowledgement');
    await sleep(100);
  }
  expect(rig.broker.stats()).toMatchObject({ direct: total, connections: 1 });
  await raw.closed;
});
