import { once } from 'node:events';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { encodeFrame } from '../../src/codecs/hj212/message.ts';
import type { Observation } from '../../src/domain/observation.ts';
import type { QuarantineItem } from '../../src/domain/quarantine.ts';
import type { UnknownDevice } from '../../src/domain/unknown-device.ts';
import { Hj212Connection } from '../../src/ingest/hj212-connection.ts';
import { Hj212Intake } from '../../src/ingest/hj212-intake.ts';
import { HJ212_LIMITS } from '../../src/ingest/hj212-limits.ts';
import { Hj212Listener, type Hj212ListenerOptions } from '../../src/ingest/hj212-listener.ts';
import { Hj212Report } from '../../src/ingest/hj212-report.ts';
import { Hj212Stations } from '../../src/ingest/hj212-stations.ts';
import { WorkBudget } from '../../src/runtime/work-budget.ts';
import { frameOf, MN, PW, type RawStation, rawStation } from '../support/hj212.ts';
import { SILENT } from '../support/mqtt.ts';
import { waitUntil } from '../support/wait-until.ts';

const NOW_MS = Date.parse('2026-07-01T09:30:05+08:00');
const CP = 'DataTime=20260701093000;a34002-Rtd=80.5,a34002-Flag=N';

const STATION = { deviceId: 'D1', deviceKind: 'dust', particulateUnit: 'ug' } as const;

interface Rig {
  readonly listener: Hj212Listener;
  readonly port: number;
  readonly accepted: Observation[];
  readonly quarantined: QuarantineItem[];
  readonly unknown: UnknownDevice[];
  readonly revoked: Set<string>;
  connect(): Promise<RawStation>;
}

/** A listener with two stations: one with a PW, one without. */
async function start(overrides: Partial<Hj212ListenerOptions> = {}): Promise<Rig> {
  const accepted: Observation[] = [];
  const quarantined: QuarantineItem[] = [];
  const unknown: UnknownDevice[] = [];
  const revoked = new Set<string>();
  const listener = new Hj212Listener({
    listen: { host: '127.0.0.1', port: 0 },
    stationOf: (mn) => {
      if (mn === MN) return { ...STATION, mn, pw: PW };
      return mn === 'OPEN' ? { ...STATION, deviceId: 'D2', mn } : undefined;
    },
    revoked: () => revoked,
    onUnknownDevice: (station) => unknown.push(station),
    accept: async (observations) => accepted.push(...observations),
    quarantine: async (item) => quarantined.push({ ...item, payload: Buffer.from(item.payload) }),
    onDeviceSeen: () => undefined,
    clock: () => NOW_MS,
    log: SILENT,
    ...overrides,
  });
  const { port } = await listener.start();
  onTestFinished(() => listener.stop());
  return { listener, port, accepted, quarantined, unknown, revoked, connect: () => rawStation(port) };
}

const realtime = (qn: string, more = {}) => frameOf('2011', CP, { qn, ...more });

/** A frame as the quarantine shows it. */
function masked(frame: Buffer): string {
  return frame.toString().replace('PW=123456', 'PW=******');
}

