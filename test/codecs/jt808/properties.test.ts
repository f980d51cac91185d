import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alarmBits, alarmNames } from '../../../src/codecs/jt808/alarms.ts';
import {
  decodeAck,
  decodeResend,
  decodeServerTime,
  encodeAck,
  encodeResend,
  encodeServerTime,
} from '../../../src/codecs/jt808/answers.ts';
import { decodeBatch, encodeBatch } from '../../../src/codecs/jt808/batch.ts';
import {
  decodeFrame,
  encodeFrame,
  escapeFrame,
  FRAME_BYTES_MAX,
  type Jt808Message,
  splitBody,
  unescapeFrame,
} from '../../../src/codecs/jt808/frame.ts';
import { FrameSplitter, type SplitPiece } from '../../../src/codecs/jt808/frame-splitter.ts';
import { decodeLocation, encodeLocation, type Location } from '../../../src/codecs/jt808/location.ts';
import { type LocationExtras, readItems, writeItems } from '../../../src/codecs/jt808/location-items.ts';
import { maskAuthentication } from '../../../src/codecs/jt808/mask.ts';
import { MESSAGE } from '../../../src/codecs/jt808/message-ids.ts';
import {
  decodeMedia,
  decodeMediaAnswer,
  decodeMediaInfo,
  encodeMedia,
  encodeMediaAnswer,
} from '../../../src/codecs/jt808/multimedia.ts';
import { observeLocation } from '../../../src/codecs/jt808/observe-location.ts';
import {
  decodeAuthentication,
  decodeRegisterAnswer,
  decodeRegistration,
  encodeAuthentication,
  encodeRegisterAnswer,
  encodeRegistration,
} from '../../../src/codecs/jt808/registration.ts';
import { STANDARD_TRUCK_PROFILE } from '../../../src/domain/truck-profile.ts';

const word = fc.integer({ min: 0, max: 0xffff });
const byte = fc.integer({ min: 0, max: 0xff });
const dword = fc.integer({ min: 0, max: 0xffff_ffff });
const edition = fc.constantFrom('2013' as const, '2019' as const);
const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((array) => Buffer.from(array));
/** Text that GBK has, without the blanks and zeros that fill a field. */
const text = (max: number) =>
  fc
    .array(fc.constantFrom(...'湘京渝A1Z9-测试车'), { maxLength: Math.floor(max / 2) })
    .map((letters) => letters.join(''));
const digits = (count: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: count, maxLength: count })
    .map((list) => list.join(''));

const message: fc.Arbitrary<Jt808Message> = edition.chain((value) =>
  fc
    .record({
      id: word,
      phone: digits(value === '2019' ? 20 : 12),
      serial: word,
      part: fc.option(
        fc
          .integer({ min: 1, max: 0xffff })
          .chain((total) => fc.record({ total: fc.constant(total), no: fc.integer({ min: 1, max: total }) })),
        { nil: undefined },
      ),
      body: fc.uint8Array({ maxLength: 1023 }).map((array) => Buffer.from(array)),
      protocolVersion: byte,
    })
    .map(({ part, protocolVersion, ...rest }) => ({
      ...rest,
      edition: value,
      encryption: 0,
      ...(value === '2019' && { protocolVersion }),
      ...(part && { part }),
    })),
);

const location: fc.Arbitrary<Location> = fc.record({
  alarm: dword,
  status: dword,
  latRaw: dword,
  lonRaw: dword,
  altitude_m: word,
  speedRaw: word,
  direction_deg: word,
  time: digits(12),
  items: fc.array(fc.record({ id: byte, data: bytes(255) }), { maxLength: 8 }),
});

const OPTIONS = { numRuns: 100 };

