import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import Value from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { type DataContext, decodeData, isData } from '../../../src/codecs/hj212/data.ts';
import { encodeReadingMessages, type StationReading } from '../../../src/codecs/hj212/encode-data.ts';
import { Hj212Splitter } from '../../../src/codecs/hj212/frame-splitter.ts';
import {
  CP_BYTES_MAX,
  decodeMessage,
  encodeFrame,
  type Hj212Message,
} from '../../../src/codecs/hj212/message.ts';
import { formatQn } from '../../../src/codecs/hj212/time.ts';
import { DATA_FLAGS } from '../../../src/domain/observation.ts';
import { DustPayload, NoisePayload } from '../../../src/domain/telemetry.ts';
import { sharedField } from '../../support/shared-data.ts';

const AT_MS = Date.parse('2026-07-01T09:30:00+08:00');
const CONTEXT: DataContext = {
  deviceId: 'D1',
  deviceKind: 'dust',
  particulateUnit: 'ug',
  received_ms: AT_MS + 900,
};

function messageOf(cn: string, cp: string, head = 'QN=20260701093005000;Flag=5;'): Hj212Message {
  const result = decodeMessage(Buffer.from(`${head}CN=${cn};MN=X;CP=&&${cp}&&`));
  if (!result.ok) throw new Error(result.error.message);
  return result.value.message;
}

function data(cn: string, cp: string, more: Partial<DataContext> = {}, head?: string) {
  const result = decodeData(messageOf(cn, cp, head), { ...CONTEXT, ...more });
  if (!result.ok) throw new Error(`${result.error.where}: ${result.error.message}`);
  return result.value;
}

const common = { kind: 'reading', deviceId: 'D1', at_ms: AT_MS, received_ms: CONTEXT.received_ms };

