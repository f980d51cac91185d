import type { ParticulateUnit } from '../../domain/hj212-station.ts';
import type { ReadingPeriod } from '../../domain/observation.ts';
import {
  type IntervalStatistic,
  intervalMetric,
  realtimeMetric,
  STATION_QUANTITIES,
  type StationQuantity,
} from '../../domain/station-quantities.ts';

/** A factor of a dust or noise station (HJ 212-2017, annex B; HJ 525). */
export interface Factor {
  readonly code: string;
  readonly quantity: StationQuantity;
}

/** Codes of the quantities that metrics are made of; other factors are kept as they came. */
const CODES: Readonly<Record<string, string>> = {
  ...{ tsp: 'a34001', pm10: 'a34002', pm25: 'a34004', pm1: 'a34005' },
  ...{ temperature: 'a01001', humidity: 'a01002', pressure: 'a01006' },
  ...{ wind_speed: 'a01007', wind_direction: 'a01008' },
  ...{ leq: 'Leq', la: 'LA', lmax: 'LMx', lmin: 'LMn', ldn: 'Ldn', ld: 'Ld', ln: 'Ln' },
  ...{ l5: 'L5', l10: 'L10', l50: 'L50', l90: 'L90', l95: 'L95' },
};

/** Every factor that metrics are made of. */
export const FACTORS: readonly Factor[] = STATION_QUANTITIES.map((quantity) => ({
  code: CODES[quantity.base] ?? quantity.base,
  quantity,
}));

/** Data messages, and the interval that their values are of; realtime data is of an instant. */
export const DATA_COMMANDS: Readonly<Record<string, ReadingPeriod | undefined>> = {
  '2011': undefined,
  '2051': 'minute',
  '2061': 'hour',
  '2031': 'day',
};

/** The suffix of values of an instant. */
const REALTIME_SUFFIX = 'Rtd';
/** Suffixes of values of an interval. */
const INTERVAL_SUFFIXES: Readonly<Record<string, IntervalStatistic>> = {
  Avg: 'avg',
  Min: 'min',
  Max: 'max',
  Data: '',
  DayData: 'daytime',
  NightData: 'nighttime',
};

/** Suffixes that are known, with and without a metric. */
export const SUFFIXES: readonly string[] = [
  REALTIME_SUFFIX,
  ...Object.keys(INTERVAL_SUFFIXES),
  ...['Cou', 'ZsRtd', 'ZsMin', 'ZsAvg', 'ZsMax', 'Flag', 'EFlag', 'SampleTime'],
];

/** The metric of a factor's value; undefined where the suffix has no business in such a message. */
export function metricName(
  { quantity }: Factor,
  suffix: string,
  period: ReadingPeriod | undefined,
): string | undefined {
  if (period === undefined) return suffix === REALTIME_SUFFIX ? realtimeMetric(quantity) : undefined;
  const statistic = INTERVAL_SUFFIXES[suffix];
  return statistic === undefined ? undefined : intervalMetric(quantity, period, statistic);
}

/** A value as a station gives it, in the metric's unit. */
export function fromStation({ quantity }: Factor, value: number, unit: ParticulateUnit): number {
  if (quantity.unit !== 'ug_m3') return value;
  return rounded(unit === 'ng' ? value / 1000 : unit === 'mg' ? value * 1000 : value);
}

/** A value in the metric's unit as a station gives it. */
export function toStation({ quantity }: Factor, value: number, unit: ParticulateUnit): number {
  if (quantity.unit !== 'ug_m3') return value;
  return rounded(unit === 'ng' ? value * 1000 : unit === 'mg' ? value / 1000 : value);
}

/** Binary fractions make 0.0756 × 1000 something else than 75.6. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
