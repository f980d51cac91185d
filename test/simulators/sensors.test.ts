import { describe, expect, it } from 'vitest';
import type { Episode } from '../../simulators/episodes.ts';
import { encodeContent, type Publication } from '../../simulators/schedule.ts';
import { type SensorRun, type Station, stationReadings } from '../../simulators/sensors.ts';
import { trafficAt, weatherAt } from '../../simulators/weather.ts';
import { decodeTelemetry } from '../../src/codecs/telemetry-json.ts';

const dust: Station = { kind: 'dust', id: 'd1', at: [112.97, 28.2], base: 50 };
const noise: Station = { kind: 'noise', id: 'n1', at: [112.97, 28.2], base: 52 };
// 10:00 in Changsha.
const run: SensorRun = {
  seed: 5,
  utcOffset_h: 8,
  start_ms: Date.UTC(2026, 10, 22, 2),
  interval_ms: 2_000,
  episodes: [],
};

function take(station: Station, of: Partial<SensorRun>, count: number): Publication[] {
  const taken: Publication[] = [];
  for (const message of stationReadings(station, { ...run, ...of })) {
    if (taken.length >= count) break;
    taken.push(message);
  }
  return taken;
}

function values(messages: readonly Publication[], metric: string): number[] {
  return messages.flatMap(({ payload }) => {
    const value = (payload as Record<string, unknown>)[metric];
    return typeof value === 'number' ? [value] : [];
  });
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

describe('stations', () => {
  it.each([dust, noise])(
    'give readings that the gateway takes, the same for the same seed ($kind)',
    (station) => {
      const messages = take(station, {}, 300);
      expect(messages).toEqual(take(station, {}, 300));
      expect(messages).not.toEqual(take(station, { seed: 6 }, 300));
      for (const message of messages) {
        const { deviceKind, deviceId, channel, at_ms } = message;
        const decoded = decodeTelemetry({
          deviceKind,
          deviceId,
          channel,
          payload: encodeContent(message),
          received_ms: 0,
        });
        expect(decoded).toMatchObject({ ok: true, value: [{ kind: 'reading', deviceId, at_ms }] });
      }
    },
  );

  it('stay below the limits while nothing happens, day and night', () => {
    const hours = { interval_ms: 60_000 };
    expect(Math.max(...values(take(dust, hours, 2_880), 'pm10_ug_m3'))).toBeLessThan(150);
    expect(Math.max(...values(take(noise, hours, 2_880), 'leq_dba'))).toBeLessThan(70);
  });

  it('change slowly: each reading resembles the one before', () => {
    const pm10 = values(take(dust, {}, 500), 'pm10_ug_m3');
    const jumps = pm10.slice(1).map((value, index) => Math.abs(value - (pm10[index] ?? 0)));
    expect(mean(jumps)).toBeLessThan(0.06 * mean(pm10));
  });

  it('smell a plume beside them at once, and one far upwind hardly', () => {
    const plume = (at: [number, number]): Episode => ({
      kind: 'dust-plume',
      at,
      peak_ug_m3: 600,
      from_ms: run.start_ms + 60_000,
      duration_ms: 120_000,
    });
    const near = values(take(dust, { episodes: [plume([112.9702, 28.2])] }, 120), 'pm10_ug_m3');
    expect(mean(near.slice(0, 29))).toBeLessThan(120);
    expect(mean(near.slice(34, 85))).toBeGreaterThan(450);
    expect(mean(near.slice(95))).toBeLessThan(120);
    const from = (weatherAt(run.seed, run.start_ms, 8).wind_direction_deg * Math.PI) / 180;
    // 300 m away: once where the wind comes from, once where it goes.
    const place = (metres: number): [number, number] => [
      112.97 + (Math.sin(from) * metres) / 98_000,
      28.2 + (Math.cos(from) * metres) / 111_195,
    ];
    const carried = values(take(dust, { episodes: [plume(place(300))] }, 85), 'pm10_ug_m3');
    const missed = values(take(dust, { episodes: [plume(place(-300))] }, 85), 'pm10_ug_m3');
    expect(mean(carried.slice(40)) - mean(carried.slice(0, 29))).toBeGreaterThan(120);
    expect(Math.abs(mean(missed.slice(40)) - mean(missed.slice(0, 29)))).toBeLessThan(40);
  });

  it('hear work by distance, and again when it repeats', () => {
    const work: Episode = {
      kind: 'noise-work',
      at: [112.9703, 28.2],
      level_dba: 95,
      from_ms: run.start_ms,
      duration_ms: 60_000,
      repeat_ms: 120_000,
    };
    const leq = values(take(noise, { episodes: [work] }, 90), 'leq_dba');
    // 29 m away: 95 dB less 20 log10(2.94).
    expect(Math.abs(mean(leq.slice(0, 29)) - 85.6)).toBeLessThan(1.5);
    expect(mean(leq.slice(31, 59))).toBeLessThan(65);
    expect(mean(leq.slice(61, 89))).toBeGreaterThan(80);
  });

  it('are flagged now and then, and while they calibrate', () => {
    const night = take(
      dust,
      { start_ms: Date.UTC(2026, 10, 22, 19), interval_ms: 60_000, calibrationHour: 3 },
      10,
    );
    const flags = night.map(({ payload }) => ('flag' in payload ? payload.flag : undefined));
    expect(flags).toEqual([...Array.from({ length: 5 }, () => 'C'), ...Array.from({ length: 5 }, () => 'N')]);
    const faulty = take(dust, { faultRate: 0.05 }, 400).filter(
      ({ payload }) => 'flag' in payload && String(payload.flag) === 'D',
    );
    expect(faulty.length).toBeGreaterThan(20);
    expect(values(faulty, 'pm10_ug_m3')).toEqual([]);
  });
});

it('makes rush hours busier than nights', () => {
  const at = (hour: number): number => trafficAt(Date.UTC(2026, 10, 22, hour - 8), 8);
  expect(at(8)).toBeGreaterThan(0.8);
  expect(at(18)).toBeGreaterThan(0.8);
  expect(at(13)).toBeLessThan(at(8));
  expect(at(3 + 24)).toBeLessThan(0.15);
});
