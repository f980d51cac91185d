import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { playSchedule } from '../../simulators/mqtt-player.ts';
import {
  mergeSchedules,
  type Outage,
  type Publication,
  type Schedule,
  withLink,
} from '../../simulators/schedule.ts';
import { startTestBroker, type TestBroker } from './broker.ts';

const start_ms = Date.UTC(2026, 10, 22, 2);
const log = { info: () => undefined, warn: () => undefined };
const never = new AbortController().signal;

/** `count` readings of a noise station, one each `step_ms`. */
function* readings(deviceId: string, count: number, step_ms: number): Generator<Publication> {
  for (let index = 0; index < count; index += 1) {
    const at_ms = start_ms + index * step_ms;
    const payload = { at: at_ms, leq_dba: 50 + index };
    yield { kind: 'publish', at_ms, deviceKind: 'noise', deviceId, channel: 'reading', payload };
  }
}

function station(deviceId: string, count: number, step_ms: number, outages: Outage[] = []): Schedule {
  return withLink({ deviceKind: 'noise', deviceId }, readings(deviceId, count, step_ms), start_ms, outages);
}

function levels(broker: TestBroker, deviceId: string): number[] {
  return broker.received
    .filter(({ topic }) => topic === `xc/v1/noise/${deviceId}/reading`)
    .flatMap(({ payload }) => [payload].flat() as { leq_dba: number }[])
    .map(({ leq_dba }) => leq_dba);
}

function statuses(broker: TestBroker, deviceId: string): unknown[] {
  return broker.received
    .filter(({ topic }) => topic === `xc/v1/noise/${deviceId}/status`)
    .map(({ payload, retain, qos }) => [(payload as { online: boolean }).online, retain, qos]);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_none, index) => 50 + index);

describe('playing a schedule to a broker', () => {
  let broker: TestBroker;
  beforeEach(async () => {
    broker = await startTestBroker({ n1: 's1', n2: 's2' });
  });
  afterEach(() => broker.stop());
  const options = () => ({
    url: broker.url,
    start_ms,
    signal: never,
    log,
    secrets: new Map([
      ['n1', 's1'],
      ['n2', 's2'],
    ]),
  });

  it('publishes at QoS 1 under each device, with retained status and a goodbye', async () => {
    const schedule = mergeSchedules([station('n1', 20, 10), station('n2', 20, 10)]);
    const stats = await playSchedule(schedule, { ...options(), speed: 1 });
    expect(stats).toEqual({
      devices: 2,
      connected: 2,
      sent: 42,
      acknowledged: 42,
      lost: 0,
      waiting: 0,
      refused: 0,
    });
    for (const id of ['n1', 'n2']) {
      expect(levels(broker, id)).toEqual(upTo(20));
      expect(statuses(broker, id)).toEqual([
        [true, true, 1],
        [false, true, 1],
      ]);
    }
    expect(broker.received.every(({ qos }) => qos === 1)).toBe(true);
  });

  it('keeps to the time factor', async () => {
    const begun = performance.now();
    await playSchedule(station('n1', 11, 1_000), { ...options(), speed: 20 });
    const took_ms = performance.now() - begun;
    expect(took_ms).toBeGreaterThan(490);
    expect(took_ms).toBeLessThan(2_500);
  });

  it('sends as fast as the broker acknowledges at infinite speed', async () => {
    const stats = await playSchedule(station('n1', 3_000, 1_000), {
      ...options(),
      speed: Number.POSITIVE_INFINITY,
    });
    expect(stats.lost).toBe(0);
    expect(levels(broker, 'n1')).toEqual(upTo(3_000));
  });

  it('loses the connection for an outage, so that the last will speaks, and fills the gap', async () => {
    const outage = { from_ms: start_ms + 300, to_ms: start_ms + 900 };
    await playSchedule(station('n1', 24, 50, [outage]), { ...options(), speed: 1 });
    // What was in flight when the connection went may come twice.
    expect([...new Set(levels(broker, 'n1'))]).toEqual(upTo(24));
    const online = broker.received.flatMap(({ topic, payload }) =>
      topic.endsWith('/status') ? [(payload as { online: boolean }).online] : [],
    );
    // The second is the last will.
    expect(online).toEqual([true, false, true, false]);
  });

  it('loses nothing when the broker is away for a while', async () => {
    const playing = playSchedule(station('n1', 60, 40), { ...options(), speed: 1 });
    await sleep(500);
    await broker.pause();
    await sleep(1_000);
    await broker.resume();
    expect((await playing).lost).toBe(0);
    // At least once: what was in flight may come twice.
    expect([...new Set(levels(broker, 'n1'))].sort((a, b) => a - b)).toEqual(upTo(60));
  });

  it('drops the oldest beyond its bound, and says so', async () => {
    await broker.pause();
    const playing = playSchedule(station('n1', 30, 5), { ...options(), speed: 1, queue_max: 10 });
    await sleep(700);
    await broker.resume();
    expect((await playing).lost).toBe(21);
    expect(levels(broker, 'n1')).toEqual(upTo(30).slice(20));
  });

  it('says when a device is refused, goes on with the others, and gives up when none is left', async () => {
    const secrets = new Map([
      ['n1', 's1'],
      ['n2', 'wrong'],
    ]);
    const both = mergeSchedules([station('n1', 20, 20), station('n2', 20, 20)]);
    const stats = await playSchedule(both, { ...options(), secrets, speed: 1 });
    expect(stats).toMatchObject({ acknowledged: 21, refused: 1 });
    expect(levels(broker, 'n2')).toEqual([]);
    const alone = playSchedule(station('n2', 1_000, 20), { ...options(), secrets, speed: 1 });
    await expect(alone).rejects.toThrow('the broker refused every device');
  });

  it('wants a secret for each device, and does not print one', async () => {
    const played = playSchedule(station('n1', 1, 1), {
      ...options(),
      secrets: new Map([['n2', 'hidden']]),
      speed: 1,
    });
    await expect(played).rejects.toThrow(/^no secret is given for device n1$/);
  });

  it('stops at once when it is told to, with a goodbye', async () => {
    const stop = new AbortController();
    const playing = playSchedule(station('n1', 100_000, 20), { ...options(), speed: 1, signal: stop.signal });
    await expect.poll(() => levels(broker, 'n1').length).toBeGreaterThan(3);
    stop.abort();
    const stats = await playing;
    expect(stats.acknowledged).toBeGreaterThan(3);
    expect(statuses(broker, 'n1').at(-1)).toEqual([false, true, 1]);
  });
});
