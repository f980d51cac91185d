import { type DustPlume, levelAt_dba, type NoiseWork, strengthAt } from './episodes.ts';
import { createPlane } from './plane.ts';
import { downwind, plumeShare, travel_ms } from './plume.ts';
import { createSmoothNoise, deriveSeed } from './random.ts';
import type { SensorRun, Station } from './sensors.ts';
import { trafficAt, type Weather } from './weather.ts';

/** What is in the air at a dust station: true values, before any sensor. */
export interface Dust {
  readonly pm10_ug_m3: number;
  /** The part of it that comes from streets and the city as a whole. */
  readonly street_ug_m3: number;
  readonly weather: Weather;
}

/** What is heard at a noise station: true values, before any sensor. */
export interface Noise {
  readonly leq_dba: number;
  /** How much of the energy are blows (0..1). */
  readonly blows: number;
  readonly traffic: number;
}

/** Sources that give less at a station than this are left out. */
const FAR_M = 3_000;
/** Rain keeps dust down. */
const WET = 0.25;

/** The dust at a station as a pure function of time. */
export function createDust(station: Station, run: SensorRun): (at_ms: number) => Dust {
  const noise = (label: string, period_s: number) =>
    createSmoothNoise(deriveSeed(run.seed, station.id, label), period_s * 1_000);
  const [slow, medium, puffs] = [noise('slow', 1_200), noise('medium', 90), noise('puffs', 12)];
  const plane = createPlane(station.at);
  const sources = run.episodes.flatMap((episode) => {
    if (episode.kind !== 'dust-plume') return [];
    const [x, y] = plane.toMetres(episode.at);
    return Math.hypot(x, y) > FAR_M ? [] : [{ episode, offset: [-x, -y] as const }];
  });
  const road = run.road?.around(station.at);
  const wet = run.isWet === true ? WET : 1;
  return (at_ms) => {
    const weather = run.weather(at_ms);
    const thinning = 0.8 + 0.1 * weather.wind_speed_mps;
    const damp = 1 + 0.25 * ((weather.humidity_pct - 70) / 100);
    const traffic = 0.7 + 0.6 * trafficAt(at_ms, run.utcOffset_h);
    const city = station.base * traffic * damp * (wet + 3) * 0.25;
    const street = (city * Math.exp(0.16 * slow(at_ms) + 0.05 * medium(at_ms))) / thinning;
    let raised = 0;
    for (const { episode, offset } of sources)
      raised += raisedBy(episode, offset, weather, at_ms, run.utcOffset_h);
    raised += road?.(at_ms, weather) ?? 0;
    const plume = raised * wet * Math.exp(0.2 * puffs(at_ms));
    return { pm10_ug_m3: street + plume, street_ug_m3: street, weather };
  };
}

function raisedBy(
  plume: DustPlume,
  offset: readonly [number, number],
  weather: Weather,
  at_ms: number,
  utcOffset_h: number,
): number {
  // What arrives now rose when the wind took it along.
  const left_ms = at_ms - travel_ms(downwind(offset, weather).along_m - plume.spread_m, weather);
  const strength = strengthAt(plume, left_ms, utcOffset_h);
  return strength === 0 ? 0 : strength * plume.peak_ug_m3 * plumeShare(offset, plume.spread_m, weather);
}

/** The noise at a station as a pure function of time. */
export function createNoise(station: Station, run: SensorRun): (at_ms: number) => Noise {
  const noise = (label: string, period_s: number) =>
    createSmoothNoise(deriveSeed(run.seed, station.id, label), period_s * 1_000);
  const [street, work] = [noise('street', 40), noise('work', 25)];
  const works = run.episodes.flatMap((episode) =>
    episode.kind === 'noise-work' ? [{ episode, level_dba: levelAt_dba(episode, station.at) }] : [],
  );
  const rain_dba = run.isWet === true ? 48 : 0;
  return (at_ms) => {
    const traffic = trafficAt(at_ms, run.utcOffset_h);
    let energy = energyOf(station.base - 6 + 8 * traffic + 1.8 * street(at_ms)) + energyOf(rain_dba);
    let blows = 0;
    for (const { episode, level_dba } of works) {
      const added = energyAdded(episode, level_dba + 1.5 * work(at_ms), at_ms, run.utcOffset_h);
      energy += added;
      if (episode.piling === true) blows += added;
    }
    return { leq_dba: 10 * Math.log10(energy), blows: blows / energy, traffic };
  };
}

function energyAdded(work: NoiseWork, level_dba: number, at_ms: number, utcOffset_h: number): number {
  const strength = strengthAt(work, at_ms, utcOffset_h);
  return strength === 0 ? 0 : strength * energyOf(level_dba);
}

/** Levels are added as energies. */
function energyOf(level_dba: number): number {
  return 10 ** (level_dba / 10);
}
