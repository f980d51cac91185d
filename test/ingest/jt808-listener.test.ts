import { describe, expect, it } from 'vitest';
import { decodeServerTime } from '../../src/codecs/jt808/answers.ts';
import { encodeBatch } from '../../src/codecs/jt808/batch.ts';
import { encodeFrame } from '../../src/codecs/jt808/frame.ts';
import { encodeLocation } from '../../src/codecs/jt808/location.ts';
import { MESSAGE } from '../../src/codecs/jt808/message-ids.ts';
import { encodeRegistration } from '../../src/codecs/jt808/registration.ts';
import type { PositionObservation } from '../../src/domain/observation.ts';
import { locationAt, REGISTRATION, TestTerminal } from '../support/jt808-client.ts';
import { type Jt808Rig, startJt808 } from '../support/jt808-rig.ts';
import { waitUntil } from '../support/wait-until.ts';

const AT_MS = Date.UTC(2026, 10, 22, 1, 0, 0);
const T1 = '13907310001';
const T2 = '13907310002';
const T3 = '13907310003';

function positions(rig: Jt808Rig): PositionObservation[] {
  return rig.journaled().filter((one): one is PositionObservation => one.kind === 'position');
}

describe('a terminal', () => {
  it('registers, authenticates, beats and reports, in both editions side by side', async () => {
    const rig = await startJt808();
    const old = new TestTerminal(rig.port, T1, '2013');
    const young = new TestTerminal(rig.port, T2, '2019');
    await Promise.all([old.enter(), young.enter()]);
    for (const terminal of [old, young]) {
      expect(await terminal.ack(terminal.send(MESSAGE.heartbeat))).toBe(0);
      expect(await terminal.ack(terminal.sendLocation(locationAt(AT_MS)))).toBe(0);
      terminal.send(MESSAGE.timeQuery);
      const time = decodeServerTime((await terminal.next(MESSAGE.timeAnswer)).body);
      expect(time.ok && Math.abs(time.value - Date.now())).toBeLessThan(120_000);
    }
    // Answers have the header of who asked.
    expect(old.received.every(({ edition, phone }) => edition === '2013' && phone === old.phone)).toBe(true);
    expect(young.received.every(({ edition, phone }) => edition === '2019' && phone === young.phone)).toBe(
      true,
    );
    expect(positions(rig)).toMatchObject([
      { deviceId: 'T1', at_ms: AT_MS, lat: 28.194167, lon: 112.982279, speed_kmh: 36.5, acc: true },
      { deviceId: 'T2', at_ms: AT_MS },
    ]);
    expect(rig.journaled().filter(({ kind }) => kind === 'status')).toMatchObject([
      { online: true, extra: { jt808: '2013' } },
      { online: true, extra: { jt808: '2019' } },
    ]);
  });

  it('gets in again with the code that it has, or with the secret of its device, but with no other', async () => {
    const rig = await startJt808();
    const first = await new TestTerminal(rig.port, T1, '2013').register();
    expect(await new TestTerminal(rig.port, T1, '2013').authenticate(first.code ?? '')).toBe(0);
    expect(await new TestTerminal(rig.port, T1, '2019').authenticate('T1-secret')).toBe(0);
    const wrong = new TestTerminal(rig.port, T1, '2013');
    expect(await wrong.authenticate('something-else')).toBe(1);
    expect(await wrong.authenticate('')).toBe(1);
    expect(await wrong.ack(wrong.sendLocation(locationAt(AT_MS)))).toBe(1);
    expect(positions(rig)).toEqual([]);
    expect(wrong.isClosed).toBe(false);
    expect(await wrong.authenticate(first.code ?? '')).toBe(0);
    expect(await wrong.ack(wrong.sendLocation(locationAt(AT_MS)))).toBe(0);
  });

  it('loses its code when it deregisters', async () => {
    const rig = await startJt808();
    const terminal = new TestTerminal(rig.port, T1, '2013');
    const { code = '' } = await terminal.register();
    expect(await terminal.authenticate(code)).toBe(0);
    expect(await terminal.ack(terminal.send(MESSAGE.deregister))).toBe(0);
    const again = new TestTerminal(rig.port, T1, '2013');
    expect(await again.authenticate(code)).toBe(1);
    const { code: another = '' } = await again.register();
    expect(another).not.toBe(code);
    expect(await again.authenticate(another)).toBe(0);
  });

  it('that nobody knows is refused as the protocol has it, and reported', async () => {
    const rig = await startJt808();
    const stranger = new TestTerminal(rig.port, '18800000000', '2019');
    expect(await stranger.register()).toEqual({ serial: 1, result: 4 });
    expect(await stranger.authenticate('x')).toBe(1);
    expect(await stranger.ack(stranger.sendLocation(locationAt(AT_MS)))).toBe(1);
    expect(rig.unknown[0]).toMatchObject({
      protocol: 'jt808',
      identity: '18800000000',
      remote: '127.0.0.1',
      details: { plate: '湘A12345', terminalId: 'TID0001', edition: '2019' },
    });
    expect(rig.listener.stats()).toMatchObject({ terminals: 0, counts: { authRefused: 2 } });
  });

  it('may speak without a code where the policy lets it, and not register where that is closed', async () => {
    const open = await startJt808({ policy: { authenticate: false } });
    const trusted = new TestTerminal(open.port, T1, '2013');
    expect(await trusted.ack(trusted.sendLocation(locationAt(AT_MS)))).toBe(0);
    const stranger = new TestTerminal(open.port, '18800000000', '2013');
    expect(await stranger.ack(stranger.sendLocation(locationAt(AT_MS)))).toBe(1);
    const closed = await startJt808({ policy: { registration: 'closed' } });
    const terminal = new TestTerminal(closed.port, T1, '2013');
    expect(await terminal.register()).toEqual({ serial: 1, result: 3 });
    expect(await terminal.authenticate('T1-secret')).toBe(0);
  });

  it('speaks for itself alone', async () => {
    const rig = await startJt808();
    const terminal = await new TestTerminal(rig.port, T1, '2013').enter();
    const body = encodeLocation(locationAt(AT_MS));
    expect(await terminal.ack(terminal.send(MESSAGE.location, body, { phone: T2.padStart(12, '0') }))).toBe(
      1,
    );
    expect(positions(rig)).toEqual([]);
    expect(rig.quarantine.list({ limit: 10 })).toMatchObject([
      { deviceId: 'T1', error: { code: 'forbidden' } },
    ]);
  });

  it('takes the place of its own half-open connection, and is offline only once the last one is gone', async () => {
    const rig = await startJt808();
    const before = await new TestTerminal(rig.port, T1, '2013').enter();
    const after = await new TestTerminal(rig.port, T1, '2013').enter();
    await waitUntil('the first connection is closed', () => before.isClosed);
    expect(await after.ack(after.send(MESSAGE.heartbeat))).toBe(0);
    after.socket.destroy();
    const last = await waitUntil('the terminal is offline', () => {
      const one = rig.journaled().at(-1);
      return one?.kind === 'status' && !one.online ? one : undefined;
    });
    expect(last).toMatchObject({ deviceId: 'T1', online: false, extra: { lastWill: true } });
    expect(rig.journaled().filter((one) => one.kind === 'status' && !one.online)).toHaveLength(1);
  });

  it('is cut off when its device is revoked', async () => {
    const rig = await startJt808();
    const terminal = await new TestTerminal(rig.port, T1, '2013').enter();
    rig.revoked.add('T1');
    await waitUntil('the connection is closed', () => terminal.isClosed);
    expect((await new TestTerminal(rig.port, T1, '2013').register()).result).toBe(4);
    expect(rig.unknown).toEqual([]);
  });
});

