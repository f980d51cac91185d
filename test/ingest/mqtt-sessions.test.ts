import { join } from 'node:path';
import type { IClientOptions, MqttClient } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { MqttLimits } from '../../src/ingest/mqtt-limits.ts';
import { openDatabase } from '../../src/store/database.ts';
import { MQTT_SCHEMA } from '../../src/store/mqtt-schema.ts';
import { MqttSessionStore } from '../../src/store/mqtt-session-store.ts';
import { type BrokerRig, connectPacket, rawSocket, sleep, startBroker, until } from '../support/mqtt.ts';
import { tempDir } from '../support/temp-dir.ts';

const VIEWER: IClientOptions = { password: 'viewer-key', clientId: 'centre', clean: false };
const EVENTS = 'xc/v1/incident/#';

/** A broker whose sessions are on disk, and a way to start it again on the same file. */
async function durableRig(limits: Partial<MqttLimits> = {}, clock: () => number = Date.now) {
  const path = join(tempDir(), 'mqtt.db');
  const start = async () => {
    const db = openDatabase(path, MQTT_SCHEMA, true);
    const store = new MqttSessionStore(db);
    const rig = await startBroker({ sessions: store, limits, clock });
    return { rig, db, store };
  };
  let running = await start();
  const stop = async (): Promise<void> => {
    await running.rig.stop();
    running.store.close();
    running.db.close();
  };
  onTestFinished(stop);
  return {
    get rig(): BrokerRig {
      return running.rig;
    },
    restart: async () => {
      await stop();
      running = await start();
    },
  };
}

/** Connects, and gathers what comes in, in order. */
async function listen(rig: BrokerRig, options = VIEWER): Promise<{ client: MqttClient; payloads: string[] }> {
  const payloads: string[] = [];
  const client = await rig.connect('x', options, (made) => {
    // Before CONNACK, for a backlog comes right after it.
    made.on('message', (_topic, payload) => payloads.push(String(payload)));
  });
  return { client, payloads };
}

async function away(rig: BrokerRig, filters: string[] = [EVENTS], options = VIEWER): Promise<void> {
  const { client } = await listen(rig, options);
  await client.subscribeAsync(filters, { qos: 1 });
  await client.endAsync();
}

async function incidents(rig: BrokerRig, from: number, count: number): Promise<void> {
  await Promise.all(
    numbers(from, count).map((number) =>
      rig.broker.publish(`xc/v1/incident/I-${number}`, number, { qos: 1 }),
    ),
  );
}

const numbers = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => String(from + index));

