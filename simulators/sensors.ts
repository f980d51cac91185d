import type { DustPayload, NoisePayload } from '../src/domain/telemetry.ts';
import { isoTime } from '../src/domain/time.ts';
import { type Episode, noiseLevel_dba, plumeShare } from './episodes.ts';
import type { LonLat } from './plane.ts';
import { createDrift, createRandom, deriveSeed, type Random } from './random.ts';
import type { Publication } from './schedule.ts';
import { localHour, trafficAt, weatherAt } from './weather.ts';

/** A dust or noise station. `base` is its quiet level: PM10 in µg/m³, or day-time Leq in dB(A). */
export interface Station {
  readonly kind: 'dust' | 'noise';
  readonly id: string;
  readonly at: LonLat;
  readonly base: number;
}

/** What all stations of a run share. */
export interface SensorRun {
  readonly seed: number;
  readonly utcOffset_h: number;
  readonly start_ms: number;
  readonly interval_ms: number;
  readonly episodes: readonly Episode[];
  /** Local hour in which stations calibrate themselves for five minutes; absent: never. */
  readonly calibrationHour?: number;
  /** Share of readings in which a fault begins; default 0.0005. */
  readonly faultRate?: number;
}

/** An endless schedule of one station's readings; each carries its simulated time. */
export function* stationReadings(station: Station, run: SensorRun): Generator<Publication> {
  const random = createRandom(deriveSeed(run.seed, station.kind, station.id));
  const phase_ms = Math.floor(random.next() * Math.min(run.interval_ms, 1_000));
  const read = station.kind === 'dust' ? dustReader(station, run, random) : noiseReader(station, run, random);
  const flagAt = flagger(run, random);
  const device = { deviceKind: station.kind, deviceId: station.id } as const;
  for (let index = 0; ; index += 1) {
    const at_ms = run.start_ms + phase_ms + index * run.interval_ms;
    const flag = flagAt(at_ms);
    const payload: DustPayload | NoisePayload = {
      at: isoTime(at_ms),
      ...(flag === 'D' ? {} : read(at_ms)),
      flag,
    };
    yield { kind: 'publish', at_ms, ...device, channel: 'reading', payload };
  }
}

type Flag = 'N' | 'D' | 'C';

/** Calibration once a day where there is any, and now and then a fault of some readings. */
function flagger(run: SensorRun, random: Random): (at_ms: number) => Flag {
  let faulty = 0;
  return (at_ms) => {
    if (random.next() < (run.faultRate ?? 0.0005)) faulty = 2 + Math.floor(random.next() * 8);
    faulty = Math.max(0, faulty - 1);
    if (faulty > 0) return 'D';
    const since_h = localHour(at_ms, run.utcOffset_h) - (run.calibrationHour ?? Number.POSITIVE_INFINITY);
    return since_h >= 0 && since_h < 5 / 60 ? 'C' : 'N';
  };
}

function dustReader(
  station: Station,
  run: SensorRun,
  random: Random,
): (at_ms: number) => Omit<DustPayload, 'at'> {
  const step_s = run.interval_ms / 1_000;
  const slow = createDrift(random, step_s, 1_200);
  const fast = createDrift(random, step_s, 20);
  return (at_ms) => {
    const weather = weatherAt(run.seed, at_ms, run.utcOffset_h);
    const thinning = 0.8 + 0.1 * weather.wind_speed_mps;
    const damp = 1 + 0.25 * ((weather.humidity_pct - 70) / 100);
    const traffic = 0.7 + 0.6 * trafficAt(at_ms, run.utcOffset_h);
    const street = (station.base * traffic * damp * Math.exp(0.1 * slow() + 0.04 * fast())) / thinning;
    const puffs = Math.exp(0.12 * fast());
    let plume = 0;
    for (const episode of run.episodes) {
      if (episode.kind !== 'dust-plume') continue;
      plume += episode.peak_ug_m3 * puffs * plumeShare(episode, station.at, weather, at_ms);
    }
    return {
      pm10_ug_m3: round(street + plume),
      pm25_ug_m3: round(0.55 * street + 0.25 * plume),
      tsp_ug_m3: round(1.5 * street + 2 * plume),
      temperature_c: round(weather.temperature_c),
      humidity_pct: round(weather.humidity_pct),
      pressure_kpa: round(weather.pressure_kpa, 2),
      wind_speed_mps: round(weather.wind_speed_mps),
      wind_direction_deg: Math.round(weather.wind_direction_deg) % 360,
    };
  };
}

function noiseReader(
  station: Station,
  run: SensorRun,
  random: Random,
): (at_ms: number) => Omit<NoisePayload, 'at'> {
  const drift = createDrift(random, run.interval_ms / 1_000, 30);
  return (at_ms) => {
    const traffic = trafficAt(at_ms, run.utcOffset_h);
    let energy = 10 ** ((station.base - 6 + 8 * traffic + 1.2 * drift()) / 10);
    for (const episode of run.episodes) {
      if (episode.kind !== 'noise-work') continue;
      energy += 10 ** ((noiseLevel_dba(episode, station.at, at_ms) + random.gauss()) / 10);
    }
    const leq = 10 * Math.log10(energy);
    const horn = random.next() < 0.02 * traffic ? random.between(3, 9) : 0;
    const spread = 1 + 0.3 * random.next();
    return {
      leq_dba: round(leq),
      lmax_dba: round(leq + 4 * spread + horn),
      l10_dba: round(leq + 2.4 * spread),
      l50_dba: round(leq - 1.6 * spread),
      l90_dba: round(leq - 4.2 * spread),
    };
  };
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
