import { deriveSeed, smoothNoise } from './random.ts';

/** The air over the whole city at one instant. */
export interface Weather {
  readonly wind_speed_mps: number;
  /** Where the wind comes from, clockwise from north. */
  readonly wind_direction_deg: number;
  readonly humidity_pct: number;
  readonly temperature_c: number;
  readonly pressure_kpa: number;
}

const HOUR_MS = 3_600_000;

/** Weather as a pure function of seed and time: daily course plus slow noise. */
export function weatherAt(seed: number, at_ms: number, utcOffset_h: number): Weather {
  const warm = Math.cos(((localHour(at_ms, utcOffset_h) - 15) / 24) * 2 * Math.PI);
  const noise = (label: string, period_h: number): number =>
    smoothNoise(deriveSeed(seed, label), at_ms, period_h * HOUR_MS);
  return {
    wind_speed_mps: Math.max(0.2, 1.8 + 0.7 * warm + 1.1 * noise('wind', 2) + 0.4 * noise('gust', 0.02)),
    wind_direction_deg: (200 + 90 * noise('direction', 6) + 20 * noise('veer', 0.1) + 360) % 360,
    humidity_pct: Math.min(99, Math.max(25, 70 - 12 * warm + 12 * noise('humidity', 5))),
    temperature_c: 17 + 4 * warm + 4 * noise('temperature', 12),
    pressure_kpa: 101.1 + 0.5 * noise('pressure', 24),
  };
}

/** Hour of the local day, 0..24 with fractions. */
export function localHour(at_ms: number, utcOffset_h: number): number {
  return (((at_ms / HOUR_MS + utcOffset_h) % 24) + 24) % 24;
}

/** How busy the streets are, 0 (four at night) to 1 (rush hour). */
export function trafficAt(at_ms: number, utcOffset_h: number): number {
  const hour = localHour(at_ms, utcOffset_h);
  const peak = (at: number, width: number): number => Math.exp(-(((hour - at) / width) ** 2));
  const day = 1 / (1 + Math.exp(-(hour - 6.5) * 1.8)) / (1 + Math.exp((hour - 22) * 1.3));
  return Math.min(1, 0.06 + 0.5 * day + 0.42 * peak(8, 1.2) + 0.44 * peak(18, 1.5));
}