describe('realtime data', () => {
  it('makes a reading of dust and weather, and one of noise', () => {
    const { readings, deviations } = data(
      '2011',
      'DataTime=20260701093000;a34001-Rtd=178.0,a34001-Flag=N;a34002-Rtd=140.6,a34002-Flag=N;a34004-Rtd=75.6,a34004-Flag=N;a01001-Rtd=24.8,a01001-Flag=N;a01002-Rtd=46.8,a01002-Flag=N;a01006-Rtd=101.380,a01006-Flag=N;a01007-Rtd=0.0,a01007-Flag=N;a01008-Rtd=25,a01008-Flag=N;LA-Rtd=57.9,LA-Flag=N',
    );
    expect(deviations).toEqual([]);
    expect(readings).toEqual([
      {
        ...common,
        deviceKind: 'dust',
        flag: 'N',
        metrics: {
          ...{ tsp_ug_m3: 178, pm10_ug_m3: 140.6, pm25_ug_m3: 75.6 },
          ...{ temperature_c: 24.8, humidity_pct: 46.8, pressure_kpa: 101.38 },
          ...{ wind_speed_mps: 0, wind_direction_deg: 25 },
        },
      },
      { ...common, deviceKind: 'noise', flag: 'N', metrics: { leq_dba: 57.9 } },
    ]);
  });

  it.each([
    ['ng', '75600.000'],
    ['ug', '75.6'],
    ['mg', '0.0756'],
  ] as const)('gives µg/m³ of %s', (particulateUnit, value) => {
    const { readings } = data('2011', `DataTime=20260701093000;a34004-Rtd=${value}`, { particulateUnit });
    expect(readings[0]?.metrics).toEqual({ pm25_ug_m3: 75.6 });
  });

  it('makes a reading for each data flag, so that a fault of one instrument counts for that one alone', () => {
    const { readings } = data(
      '2011',
      'DataTime=20260701093000;a34002-Rtd=80,a34002-Flag=N;a34004-Rtd=40,a34004-Flag=D;a01001-Rtd=20',
    );
    expect(readings.map(({ metrics, flag }) => [flag, metrics])).toEqual([
      ['N', { pm10_ug_m3: 80 }],
      ['D', { pm25_ug_m3: 40 }],
      [undefined, { temperature_c: 20 }],
    ]);
  });

  it('tells the level of the moment from the equivalent one where there are both', () => {
    expect(data('2011', 'DataTime=20260701093000;LA-Rtd=60;Leq-Rtd=61').readings[0]?.metrics).toEqual({
      la_dba: 60,
      leq_dba: 61,
    });
    expect(data('2011', 'DataTime=20260701093000;LA-Rtd=60;Leq-Flag=N').readings[0]?.metrics).toEqual({
      leq_dba: 60,
    });
  });

  it('keeps what it has no name for, and what no working sensor gives', () => {
    const { readings, deviations } = data(
      '2011',
      'DataTime=20260701093000;a21005-Rtd=1.2,a21005-Flag=N;a34002-Rtd=80,a34002-Flag=N;a01006-Rtd=4.0,a01006-Flag=N;a34004-Rtd=nan',
    );
    expect(readings).toHaveLength(1);
    expect(readings[0]).toMatchObject({
      metrics: { pm10_ug_m3: 80 },
      extra: {
        ...{ 'a21005-Rtd': '1.2', 'a21005-Flag': 'N', 'a34004-Rtd': 'nan' },
        ...{ 'a01006-Rtd': '4.0', 'a01006-Flag': 'N' },
      },
    });
    expect(deviations).toEqual(['implausible-value']);
  });

  it.each([
    ['DATATIME=20260701093000;A34002-RTD=80,A34002-FLAG=N', ['name-case'], { pm10_ug_m3: 80 }],
    ['DataTime=20260701093000;La-Rtd=60', ['name-case'], { leq_dba: 60 }],
    ['DataTime=20260701093000;LA-Rtd-Rtd=60', ['suffix-twice'], { leq_dba: 60 }],
    ['DataTime=20260701093000;a34002-Rtd=,a34002-Flag=D;a34004-Rtd=4', ['empty-value'], { pm25_ug_m3: 4 }],
    ['DataTime=20260701093000000;a34002-Rtd=80', ['time-form'], { pm10_ug_m3: 80 }],
    ['a34002-Rtd=80', ['time-missing'], { pm10_ug_m3: 80 }],
    [
      'DataTime=20260701093000;longitude=112.9;latitude=28.1;a34002-Rtd=80',
      ['position-in-cp'],
      { pm10_ug_m3: 80 },
    ],
    ['DataTime=20260701093000;a34002-Rtd=80;Flag=M', ['flag-in-cp'], { pm10_ug_m3: 80 }],
    ['DataTime=20260701093000;a34002-Rtd=80,a34002-Flag=Q', ['unknown-flag'], { pm10_ug_m3: 80 }],
  ])('is taken with what the field makes of it: %s', (cp, deviations, metrics) => {
    const found = data('2011', cp);
    expect(found.deviations).toEqual(deviations);
    expect(found.readings[0]?.metrics).toEqual(metrics);
  });

  it('lets a flag for all stand for those without one, and an unknown one for a fault', () => {
    const flagOf = (cp: string) =>
      data('2011', `DataTime=20260701093000;${cp}`).readings.map(({ flag }) => flag);
    expect(flagOf('a34002-Rtd=80;Flag=M')).toEqual(['M']);
    expect(flagOf('a34002-Rtd=80,a34002-Flag=Q')).toEqual(['D']);
    expect(flagOf('a34002-Rtd=80,a34002-Flag=n')).toEqual(['N']);
    expect(flagOf('a34002-Rtd=80')).toEqual([undefined]);
  });
});

describe('data of an interval', () => {
  it('has metrics of its own, and the interval’s start for its time', () => {
    const { readings } = data(
      '2051',
      'DataTime=20260701091500;a34001-Min=900.0,a34001-Avg=1250.0,a34001-Max=1800.0,a34001-Flag=N;a34002-Cou=5,a34002-Avg=412.0,a34002-Flag=N;LA-Data=72.4,LMx-Data=88.1,LMn-Data=61.0',
    );
    expect(readings).toEqual([
      {
        ...common,
        at_ms: AT_MS - 900_000,
        period: 'minute',
        deviceKind: 'dust',
        flag: 'N',
        metrics: {
          ...{ tsp_minute_min_ug_m3: 900, tsp_minute_avg_ug_m3: 1250, tsp_minute_max_ug_m3: 1800 },
          pm10_minute_avg_ug_m3: 412,
        },
        extra: { 'a34002-Cou': '5' },
      },
      {
        ...common,
        at_ms: AT_MS - 900_000,
        period: 'minute',
        deviceKind: 'noise',
        metrics: { leq_minute_dba: 72.4, lmax_minute_dba: 88.1, lmin_minute_dba: 61 },
      },
    ]);
  });

  it.each([
    ['2061', 'a01007-Avg=2.1', { wind_speed_hour_avg_mps: 2.1 }],
    [
      '2031',
      'Ldn-Data=50.0;Ld-DayData=52.5;Ln-NightData=49.5',
      {
        ...{ ldn_day_dba: 50, ld_day_daytime_dba: 52.5, ln_day_nighttime_dba: 49.5 },
      },
    ],
  ])('%s: %s', (cn, cp, metrics) => {
    expect(data(cn, `DataTime=20260701000000;${cp}`).readings[0]?.metrics).toEqual(metrics);
  });

  it('takes its time from the packet before where it does not repeat it, and from nowhere else', () => {
    const head = 'QN=20260701093005001;Flag=7;PNUM=2;PNO=2;';
    expect(data('2051', 'a34002-Avg=80', { packetTime_ms: AT_MS }, head).at_ms).toBe(AT_MS);
    for (const [cp, more] of [
      ['a34002-Avg=80', head],
      ['a34002-Avg=80', undefined],
      ['DataTime=2026;a34002-Avg=80', undefined],
    ] as const) {
      expect(decodeData(messageOf('2051', cp, more), CONTEXT)).toMatchObject({
        ok: false,
        error: { code: 'schema', where: 'DataTime' },
      });
    }
  });
});

