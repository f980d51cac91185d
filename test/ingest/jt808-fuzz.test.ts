import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeBatch } from '../../src/codecs/jt808/batch.ts';
import { encodeShotAnswer } from '../../src/codecs/jt808/commands.ts';
import { encodeLocation } from '../../src/codecs/jt808/location.ts';
import { writeItems } from '../../src/codecs/jt808/location-items.ts';
import { MESSAGE } from '../../src/codecs/jt808/message-ids.ts';
import { encodeMedia } from '../../src/codecs/jt808/multimedia.ts';
import { encodeParameters } from '../../src/codecs/jt808/parameters.ts';
import { locationAt, TestTerminal } from '../support/jt808-client.ts';
import { startJt808 } from '../support/jt808-rig.ts';
import { mutated } from '../support/mutate.ts';
import { waitUntil } from '../support/wait-until.ts';

const AT_MS = Date.parse('2026-11-22T10:00:00+08:00');

/** Frames of all that a truck sends: alarm items of JT/T 1078, batches, uploads in packets, answers to commands. */
function frames(terminal: TestTerminal): Buffer[] {
  const items = writeItems({
    mileage_km: 12.3,
    video_alarms: 0b1111111,
    video_lost_channels: 0xffff_ffff,
    video_occluded_channels: 1,
    storage_faults: 0xfff,
    abnormal_driving: 7,
  });
  const location = locationAt(AT_MS, { items });
  const media = encodeMedia({
    ...{ id: 5, type: 0, format: 0, event: 0, channel: 1 },
    location,
    data: Buffer.alloc(1500, 0x7e),
  });
  const bodies = [encodeLocation(location), encodeLocation(locationAt(AT_MS + 1000))];
  return [
    ...bodies.map((body) => terminal.frame(MESSAGE.location, body)),
    terminal.frame(MESSAGE.locationBatch, encodeBatch({ isCatchUp: true, bodies })),
    terminal.frame(MESSAGE.multimediaData, media.subarray(0, 900), { part: { total: 2, no: 1 } }),
    terminal.frame(MESSAGE.multimediaData, media.subarray(900), { part: { total: 2, no: 2 } }),
    terminal.frame(MESSAGE.multimediaEvent, media.subarray(0, 8)),
    terminal.frame(MESSAGE.parameterAnswer, encodeParameters(1, new Map([[1, 60]]))),
    terminal.frame(MESSAGE.shotAnswer, encodeShotAnswer(1, 0, [5])),
    terminal.frame(MESSAGE.heartbeat),
  ];
}

it.each(['2013', '2019'] as const)(
  'keeps a session of edition %s whatever comes on it, and every refused frame with its reason',
  { timeout: 120_000 },
  async (edition) => {
    const rig = await startJt808();
    const terminal = await new TestTerminal(rig.port, '13907310001', edition).enter();
    const seeds = frames(terminal);
    const noise = fc.sample(mutated(seeds), { seed: 808, numRuns: 400 });
    const cuts = fc.sample(fc.integer({ min: 1, max: 300 }), { seed: 808, numRuns: 100 });
    const stream = Buffer.concat(
      noise.flatMap((bytes, n) => (n % 5 === 0 ? [bytes, seeds[n % seeds.length] ?? bytes] : [bytes])),
    );
    for (let from = 0, n = 0; from < stream.length; n += 1) {
      const to = from + (cuts[n % cuts.length] ?? 1);
      terminal.socket.write(stream.subarray(from, to));
      from = to;
    }
    // A flag ends whatever was begun.
    terminal.socket.write(Buffer.of(0x7e));
    expect(await terminal.ack(terminal.send(MESSAGE.heartbeat))).toBe(0);
    expect(await terminal.ack(terminal.sendLocation(locationAt(AT_MS + 60_000)))).toBe(0);
    expect(terminal.isClosed).toBe(false);
    const { counts } = rig.listener.stats();
    await waitUntil(
      'all is settled',
      () => rig.quarantine.list({ limit: 5000 }).length === rig.listener.stats().counts.quarantined,
    );
    const kept = rig.quarantine.list({ limit: 5000 });
    expect(kept.length).toBeGreaterThan(100);
    for (const { error, payload } of kept) {
      expect(error.message).not.toBe('');
      expect(payload.length).toBeGreaterThan(0);
    }
    expect(counts.failed).toBe(0);
  },
);
