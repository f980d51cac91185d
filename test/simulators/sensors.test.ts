import { describe, expect, it } from 'vitest';
import type { Episode } from '../../simulators/episodes.ts';
import { encodeContent, type Publication } from '../../simulators/schedule.ts';
import type { SensorFault } from '../../simulators/sensor-faults.ts';
import { type SensorRun, type Station, stationReadings } from '../../simulators/sensors.ts';
import { createWeather, trafficAt } from '../../simulators/weather.ts';
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
  weather: createWeather({ seed: 5, utcOffset_h: 8 }),
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

  const plume = (at: readonly [number, number], duration_ms = 120_000): Episode => ({
    kind: 'dust-plume',
    at,
    peak_ug_m3: 600,
    spread_m: 80,
    when: { from_ms: run.start_ms + 60_000, duration_ms },
  });

  it('smell a plume beside them at once', () => {
    const near = values(take(dust, { episodes: [plume([112.9702, 28.2])] }, 120), 'pm10_ug_m3');
    expect(mean(near.slice(0, 29))).toBeLessThan(120);
    expect(mean(near.slice(34, 85))).toBeGreaterThan(400);
    expect(mean(near.slice(95))).toBeLessThan(120);
  });

  it('smell a plume that the wind brings, when it has come, and none that it takes away', () => {
    const wind = [{ at_ms: run.start_ms, from_deg: 60, speed_mps: 3 }];
    const weather = createWeather({ seed: run.seed, utcOffset_h: 8, wind });
    // 300 m away: once where the wind comes from, once where it goes, once beside.
    const place = (towards_deg: number): [number, number] => [
      112.97 + (Math.sin((towards_deg * Math.PI) / 180) * 300) / 98_000,
      28.2 + (Math.cos((towards_deg * Math.PI) / 180) * 300) / 111_195,
    ];
    const rise = (towards_deg: number, from: number, to: number): number => {
      const episodes = [plume(place(towards_deg), 600_000)];
      const pm10 = values(take(dust, { weather, episodes }, 300), 'pm10_ug_m3');
      return mean(pm10.slice(from, to)) - mean(pm10.slice(0, 29));
    };
    expect(rise(60, 100, 300)).toBeGreaterThan(80);
    // 220 m at 3 m/s are more than a minute.
    expect(Math.abs(rise(60, 31, 50))).toBeLessThan(30);
    expect(Math.abs(rise(240, 100, 300))).toBeLessThan(15);
    expect(Math.abs(rise(150, 100, 300))).toBeLessThan(15);
    const told = take(dust, { weather }, 100);
    expect(Math.abs(mean(values(told, 'wind_direction_deg')) - 60)).toBeLessThan(12);
    expect(Math.abs(mean(values(told, 'wind_speed_mps')) - 3)).toBeLessThan(0.7);
  });

  it('have the faults that were scripted', () => {
    const during = { from_ms: run.start_ms + 100_000, to_ms: run.start_ms + 500_000 };
    const faulty = (fault: SensorFault): number[] =>
      values(take({ ...dust, faults: [fault] }, { faultRate: 0 }, 300), 'pm10_ug_m3');
    const sound = values(take(dust, { faultRate: 0 }, 300), 'pm10_ug_m3');
    const stuck = faulty({ kind: 'stuck', ...during });
    expect(new Set(stuck.slice(60, 240)).size).toBe(1);
    const drifted = faulty({ kind: 'drift', amount: 200, ...during });
    expect((drifted[240] ?? 0) - (sound[240] ?? 0)).toBeCloseTo(190, -1);
    const spiked = faulty({ kind: 'spikes', amount: 500, ...during });
    const spikes = spiked.filter((value, index) => value > (sound[index] ?? 0) + 250);
    expect(spikes.length).toBeGreaterThan(0);
    expect(spikes.length).toBeLessThan(12);
    for (const list of [stuck, drifted, spiked]) {
      expect([list.slice(0, 49), list.slice(251)]).toEqual([sound.slice(0, 49), sound.slice(251)]);
    }
    const flagged = take(
      { ...dust, faults: [{ kind: 'flag', flag: 'M', ...during }] },
      { faultRate: 0 },
      300,
    );
    const flags = flagged.filter(({ payload }) => 'flag' in payload && String(payload.flag) === 'M');
    expect(flags.length).toBe(200);
  });

  it('hear work by distance, and again when it repeats', () => {
    const work: Episode = {
      kind: 'noise-work',
      at: [112.9703, 28.2],
      level_dba: 95,
      when: { from_ms: run.start_ms, duration_ms: 60_000, repeat_ms: 120_000 },
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
