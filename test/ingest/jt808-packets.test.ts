import { describe, expect, it } from 'vitest';
import { decodeResend } from '../../src/codecs/jt808/answers.ts';
import { encodeBatch } from '../../src/codecs/jt808/batch.ts';
import { splitBody } from '../../src/codecs/jt808/frame.ts';
import { encodeLocation } from '../../src/codecs/jt808/location.ts';
import { MESSAGE } from '../../src/codecs/jt808/message-ids.ts';
import { decodeMediaAnswer, encodeMedia } from '../../src/codecs/jt808/multimedia.ts';
import { locationAt, TestTerminal } from '../support/jt808-client.ts';
import { startJt808 } from '../support/jt808-rig.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const AT_MS = Date.UTC(2026, 10, 22, 1, 0, 0);
const T1 = '13907310001';
const T2 = '13907310002';

describe('a message in packets', () => {
  const data = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7) & 0xff));
  const media = encodeMedia({
    ...{ id: 77, type: 0, format: 0, event: 1, channel: 3 },
    location: locationAt(AT_MS),
    data,
  });
  const parts = splitBody(media, 500) ?? [];
  const total = parts.length;

  function sendPart(terminal: TestTerminal, no: number, first = 1000): number {
    const body = parts[no - 1];
    return terminal.send(MESSAGE.multimediaData, body, { serial: first + no - 1, part: { total, no } });
  }

  it('is put together in any order, and answered with 0x8800 once it is stored', async () => {
    const rig = await startJt808();
    const terminal = await new TestTerminal(rig.port, T1, '2013').enter();
    const order = Array.from({ length: total }, (_, index) => total - index);
    const last = order.pop() ?? 1;
    for (const no of order) expect(await terminal.ack(sendPart(terminal, no))).toBe(0);
    expect(rig.media).toEqual([]);
    sendPart(terminal, last);
    const answer = decodeMediaAnswer((await terminal.next(MESSAGE.multimediaAnswer)).body);
    expect(answer).toEqual({ ok: true, value: { id: 77, missing: [] } });
    expect(rig.media).toMatchObject([{ device: { id: 'T1' }, at_ms: AT_MS, mediaId: 77, channel: 3, data }]);
    expect(rig.listener.stats()).toMatchObject({ assemblies: 0, counts: { assembled: 1, media: 1 } });
    // Our answer was lost: the last packet comes again, and is the same upload.
    sendPart(terminal, last);
    await waitUntil('a second answer', () => {
      return terminal.received.filter(({ id }) => id === MESSAGE.multimediaAnswer).length === 2;
    });
    expect(rig.media).toHaveLength(1);
  });

  it('is asked for the packets that are missing, by 0x8003 and then by the list of 0x8800', async () => {
    const rig = await startJt808({ limits: { resend_after_ms: 200 } });
    const terminal = await new TestTerminal(rig.port, T2, '2019').enter();
    for (let no = 1; no <= total; no += 1) if (no !== 2 && no !== 5) sendPart(terminal, no);
    const asked = decodeResend((await terminal.next(MESSAGE.resend)).body, '2019');
    expect(asked).toEqual({ ok: true, value: { serial: 1000, missing: [2, 5] } });
    const listed = decodeMediaAnswer((await terminal.next(MESSAGE.multimediaAnswer)).body);
    expect(listed).toEqual({ ok: true, value: { id: 77, missing: [2, 5] } });
    sendPart(terminal, 5);
    sendPart(terminal, 2);
    await terminal.next(MESSAGE.multimediaAnswer, ({ body }) => body.length === 4);
    expect(rig.media[0]?.data.equals(data)).toBe(true);
  });

  it('goes on after a restart of the gateway, since every acknowledged packet is on disk', async () => {
    const dir = tempDir();
    const before = await startJt808({ dir });
    const first = await new TestTerminal(before.port, T1, '2013').enter();
    for (const no of [1, 2, 3]) expect(await first.ack(sendPart(first, no))).toBe(0);
    await before.stop();
    const after = await startJt808({ dir });
    expect(after.listener.stats().assemblies).toBe(1);
    const second = await new TestTerminal(after.port, T1, '2013').enter();
    for (let no = 4; no <= total; no += 1) sendPart(second, no);
    await second.next(MESSAGE.multimediaAnswer, ({ body }) => body.length === 4);
    expect(after.media[0]?.data.equals(data)).toBe(true);
  });

  it('of locations is a batch like any other; one that never ends goes to the quarantine', async () => {
    const rig = await startJt808({ limits: { assemblies_per_terminal_max: 1 } });
    const terminal = await new TestTerminal(rig.port, T1, '2013').enter();
    expect(await terminal.ack(sendPart(terminal, 1))).toBe(0);
    const bodies = Array.from({ length: 60 }, (_, index) => encodeLocation(locationAt(AT_MS + index * 1000)));
    const pieces = splitBody(encodeBatch({ isCatchUp: true, bodies })) ?? [];
    const serials = pieces.map((body, index) =>
      terminal.send(MESSAGE.locationBatch, body, {
        serial: 2000 + index,
        part: { total: pieces.length, no: index + 1 },
      }),
    );
    for (const serial of serials) expect(await terminal.ack(serial)).toBe(0);
    expect(rig.journaled().filter(({ kind }) => kind === 'position')).toHaveLength(60);
    expect(rig.quarantine.list({ limit: 5 })).toMatchObject([
      { error: { message: expect.stringContaining('incomplete: of 7 packets these never came: 2, 3') } },
    ]);
    expect(rig.listener.stats()).toMatchObject({ assemblies: 0, counts: { incomplete: 1 } });
  });

  it('larger than allowed is refused with its first packet', async () => {
    const rig = await startJt808({ limits: { assembled_bytes_max: 2000 } });
    const terminal = await new TestTerminal(rig.port, T1, '2013').enter();
    expect(await terminal.ack(sendPart(terminal, 1))).toBe(2);
    expect(rig.quarantine.list({ limit: 5 })).toMatchObject([{ error: { code: 'too-large' } }]);
  });
});
