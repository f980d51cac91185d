import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Observation } from '../../src/domain/observation.ts';
import type { QuarantineItem } from '../../src/domain/quarantine.ts';
import { ExternalMqtt, type ExternalMqttOptions } from '../../src/ingest/mqtt-external.ts';
import {
  type ExternalBrokerProcess,
  hasProgram,
  startMosquitto,
  startNats,
} from '../support/external-broker.ts';
import { CODECS, connected, sleep, until } from '../support/mqtt.ts';
import { tempDir } from '../support/temp-dir.ts';

const AT = 1_795_312_800_000;
const TOPIC = 'xc/v1/truck/T1/position';

function position(number: number): string {
  return JSON.stringify({ at: AT + number, lon: 104.06, lat: 30.67 });
}

type Overrides = Partial<Omit<ExternalMqttOptions, 'address'>> & {
  readonly address?: Partial<ExternalMqttOptions['address']>;
};

/** A gateway's side at a broker of another make, with everything that reached its sinks. */
async function gatewayAt(port: number, { address, ...overrides }: Overrides = {}) {
  const accepted: Observation[] = [];
  const quarantined: QuarantineItem[] = [];
  const lines: string[] = [];
  const external = new ExternalMqtt({
    address: {
      url: `mqtt://127.0.0.1:${port}`,
      clientId: 'gateway-one',
      group: 'gateways',
      shared: 'auto',
      inflight_max: 1000,
      ...address,
    },
    codecs: CODECS,
    admittedDevice: (id) => (id === 'T1' || id === 'T2' ? { id, kind: 'truck' } : undefined),
    accept: async (observations) => accepted.push(...observations),
    acceptSnapshot: async () => undefined,
    quarantine: async (item) => quarantined.push(item),
    onDeviceSeen: () => undefined,
    clock: Date.now,
    log: pino({ level: 'info' }, { write: (line: string) => lines.push(line) }),
    ...overrides,
  });
  await external.start();
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (!isStopped) await external.stop();
    isStopped = true;
  };
  onTestFinished(stop);
  return { external, accepted, quarantined, lines, stop };
}

async function clientAt(port: number, clientId: string): Promise<MqttClient> {
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { clientId, reconnectPeriod: 0 });
  onTestFinished(() => void client.end(true));
  await connected(client);
  return client;
}

async function running(
  start: (dir: string) => Promise<ExternalBrokerProcess>,
): Promise<ExternalBrokerProcess> {
  const broker = await start(tempDir());
  onTestFinished(() => broker.kill());
  return broker;
}

/** Of nats-server's MQTT of this version: no shared subscription, and no QoS 2. */
const MAKES = [
  {
    make: 'mosquitto',
    start: startMosquitto,
    mode: 'shared',
    qosMax: 2,
    isThere: hasProgram('mosquitto', ['-h']),
  },
  {
    make: 'nats-server',
    start: startNats,
    mode: 'plain',
    qosMax: 1,
    isThere: hasProgram('nats-server', ['--version']),
  },
] as const;

describe.each(MAKES)('at $make', { timeout: 60_000 }, ({ start, mode, qosMax, isThere }) => {
  // Debian's packages of these names; see .ci/run.
  const test = it.skipIf(!isThere);

  test('takes what devices publish, and publishes what the gateway has to say', async () => {
    const broker = await running(start);
    const gateway = await gatewayAt(broker.port);
    await until(() => gateway.external.state().ready, 'the subscription');
    expect(gateway.external.state().detail).toBe(`${mode} subscription`);
    const truck = await clientAt(broker.port, 'truck');
    const centre = await clientAt(broker.port, 'centre');
    const events: string[] = [];
    centre.on('message', (topic) => events.push(topic));
    await centre.subscribeAsync('xc/v1/incident/#', { qos: 1 });
    await truck.publishAsync(TOPIC, position(1), { qos: 0 });
    await truck.publishAsync(TOPIC, position(2), { qos: 1 });
    await truck.publishAsync(TOPIC, position(3), { qos: qosMax });
    await truck.publishAsync('xc/v1/truck/stranger/position', position(4), { qos: 1 });
    await truck.publishAsync(TOPIC, '{"at":', { qos: 1 });
    await truck.publishAsync('xc/v1/truck/T1/command', 'stop', { qos: 1 });
    await truck.publishAsync('xc/v1/truck/T2/status', '{"online":false}', { qos: 1 });
    await until(() => gateway.accepted.length === 4 && gateway.quarantined.length === 2, 'everything');
    expect(gateway.accepted).toContainEqual(
      expect.objectContaining({ kind: 'status', deviceId: 'T2', extra: { lastWill: true } }),
    );
    expect(gateway.quarantined.map(({ error }) => error.code).sort()).toEqual(['forbidden', 'malformed']);
    await gateway.external.publish('xc/v1/incident/I-1', 'event', { qos: 1 });
    await until(() => events.length === 1, 'the event');
  });

  test('acknowledges many together, and only once they are stored', async () => {
    const broker = await running(start);
    const waiting: { number: number; resolve: () => void; reject: (error: Error) => void }[] = [];
    const { external, stop } = await gatewayAt(broker.port, {
      accept: ([observation]) =>
        new Promise<void>((resolve, reject) => {
          waiting.push({ number: (observation?.at_ms ?? 0) - AT, resolve, reject });
        }),
    });
    await until(() => external.state().ready, 'the subscription');
    const truck = await clientAt(broker.port, 'truck');
    for (let number = 0; number < 5; number += 1) {
      await truck.publishAsync(TOPIC, position(number), { qos: 1 });
    }
    await until(() => waiting.length === 5, 'five at the journal at once');
    await sleep(50);
    expect(external.stats().acknowledged).toBe(0);
    waiting[0]?.resolve();
    await until(() => external.stats().acknowledged === 1, 'the first acknowledgement');
    await sleep(100);
    for (const { reject } of waiting.slice(1)) reject(new Error('disk full'));
    // Not acknowledged, so the broker has them still, and only them.
    await until(() => waiting.length >= 9, 'the others again');
    expect(
      waiting
        .slice(5, 9)
        .map(({ number }) => number)
        .sort(),
    ).toEqual([1, 2, 3, 4]);
    for (const { reject } of waiting.slice(5)) reject(new Error('disk full'));
    await stop();
    const next = await gatewayAt(broker.port);
    await until(() => next.accepted.length >= 4, 'the others once more');
    expect(next.accepted.map(({ at_ms }) => at_ms - AT).sort()).toEqual([1, 2, 3, 4]);
  });

  test('gets what was published while it was away', async () => {
    const broker = await running(start);
    const before = await gatewayAt(broker.port);
    await until(() => before.external.state().ready, 'the subscription');
    await before.stop();
    const truck = await clientAt(broker.port, 'truck');
    for (let number = 0; number < 10; number += 1) {
      await truck.publishAsync(TOPIC, position(number), { qos: 1 });
    }
    const after = await gatewayAt(broker.port);
    await until(() => after.accepted.length >= 10, 'what was kept');
    expect(new Set(after.accepted.map(({ at_ms }) => at_ms)).size).toBe(10);
  });
});