const readings: fc.Arbitrary<StationReading> = fc
  .record({
    at_ms: fc
      .integer({ min: Date.UTC(2020, 0, 1) / 1000, max: Date.UTC(2030, 0, 1) / 1000 })
      .map((at_s) => at_s * 1000),
    period: fc.constantFrom(undefined, 'minute', 'hour', 'day'),
    values: fc.array(fc.integer({ min: 300, max: 1000 }), { minLength: 20, maxLength: 20 }),
    count: fc.integer({ min: 1, max: 20 }),
    flag: fc.constantFrom(undefined, ...DATA_FLAGS),
  })
  .map(({ at_ms, period, values, count, flag }) => {
    const realtime = [
      ...['pm10_ug_m3', 'pm25_ug_m3', 'tsp_ug_m3', 'pm1_ug_m3', 'humidity_pct', 'temperature_c'],
      ...['pressure_kpa', 'wind_speed_mps', 'wind_direction_deg', 'leq_dba', 'lmax_dba', 'l5_dba'],
      ...['l10_dba', 'l50_dba', 'l90_dba', 'l95_dba', 'lmin_dba', 'ldn_dba', 'ld_dba', 'ln_dba'],
    ];
    const names = realtime.map((name) => {
      if (period === undefined) return name;
      const [, base = '', unit = ''] = /^(.*?)_(ug_m3|pct|c|kpa|mps|deg|dba)$/.exec(name) ?? [];
      return unit === 'dba' ? `${base}_${period}_dba` : `${base}_${period}_avg_${unit}`;
    });
    const metrics = names.slice(0, count).map((name, index) => [name, (values[index] ?? 300) / 10] as const);
    return { at_ms, period, flag, metrics: Object.fromEntries(metrics) };
  });

