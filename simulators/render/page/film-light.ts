import type { StageWeather } from '../../city/stage/stage-scene.ts';

/** Red, green and blue, 0 to 1. */
export type Rgb = readonly [number, number, number];

/** Light of one moment. */
export interface Light {
  readonly zenith: Rgb;
  readonly horizon: Rgb;
  readonly ground: Rgb;
  readonly sun: Rgb;
  readonly sunPower: number;
  readonly fill: number;
  readonly exposure: number;
  /** How far lamps, windows and signs are on, 0 to 1. */
  readonly lamps: number;
  /** Metres at which haze begins and at which it has swallowed everything. */
  readonly haze_m: readonly [number, number];
  /** Towards the sun, x east, y up, z south. */
  readonly toSun: Rgb;
}

interface Key extends Omit<Light, 'toSun' | 'haze_m'> {
  /** Height of the sun in degrees. */
  readonly sun_deg: number;
}

function hex(value: number): Rgb {
  return [((value >> 16) & 255) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}

/** Light of a clear day, by the height of the sun. */
const KEYS: readonly Key[] = [
  {
    sun_deg: -9,
    zenith: hex(0x07090f),
    horizon: hex(0x1d1f28),
    ground: hex(0x131313),
    sun: hex(0x8a9ac8),
    sunPower: 0,
    fill: 0.46,
    exposure: 2.1,
    lamps: 1,
  },
  {
    sun_deg: -3,
    zenith: hex(0x2c3b63),
    horizon: hex(0x8f7268),
    ground: hex(0x2c2a2c),
    sun: hex(0xffa070),
    sunPower: 0,
    fill: 0.62,
    exposure: 1.95,
    lamps: 0.85,
  },
  {
    sun_deg: 3,
    zenith: hex(0x5d7bab),
    horizon: hex(0xe2b890),
    ground: hex(0x57504a),
    sun: hex(0xffae74),
    sunPower: 1.3,
    fill: 0.8,
    exposure: 1.65,
    lamps: 0.06,
  },
  {
    sun_deg: 15,
    zenith: hex(0x6f92c6),
    horizon: hex(0xd9d8d2),
    ground: hex(0x746a5e),
    sun: hex(0xffd8a8),
    sunPower: 2.9,
    fill: 0.75,
    exposure: 1.28,
    lamps: 0,
  },
  {
    sun_deg: 42,
    zenith: hex(0x6a9ad4),
    horizon: hex(0xcfdbe6),
    ground: hex(0x7a7468),
    sun: hex(0xfff1dc),
    sunPower: 3.3,
    fill: 0.75,
    exposure: 1.12,
    lamps: 0,
  },
];

interface Veil {
  /** Share of the sun that comes through. */
  readonly sun: number;
  readonly fill: number;
  readonly grey: number;
  readonly haze_m: readonly [number, number];
  readonly dim: number;
}

const VEILS: Record<StageWeather['sky'], Veil> = {
  clear: { sun: 1, fill: 1, grey: 0, haze_m: [45, 260], dim: 1 },
  overcast: { sun: 0.16, fill: 1.75, grey: 0.9, haze_m: [35, 200], dim: 0.98 },
  rain: { sun: 0.06, fill: 1.55, grey: 1, haze_m: [22, 130], dim: 0.86 },
  fog: { sun: 0.08, fill: 1.7, grey: 1, haze_m: [8, 62], dim: 0.97 },
};

/** Latitude and declination for which the sun is reckoned: a mild day in eastern China. */
const LATITUDE_RAD = 0.545;
const DECLINATION_RAD = 0.1;
const NOON_H = 12.1;

function sunHeight(hour: number): { height_rad: number; toSun: Rgb } {
  const turn = ((hour - NOON_H) / 12) * Math.PI;
  const up =
    Math.sin(LATITUDE_RAD) * Math.sin(DECLINATION_RAD) +
    Math.cos(LATITUDE_RAD) * Math.cos(DECLINATION_RAD) * Math.cos(turn);
  const east = -Math.cos(DECLINATION_RAD) * Math.sin(turn);
  const south =
    Math.cos(DECLINATION_RAD) * Math.cos(turn) * Math.sin(LATITUDE_RAD) -
    Math.sin(DECLINATION_RAD) * Math.cos(LATITUDE_RAD);
  return { height_rad: Math.asin(up), toSun: [east, up, south] };
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}

function mixRgb(a: Rgb, b: Rgb, share: number): Rgb {
  return [mix(a[0], b[0], share), mix(a[1], b[1], share), mix(a[2], b[2], share)];
}

/** The colour's grey of an overcast sky, a little blue. */
function greyOf([r, g, b]: Rgb, dim: number): Rgb {
  const level = (0.3 * r + 0.5 * g + 0.2 * b) * dim;
  return [level * 0.98, level, level * 1.02];
}

function clearLight(sun_deg: number): Key {
  const first = KEYS[0];
  const last = KEYS.at(-1);
  if (!first || !last) throw new Error('there is no light');
  const next = KEYS.findIndex((key) => key.sun_deg > sun_deg);
  if (next <= 0) return next === 0 ? first : last;
  const a = KEYS[next - 1] ?? first;
  const b = KEYS[next] ?? last;
  const share = (sun_deg - a.sun_deg) / (b.sun_deg - a.sun_deg);
  return {
    sun_deg,
    zenith: mixRgb(a.zenith, b.zenith, share),
    horizon: mixRgb(a.horizon, b.horizon, share),
    ground: mixRgb(a.ground, b.ground, share),
    sun: mixRgb(a.sun, b.sun, share),
    sunPower: mix(a.sunPower, b.sunPower, share),
    fill: mix(a.fill, b.fill, share),
    exposure: mix(a.exposure, b.exposure, share),
    lamps: mix(a.lamps, b.lamps, share),
  };
}

/** Light of an hour of the local day (0 to 24, beyond it the next day) in some weather. */
export function lightAt(sky: StageWeather['sky'], hour: number): Light {
  const { height_rad, toSun } = sunHeight(hour);
  const clear = clearLight((height_rad * 180) / Math.PI);
  const veil = VEILS[sky];
  const zenith = mixRgb(clear.zenith, greyOf(mixRgb(clear.zenith, clear.horizon, 0.6), veil.dim), veil.grey);
  const horizon = mixRgb(clear.horizon, greyOf(clear.horizon, veil.dim), veil.grey);
  // Under a closed sky the lamps go on earlier.
  const early = veil.grey > 0 && clear.lamps > 0 ? 0.12 : 0;
  return {
    zenith,
    horizon,
    ground: mixRgb(clear.ground, greyOf(clear.ground, veil.dim), veil.grey),
    sun: mixRgb(clear.sun, [0.92, 0.95, 1], veil.grey),
    sunPower: clear.sunPower * veil.sun,
    fill: clear.fill * (clear.lamps > 0.8 ? 1 : veil.fill),
    exposure: clear.exposure * (sky === 'rain' ? 0.95 : 1),
    lamps: Math.min(1, clear.lamps + early),
    haze_m: veil.haze_m,
    toSun,
  };
}

/** How different two moments look, from 0; about 0.02 is just noticeable. */
export function lightDifference(a: Light, b: Light): number {
  const sunlit = Math.min(1, Math.max(a.sunPower, b.sunPower));
  const moved = Math.hypot(a.toSun[0] - b.toSun[0], a.toSun[1] - b.toSun[1], a.toSun[2] - b.toSun[2]);
  return Math.max(
    moved * sunlit * 0.35,
    Math.abs(a.sunPower - b.sunPower) * 0.3,
    Math.abs(a.fill - b.fill) * 0.5,
    Math.abs(a.exposure - b.exposure) * 0.6,
    Math.abs(a.lamps - b.lamps) * 0.5,
    Math.abs(a.horizon[1] - b.horizon[1]),
  );
}