describe('data', () => {
  it('is answered under its number once it is stored, and not before', async () => {
    const commits: (() => void)[] = [];
    const rig = await start({ accept: () => new Promise<void>((resolve) => commits.push(resolve)) });
    const station = await rig.connect();
    station.send(Buffer.concat([realtime('20260701093000001'), realtime('20260701093000002')]));
    await waitUntil('both are being stored', () => commits.length === 2);
    expect(station.received).toEqual([]);
    // The second is on disk first; answers keep the order all the same.
    commits[1]?.();
    commits[0]?.();
    expect(await station.message(2)).toEqual({
      ...{ qn: '20260701093000002', st: '91', cn: '9014', pw: PW, mn: MN, flag: 4, cp: [] },
    });
    expect(station.received[0]?.qn).toBe('20260701093000001');
  });

  it('is not answered, and the connection is closed, where it cannot be stored', async () => {
    const rig = await start({ accept: () => Promise.reject(new Error('disk full')) });
    const station = await rig.connect();
    station.send(realtime('20260701093000001'));
    await once(station.socket, 'close');
    expect(station.received).toEqual([]);
    expect(rig.listener.stats().counts).toMatchObject({ failed: 1, answered: 0 });
  });

  it('is stored without an answer where none is wanted', async () => {
    const rig = await start();
    const station = await rig.connect();
    station.send(realtime('20260701093000001', { flag: 4 }));
    station.send(frameOf('9015', '', { qn: '20260701093000009', flag: 9 }));
    expect(await station.message(1)).toMatchObject({ cn: '9013', qn: '20260701093000009', flag: 8 });
    expect(rig.accepted).toHaveLength(1);
  });

  it('comes through byte by byte, glued, and after the sender has closed its side', async () => {
    const rig = await start();
    const slow = await rig.connect();
    for (const byte of realtime('20260701093000001')) slow.send(Buffer.from([byte]));
    await slow.message(1);
    const half = connect({ port: rig.port, host: '127.0.0.1', allowHalfOpen: true });
    onTestFinished(() => void half.destroy());
    const chunks: Buffer[] = [];
    half.on('data', (chunk) => chunks.push(chunk));
    const frames = Array.from({ length: 50 }, (_, index) =>
      realtime(`202607010931${String(index).padStart(5, '0')}`),
    );
    half.end(Buffer.concat(frames));
    await once(half, 'end');
    const answers = Buffer.concat(chunks)
      .toString()
      .match(/CN=9014/g);
    expect(answers).toHaveLength(50);
    expect(rig.accepted).toHaveLength(51);
  });

  it('of a split message is answered packet by packet, and joins by its time', async () => {
    const rig = await start();
    const station = await rig.connect();
    const packet = (pno: number, cp: string) =>
      frameOf('2051', cp, { qn: `2026070109300000${pno}`, flag: 7, pnum: 3, pno });
    // The third packet comes before any has told the time: it is to be sent again.
    station.send(packet(3, 'a34001-Avg=120'));
    await waitUntil('it is quarantined', () => rig.quarantined.length === 1);
    station.send(packet(1, 'DataTime=20260701091500;a34002-Avg=80'));
    station.send(packet(2, 'DataTime=20260701091500;a34004-Avg=40'));
    station.send(packet(3, 'a34001-Avg=120'));
    await station.message(3);
    expect(station.received.map(({ qn, cn }) => [qn, cn])).toEqual([
      ['20260701093000001', '9014'],
      ['20260701093000002', '9014'],
      ['20260701093000003', '9014'],
    ]);
    const at_ms = Date.parse('2026-07-01T09:15:00+08:00');
    expect(rig.accepted.map((one) => [one.at_ms, 'metrics' in one && one.metrics])).toEqual([
      [at_ms, { pm10_minute_avg_ug_m3: 80 }],
      [at_ms, { pm25_minute_avg_ug_m3: 40 }],
      [at_ms, { tsp_minute_avg_ug_m3: 120 }],
    ]);
    expect(rig.quarantined[0]?.error).toMatchObject({ where: 'DataTime' });
  });
});