describe('encoding', () => {
  it('is undone by decoding, in every unit, in as few packets as CP has room for', () => {
    const units = fc.constantFrom('ng' as const, 'ug' as const, 'mg' as const);
    fc.assert(
      fc.property(readings, units, (reading, particulateUnit) => {
        const messages = encodeReadingMessages(
          { mn: 'X', pw: '1', st: '39', particulateUnit },
          reading,
          AT_MS,
        );
        const metrics: Record<string, number> = {};
        for (const [index, message] of messages.entries()) {
          const [piece] = new Hj212Splitter().push(encodeFrame(message));
          if (piece?.kind !== 'frame') throw new Error('no frame');
          expect(piece.segment.toString().replace(/^.*CP=&&/, '').length - 2).toBeLessThanOrEqual(
            CP_BYTES_MAX,
          );
          const read = decodeMessage(piece.segment);
          if (!read.ok) throw new Error(read.error.message);
          expect(read.value.deviations).toEqual([]);
          expect(read.value.message.qn).toBe(formatQn(AT_MS + index));
          expect(read.value.message.pno).toBe(messages.length > 1 ? index + 1 : undefined);
          const result = decodeData(read.value.message, { ...CONTEXT, particulateUnit });
          if (!result.ok) throw new Error(result.error.message);
          expect(result.value.deviations).toEqual([]);
          for (const one of result.value.readings) {
            expect([one.at_ms, one.period, one.flag]).toEqual([reading.at_ms, reading.period, reading.flag]);
            expect(one.extra).toBeUndefined();
            Object.assign(metrics, one.metrics);
          }
        }
        expect(metrics).toEqual(reading.metrics);
      }),
      { numRuns: 200 },
    );
  });

  it('splits what is too long for one packet', () => {
    const dust = ['avg', 'min', 'max'].flatMap((stat) =>
      ['tsp', 'pm10', 'pm25', 'pm1'].map((base) => `${base}_day_${stat}_ug_m3`),
    );
    const noise = ['day', 'day_daytime', 'day_nighttime'].flatMap((part) =>
      ['leq', 'lmax', 'lmin', 'l5', 'l10', 'l50', 'l90', 'l95'].map((base) => `${base}_${part}_dba`),
    );
    const weather = ['avg', 'min', 'max'].flatMap((stat) => [
      ...[`temperature_day_${stat}_c`, `humidity_day_${stat}_pct`, `wind_speed_day_${stat}_mps`],
    ]);
    const metrics = Object.fromEntries([...dust, ...noise, ...weather].map((name) => [name, 51.5]));
    const reading = { at_ms: AT_MS, period: 'day', flag: 'N', metrics } as const;
    const messages = encodeReadingMessages(
      { mn: 'X', pw: '1', st: '39', particulateUnit: 'ug' },
      reading,
      AT_MS,
    );
    expect(messages.map(({ pnum, pno, flag }) => [pnum, pno, flag])).toEqual([
      [2, 1, 7],
      [2, 2, 7],
    ]);
  });
});

it('never throws, and gives readings that JSON can hold, whatever the fields are', () => {
  const cp =
    'DataTime=20260701093000;a34002-Rtd=80.5,a34002-Flag=N;LA-Rtd=61.2,LA-Flag=N;a01006-Rtd=101.3;x-1=2';
  const bytes = Buffer.from(`QN=20260701093000001;CN=2011;MN=X;Flag=5;CP=&&${cp}&&`);
  const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(changes, (list) => {
      const mutated = Buffer.from(bytes);
      for (const [at, value] of list) mutated[at] = value;
      const read = decodeMessage(mutated);
      if (!read.ok || !isData(read.value.message)) return;
      const result = decodeData(read.value.message, CONTEXT);
      if (!result.ok) return;
      for (const reading of result.value.readings) {
        expect(JSON.parse(JSON.stringify(reading))).toEqual(reading);
        const schema = reading.deviceKind === 'dust' ? DustPayload : NoisePayload;
        expect(Value.Check(schema, { at: reading.at_ms, ...reading.metrics })).toBe(true);
      }
    }),
    { numRuns: 1000 },
  );
});

const SHARED = sharedField('hj212_vectors.json');

describe.skipIf(SHARED === undefined)(
  'published frames (skipped where the shared test material is absent)',
  () => {
    interface Vector {
      readonly name: string;
      readonly hex: string;
      readonly lengthOk: boolean;
      readonly crcOk: boolean;
      readonly header: Readonly<Record<string, string>>;
      readonly flag: { readonly value: number } | null;
      readonly fields: readonly (readonly [string, string])[];
    }
    const vectors: Vector[] =
      SHARED !== undefined && existsSync(SHARED) ? JSON.parse(readFileSync(SHARED, 'utf8')) : [];

    it.each(vectors)('$name', ({ hex, lengthOk, crcOk, header, flag, fields }) => {
      const splitter = new Hj212Splitter();
      const pieces = [...splitter.push(Buffer.from(hex, 'hex')), ...splitter.flush()];
      expect(pieces).toHaveLength(1);
      const [piece] = pieces;
      if (!lengthOk || !crcOk) {
        expect(piece).toMatchObject({ kind: 'bad', error: { code: lengthOk ? 'checksum' : 'malformed' } });
        return;
      }
      if (piece?.kind !== 'frame') throw new Error('no frame');
      const read = decodeMessage(piece.segment);
      if (!read.ok) throw new Error(read.error.message);
      const { message } = read.value;
      expect(message.cp.flat()).toEqual(fields);
      expect([message.qn, message.st, message.cn, message.pw, message.mn]).toEqual(
        ['QN', 'ST', 'CN', 'PW', 'MN'].map((name) => header[name]),
      );
      expect(message.flag).toBe(flag?.value);
      if (isData(message)) expect(decodeData(message, CONTEXT).ok).toBe(true);
    });
  },
);
