import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeAck } from '../../../src/codecs/jt808/answers.ts';
import { decodeBatch } from '../../../src/codecs/jt808/batch.ts';
import { decodeFrame, type Jt808Message, unescapeFrame } from '../../../src/codecs/jt808/frame.ts';
import {
  decodeLocation,
  type Location,
  locationDegrees,
  locationStatus,
  locationTime_ms,
} from '../../../src/codecs/jt808/location.ts';
import { readItems } from '../../../src/codecs/jt808/location-items.ts';
import { MESSAGE, messageIdText } from '../../../src/codecs/jt808/message-ids.ts';
import { decodeMedia } from '../../../src/codecs/jt808/multimedia.ts';
import { observeLocation } from '../../../src/codecs/jt808/observe-location.ts';
import { decodeAuthentication, decodeRegistration } from '../../../src/codecs/jt808/registration.ts';
import { STANDARD_TRUCK_PROFILE } from '../../../src/domain/truck-profile.ts';
import { fieldVectors } from '../../support/field-vectors.ts';

interface OwnVector {
  readonly name: string;
  readonly hex: string;
  readonly error?: string;
  readonly message?: Partial<Jt808Message>;
  readonly location?: Record<string, unknown> & { readonly at: string; readonly alarms: string[] };
  readonly noPosition?: string;
  readonly registration?: unknown;
}
const own = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../vectors/jt808.json'), 'utf8'),
) as OwnVector[];

const inner = (hex: string): Buffer => Buffer.from(hex, 'hex').subarray(1, -1);

function decodeOk(hex: string): Jt808Message {
  const read = decodeFrame(inner(hex));
  if (!read.ok) throw new Error(read.error.message);
  return read.message;
}

function valueIn<T>(read: { ok: true; value: T } | { ok: false; error: { message: string } }): T {
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

describe('frames made for this project', () => {
  it.each(own.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    const read = decodeFrame(inner(vector.hex));
    if (vector.error !== undefined) {
      expect(read).toMatchObject({ ok: false, error: { code: vector.error } });
      return;
    }
    expect(read).toMatchObject({ ok: true, message: vector.message });
    const { body, edition } = decodeOk(vector.hex);
    if (vector.registration !== undefined) {
      expect(valueIn(decodeRegistration(body, edition))).toEqual(vector.registration);
      return;
    }
    const context = { deviceId: 'T', received_ms: 1, edition, profile: STANDARD_TRUCK_PROFILE };
    const observed = valueIn(observeLocation(valueIn(decodeLocation(body)), context));
    if (vector.location === undefined) {
      expect(observed).toMatchObject({ kind: 'status', extra: { position: vector.noPosition } });
      expect(JSON.stringify(observed)).not.toContain('112.98');
      return;
    }
    const { at, alarms, ...fields } = vector.location;
    expect(observed).toMatchObject({ kind: 'position', at_ms: Date.parse(at), ...fields });
    expect(observed.kind === 'position' ? (observed.alarms ?? []) : []).toEqual(alarms);
  });
});

interface PublishedLocation {
  readonly alarm: number;
  readonly status: number;
  readonly accOn: boolean;
  readonly positioned: boolean;
  readonly south: boolean;
  readonly west: boolean;
  readonly loadState: number;
  readonly lat: number;
  readonly lon: number;
  readonly altitudeM: number;
  readonly speedKmh: number;
  readonly directionDeg: number;
  readonly timeGmt8: string;
  readonly items: { id: string; len: number; hex: string }[];
  readonly mileageKm?: number;
  readonly oilL?: number;
  readonly recorderSpeedKmh?: number;
  readonly vehicleSignals?: number;
  readonly io?: number;
  readonly ad0?: number;
  readonly ad1?: number;
  readonly signal?: number;
  readonly satellites?: number;
}
interface Published {
  readonly name: string;
  readonly hex: string;
  readonly expected: {
    readonly checksumOk?: boolean;
    readonly msgId: string;
    readonly versionFlag: boolean;
    readonly protocolVersion: number | null;
    readonly phone: string;
    readonly serial: number;
    readonly bodyHex: string;
    readonly totalPackets?: number;
    readonly packetNo?: number;
    readonly unescapedInner?: string;
    readonly location?: PublishedLocation;
    readonly batch?: { readonly count: number; readonly type: number; readonly items: PublishedLocation[] };
    readonly register?: { province: number; city: number; makerId: string } & Record<string, unknown>;
    readonly auth?: unknown;
    readonly ack?: { ackSerial: number; ackMsgId: string; result: number };
    readonly multimedia?: Record<string, unknown> & { location: PublishedLocation; dataLength: number };
  };
}
const published = fieldVectors<Published[]>('jt808_vectors.json');

