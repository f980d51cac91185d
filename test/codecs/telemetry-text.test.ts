import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTelemetry } from '../../src/codecs/telemetry-json.ts';
import { telemetryText } from '../../src/codecs/telemetry-text.ts';

const RECEIVED_MS = Date.parse('2026-11-22T02:00:01Z');
const POSITION =
  '{"at":1795312800000,"lon":104.0665,"lat":-30.5723,"speed_kmh":31.4,"heading_deg":271.5,"satellites":11,"acc":true,"load":"full","lift":false}';
const DUST =
  '{"at":"2026-11-22T10:00:00+08:00","pm10_ug_m3":81,"temperature_c":-3.25,"flag":"N","tsp_ug_m3":0}';

type Kind = 'truck' | 'dust' | 'noise';

/** Both ways of one message: where the quick one gives something, it must be what the other gives. */
function both(deviceKind: Kind, payload: Uint8Array | string) {
  const channel = deviceKind === 'truck' ? 'position' : 'reading';
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const input = { deviceKind, deviceId: 'T-1', channel, payload: bytes, received_ms: RECEIVED_MS };
  const decoded = decodeTelemetry(input);
  const quick = telemetryText(input);
  if (quick === undefined) return { quick, isRefused: !decoded.ok };
  if (!decoded.ok) throw new Error(`taken though refused: ${decoded.error.message}`);
  const [observation] = decoded.value;
  expect(decoded.value).toHaveLength(1);
  expect(quick.text).toBe(JSON.stringify(observation));
  const { kind, deviceId, at_ms, received_ms } = quick;
  expect(observation).toMatchObject({ kind, deviceId, at_ms, received_ms });
  return { quick, isRefused: false };
}

const number = fc.oneof(
  fc.double({ min: -200, max: 500, noNaN: true }),
  fc.integer({ min: -5, max: 400 }),
  fc.tuple(fc.integer({ min: -1e7, max: 1e9 }), fc.integer({ min: 0, max: 9 })).map(([n, p]) => n / 10 ** p),
);
const numberText = fc.oneof(
  number.map((value) => JSON.stringify(value)),
  fc.stringMatching(/^-?\d{1,12}(\.\d{1,9})?([eE][+-]?\d)?$/),
);
const valueText = fc.oneof(
  { weight: 8, arbitrary: numberText },
  fc.constantFrom(
    'true',
    'false',
    'null',
    '"full"',
    '"N"',
    '"closed"',
    '"wgs84"',
    '[]',
    '{}',
    '"\\u004e"',
    '"é"',
    '',
  ),
);
const TIMES = ['1795312800000', '1795312800000.4', '"2026-11-22T10:00:00Z"', '"2026-11-22"', '0', 'null'];
const NAMES: Record<Kind, readonly string[]> = {
  truck: [
    'speed_kmh',
    'heading_deg',
    'altitude_m',
    'satellites',
    'acc',
    'load',
    'lift',
    'cover',
    'mileage_km',
    'lon',
  ],
  dust: ['pm10_ug_m3', 'tsp_ug_m3', 'temperature_c', 'pressure_kpa', 'wind_direction_deg', 'flag'],
  noise: ['leq_dba', 'lmax_dba', 'l90_dba', 'flag'],
};
const blank = fc.constantFrom('', '', '', ' ', '\n\t', '\u00a0');
const message = fc.constantFrom<Kind>('truck', 'dust', 'noise').chain((kind) => {
  const member = fc
    .tuple(fc.constantFrom(...NAMES[kind], 'alarms', 'crs', 'other', '__proto__'), blank, valueText)
    .map(([name, space, value]) => `"${name}"${space}:${space}${value}`);
  const usual = fc
    .tuple(fc.constantFrom(...TIMES), numberText, numberText)
    .map(([at, lon, lat]) =>
      kind === 'truck' ? [`"at":${at}`, `"lon":${lon}`, `"lat":${lat}`] : [`"at":${at}`],
    );
  return fc.tuple(usual, fc.array(member, { maxLength: 5 }), blank).map(([some, more, space]) => ({
    kind,
    text: `${space}{${[...some, ...more].join(`,${space}`)}}${space}`,
  }));
});

describe('the quick way', () => {
  it('takes the usual messages', () => {
    expect(both('truck', POSITION.padEnd(190)).quick?.kind).toBe('position');
    expect(both('dust', DUST).quick?.text).toContain(
      '"metrics":{"pm10_ug_m3":81,"tsp_ug_m3":0,"temperature_c":-3.25},"flag":"N"}',
    );
    expect(both('noise', '{ "at": 1795312800000,\n"leq_dba": 61.5 }').quick).toBeDefined();
    expect(both('noise', '{"at":1795312800000}').quick?.text).toContain('"metrics":{}}');
  });

  it.each([
    ['an unknown field', '{"at":1795312800000,"lon":1,"lat":2,"door":1}'],
    ['another system', '{"at":1795312800000,"lon":1,"lat":2,"crs":"gcj02"}'],
    ['no fix', '{"at":1795312800000,"lon":0,"lat":0}'],
    ['minus zero', '{"at":1795312800000,"lon":-0,"lat":2}'],
    ['an exponent', '{"at":1795312800000,"lon":1e1,"lat":2}'],
    ['a number twice', '{"at":1795312800000,"lon":1,"lat":2,"lon":3}'],
    ['more digits than a double has', '{"at":1795312800000,"lon":1.12345678901234567,"lat":2}'],
    ['a field out of range', '{"at":1795312800000,"lon":181,"lat":2}'],
    ['something behind it', '{"at":1795312800000,"lon":1,"lat":2}}'],
    ['a list', '[{"at":1795312800000,"lon":1,"lat":2}]'],
    ['nothing', ''],
  ])('leaves %s to the other way', (_, text) => {
    expect(both('truck', text).quick).toBeUndefined();
  });

  it('leaves other systems of coordinates and channels to the other way', () => {
    const input = {
      deviceKind: 'truck',
      deviceId: 'T1',
      payload: Buffer.from(POSITION),
      received_ms: 0,
    } as const;
    expect(telemetryText({ ...input, channel: 'position', crs: 'gcj02' })).toBeUndefined();
    expect(telemetryText({ ...input, channel: 'status' })).toBeUndefined();
    expect(telemetryText({ ...input, channel: 'position', crs: 'wgs84' })).toBeDefined();
  });

  it('gives what the other way gives, or nothing', () => {
    let taken = 0;
    fc.assert(
      fc.property(message, ({ kind, text }) => {
        if (both(kind, text).quick !== undefined) taken += 1;
      }),
      { numRuns: 5000 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  it('takes nothing of damaged bytes that the other way refuses', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(POSITION, DUST),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        (text, at, byte) => {
          const bytes = Buffer.from(text);
          bytes[at % bytes.length] = byte;
          both('truck', bytes);
          both('dust', bytes.subarray(0, at % bytes.length));
          both('dust', bytes);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