describe('a persistent session', () => {
  it('gets what happened while it was away, in order, also across restarts, and once', async () => {
    const world = await durableRig();
    await away(world.rig);
    await incidents(world.rig, 0, 60);
    await world.restart();
    await incidents(world.rig, 60, 60);
    await world.restart();
    const { client, payloads } = await listen(world.rig);
    await incidents(world.rig, 120, 5);
    await until(() => payloads.length >= 125, 'all of them');
    expect(payloads).toEqual(numbers(0, 125));
    await until(() => world.rig.broker.stats().queued === 0, 'the acknowledgements');
    await client.endAsync();
    await world.restart();
    const again = await listen(world.rig);
    await incidents(world.rig, 200, 1);
    await until(() => again.payloads.length > 0, 'the next one');
    expect(again.payloads).toEqual(['200']);
  });

  it('gets again, marked as such and under its identifier, what it did not acknowledge', async () => {
    const world = await durableRig();
    await away(world.rig);
    await incidents(world.rig, 0, 1);
    const connect = connectPacket('x', 'viewer-key', 'centre');
    connect[9] = 0xc0;
    const identifiers: number[] = [];
    for (const isAgain of [false, true, true]) {
      const raw = await rawSocket(world.rig.port);
      raw.socket.write(connect);
      await until(() => raw.received().length > 20, 'the message');
      const publish = raw.received().subarray(4);
      expect(raw.received()[2]).toBe(1);
      expect(publish[0]).toBe(isAgain ? 0x3a : 0x32);
      identifiers.push(publish.readUInt16BE(4 + publish.readUInt16BE(2)));
      raw.socket.destroy();
      await raw.closed;
      await world.restart();
    }
    expect(new Set(identifiers).size).toBe(1);
  });

  it('is not for others, and ends with a clean one, with its last filter, and with its credential', async () => {
    const world = await durableRig();
    await away(world.rig);
    await incidents(world.rig, 0, 3);
    const other = await listen(world.rig, { ...VIEWER, password: 'operator-key' });
    await other.client.subscribeAsync(EVENTS, { qos: 1 });
    await incidents(world.rig, 3, 1);
    await until(() => other.payloads.length === 1, 'the one since');
    const clean = await listen(world.rig, { ...VIEWER, clean: true });
    await clean.client.endAsync();
    const back = await listen(world.rig);
    await sleep(100);
    expect(back.payloads).toEqual([]);
    await other.client.endAsync();
    await incidents(world.rig, 4, 1);
    expect(world.rig.broker.stats()).toMatchObject({ sessions: 1, queued: 1 });
    world.rig.revoked.keys.add('the-operator');
    await until(() => world.rig.broker.stats().sessions === 0, 'the session to be forgotten');
    expect(world.rig.broker.stats().queued).toBe(0);
  });

  it('is bounded in messages, bytes, number and time', async () => {
    let now_ms = 1_800_000_000_000;
    const limits = {
      session_messages_max: 10,
      session_bytes_max: 4000,
      sessions_max: 2,
      session_hours_max: 1,
    };
    const world = await durableRig(limits, () => now_ms);
    await away(world.rig);
    await away(world.rig, [EVENTS], { ...VIEWER, clientId: 'second' });
    const third = await world.rig.connect('x', { ...VIEWER, clientId: 'third' });
    await expect(third.subscribeAsync(EVENTS, { qos: 1 })).rejects.toThrow();
    await third.endAsync();
    await incidents(world.rig, 0, 12);
    expect(world.rig.broker.stats()).toMatchObject({ sessions: 2, queued: 20, dropped: 4 });
    await world.restart();
    await world.rig.broker.publish('xc/v1/incident/I-x', 'x'.repeat(4000), { qos: 1 });
    expect(world.rig.broker.stats()).toMatchObject({ queued: 20, dropped: 2 });
    const { payloads } = await listen(world.rig);
    await until(() => payloads.length === 10, 'what was kept');
    expect(payloads).toEqual(numbers(0, 10));
    now_ms += 2 * 3_600_000;
    await world.restart();
    // The one that was there to the last has only just gone.
    await until(() => world.rig.broker.stats().sessions === 1, 'the other to be forgotten');
  });

  it('has its backlog before what happens meanwhile, however slowly it reads', {
    timeout: 60_000,
  }, async () => {
    const world = await durableRig({ session_bytes_max: 64 * 1024 * 1024 });
    await away(world.rig);
    const filler = 'x'.repeat(50_000);
    await Promise.all(
      numbers(0, 150).map((number) =>
        world.rig.broker.publish('xc/v1/incident/I', `#${number} ${filler}`, { qos: 1 }),
      ),
    );
    const raw = await rawSocket(world.rig.port);
    let bytes = 0;
    raw.socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    const connect = connectPacket('x', 'viewer-key', 'centre');
    connect[9] = 0xc0;
    raw.socket.write(connect);
    await until(() => raw.received().length > 4, 'the beginning');
    raw.socket.pause();
    await incidents(world.rig, 1000, 3);
    raw.socket.resume();
    await until(() => bytes > 149 * filler.length, 'the backlog');
    const found = (): string[] =>
      (
        raw
          .received()
          .toString('latin1')
          .match(/#\d+|I-1\d\d\d/g) ?? []
      ).map((text) => text.replace('#', ''));
    await until(() => found().length >= 153, 'everything');
    expect(found()).toEqual([...numbers(0, 150), 'I-1000', 'I-1001', 'I-1002']);
    raw.socket.destroy();
  });
});

describe('a retained status', () => {
  const status = 'xc/v1/truck/T1/status';
  const retainedFor = async (rig: BrokerRig): Promise<string[]> => {
    const found: string[] = [];
    const watcher = await rig.connect('screen', { password: 'operator-key' });
    watcher.on('message', (topic, _payload, { retain }) => found.push(`${topic} ${retain}`));
    await watcher.subscribeAsync('xc/v1/#');
    await sleep(100);
    await watcher.endAsync();
    return found;
  };

  it('is there after a restart, until it is taken back', async () => {
    const world = await durableRig({ retained_max: 1 });
    const text = JSON.stringify({ at: Date.now(), online: true });
    const truck = await world.rig.connect('T1');
    await truck.publishAsync(status, text, { qos: 1, retain: true });
    const other = await world.rig.connect('T2');
    await other.publishAsync('xc/v1/truck/T2/status', text, { qos: 1, retain: true });
    await until(() => world.rig.broker.stats().dropped === 1, 'the one above the limit');
    await world.restart();
    expect(await retainedFor(world.rig)).toEqual([`${status} true`]);
    const back = await world.rig.connect('T1');
    await back.publishAsync(status, '', { qos: 1, retain: true });
    await world.restart();
    expect(await retainedFor(world.rig)).toEqual([]);
  });
});
