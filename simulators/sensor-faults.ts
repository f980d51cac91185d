import type { DataFlag } from '../src/domain/observation.ts';
import type { DustPayload, NoisePayload } from '../src/domain/telemetry.ts';
import { createRandom, deriveSeed } from './random.ts';

/**
 * What is wrong with a station for a while. `drift`: the reading is off by ever more, up to `amount`; `stuck`: it
 * repeats itself; `spikes`: single readings higher by up to `amount`; `flag`: readings come with a flag.
 */
export interface SensorFault {
  readonly kind: 'drift' | 'stuck' | 'spikes' | 'flag';
  readonly from_ms: number;
  readonly to_ms: number;
  readonly amount?: number;
  readonly flag?: DataFlag;
}

type Reading = DustPayload | NoisePayload;

const SPIKE_SHARE = 0.02;
/** Metrics of which a fault falsifies all at once; the weather comes from other sensors. */
const FALSIFIED = [
  'pm10_ug_m3',
  'pm25_ug_m3',
  'tsp_ug_m3',
  'leq_dba',
  'lmax_dba',
  'l10_dba',
  'l50_dba',
  'l90_dba',
];
const AMOUNTS = { dust: 300, noise: 25 };

/** Spoils readings as the faults of a station say; it is to be given all readings in order. */
export function createSensorFaults(
  station: { readonly id: string; readonly kind: 'dust' | 'noise'; readonly faults?: readonly SensorFault[] },
  run: { readonly seed: number },
): (reading: Reading, at_ms: number) => Reading {
  const { faults = [] } = station;
  if (faults.length === 0) return (reading) => reading;
  const random = createRandom(deriveSeed(run.seed, 'faults', station.id));
  let before: Reading | undefined;
  return (reading, at_ms) => {
    const fault = faults.find(({ from_ms, to_ms }) => at_ms >= from_ms && at_ms < to_ms);
    const amount = fault?.amount ?? AMOUNTS[station.kind];
    if (fault === undefined) before = reading;
    else if (fault.kind === 'flag') return { ...reading, flag: fault.flag ?? 'M' };
    else if (fault.kind === 'stuck')
      return falsified(reading, (metric, value) => metricOf(before, metric) ?? value);
    else if (fault.kind === 'drift') {
      const share = (at_ms - fault.from_ms) / (fault.to_ms - fault.from_ms);
      return falsified(reading, (_metric, value) => value + amount * share);
    } else if (random.next() < SPIKE_SHARE) {
      const up = amount * random.between(0.6, 1);
      return falsified(reading, (_metric, value) => value + up);
    }
    return reading;
  };
}

function falsified(reading: Reading, change: (metric: string, value: number) => number): Reading {
  const changed = FALSIFIED.flatMap((metric) => {
    const value = metricOf(reading, metric);
    return value === undefined ? [] : [[metric, Math.max(0, Math.round(change(metric, value) * 10) / 10)]];
  });
  return { ...reading, ...Object.fromEntries(changed) };
}

function metricOf(reading: Reading | undefined, metric: string): number | undefined {
  const value = (reading as Readonly<Record<string, unknown>> | undefined)?.[metric];
  return typeof value === 'number' ? value : undefined;
}
