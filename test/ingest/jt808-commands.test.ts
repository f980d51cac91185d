import { describe, expect, it } from 'vitest';
import { answerCommand } from '../../simulators/jt808-answers.ts';
import { ACK, encodeAck } from '../../src/codecs/jt808/answers.ts';
import { encodeShotAnswer } from '../../src/codecs/jt808/commands.ts';
import type { Jt808Edition } from '../../src/codecs/jt808/frame.ts';
import { MESSAGE } from '../../src/codecs/jt808/message-ids.ts';
import type { TruckCommand } from '../../src/domain/truck-command.ts';
import { locationAt, TestTerminal } from '../support/jt808-client.ts';
import { type Jt808Rig, type RigOptions, startJt808 } from '../support/jt808-rig.ts';
import { waitUntil } from '../support/wait-until.ts';

const AT_MS = Date.parse('2026-11-22T10:00:00+08:00');

async function rigWith(edition: Jt808Edition, options: RigOptions = {}) {
  const rig = await startJt808(options);
  const terminal = await new TestTerminal(rig.port, '13907310001', edition).enter();
  return { rig, terminal };
}

/** Sends a command; gives what the terminal got of it, and what becomes of it. */
async function command(rig: Jt808Rig, terminal: TestTerminal, order: TruckCommand, id: number) {
  const outcome = rig.listener.command('T1', order);
  return { got: await terminal.next(id), outcome };
}

describe('a command to a truck', () => {
  it.each<[TruckCommand, Jt808Edition, number, string]>([
    // 8.11: flag, in 2019 the kind of text, and GBK.
    [{ name: 'send-text', text: '请覆盖', urgent: true }, '2013', 0x8300, '05c7ebb8b2b8c7'],
    [{ name: 'send-text', text: '请覆盖', speak: true }, '2019', 0x8300, '0d01c7ebb8b2b8c7'],
    [{ name: 'track', interval_s: 5, for_s: 600 }, '2019', 0x8202, '000500000258'],
    [{ name: 'stop-tracking' }, '2013', 0x8202, '0000'],
  ])('%j goes out as the standard of %s has it, and is done with 0x0001', async (order, edition, id, hex) => {
    const { rig, terminal } = await rigWith(edition);
    const { got, outcome } = await command(rig, terminal, order, id);
    expect(got.body.toString('hex')).toBe(hex);
    terminal.send(MESSAGE.terminalAck, encodeAck({ serial: got.serial, id, result: ACK.ok }));
    expect(await outcome).toEqual({ ok: true, values: {} });
    expect(rig.listener.stats().commands).toEqual({ ok: 1 });
  });

  it('asks for parameters, of which passwords are not told', async () => {
    const { rig, terminal } = await rigWith('2019');
    const order: TruckCommand = { name: 'get-parameters', ids: [0x29, 0x12, 0xf000] };
    const { got, outcome } = await command(rig, terminal, order, 0x8106);
    expect(got.body.toString('hex')).toBe('03000000290000001200' + '00f000');
    const answer = Buffer.from(
      `${got.serial.toString(16).padStart(4, '0')}03` +
        '00000029040000001e' +
        '0000001203616263' +
        '0000f00002beef',
      'hex',
    );
    const serial = terminal.send(MESSAGE.parameterAnswer, answer);
    expect(await outcome).toEqual({
      ok: true,
      values: { parameters: { default_interval_s: 30, '0xf000': 'beef' } },
    });
    expect(await terminal.ack(serial)).toBe(ACK.ok);
  });

  it('has a picture taken: first taken, then done; or not', async () => {
    const { rig, terminal } = await rigWith('2013');
    const order = { name: 'take-picture', channel: 2, count: 2, interval_s: 1, size: '1024x768' } as const;
    const first = await command(rig, terminal, order, 0x8801);
    expect(first.got.body.toString('hex')).toBe('020002000100040580404080');
    const { serial } = first.got;
    terminal.send(MESSAGE.terminalAck, encodeAck({ serial, id: MESSAGE.shoot, result: ACK.ok }));
    terminal.send(MESSAGE.shotAnswer, encodeShotAnswer(serial, 0, [7, 8]));
    expect(await first.outcome).toEqual({ ok: true, values: { media_ids: [7, 8] } });
    const outcome = rig.listener.command('T1', { name: 'take-picture', channel: 9 });
    const again = await terminal.next(0x8801, (message) => message.serial !== serial);
    terminal.send(MESSAGE.shotAnswer, encodeShotAnswer(again.serial, 2, []));
    expect(await outcome).toEqual({ ok: false, code: 'failed', message: 'no such channel' });
  });

  it('asks where the truck is, and the answer is stored like any position', async () => {
    const { rig, terminal } = await rigWith('2019');
    const { got, outcome } = await command(rig, terminal, { name: 'get-position' }, 0x8201);
    const [answer] = answerCommand(got, '2019', locationAt(AT_MS));
    terminal.send(answer?.id ?? 0, answer?.body);
    expect(await outcome).toEqual({ ok: true, values: {} });
    expect(rig.journaled().at(-1)).toMatchObject({ kind: 'position', deviceId: 'T1', at_ms: AT_MS });
  });

  it('says why nothing comes of it', async () => {
    const limits = { answer_timeout_ms: 200, result_timeout_ms: 200, commands_waiting_max: 1 };
    const { rig, terminal } = await rigWith('2019', { limits });
    const ask = (order: TruckCommand, id = 'T1') => rig.listener.command(id, order);
    expect(await ask({ name: 'stop-tracking' }, 'T2')).toMatchObject({ code: 'not-connected' });
    expect(await ask({ name: 'send-text', text: '𝄞' })).toMatchObject({ code: 'unsupported' });
    const silent = ask({ name: 'stop-tracking' });
    expect(await ask({ name: 'stop-tracking' })).toMatchObject({ code: 'busy' });
    expect(await silent).toEqual({ ok: false, code: 'timeout', message: 'no answer' });
    const refused = ask({ name: 'get-position' });
    const { serial } = await terminal.next(MESSAGE.positionQuery);
    const unsupported = { serial, id: MESSAGE.positionQuery, result: ACK.unsupported };
    terminal.send(MESSAGE.terminalAck, encodeAck(unsupported));
    expect(await refused).toMatchObject({ code: 'refused', message: 'the terminal does not support it' });
    const cut = ask({ name: 'stop-tracking' });
    terminal.socket.destroy();
    expect(await cut).toMatchObject({ code: 'not-connected' });
  });

  it('is answered by nobody else, and a late or mangled answer breaks nothing', async () => {
    const { rig, terminal } = await rigWith('2019');
    const { outcome, got } = await command(rig, terminal, { name: 'get-parameters' }, 0x8104);
    const other = await new TestTerminal(rig.port, '13907310002', '2019').enter();
    const answer = Buffer.concat([Buffer.from([got.serial >> 8, got.serial & 255]), Buffer.of(0)]);
    expect(await other.ack(other.send(MESSAGE.parameterAnswer, answer))).toBe(ACK.ok);
    expect(await terminal.ack(terminal.send(MESSAGE.parameterAnswer, Buffer.from('0001ff00', 'hex')))).toBe(
      ACK.wrong,
    );
    await waitUntil('quarantined', () => rig.quarantine.list({ limit: 10 }).length === 1);
    terminal.send(MESSAGE.parameterAnswer, answer);
    expect(await outcome).toEqual({ ok: true, values: { parameters: {} } });
    expect(await terminal.ack(terminal.send(MESSAGE.parameterAnswer, answer))).toBe(ACK.ok);
  });
});
