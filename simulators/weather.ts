import { createSmoothNoise, deriveSeed } from './random.ts';

/** The air over the whole city at one instant. */
export interface Weather {
  readonly wind_speed_mps: number;
  /** Where the wind comes from, clockwise from north. */
  readonly wind_direction_deg: number;
  readonly humidity_pct: number;
  readonly temperature_c: number;
  readonly pressure_kpa: number;
}

/** The wind as it was decided, from a time on; in between it changes evenly. */
export interface WindPoint {
  readonly at_ms: number;
  readonly from_deg: number;
  readonly speed_mps: number;
}

/** What decides the weather of a run. */
export interface Climate {
  readonly seed: number;
  readonly utcOffset_h: number;
  /** In order of time; none: drawn from the seed. */
  readonly wind?: readonly WindPoint[];
  readonly isWet?: boolean;
}

const HOUR_MS = 3_600_000;
/** Everybody asks for the same seconds; weather does not change faster. */
const STEP_MS = 1_000;
const REMEMBERED_MAX = 2_000;

/** Weather as a pure function of time: daily course plus slow noise, the wind as decided, with gusts. */
export function createWeather(climate: Climate): (at_ms: number) => Weather {
  const { seed, utcOffset_h, wind = [], isWet = false } = climate;
  const noise = (label: string, period_h: number) =>
    createSmoothNoise(deriveSeed(seed, label), period_h * HOUR_MS);
  const slowWind = noise('wind', 2);
  const slowDirection = noise('direction', 6);
  const gust = noise('gust', 0.02);
  const veer = noise('veer', 0.1);
  const humidity = noise('humidity', 5);
  const temperature = noise('temperature', 12);
  const pressure = noise('pressure', 24);
  const known = new Map<number, Weather>();
  const make = (at_ms: number): Weather => {
    const warm = Math.cos(((localHour(at_ms, utcOffset_h) - 15) / 24) * 2 * Math.PI);
    const decided = windAt(wind, at_ms);
    const speed =
      decided === undefined
        ? 1.8 + 0.7 * warm + 1.1 * slowWind(at_ms) + 0.4 * gust(at_ms)
        : decided.speed_mps * (1 + 0.22 * gust(at_ms));
    const direction =
      decided === undefined
        ? 200 + 90 * slowDirection(at_ms) + 20 * veer(at_ms)
        : decided.from_deg + 10 * veer(at_ms);
    const damp = (isWet ? 88 : 70) - 12 * warm + (isWet ? 6 : 12) * humidity(at_ms);
    return {
      wind_speed_mps: Math.max(0.2, speed),
      wind_direction_deg: (direction + 720) % 360,
      humidity_pct: Math.min(99, Math.max(25, damp)),
      temperature_c: 17 + 4 * warm + 4 * temperature(at_ms),
      pressure_kpa: 101.1 + 0.5 * pressure(at_ms),
    };
  };
  return (at_ms) => {
    const second = Math.floor(at_ms / STEP_MS);
    const remembered = known.get(second);
    if (remembered !== undefined) return remembered;
    const weather = make(second * STEP_MS);
    if (known.size >= REMEMBERED_MAX) known.clear();
    known.set(second, weather);
    return weather;
  };
}

/** The decided wind; it turns the shorter way from one point to the next. */
function windAt(wind: readonly WindPoint[], at_ms: number): WindPoint | undefined {
  const next = wind.findIndex((point) => point.at_ms > at_ms);
  const before = wind[next === -1 ? wind.length - 1 : Math.max(0, next - 1)];
  const after = wind[next];
  if (before === undefined || after === undefined || after === before) return before;
  const share = (at_ms - before.at_ms) / (after.at_ms - before.at_ms);
  const turn = ((after.from_deg - before.from_deg + 540) % 360) - 180;
  return {
    at_ms,
    from_deg: before.from_deg + turn * share,
    speed_mps: before.speed_mps + (after.speed_mps - before.speed_mps) * share,
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