function valueIn<T>(read: { ok: true; value: T } | { ok: false; error: { message: string } }): T {
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

/** All pieces of a stream that arrives in chunks that end at these places. */
function split(stream: Buffer, cuts: readonly number[]): SplitPiece[] {
  const splitter = new FrameSplitter();
  const ends = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
  const pieces: SplitPiece[] = [];
  let from = 0;
  for (const end of [...ends, stream.length]) {
    pieces.push(...splitter.push(Buffer.from(stream.subarray(from, end))));
    from = end;
  }
  const last = splitter.end();
  return last === undefined ? pieces : [...pieces, last];
}

describe('frames', () => {
  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(message, (sent) => {
        const read = decodeFrame(encodeFrame(sent).subarray(1, -1));
        expect(read).toEqual({ ok: true, message: sent });
      }),
      OPTIONS,
    );
  });

  it('takes escapes back, and leaves no flag inside of a frame', () => {
    fc.assert(
      fc.property(bytes(400), (plain) => {
        const escaped = escapeFrame(plain);
        expect(escaped.includes(0x7e)).toBe(false);
        expect(unescapeFrame(escaped)).toEqual(plain);
      }),
      OPTIONS,
    );
  });

  it('gives the same frames however the stream is chunked, with shared flags and rubbish between', () => {
    const part = fc.oneof(
      message.map((sent) => encodeFrame(sent)),
      bytes(40)
        .map((junk) => junk.filter((value) => value !== 0x7e))
        .map((junk) => Buffer.from(junk)),
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 6 }),
        fc.array(fc.nat({ max: 20_000 }), { maxLength: 30 }),
        (parts, cuts) => {
          const stream = Buffer.concat(parts);
          const whole = split(stream, []);
          expect(split(stream, cuts)).toEqual(whole);
          expect(
            split(
              stream,
              Array.from({ length: stream.length }, (_, index) => index),
            ),
          ).toEqual(whole);
        },
      ),
      { numRuns: 100 },
    );
    const shared = '7e0002000012345678901200018900'.slice(0, -2);
    const one = Buffer.from(`${shared}7e${shared.slice(2)}7e`, 'hex');
    expect(split(one, []).map(({ kind }) => kind)).toEqual(['frame', 'frame']);
  });

  it('finds the next frame after a flood without flags, and holds no more than a frame of it', () => {
    const flood = Buffer.alloc(1_000_000, 0x55);
    const frame = encodeFrame({
      id: 2,
      edition: '2013',
      phone: '013900000001',
      serial: 1,
      encryption: 0,
      body: Buffer.alloc(0),
    });
    const before = split(Buffer.concat([flood, frame]), [3, 70_000, 500_000]);
    expect(before.map(({ kind }) => kind)).toEqual(['junk', 'frame']);
    const [junk, , last] = split(Buffer.concat([frame.subarray(0, 5), flood, frame]), [70_000]);
    expect(junk).toMatchObject({ kind: 'junk', total_bytes: 1_000_004 });
    expect(junk?.bytes.length).toBe(FRAME_BYTES_MAX);
    expect(last).toBeUndefined();
  });

  it('are masked where they authenticate, whole or damaged, and only there', () => {
    fc.assert(
      fc.property(edition, bytes(60), fc.boolean(), (edition, body, authenticates) => {
        const id = authenticates ? MESSAGE.authenticate : MESSAGE.location;
        const phone = '0'.repeat(edition === '2019' ? 20 : 12);
        const frame = encodeFrame({ id, edition, phone, serial: 1, encryption: 0, body }).subarray(1, -1);
        const masked = maskAuthentication(frame);
        if (!authenticates) {
          expect(masked).toBe(frame);
          return;
        }
        const plain = unescapeFrame(masked) as Buffer;
        const header_bytes = plain.length - body.length - 1;
        expect(plain.subarray(header_bytes, -1).toString()).toBe('*'.repeat(body.length));
        expect(plain.subarray(0, header_bytes)).toEqual(
          (unescapeFrame(frame) as Buffer).subarray(0, header_bytes),
        );
      }),
    );
    fc.assert(fc.property(bytes(40), (any) => maskAuthentication(any).length <= 2 * any.length + 2));
  });

  it('never throws on, and never takes for another message, a frame with damaged bytes', () => {
    const vectors = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../vectors/jt808.json'), 'utf8'),
    ) as { hex: string }[];
    const frames = vectors.map(({ hex }) => Buffer.from(hex, 'hex').subarray(1, -1));
    fc.assert(
      fc.property(
        fc.constantFrom(...frames),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (frame, at, flip) => {
          const plain = unescapeFrame(frame);
          if (typeof plain === 'string') return;
          const damaged = Buffer.from(plain);
          const index = at % damaged.length;
          damaged[index] = (damaged[index] ?? 0) ^ flip;
          const isValid = decodeFrame(frame).ok;
          // One byte cannot change without the check byte's noticing.
          if (isValid) expect(decodeFrame(escapeFrame(damaged)).ok).toBe(false);
          else decodeFrame(escapeFrame(damaged));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('bodies', () => {
  it('decodes the locations that it encodes', () => {
    fc.assert(
      fc.property(location, (sent) => {
        expect(valueIn(decodeLocation(encodeLocation(sent)))).toEqual(sent);
      }),
      OPTIONS,
    );
  });

  it('reads the standard items that it writes', () => {
    const tenths = (max: number) => fc.nat({ max }).map((value) => value / 10);
    const extras: fc.Arbitrary<LocationExtras> = fc.record(
      {
        mileage_km: tenths(0xffff_ffff >>> 1),
        oil_l: tenths(0xffff),
        recorder_speed_kmh: tenths(0xffff),
        alarm_event_id: word,
        tyre_pressures: fc.array(fc.integer({ min: 0, max: 254 }), { maxLength: 30 }),
        box_temperature_c: fc.integer({ min: -32_767, max: 32_767 }),
        overspeed: fc.record({ placeType: byte, placeId: dword }),
        area: fc.record({ placeType: byte, placeId: dword, direction: fc.constantFrom('in', 'out') }),
        segment: fc.record({ placeId: dword, duration_s: word, result: fc.constantFrom('short', 'long') }),
        video_alarms: dword,
        video_lost_channels: dword,
        video_occluded_channels: dword,
        storage_faults: word,
        abnormal_driving: word,
        vehicle_signals: dword,
        io: word,
        signal: byte,
        satellites: byte,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(extras, word, word, (some, ad0, ad1) => {
        const sent = { ...some, ad0, ad1 };
        expect(readItems(writeItems(sent))).toEqual({ extras: sent, others: [] });
      }),
      OPTIONS,
    );
  });

  it('names the alarms that it sets, and nothing for reserved bits', () => {
    fc.assert(
      fc.property(dword, edition, (bits, value) => {
        const names = alarmNames(bits, value);
        const named = alarmBits(names, value);
        expect(bits & named).toBe(named | 0);
        expect(alarmNames(named, value)).toEqual(names);
      }),
      OPTIONS,
    );
    expect(alarmNames(0xffff_ffff, '2013')).toHaveLength(29);
    expect(alarmNames(0xffff_ffff, '2019')).toHaveLength(31);
  });

  it('decodes the other bodies that it encodes', () => {
    fc.assert(
      fc.property(
        fc.record({
          edition,
          ack: fc.record({ serial: word, id: word, result: byte }),
          resend: fc.record({ serial: word, missing: fc.array(word, { maxLength: 255 }) }),
          registration: fc.record({
            province: word,
            city: word,
            maker: text(5),
            model: text(20),
            terminalId: text(7),
            plateColour: byte,
            plate: text(12),
          }),
          answer: fc.oneof(
            fc.record({ serial: word, result: fc.constant(0), code: text(40) }),
            fc.record({ serial: word, result: fc.integer({ min: 1, max: 4 }) }),
          ),
          code: text(60),
          batch: fc.record({ isCatchUp: fc.boolean(), bodies: fc.array(bytes(60), { maxLength: 10 }) }),
          media: fc.record({
            id: dword,
            type: byte,
            format: byte,
            event: byte,
            channel: byte,
            location: location.map((one) => ({ ...one, items: [] })),
            data: bytes(300),
          }),
          mediaAnswer: fc.record({ id: dword, missing: fc.array(word, { maxLength: 255 }) }),
          at_ms: fc.integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2099, 11, 31) / 1000 }),
        }),
        (sent) => {
          expect(valueIn(decodeAck(encodeAck(sent.ack)))).toEqual(sent.ack);
          expect(valueIn(decodeResend(encodeResend(sent.resend, sent.edition), sent.edition))).toEqual(
            sent.resend,
          );
          expect(
            valueIn(decodeRegistration(encodeRegistration(sent.registration, sent.edition), sent.edition)),
          ).toEqual(sent.registration);
          expect(valueIn(decodeRegisterAnswer(encodeRegisterAnswer(sent.answer)))).toEqual(sent.answer);
          const { code } = sent;
          expect(
            valueIn(decodeAuthentication(encodeAuthentication({ code }, sent.edition), sent.edition)),
          ).toEqual({
            code,
          });
          expect(valueIn(decodeBatch(encodeBatch(sent.batch)))).toEqual(sent.batch);
          expect(valueIn(decodeMedia(encodeMedia(sent.media)))).toEqual(sent.media);
          expect(sent.media).toMatchObject(valueIn(decodeMediaInfo(encodeMedia(sent.media))));
          expect(valueIn(decodeMediaAnswer(encodeMediaAnswer(sent.mediaAnswer)))).toEqual(sent.mediaAnswer);
          expect(valueIn(decodeServerTime(encodeServerTime(sent.at_ms * 1000)))).toBe(sent.at_ms * 1000);
        },
      ),
      OPTIONS,
    );
  });

  it('never throws on any bytes, and makes of a location a place on the globe, a status, or a refusal', () => {
    fc.assert(
      fc.property(bytes(400), edition, (body, value) => {
        decodeFrame(body);
        decodeAck(body);
        decodeResend(body, value);
        decodeServerTime(body);
        decodeRegistration(body, value);
        decodeRegisterAnswer(body);
        decodeAuthentication(body, value);
        decodeMedia(body);
        decodeMediaAnswer(body);
        const batch = decodeBatch(body);
        for (const item of batch.ok ? batch.value.bodies : [body]) {
          const read = decodeLocation(item);
          if (!read.ok) continue;
          const context = { deviceId: 'T', received_ms: 1, edition: value, profile: STANDARD_TRUCK_PROFILE };
          const observed = observeLocation(read.value, { ...context, crs: 'gcj02' });
          if (!observed.ok || observed.value.kind !== 'position') continue;
          expect(Math.abs(observed.value.lat)).toBeLessThanOrEqual(90.01);
          expect(Math.abs(observed.value.lon)).toBeLessThanOrEqual(180.01);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('cuts a long body into packets that are the body again', () => {
    fc.assert(
      fc.property(bytes(5000), fc.integer({ min: 1, max: 1023 }), (body, size) => {
        const parts = splitBody(body, size);
        expect(Buffer.concat(parts ?? [body])).toEqual(body);
        for (const part of parts ?? []) expect(part.length).toBeLessThanOrEqual(size);
      }),
      { numRuns: 100 },
    );
  });
});