describe('a location', () => {
  it('is acknowledged after the commit, not before', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let hold = Promise.resolve();
    const rig = await startJt808({ beforeAppend: () => hold });
    const terminal = await new TestTerminal(rig.port, T1, '2013').enter();
    hold = held;
    const serial = terminal.sendLocation(locationAt(AT_MS));
    // A later message that needs no disk is answered; the location is not.
    expect(await terminal.ack(terminal.send(MESSAGE.heartbeat))).toBe(0);
    expect(terminal.received.some(({ body }) => body.readUInt16BE(0) === serial && body.length === 5)).toBe(
      false,
    );
    expect(positions(rig)).toEqual([]);
    release();
    expect(await terminal.ack(serial)).toBe(0);
    expect(positions(rig)).toHaveLength(1);
  });

  it('that cannot be stored is not acknowledged: the connection closes, for it to come again', async () => {
    let isFull = false;
    const rig = await startJt808({
      beforeAppend: async () => {
        if (isFull) throw new Error('disk full');
      },
    });
    const terminal = await new TestTerminal(rig.port, T1, '2013').enter();
    const answers = terminal.received.length;
    isFull = true;
    terminal.sendLocation(locationAt(AT_MS));
    await waitUntil('the connection is closed', () => terminal.isClosed);
    expect(terminal.received).toHaveLength(answers);
    isFull = false;
    const again = await new TestTerminal(rig.port, T1, '2013').enter();
    expect(await again.ack(again.sendLocation(locationAt(AT_MS)))).toBe(0);
  });

  it('in GCJ-02 is stored in WGS-84, with what was given', async () => {
    const rig = await startJt808();
    const terminal = await new TestTerminal(rig.port, T3, '2013').enter();
    await terminal.ack(terminal.sendLocation(locationAt(AT_MS)));
    const [position] = positions(rig);
    expect(position).toMatchObject({ given: { crs: 'gcj02', lon: 112.982279, lat: 28.194167 } });
    expect(Math.abs((position?.lon ?? 0) - 112.982279)).toBeGreaterThan(0.002);
  });

  it('without a fix, or encrypted, is no position; its alarms are kept', async () => {
    const rig = await startJt808();
    const terminal = await new TestTerminal(rig.port, T1, '2019').enter();
    for (const [status, position] of [
      [0b01, 'none'],
      [0b10_0011, 'encrypted'],
    ] as const) {
      const serial = terminal.sendLocation(locationAt(AT_MS, { status, alarm: 1 << 4 }));
      expect(await terminal.ack(serial)).toBe(0);
      expect(rig.journaled().at(-1)).toMatchObject({
        kind: 'status',
        extra: { position, alarms: ['gnss-fault'] },
      });
    }
    expect(positions(rig)).toEqual([]);
    expect(rig.listener.stats().counts).toMatchObject({ positions: 0, unpositioned: 2 });
  });

  it('comes in batches, live or caught up; what is wrong among them goes to the quarantine alone', async () => {
    const rig = await startJt808();
    const terminal = await new TestTerminal(rig.port, T1, '2013').enter();
    const good = [0, 1000, 2000].map((later_ms) => encodeLocation(locationAt(AT_MS + later_ms)));
    const bad = encodeLocation(locationAt(AT_MS, { latRaw: 116_307_629 }));
    const batch = encodeBatch({ isCatchUp: true, bodies: [...good, bad, Buffer.from('00', 'hex')] });
    expect(await terminal.ack(terminal.send(MESSAGE.locationBatch, batch))).toBe(0);
    expect(positions(rig)).toHaveLength(3);
    expect(positions(rig)[0]).toMatchObject({ extra: { catch_up: true } });
    expect(rig.quarantine.list({ limit: 10 })).toMatchObject([
      { error: { code: 'schema', where: '[3].latitude' }, payload: bad },
      { error: { code: 'malformed', where: '[4].body' } },
    ]);
    const hopeless = encodeBatch({ isCatchUp: false, bodies: [bad] });
    expect(await terminal.ack(terminal.send(MESSAGE.locationBatch, hopeless))).toBe(2);
  });
});