describe.skipIf(!MAKES[0].isThere)('at a broker that', { timeout: 60_000 }, () => {
  it('is away, connects when it comes, and again after it was restarted', async () => {
    const broker = await running(startMosquitto);
    await broker.kill();
    const gateway = await gatewayAt(broker.port);
    await expect(gateway.external.publish('xc/v1/incident/I', 'x')).rejects.toThrow('not connected');
    for (let round = 0; round < 2; round += 1) {
      await broker.restart();
      await until(() => gateway.external.state().ready, 'the subscription');
      const truck = await clientAt(broker.port, `truck-${round}`);
      await truck.publishAsync(TOPIC, position(round), { qos: 1 });
      await until(() => gateway.accepted.length === round + 1, 'the position');
    }
  });

  it('sends again what could not be stored', async () => {
    const broker = await running(startMosquitto);
    let isFull = true;
    const stored: Observation[] = [];
    const gateway = await gatewayAt(broker.port, {
      accept: async (observations) => {
        if (isFull) throw new Error('disk full');
        stored.push(...observations);
      },
    });
    await until(() => gateway.external.state().ready, 'the subscription');
    const truck = await clientAt(broker.port, 'truck');
    await truck.publishAsync(TOPIC, position(1), { qos: 1 });
    await until(() => gateway.external.stats().failed > 0, 'a failure');
    isFull = false;
    await until(() => stored.length === 1, 'the position');
  });

  it('asks for a password is told it, and the log is not', async () => {
    const dir = tempDir();
    const passwords = join(dir, 'passwords');
    execFileSync('mosquitto_passwd', ['-b', '-c', passwords, 'gateway', 'very-secret']);
    const broker = await startMosquitto(dir, { access: `allow_anonymous false\npassword_file ${passwords}` });
    onTestFinished(() => broker.kill());
    const wrong = await gatewayAt(broker.port, {
      address: { username: 'gateway', password: 'not-so-secret' },
    });
    await until(() => wrong.lines.some((line) => line.includes('external broker')), 'the refusal');
    await wrong.stop();
    const right = await gatewayAt(broker.port, { address: { username: 'gateway', password: 'very-secret' } });
    await until(() => right.external.state().ready, 'the subscription');
    expect([...wrong.lines, ...right.lines].join()).not.toMatch(/very-secret|not-so-secret/);
  });

  it('shares gives each message to one gateway of the group', async () => {
    const broker = await running(startMosquitto);
    const one = await gatewayAt(broker.port);
    const two = await gatewayAt(broker.port, { address: { clientId: 'gateway-two' } });
    await until(() => one.external.state().ready && two.external.state().ready, 'both');
    const truck = await clientAt(broker.port, 'truck');
    for (let number = 0; number < 20; number += 1) {
      await truck.publishAsync(TOPIC, position(number), { qos: 1 });
    }
    await until(() => one.accepted.length + two.accepted.length === 20, 'all of them');
    await sleep(100);
    expect(one.accepted.length + two.accepted.length).toBe(20);
    expect(Math.min(one.accepted.length, two.accepted.length)).toBeGreaterThan(0);
  });
});
