import { READING_PERIODS, type ReadingPeriod } from './observation.ts';

/** Something that stations measure, and what a working sensor gives. */
export interface StationQuantity {
  /** Name of the metric without interval, statistic and unit. */
  readonly base: string;
  /** Unit at the end of the metric's name; the bounds are in it. */
  readonly unit: string;
  readonly family: 'dust' | 'noise';
  readonly min: number;
  readonly max: number;
}

const quantity = (
  family: StationQuantity['family'],
  base: string,
  unit: string,
  min: number,
  max: number,
): StationQuantity => ({ base, unit, family, min, max });
const particulate = (base: string) => quantity('dust', base, 'ug_m3', 0, 100_000);
const level = (base: string) => quantity('noise', base, 'dba', 0, 200);

/** Every quantity that has metrics. */
export const STATION_QUANTITIES: readonly StationQuantity[] = [
  ...['tsp', 'pm10', 'pm25', 'pm1'].map(particulate),
  quantity('dust', 'temperature', 'c', -80, 100),
  quantity('dust', 'humidity', 'pct', 0, 100),
  quantity('dust', 'pressure', 'kpa', 30, 120),
  quantity('dust', 'wind_speed', 'mps', 0, 120),
  quantity('dust', 'wind_direction', 'deg', 0, 360),
  ...['leq', 'la', 'lmax', 'lmin', 'l5', 'l10', 'l50', 'l90', 'l95', 'ldn', 'ld', 'ln'].map(level),
];

/** What a station's value of an interval is; empty: a level that is of the interval by itself, such as Leq. */
export const INTERVAL_STATISTICS = ['avg', 'min', 'max', '', 'daytime', 'nighttime'] as const;
export type IntervalStatistic = (typeof INTERVAL_STATISTICS)[number];

/** `pm10_ug_m3`: a realtime value. */
export function realtimeMetric({ base, unit }: StationQuantity): string {
  return `${base}_${unit}`;
}

/** `pm10_minute_avg_ug_m3`, `leq_hour_dba`: so a station's averages never get among its realtime values. */
export function intervalMetric(
  { base, unit }: StationQuantity,
  period: ReadingPeriod,
  statistic: IntervalStatistic,
): string {
  return [base, period, statistic, unit].filter((part) => part !== '').join('_');
}

/** True for a metric that a station's readings can have. */
export function isStationMetric(family: StationQuantity['family'], metric: string): boolean {
  return STATION_QUANTITIES.some(
    (one) =>
      one.family === family &&
      metric.startsWith(`${one.base}_`) &&
      (metric === realtimeMetric(one) ||
        READING_PERIODS.some((period) =>
          INTERVAL_STATISTICS.some((statistic) => metric === intervalMetric(one, period, statistic)),
        )),
  );
}
