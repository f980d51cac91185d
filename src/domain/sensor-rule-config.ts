import Type, { type Static } from 'typebox';
import { common, DAY_S, names, seconds, severity, UPDATE_TEXT } from './rule-parts.ts';

const DeviceKind = Type.Union([Type.Literal('dust'), Type.Literal('noise')]);

/** A station that departs slowly from what its neighbours show: it measures itself, not the air. */
export const SensorDriftConfig = Type.Object(
  {
    kind: Type.Literal('sensor-drift'),
    ...common,
    update_s: seconds(3600, UPDATE_TEXT),
    device_kind: DeviceKind,
    metric: Type.String({ minLength: 1, description: 'name of the reading, such as pm10_ug_m3' }),
    bin_s: Type.Number({
      minimum: 60,
      maximum: 3600,
      default: 300,
      description:
        'stations are compared by the lower quartile of so long: puffs and passing trucks do not count',
    }),
    learn_s: Type.Number({
      minimum: 60,
      maximum: 31 * DAY_S,
      default: 1200,
      description: 'so long it is learnt how a station stands to each neighbour',
    }),
    neighbour_reach_m: Type.Number({ minimum: 10, maximum: 100_000, default: 3000 }),
    neighbours_min: Type.Integer({
      minimum: 1,
      maximum: 20,
      default: 2,
      description: 'with fewer nothing is said; with 1 it cannot be told which of the two departs',
    }),
    neighbours_max: Type.Integer({
      minimum: 1,
      maximum: 20,
      default: 6,
      description: 'the nearest are taken',
    }),
    source_zone_kinds: Type.Array(Type.String(), {
      default: ['site', 'disposal'],
      description: 'kinds of map zone that raise dust: with one upwind nothing is said',
    }),
    source_reach_m: Type.Number({ minimum: 0, maximum: 20_000, default: 500 }),
    upwind_deg: Type.Number({
      minimum: 1,
      maximum: 180,
      default: 45,
      description: 'so far to each side of where the wind comes from counts as upwind',
    }),
    rate_max_per_h: Type.Number({
      exclusiveMinimum: 0,
      default: 180,
      description: 'what rises faster comes with the air: a plume, no drift',
    }),
    departure_min: Type.Number({
      exclusiveMinimum: 0,
      default: 25,
      description: 'in the unit of the metric',
    }),
    departure_share: Type.Number({
      minimum: 0,
      maximum: 100,
      default: 0.4,
      description: 'of what the neighbours let expect; the larger of the two counts',
    }),
    min_s: seconds(600, 'half the departure must have been there for so long'),
    relearn_s: seconds(21_600, 'far off in one go and for so long, it has become another place: learnt anew'),
    silent_s: seconds(900, 'without a valid reading for so long, the station counts as missing'),
    severity: severity(2),
  },
  { additionalProperties: false },
);
export type SensorDriftConfig = Static<typeof SensorDriftConfig>;

/** A station that gives the same value for too long. */
export const SensorFlatlineConfig = Type.Object(
  {
    kind: Type.Literal('sensor-flatline'),
    ...common,
    update_s: seconds(3600, UPDATE_TEXT),
    device_kind: DeviceKind,
    metrics: names('names of readings, any of which must not stand still'),
    flat_s: seconds(1800, 'the same value for so long is a stuck sensor'),
    tolerance: Type.Number({
      minimum: 0,
      default: 0,
      description: 'so far from the first is still the same',
    }),
    min_readings: Type.Integer({ minimum: 2, maximum: 100_000, default: 10 }),
    silent_s: seconds(900, 'without a valid reading for so long, the station counts as missing'),
    severity: severity(2),
  },
  { additionalProperties: false },
);
export type SensorFlatlineConfig = Static<typeof SensorFlatlineConfig>;
