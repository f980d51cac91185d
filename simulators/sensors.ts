import type { DataFlag } from '../src/domain/observation.ts';
import type { DustPayload, NoisePayload } from '../src/domain/telemetry.ts';
import { isoTime } from '../src/domain/time.ts';
import { createDust, createNoise } from './air.ts';
import type { Episode } from './episodes.ts';
import type { LonLat } from './plane.ts';
import { createDrift, createRandom, deriveSeed, type Random } from './random.ts';
import type { RoadDust } from './road-dust.ts';
import type { Publication } from './schedule.ts';
import { createSensorFaults, type SensorFault } from './sensor-faults.ts';
import { localHour, type Weather } from './weather.ts';

/** A dust or noise station. `base` is its quiet level: PM10 in µg/m³, or day-time Leq in dB(A). */
export interface Station {
  readonly kind: 'dust' | 'noise';
  readonly id: string;
  readonly at: LonLat;
  readonly base: number;
  readonly faults?: readonly SensorFault[];
  /** How far into each interval it reports, 0 to 1. */
  readonly phase?: number | undefined;
}

/** What all stations of a run share. */
export interface SensorRun {
  readonly seed: number;
  readonly utcOffset_h: number;
  readonly start_ms: number;
  readonly interval_ms: number;
  readonly episodes: readonly Episode[];
  readonly weather: (at_ms: number) => Weather;
  readonly isWet?: boolean;
  /** What trucks raise from the roads. */
  readonly road?: RoadDust;
  /** Local hour in which stations calibrate themselves for five minutes; absent: never. */
  readonly calibrationHour?: number;
  /** Share of readings in which a fault begins; default 0.0005. */
  readonly faultRate?: number;
}

type Reading = DustPayload | NoisePayload;

/** An endless schedule of one station's readings; each carries its simulated time. */
export function* stationReadings(station: Station, run: SensorRun): Generator<Publication> {
  const random = createRandom(deriveSeed(run.seed, station.kind, station.id));
  const jitter_ms = Math.floor(random.next() * Math.min(run.interval_ms, 1_000));
  const phase_ms = jitter_ms + Math.floor((station.phase ?? 0) * run.interval_ms);
  const read = station.kind === 'dust' ? dustReader(station, run, random) : noiseReader(station, run, random);
  const flagAt = flagger(run, random);
  const faulty = createSensorFaults(station, run);
  const device = { deviceKind: station.kind, deviceId: station.id } as const;
  for (let index = 0; ; index += 1) {
    const at_ms = run.start_ms + phase_ms + index * run.interval_ms;
    const flag = flagAt(at_ms);
    const payload: Reading = { at: isoTime(at_ms), ...(flag === 'D' ? {} : read(at_ms)), flag };
    yield { kind: 'publish', at_ms, ...device, channel: 'reading', payload: faulty(payload, at_ms) };
  }
}

/** Calibration once a day where there is any, and now and then a fault of some readings. */
function flagger(run: SensorRun, random: Random): (at_ms: number) => DataFlag {
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
  const dustAt = createDust(station, run);
  const error = createDrift(random, run.interval_ms / 1_000, 20);
  return (at_ms) => {
    const { pm10_ug_m3, street_ug_m3: street, weather } = dustAt(at_ms);
    const plume = pm10_ug_m3 - street;
    const gain = Math.exp(0.03 * error());
    return {
      pm10_ug_m3: round(gain * pm10_ug_m3, 10),
      pm25_ug_m3: round(gain * (0.55 * street + 0.25 * plume), 10),
      tsp_ug_m3: round(gain * (1.5 * street + 2 * plume), 10),
      temperature_c: round(weather.temperature_c, 10),
      humidity_pct: round(weather.humidity_pct, 10),
      pressure_kpa: round(weather.pressure_kpa, 100),
      wind_speed_mps: round(weather.wind_speed_mps, 10),
      wind_direction_deg: Math.round(weather.wind_direction_deg) % 360,
    };
  };
}

function noiseReader(
  station: Station,
  run: SensorRun,
  random: Random,
): (at_ms: number) => Omit<NoisePayload, 'at'> {
  const noiseAt = createNoise(station, run);
  return (at_ms) => {
    const { leq_dba, blows, traffic } = noiseAt(at_ms);
    const leq = leq_dba + 0.3 * random.gauss();
    const horn = random.next() < 0.02 * traffic ? random.between(3, 9) : 0;
    const spread = 1 + 0.3 * random.next();
    return {
      leq_dba: round(leq, 10),
      lmax_dba: round(leq + 4 * spread + Math.max(horn, 11 * blows), 10),
      l10_dba: round(leq + (2.4 + 2 * blows) * spread, 10),
      l50_dba: round(leq - (1.6 + 3 * blows) * spread, 10),
      l90_dba: round(leq - (4.2 + 5 * blows) * spread, 10),
    };
  };
}

function round(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}
