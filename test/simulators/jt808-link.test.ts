import { describe, expect, it, onTestFinished } from 'vitest';
import { jt808Target } from '../../simulators/cli-jt808.ts';
import { Jt808Link } from '../../simulators/jt808-link.ts';
import { phoneOf } from '../../simulators/jt808-phones.ts';
import { playSchedule } from '../../simulators/mqtt-player.ts';
import { type Publication, type Schedule, withLink } from '../../simulators/schedule.ts';
import { createLineLog } from '../../simulators/simulator-log.ts';
import type { PositionObservation } from '../../src/domain/observation.ts';
import { isoTime } from '../../src/domain/time.ts';
import type { TruckCommand } from '../../src/domain/truck-command.ts';
import { STANDARD_TRUCK_PROFILE } from '../../src/domain/truck-profile.ts';
import { type Jt808Rig, startJt808 } from '../support/jt808-rig.ts';
import { waitUntil } from '../support/wait-until.ts';

const START_MS = Date.UTC(2026, 10, 22, 1, 0, 0);
/** Its phone number is that of the rig's truck T1. */
const TRUCK = { deviceKind: 'truck', deviceId: 'sim-truck-07310001' } as const;

function* drive(count: number): Generator<Publication> {
  for (let index = 0; index < count; index += 1) {
    const at_ms = START_MS + index * 1000;
    const isTipping = index >= count / 2;
    yield {
      kind: 'publish',
      at_ms,
      ...TRUCK,
      channel: 'position',
      payload: {
        at: isoTime(at_ms),
        lon: 112.98 + index / 1e4,
        lat: 28.19,
        speed_kmh: 30.5,
        heading_deg: 90,
        altitude_m: 45,
        satellites: 12,
        acc: true,
        load: isTipping ? 'empty' : 'full',
        lift: isTipping,
        cover: isTipping ? 'open' : 'closed',
        mileage_km: 100 + index / 10,
      },
    };
  }
}

function play(rig: Jt808Rig, edition: string, schedule: Schedule, profile = 'status-high-bits') {
  const jt808 = jt808Target('protocol', 'jt808', { jt808: `127.0.0.1:${rig.port}`, edition, profile });
  if (jt808 === undefined) throw new Error('no target');
  return playSchedule(schedule, {
    url: 'mqtt://127.0.0.1:1',
    jt808,
    speed: Number.POSITIVE_INFINITY,
    start_ms: START_MS,
    signal: new AbortController().signal,
    log: createLineLog(() => undefined),
  });
}

const positions = (rig: Jt808Rig): PositionObservation[] =>
  rig.journaled().filter((one): one is PositionObservation => one.kind === 'position');