describe('what is refused', () => {
  it('is kept with its reason and bytes, and the session goes on', async () => {
    const rig = await start();
    const station = await rig.connect();
    const damaged = Buffer.from(realtime('20260701093000001').toString().replace('80.5', '90.5'));
    const useless = frameOf('2011', 'DataTime=yesterday;a34002-Rtd=1', { qn: '20260701093000003' });
    const foreign = frameOf('2099', 'x=1', { qn: '20260701093000004' });
    const nameless = encodeFrame({ cn: '2011', mn: 'x', cp: [] }).toString().replace('MN=x', 'MM=x');
    station.send(Buffer.concat([damaged, Buffer.from('junk\r\n'), useless, foreign, Buffer.from(nameless)]));
    station.send(realtime('20260701093000005'));
    // What is whole and will never be better is answered; what is damaged is to be sent again.
    await station.message(3);
    expect(station.received.map(({ qn }) => qn)).toEqual([
      ...['20260701093000003', '20260701093000004', '20260701093000005'],
    ]);
    expect(
      rig.quarantined.map(({ error, deviceId, payload }) => [
        error.code,
        deviceId,
        Buffer.from(payload).toString(),
      ]),
    ).toEqual([
      ['checksum', undefined, masked(damaged)],
      ['malformed', undefined, 'junk\r\n'],
      ['schema', 'D1', masked(useless).trimEnd()],
      ['unsupported', 'D1', masked(foreign).trimEnd()],
      ['checksum', undefined, nameless],
    ]);
    for (const { source, error, received_ms } of rig.quarantined) {
      expect([source, received_ms, error.message.length > 0]).toEqual(['hj212', NOW_MS, true]);
    }
    expect(rig.accepted).toHaveLength(1);
    expect(rig.listener.stats()).toMatchObject({
      connections: 1,
      counts: { quarantined: 5, checksum: 2, stored: 1 },
    });
  });

  it('is a frame of an unknown MN, with a wrong PW, or of a revoked device: unanswered, and told', async () => {
    const rig = await start();
    const station = await rig.connect();
    station.send(realtime('20260701093000001', { mn: 'UNKNOWN1' }));
    station.send(realtime('20260701093000002', { pw: '654321' }));
    station.send(realtime('20260701093000003', { mn: MN.toLowerCase() }));
    expect(await station.message(1)).toMatchObject({ qn: '20260701093000003', mn: MN.toLowerCase() });
    station.send(realtime('20260701093000004', { mn: 'OPEN', pw: 'anything' }));
    expect(await station.message(2)).toMatchObject({ qn: '20260701093000004', pw: 'anything' });
    expect(rig.quarantined.map(({ error, channel }) => [error.code, error.where, channel])).toEqual([
      ['forbidden', 'MN', 'UNKNOWN1/2011'],
      ['forbidden', 'PW', `${MN}/2011`],
    ]);
    expect(rig.unknown).toMatchObject([{ protocol: 'hj212', identity: 'UNKNOWN1', at_ms: NOW_MS }]);
    rig.revoked.add('D1');
    await once(station.socket, 'close');
    const again = await rig.connect();
    again.send(realtime('20260701093000005'));
    await waitUntil('it is refused', () => rig.quarantined.length === 3);
    expect(rig.accepted).toHaveLength(2);
  });

  it('counts what stations do otherwise, and takes it', async () => {
    const rig = await start();
    const station = await rig.connect();
    const upper = frameOf('2011', 'DATATIME=20260701093000;A34002-RTD=80', { qn: '20260701093000001CST' });
    station.send(Buffer.concat([upper.subarray(0, -2), realtime('20260701093000002')]));
    await station.message(2);
    expect(station.received[0]?.qn).toBe('20260701093000001CST');
    expect(rig.accepted).toHaveLength(2);
    const counted = Object.entries(rig.listener.stats().deviations).filter(([, count]) => count > 0);
    expect(Object.fromEntries(counted)).toEqual({ 'line-end': 1, 'name-case': 1, 'qn-form': 1 });
  });
});