describe('a bad frame', () => {
  it('keeps the session, is answered where it can be, and lies in the quarantine with its bytes', async () => {
    const rig = await startJt808();
    const terminal = await new TestTerminal(rig.port, T1, '2013').enter();
    const good = terminal.frame(MESSAGE.location, encodeLocation(locationAt(AT_MS)), { serial: 500 });
    const badCheck = Buffer.from(good);
    badCheck[20] = (badCheck[20] ?? 0) ^ 0x04;
    const shortBody = terminal.frame(MESSAGE.location, Buffer.alloc(5), { serial: 501 });
    const unknown = terminal.frame(0x0f00, Buffer.from('abc'), { serial: 502 });
    const encrypted = terminal.frame(MESSAGE.location, Buffer.alloc(40), { serial: 503, encryption: 1 });
    const rubbish = Buffer.from('7e0102037e', 'hex');
    const endless = Buffer.concat([Buffer.alloc(5000, 0x33), Buffer.of(0x7e)]);
    terminal.socket.write(Buffer.concat([badCheck, rubbish, shortBody, endless, unknown, encrypted]));
    expect(await terminal.ack(500)).toBe(2);
    expect(await terminal.ack(501)).toBe(2);
    expect(await terminal.ack(502)).toBe(3);
    expect(await terminal.ack(503)).toBe(3);
    const rows = rig.quarantine.list({ limit: 20 });
    // What is refused for its body waits for the turn of the event loop; the order is not the frames'.
    const codes = rows.map(({ error }) => error.code).sort();
    expect(codes).toEqual(['checksum', 'malformed', 'malformed', 'too-large', 'unsupported', 'unsupported']);
    expect(rows.every(({ deviceId, source }) => deviceId === 'T1' && source === 'jt808')).toBe(true);
    const byCode = (code: string) => rows.find(({ error }) => error.code === code);
    expect(byCode('checksum')?.payload).toEqual(badCheck.subarray(1, -1));
    expect(byCode('too-large')?.payload_bytes).toBe(5000);
    expect(terminal.isClosed).toBe(false);
    expect(await terminal.ack(terminal.sendLocation(locationAt(AT_MS)))).toBe(0);
  });

  it('never brings the code of a 0x0102 into the quarantine', async () => {
    const rig = await startJt808();
    const terminal = new TestTerminal(rig.port, T1, '2013');
    const damaged = terminal.frame(MESSAGE.authenticate, Buffer.from('T1-secret~}'), { serial: 700 });
    damaged[damaged.length - 2] = (damaged.at(-2) ?? 0) ^ 0x04;
    terminal.socket.write(damaged);
    expect(await terminal.ack(700)).toBe(2);
    const [row] = rig.quarantine.list({ limit: 10 });
    expect(row).toMatchObject({ error: { code: 'checksum' } });
    const kept = Buffer.from(row?.payload ?? []);
    expect(kept.subarray(0, 2).toString('hex')).toBe('0102');
    expect(kept.subarray(12, -1).toString()).toBe('*'.repeat(11));
  });

  it('of a stranger is kept too, up to a bound', async () => {
    const rig = await startJt808({ limits: { stranger_items_max: 3 } });
    const terminal = new TestTerminal(rig.port, T1, '2013');
    const bad = Buffer.from('7e0102037e', 'hex');
    terminal.socket.write(Buffer.concat(Array.from({ length: 10 }, () => bad)));
    await terminal.enter();
    expect(rig.quarantine.count()).toBe(3);
    expect(rig.listener.stats().counts.quarantined).toBe(10);
  });

  it('does not come from frames that are cut, glued, or arrive byte by byte', async () => {
    const rig = await startJt808();
    const terminal = await new TestTerminal(rig.port, T1, '2019').enter();
    const frames = [0, 1, 2, 3].map((index) =>
      terminal.frame(
        MESSAGE.location,
        encodeLocation(locationAt(AT_MS + index * 1000, { speedRaw: 0x7e7d })),
        {
          serial: 600 + index,
        },
      ),
    );
    for (const byte of frames[0] ?? []) {
      terminal.socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    terminal.socket.write(Buffer.concat(frames.slice(1)));
    for (const serial of [600, 601, 602, 603]) expect(await terminal.ack(serial)).toBe(0);
    expect(positions(rig)).toHaveLength(4);
    expect(rig.quarantine.count()).toBe(0);
  });
});

describe('the bounds', () => {
  it('turn further connections away, and close silent ones', async () => {
    const rig = await startJt808({
      limits: { connections_max: 2, auth_timeout_ms: 300, idle_timeout_ms: 60_000 },
    });
    const known = await new TestTerminal(rig.port, T1, '2013').enter();
    const silent = new TestTerminal(rig.port, T2, '2013');
    await waitUntil('two connections', () => rig.listener.stats().connections === 2);
    const third = new TestTerminal(rig.port, T2, '2013');
    await waitUntil('the third is turned away', () => third.isClosed);
    await waitUntil('the silent one is closed', () => silent.isClosed);
    expect(await known.ack(known.send(MESSAGE.heartbeat))).toBe(0);
    expect(rig.listener.stats().counts).toMatchObject({ connectionsRefused: 1, idle: 1 });
  });

  it('answers who closed his side', async () => {
    const rig = await startJt808();
    const terminal = new TestTerminal(rig.port, T1, '2013');
    const body = encodeRegistration(REGISTRATION, '2013');
    terminal.socket.end(
      encodeFrame({
        id: MESSAGE.register,
        edition: '2013',
        phone: T1.padStart(12, '0'),
        serial: 9,
        encryption: 0,
        body,
      }),
    );
    expect((await terminal.next(MESSAGE.registerAnswer)).body.readUInt8(2)).toBe(0);
    await waitUntil('closed', () => terminal.isClosed);
  });
});