describe('a simulated terminal', () => {
  it.each(['2013', '2019'])(
    'of %s says what the truck does, and catches up after an outage',
    async (edition) => {
      const target = jt808Target('protocol', 'jt808', {
        jt808: 'tcp://h:1',
        edition,
        profile: 'status-high-bits',
      });
      const rig = await startJt808({ ...(target && { profile: target.profile }) });
      const outage = { from_ms: START_MS + 10_000, to_ms: START_MS + 50_000 };
      const stats = await play(rig, edition, withLink(TRUCK, drive(60), START_MS, [outage]));
      expect(stats).toMatchObject({ devices: 1, acknowledged: 60, lost: 0, refused: 0 });
      const got = positions(rig).sort((a, b) => a.at_ms - b.at_ms);
      expect(got.map(({ at_ms }) => at_ms)).toEqual(
        Array.from({ length: 60 }, (_, index) => START_MS + index * 1000),
      );
      expect(got[0]).toMatchObject({
        ...{
          lon: 112.98,
          lat: 28.19,
          speed_kmh: 30.5,
          heading_deg: 90,
          altitude_m: 45,
          satellites: 12,
          acc: true,
        },
        ...{ load: 'full', lift: false, cover: 'closed', mileage_km: 100 },
      });
      expect(got[59]).toMatchObject({ load: 'empty', lift: true, cover: 'open', mileage_km: 105.9 });
      expect(got[30]?.extra?.catch_up).toBe(true);
      expect(rig.quarantine.count()).toBe(0);
    },
  );

  it('sends again what was not acknowledged when the gateway came back', async () => {
    let isDown = true;
    const rig = await startJt808({
      beforeAppend: async () => {
        if (isDown && rig.listener.stats().counts.positions > 20) throw new Error('disk full');
      },
    });
    const playing = play(rig, '2019', withLink(TRUCK, drive(100), START_MS));
    await waitUntil('it was cut off', () => rig.listener.stats().counts.failed > 0);
    isDown = false;
    expect(await playing).toMatchObject({ acknowledged: 100, lost: 0 });
    expect(new Set(positions(rig).map(({ at_ms }) => at_ms)).size).toBe(100);
  });

  it('that the gateway does not know is refused, and said so', async () => {
    const rig = await startJt808();
    const stranger = { deviceKind: 'truck', deviceId: 'truck-999' } as const;
    await expect(play(rig, '2013', withLink(stranger, [], START_MS))).resolves.toMatchObject({
      acknowledged: 0,
    });
    const events = [
      ...withLink(
        stranger,
        [...drive(3)].map((one) => ({ ...one, ...stranger })),
        START_MS,
      ),
    ];
    await expect(play(rig, '2013', events)).rejects.toThrow(/refused every device/);
    expect(rig.unknown.map(({ identity }) => identity)).toContain(phoneOf('truck-999'));
  });
});

it('has a number for every id, the same every time', () => {
  expect(phoneOf('sim-truck-00012')).toBe('13900000012');
  expect(phoneOf('渣土车')).toMatch(/^138\d{8}$/);
  expect(phoneOf('渣土车')).toBe(phoneOf('渣土车'));
});

it.each([
  ['telegraph', {}],
  ['jt808', { jt808: 'nowhere' }],
  ['jt808', { edition: '2011' }],
  ['jt808', { profile: 'none-such' }],
])('refuses %s with %j', (protocol, wrong) => {
  const values = { jt808: '127.0.0.1:8808', edition: '2019', profile: 'standard', ...wrong };
  expect(() => jt808Target('protocol', protocol, values)).toThrow(/--/);
});

describe('a simulated terminal that is told something', () => {
  it.each(['2013', '2019'] as const)(
    'answers as edition %s has it, and sends the picture',
    async (edition) => {
      const rig = await startJt808();
      let isIn = false;
      const link = new Jt808Link({
        ...{ host: '127.0.0.1', port: rig.port, edition, profile: STANDARD_TRUCK_PROFILE, queue_max: 10 },
        phone: phoneOf(TRUCK.deviceId),
        onChange: ({ kind }) => {
          isIn ||= kind === 'connected';
        },
      });
      onTestFinished(() => link.stop(0, 0));
      link.start();
      for (const publication of drive(1)) link.publish(publication);
      await waitUntil('it is in', () => isIn);
      const tell = (command: TruckCommand) => rig.listener.command('T1', command);
      expect(await tell({ name: 'send-text', text: '请覆盖' })).toEqual({ ok: true, values: {} });
      expect(await tell({ name: 'get-parameters', ids: [0x29] })).toEqual({
        ok: true,
        values: { parameters: { default_interval_s: 30 } },
      });
      expect(await tell({ name: 'get-position' })).toEqual({ ok: true, values: {} });
      expect(await tell({ name: 'take-picture', channel: 3 })).toMatchObject({ code: 'failed' });
      const taken = await tell({ name: 'take-picture', channel: 1, count: 2 });
      await waitUntil('two pictures', () => rig.media.length === 2);
      expect(taken).toEqual({ ok: true, values: { media_ids: rig.media.map(({ mediaId }) => mediaId) } });
    },
  );
});