function expectLocation(location: Location, expected: PublishedLocation): void {
  const { accOn, positioned, south, west, loadState } = locationStatus(location.status);
  const { extras } = readItems(location.items);
  expect({
    alarm: location.alarm,
    status: location.status,
    ...{ accOn, positioned, south, west, loadState },
    ...locationDegrees(location),
    altitudeM: location.altitude_m,
    speedKmh: location.speedRaw / 10,
    directionDeg: location.direction_deg,
    at_ms: locationTime_ms(location),
    items: location.items.map(({ id, data }) => [id, data.toString('hex')]),
    mileageKm: extras.mileage_km,
    oilL: extras.oil_l,
    recorderSpeedKmh: extras.recorder_speed_kmh,
    vehicleSignals: extras.vehicle_signals,
    io: extras.io,
    ad0: extras.ad0,
    ad1: extras.ad1,
    signal: extras.signal,
    satellites: extras.satellites,
  }).toEqual({
    alarm: expected.alarm,
    status: expected.status,
    accOn: expected.accOn,
    positioned: expected.positioned,
    south: expected.south,
    west: expected.west,
    loadState: expected.loadState,
    lat: expected.lat,
    lon: expected.lon,
    altitudeM: expected.altitudeM,
    speedKmh: expected.speedKmh,
    directionDeg: expected.directionDeg,
    at_ms: Date.parse(expected.timeGmt8),
    items: expected.items.map(({ id, hex }) => [Number(id), hex]),
    mileageKm: expected.mileageKm,
    oilL: expected.oilL,
    recorderSpeedKmh: expected.recorderSpeedKmh,
    vehicleSignals: expected.vehicleSignals,
    io: expected.io,
    ad0: expected.ad0,
    ad1: expected.ad1,
    signal: expected.signal,
    satellites: expected.satellites,
  });
}

describe.skipIf(published === undefined)(
  'published frames (skipped where the vectors are not beside the project)',
  () => {
    it.each((published ?? []).map((vector) => [vector.name, vector] as const))(
      '%s',
      (_name, { hex, expected }) => {
        if (expected.unescapedInner !== undefined) {
          expect(unescapeFrame(inner(hex))).toEqual(Buffer.from(expected.unescapedInner, 'hex'));
          return;
        }
        if (expected.checksumOk === false) {
          expect(decodeFrame(inner(hex))).toMatchObject({ ok: false, error: { code: 'checksum' } });
          return;
        }
        const message = decodeOk(hex);
        const { body, edition } = message;
        const { totalPackets: total, packetNo: no } = expected;
        expect(message).toEqual({
          id: Number(expected.msgId),
          edition: expected.versionFlag ? '2019' : '2013',
          ...(expected.protocolVersion !== null && { protocolVersion: expected.protocolVersion }),
          phone: expected.phone,
          serial: expected.serial,
          encryption: 0,
          ...(total !== undefined && { part: { total, no } }),
          body: Buffer.from(expected.bodyHex, 'hex'),
        });
        expect(Object.values(MESSAGE).map(messageIdText)).toContain(expected.msgId);
        if (expected.location) expectLocation(valueIn(decodeLocation(body)), expected.location);
        if (expected.batch) {
          const { isCatchUp, bodies } = valueIn(decodeBatch(body));
          expect([bodies.length, isCatchUp]).toEqual([expected.batch.count, expected.batch.type === 1]);
          expected.batch.items.forEach((item, index) => {
            expectLocation(valueIn(decodeLocation(bodies[index] ?? Buffer.alloc(0))), item);
          });
        }
        if (expected.register) {
          const { makerId: maker, plateColor: plateColour, ...rest } = expected.register;
          expect(valueIn(decodeRegistration(body, edition))).toEqual({ maker, plateColour, ...rest });
        }
        if (expected.auth) expect(valueIn(decodeAuthentication(body, edition))).toEqual(expected.auth);
        if (expected.ack) {
          const { ackSerial: serial, ackMsgId, result } = expected.ack;
          expect(valueIn(decodeAck(body))).toEqual({ serial, id: Number(ackMsgId), result });
        }
        if (expected.multimedia) {
          const { location, dataLength, ...info } = expected.multimedia;
          const upload = valueIn(decodeMedia(body));
          expect(upload).toMatchObject(info);
          expect(upload.data).toHaveLength(dataLength);
          expectLocation(upload.location, location);
        }
      },
    );
  },
);
