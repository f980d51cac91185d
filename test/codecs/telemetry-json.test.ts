import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeTelemetry,
  encodePosition,
  encodeReading,
  encodeStatus,
  TELEMETRY_BYTES_MAX,
  type TelemetryInput,
} from '../../src/codecs/telemetry-json.ts';
import type { PositionObservation } from '../../src/domain/observation.ts';

const AT = '2026-11-22T10:00:00+08:00';
const AT_MS = Date.parse(AT);
const RECEIVED_MS = AT_MS + 1500;

function truck(payload: unknown, more: Partial<TelemetryInput> = {}) {
  const bytes = payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload));
  return decodeTelemetry({
    deviceKind: 'truck',
    deviceId: 'T1',
    channel: 'position',
    payload: bytes,
    received_ms: RECEIVED_MS,
    ...more,
  });
}

function reading(deviceKind: 'dust' | 'noise', payload: unknown) {
  return truck(payload, { deviceKind, deviceId: 'D1', channel: 'reading' });
}

function position(payload: unknown, more: Partial<TelemetryInput> = {}): PositionObservation {
  const decoded = truck(payload, more);
  if (!decoded.ok) throw new Error(decoded.error.message);
  return decoded.value[0] as PositionObservation;
}

describe('positions', () => {
  it('keeps every field of the contract and what it has no name for', () => {
    const fields = {
      lon: 104.06,
      lat: 30.67,
      speed_kmh: 31.5,
      heading_deg: 270,
      altitude_m: 500,
      satellites: 11,
      acc: true,
      load: 'full',
      lift: false,
      cover: 'closed',
      mileage_km: 88_123.4,
      alarms: ['overspeed'],
    };
    expect(truck({ at: AT, ...fields, fuel_pct: 40, box: { door: 'shut' } })).toEqual({
      ok: true,
      value: [
        {
          kind: 'position',
          deviceId: 'T1',
          at_ms: AT_MS,
          received_ms: RECEIVED_MS,
          ...fields,
          extra: { fuel_pct: 40, box: { door: 'shut' } },
        },
      ],
    });
  });

  it('converts GCJ-02 and BD-09 to WGS-84 and keeps what was given', () => {
    // Tiananmen: the three systems' published values for one point, some 500 m and more apart.
    const wgs = { lon: 116.39123, lat: 39.90727 };
    const gcj = { lon: 116.397469, lat: 39.908673 };
    const fromGcj = position({ at: AT, ...gcj, crs: 'gcj02' });
    expect(fromGcj.lon).toBeCloseTo(wgs.lon, 4);
    expect(fromGcj.lat).toBeCloseTo(wgs.lat, 4);
    expect(fromGcj.given).toEqual({ crs: 'gcj02', ...gcj });
    expect(fromGcj).not.toHaveProperty('crs');
    const bd = { lon: 116.403841, lat: 39.915019 };
    const fromBd = position({ at: AT, ...bd, crs: 'bd09' });
    expect(fromBd.lon).toBeCloseTo(wgs.lon, 3);
    expect(fromBd.lat).toBeCloseTo(wgs.lat, 3);
  });

  it("takes the device's own system where the payload names none, and the payload's where it does", () => {
    const at = { at: AT, lon: 116.397469, lat: 39.908673 };
    expect(position(at, { crs: 'gcj02' }).given?.crs).toBe('gcj02');
    const named = position({ ...at, crs: 'wgs84' }, { crs: 'gcj02' });
    expect([named.lon, named.lat, named.given]).toEqual([at.lon, at.lat, undefined]);
  });

  it.each([
    ['lon', { at: AT, lon: 181, lat: 30 }],
    ['lat', { at: AT, lon: 104, lat: '30' }],
    ['heading_deg', { at: AT, lon: 104, lat: 30, heading_deg: 361 }],
    ['speed_kmh', { at: AT, lon: 104, lat: 30, speed_kmh: -1 }],
    ['alarms.0', { at: AT, lon: 104, lat: 30, alarms: [7] }],
    ['crs', { at: AT, lon: 104, lat: 30, crs: 'utm' }],
    ['lon', { at: AT, lon: 0, lat: 0 }],
    ['at', { lon: 104, lat: 30 }],
    ['at', { at: '2026-11-22T10:00:00', lon: 104, lat: 30 }],
    ['at', { at: 5, lon: 104, lat: 30 }],
    ['__proto__', Buffer.from(`{"at":${AT_MS},"lon":104,"lat":30,"__proto__":{"polluted":1}}`)],
  ])('names %s in its refusal', (where, payload) => {
    expect(truck(payload)).toMatchObject({ ok: false, error: { code: 'schema', where } });
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('readings and status', () => {
  it('reads dust and noise, with null for a sensor that gives nothing', () => {
    const dust = reading('dust', { at: AT_MS, pm10_ug_m3: 154, pm25_ug_m3: null, flag: 'N' });
    expect(dust).toMatchObject({
      ok: true,
      value: [{ kind: 'reading', deviceKind: 'dust', at_ms: AT_MS, metrics: { pm10_ug_m3: 154 }, flag: 'N' }],
    });
    const noise = reading('noise', { at: AT, leq_dba: 61.2, humidity_pct: 40 });
    expect(noise).toMatchObject({
      ok: true,
      value: [{ metrics: { leq_dba: 61.2 }, extra: { humidity_pct: 40 } }],
    });
  });

  it('takes an array whole or not at all, and names the index', () => {
    const good = { at: AT, pm10_ug_m3: 10 };
    expect(reading('dust', [good, { ...good, at: AT_MS - 60_000 }])).toMatchObject({
      ok: true,
      value: [{ at_ms: AT_MS }, { at_ms: AT_MS - 60_000 }],
    });
    expect(reading('dust', [good, good, { ...good, pm10_ug_m3: -4 }])).toEqual({
      ok: false,
      error: { code: 'schema', message: 'must be >= 0', where: '[2].pm10_ug_m3' },
    });
    expect(reading('dust', [good, 7])).toMatchObject({ ok: false, error: { where: '[1]' } });
    expect(reading('dust', [])).toMatchObject({ ok: false, error: { code: 'schema' } });
    expect(reading('dust', Array(1000).fill(good)).ok).toBe(true);
    expect(reading('dust', Array(1001).fill(good))).toMatchObject({
      ok: false,
      error: { code: 'too-large' },
    });
  });

  it('dates a last will by its arrival', () => {
    const will = truck({ online: false }, { channel: 'status', lastWill: true });
    expect(will).toMatchObject({
      ok: true,
      value: [{ kind: 'status', online: false, at_ms: RECEIVED_MS, extra: { lastWill: true } }],
    });
    expect(truck({ online: false }, { channel: 'status' })).toMatchObject({
      ok: false,
      error: { where: 'at' },
    });
  });

  it('refuses a channel that the kind of device does not have', () => {
    expect(truck({ at: AT }, { channel: 'reading' })).toMatchObject({
      ok: false,
      error: { code: 'unsupported' },
    });
  });
});

describe('hostile input', () => {
  it.each([
    ['malformed', Buffer.from('')],
    ['malformed', Buffer.from('{"at":')],
    ['malformed', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['malformed', Buffer.from('{"at":NaN}')],
    ['malformed', Buffer.alloc(500_000, '[')],
    ['too-large', Buffer.alloc(TELEMETRY_BYTES_MAX + 1, ' ')],
    ['too-large', Buffer.from(`{"at":${AT_MS},"lon":1,"lat":1,"x":"${'y'.repeat(5000)}"}`)],
    ['too-large', Buffer.from(`{"at":${AT_MS},"lon":1,"lat":1,"x":${'['.repeat(50)}${']'.repeat(50)}}`)],
    ['schema', Buffer.from('null')],
    ['schema', Buffer.from('"text"')],
  ])('is refused as %s', (code, bytes) => {
    expect(truck(bytes)).toMatchObject({ ok: false, error: { code } });
  });

  it('refuses a deep array within an unknown field without running out of stack', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(truck(Buffer.from(`{"at":${AT_MS},"lon":1,"lat":1,"x":${deep}}`)).ok).toBe(false);
  });

  it('never throws on any JSON value, parsed already or not', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        decodeTelemetry({
          deviceKind: 'dust',
          deviceId: 'D1',
          channel: 'reading',
          payload: value,
          received_ms: 1,
        });
        truck(value);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws on mutated bytes, and gives only finite numbers within range', () => {
    const valid = encodePosition({ at: AT, lon: 104.06, lat: 30.67, speed_kmh: 12, alarms: ['a'] });
    const mutation = fc.record({
      at: fc.nat({ max: valid.length - 1 }),
      byte: fc.integer({ min: 0, max: 255 }),
      cut: fc.nat({ max: valid.length }),
    });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        let bytes = Buffer.from(valid);
        for (const { at, byte, cut } of mutations) {
          bytes[Math.min(at, bytes.length - 1)] = byte;
          if (cut % 7 === 0) bytes = bytes.subarray(0, Math.max(1, cut));
        }
        const decoded = truck(bytes);
        if (!decoded.ok) return;
        for (const one of decoded.value as PositionObservation[]) {
          expect(Math.abs(one.lon)).toBeLessThanOrEqual(180);
          expect(Math.abs(one.lat)).toBeLessThanOrEqual(90);
          expect(JSON.parse(JSON.stringify(one))).toEqual(one);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

it('never throws on mutated readings and states, cut, glued or deeply nested, and gives only what JSON can hold', () => {
  const seeds = [
    ['dust', 'reading', encodeReading({ at: AT, pm10_ug_m3: 80.5, wind_direction_deg: 359, flag: 'N' })],
    [
      'noise',
      'reading',
      encodeReading([
        { at: AT, leq_dba: 60 },
        { at: AT_MS, lmax_dba: 80, flag: 'D' },
      ]),
    ],
    ['camera', 'status', encodeStatus({ at: AT, online: true, battery_pct: 80, firmware: '1.2' })],
  ] as const;
  const change = fc.tuple(fc.nat(200), fc.nat(255), fc.constantFrom('set', 'cut', 'double', 'nest'));
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      (seed, changes) => {
        const [deviceKind, channel, valid] = seed;
        let bytes = Buffer.from(valid);
        for (const [at, byte, how] of changes) {
          if (how === 'set') bytes[at % bytes.length] = byte;
          else if (how === 'cut') bytes = bytes.subarray(0, 1 + (at % bytes.length));
          else if (how === 'double') bytes = Buffer.concat([bytes, bytes]);
          else bytes = Buffer.from(`${'['.repeat(at)}${bytes.toString('latin1')}${']'.repeat(at)}`);
        }
        const decoded = truck(bytes, { deviceKind, deviceId: 'X', channel });
        if (decoded.ok) expect(JSON.parse(JSON.stringify(decoded.value))).toEqual(decoded.value);
        else expect(decoded.error.message).not.toBe('');
      },
    ),
    { numRuns: 1000 },
  );
});

it('decodes what it encodes', () => {
  const at = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2099, 11, 31) });
  const degrees = (max: number) => fc.double({ min: -max, max, noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(at, degrees(180), degrees(90), fc.boolean(), (at_ms, lon, lat, lift) => {
      fc.pre(lon !== 0 && lat !== 0);
      expect(position(encodePosition({ at: at_ms, lon, lat, lift }))).toEqual({
        kind: 'position',
        deviceId: 'T1',
        at_ms,
        received_ms: RECEIVED_MS,
        lon,
        lat,
        lift,
      });
    }),
    { numRuns: 200 },
  );
  expect(reading('noise', encodeReading({ at: AT, leq_dba: 55.5 })).ok).toBe(true);
  expect(truck(encodeStatus({ at: AT, online: true, battery_pct: 80 }), { channel: 'status' }).ok).toBe(true);
});