describe('bounds', () => {
  it('closes connections above the limit, and those that only send what is refused', async () => {
    const rig = await start({ limits: { connections_max: 1, refusals_in_row_max: 3 } });
    const station = await rig.connect();
    station.send(realtime('20260701093000001'));
    await station.message(1);
    const second = await rig.connect();
    await once(second.socket, 'close');
    station.send(Buffer.from('a\nb\nc\n'));
    await once(station.socket, 'close');
    expect(rig.quarantined).toHaveLength(3);
    expect(rig.listener.stats()).toMatchObject({ counts: { connectionsRefused: 1, connectionsEnded: 1 } });
  });

  it('gives up a frame that does not go on, and a connection that is silent or nameless', async () => {
    const rig = await start({
      limits: { frame_timeout_ms: 50, idle_timeout_ms: 5_000, first_frame_timeout_ms: 500 },
    });
    const nameless = await rig.connect();
    const station = await rig.connect();
    station.send(realtime('20260701093000001'));
    await station.message(1);
    const begun = realtime('20260701093000002').subarray(0, 40);
    station.send(begun);
    await waitUntil('the beginning is quarantined', () => rig.quarantined.length === 1);
    expect(Buffer.from(rig.quarantined[0]?.payload ?? [])).toEqual(begun);
    station.send(realtime('20260701093000003'));
    await station.message(2);
    if (!nameless.socket.closed) await once(nameless.socket, 'close');
    if (!station.socket.closed) await once(station.socket, 'close');
  });

  it('reads no more while what it has is being stored', async () => {
    const commits: (() => void)[] = [];
    const rig = await start({ accept: () => new Promise<void>((resolve) => commits.push(resolve)) });
    const station = await rig.connect();
    const frame = realtime('20260701093000001');
    const flood = Buffer.concat(Array.from({ length: 40_000 }, () => frame));
    station.send(flood);
    await waitUntil('something is being stored', () => commits.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    // One read's worth, of 6 MB.
    expect(commits.length).toBeLessThan(2000);
    station.socket.destroy();
    for (const commit of commits) commit();
  });

  it('disconnects a station that leaves its answers unread', async () => {
    const report = new Hj212Report(SILENT);
    const registry = { stationOf: () => ({ ...STATION, mn: MN }), revoked: () => new Set<string>() };
    const done = async (): Promise<void> => undefined;
    const sinks = { accept: done, quarantine: done, onDeviceSeen: () => undefined };
    const intake = new Hj212Intake(new Hj212Stations(registry), sinks, report, () => NOW_MS);
    // Takes nothing that it is sent, as a socket whose other side does not read.
    const stream = new Duplex({ read: () => undefined, write: () => undefined });
    let isClosed = false;
    const owner = {
      ...{ onStation: () => undefined, onTimeWanted: () => undefined, onAnswer: () => false },
      onClosed: () => {
        isClosed = true;
      },
    };
    new Hj212Connection(stream, '192.0.2.1', {
      ...{ intake, report, owner, budget: new WorkBudget(1024 * 1024) },
      limits: { ...HJ212_LIMITS, unread_bytes_max: 4096 },
    });
    for (let count = 0; count < 200; count += 1) stream.push(realtime('20260701093000001'));
    await waitUntil('it is cut', () => isClosed);
    expect(report.counts).toMatchObject({ slow: 1, connectionsEnded: 1 });
    expect(report.counts.answered).toBeLessThan(50);
    report.close();
  });
});

describe('commands', () => {
  const timing = { answer_timeout_ms: 300, attempts_max: 2, result_timeout_ms: 300 };

  it('sets the time of a station that asks for it', async () => {
    const rig = await start();
    const station = await rig.connect();
    station.send(frameOf('1013', 'PolId=a34002', { qn: '20260701093000007' }));
    expect(await station.message(1)).toMatchObject({ cn: '9013', qn: '20260701093000007', cp: [] });
    const request = await station.message(2);
    expect(request).toMatchObject({ cn: '1012', st: '39', flag: 5, pw: PW, mn: MN });
    expect(request.cp).toEqual([[['SystemTime', '20260701093005']]]);
    station.send(frameOf('9011', 'QnRtn=1', { qn: request.qn ?? '', flag: 4 }));
    station.send(frameOf('9012', 'ExeRtn=1', { qn: request.qn ?? '', flag: 4 }));
    await waitUntil('it is counted', () => rig.listener.stats().commands.ok === 1);
  });

  it('asks, and gives back what the station tells', async () => {
    const rig = await start();
    const station = await rig.connect();
    station.send(realtime('20260701093000001'));
    await station.message(1);
    const outcome = rig.listener.command('D1', { name: 'get-realtime-interval' });
    const { qn = '' } = await station.message(2);
    station.send(frameOf('9011', 'QnRtn=1', { qn, flag: 4 }));
    station.send(frameOf('1061', 'RtdInterval=60', { qn, flag: 4 }));
    station.send(frameOf('9012', 'ExeRtn=1', { qn, flag: 4 }));
    expect(await outcome).toEqual({ ok: true, values: { interval_s: 60 } });
    // Late, or made up: of nobody's concern.
    station.send(frameOf('9012', 'ExeRtn=1', { qn, flag: 4 }));
    await waitUntil('it is counted', () => rig.listener.stats().counts.strayAnswers === 1);
    expect(rig.quarantined).toEqual([]);
  });

  it('says why it was not done', async () => {
    const rig = await start({ limits: { ...timing, commands_waiting_max: 1 } });
    const interval = { name: 'set-realtime-interval', interval_s: 30 } as const;
    expect(await rig.listener.command('D1', interval)).toMatchObject({ ok: false, code: 'not-connected' });
    const station = await rig.connect();
    station.send(realtime('20260701093000001'));
    await station.message(1);

    const refused = rig.listener.command('D1', interval);
    const first = await station.message(2);
    expect(await rig.listener.command('D1', interval)).toMatchObject({ ok: false, code: 'busy' });
    station.send(frameOf('9011', 'QnRtn=2', { qn: first.qn ?? '', flag: 4 }));
    expect(await refused).toEqual({ ok: false, code: 'refused', message: 'refused' });

    const silent = rig.listener.command('D1', interval);
    const [asked, again] = [await station.message(3), await station.message(4)];
    expect(again).toEqual(asked);
    expect(await silent).toMatchObject({ ok: false, code: 'timeout', message: 'no answer to 2 requests' });

    const cut = rig.listener.command('D1', interval);
    await station.message(5);
    station.socket.destroy();
    expect(await cut).toMatchObject({ ok: false, code: 'not-connected' });
  });
});
