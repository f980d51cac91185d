import Type, { type Static } from 'typebox';
import { CameraHealthConfig } from './camera-health-config.ts';
import { DeviceOfflineConfig } from './device-offline-config.ts';
import { LeftBehindConfig } from './left-behind-config.ts';
import { PositionLostConfig } from './position-lost-config.ts';
import {
  byRoadClass,
  common,
  DAY_S,
  Hours,
  ID_PATTERN,
  names,
  seconds,
  severity,
  UPDATE_TEXT,
} from './rule-parts.ts';
import { SensorDriftConfig, SensorFlatlineConfig } from './sensor-rule-config.ts';
import { TruckConductConfig } from './truck-conduct-config.ts';
import { TruckStopConfig } from './truck-rule-config.ts';

const Window = Type.Optional(Type.Number({ minimum: 1, maximum: 31 * DAY_S }));
const dwell = (fallback: number) => Type.Union([seconds(fallback, ''), Type.Null()], { default: fallback });

/** Classes of things that stay in a zone of a camera's picture. */
export const ZoneDwellConfig = Type.Object(
  {
    kind: Type.Literal('zone-dwell'),
    ...common,
    zone_kinds: names('kinds of camera zone in which the rule is in force'),
    any_of: Type.Array(names('classes that must all be at the place'), {
      minItems: 1,
      maxItems: 50,
      description: 'classes, or combinations of classes, any of which makes the finding',
    }),
    models: Type.Optional(names('detectors that are listened to; absent: all')),
    not_at: Type.Array(Type.String(), {
      default: [],
      description: 'classes within whose boxes it does not count, whichever detector sees them',
    }),
    permitted_zone_kinds: Type.Array(Type.String(), {
      default: [],
      description: 'kinds of camera zone in whose hours the same thing is allowed',
    }),
    schedules: Type.Optional(Type.Array(Hours, { description: 'when the rule is in force; absent: always' })),
    min_score: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'less is a weak sighting, as is what the detector calls one',
    }),
    dwell_s: byRoadClass(
      dwell(60),
      dwell(300),
      dwell(900),
      'occupied time before it counts; null: never on such a road',
    ),
    window_s: Type.Optional(
      Type.Object(
        { arterial: Window, secondary: Window, lane: Window },
        {
          additionalProperties: false,
          description: 'sliding window of the occupied time; absent: 1.5 times the dwell',
        },
      ),
    ),
    occupied_share: Type.Number({
      minimum: 0.05,
      maximum: 1,
      default: 0.6,
      description: 'share of the observed time in the window in which the place must be occupied',
    }),
    seen_share: Type.Number({
      minimum: 0.05,
      maximum: 1,
      default: 0.35,
      description: 'share of the observed time in the window in which it must really show',
    }),
    sure_share: Type.Number({
      minimum: 0.05,
      maximum: 1,
      default: 0.2,
      description: 'share of the dwell for which it must show by more than weak sightings',
    }),
    bridge_s: seconds(
      30,
      'missed for at most so long, or a third of the dwell, between two frames that show it, it was there',
    ),
    max_gap_s: seconds(30, 'of the time between two frames, at most so much counts as occupied or as empty'),
    clear_s: seconds(120, 'observed without the thing for so long, it is gone'),
    silent_s: seconds(120, 'without a judged frame for so long, the camera counts as missing'),
    place_radius: Type.Number({
      minimum: 0.1,
      maximum: 5,
      default: 0.5,
      description: 'boxes whose feet are nearer than so many sizes of the larger one are one place',
    }),
    severity: byRoadClass(severity(3), severity(2), severity(1), 'severity by class of road'),
  },
  { additionalProperties: false },
);
export type ZoneDwellConfig = Static<typeof ZoneDwellConfig>;

const Limit = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1 })),
    limit: Type.Number(),
    clear_limit: Type.Optional(
      Type.Number({ description: 'below it the exceedance may end; default: the limit' }),
    ),
    hours: Type.Optional(Type.Array(Hours, { minItems: 1, description: 'absent: always' })),
    zone_kinds: Type.Optional(names('kinds of map zone in which the station stands; absent: anywhere')),
  },
  { additionalProperties: false },
);

const Exemption = Type.Object(
  {
    from: Type.String({ format: 'date-time', description: 'ISO 8601 with offset' }),
    to: Type.String({ format: 'date-time' }),
    devices: Type.Optional(names('stations; absent: all')),
    reason: Type.String({ minLength: 1, description: 'such as the number of a night work permit' }),
  },
  { additionalProperties: false },
);

const SeverityStep = Type.Object(
  {
    ratio: Type.Optional(Type.Number({ minimum: 1, description: 'value / limit reached' })),
    excess: Type.Optional(Type.Number({ minimum: 0, description: 'value - limit reached, for decibels' })),
    severity: Type.Integer({ minimum: 1, maximum: 4 }),
  },
  { additionalProperties: false },
);

/** A numeric metric of a station against a limit. */
export const ThresholdConfig = Type.Object(
  {
    kind: Type.Literal('threshold'),
    ...common,
    update_s: seconds(600, UPDATE_TEXT),
    device_kind: Type.Union([Type.Literal('dust'), Type.Literal('noise')]),
    metric: Type.String({ minLength: 1, description: 'name of the reading, such as pm10_ug_m3' }),
    statistic: Type.Union([Type.Literal('mean'), Type.Literal('energy-mean'), Type.Literal('max')], {
      default: 'mean',
      description: 'energy-mean is 10 lg of the mean of 10^(L/10), for sound levels',
    }),
    window_s: Type.Number({ minimum: 1, maximum: DAY_S }),
    expected_interval_s: Type.Number({ exclusiveMinimum: 0, maximum: DAY_S }),
    min_valid_share: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.75,
      description: 'share of the expected samples that must be there and flagged N',
    }),
    limits: Type.Array(Limit, { minItems: 1, maxItems: 50, description: 'the first that applies is taken' }),
    clear_s: seconds(300, 'below clear_limit for so long, the exceedance is over'),
    // No default here: it would be filled in, and the interval never looked at.
    silent_s: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 31 * DAY_S,
        description: 'left out: five expected intervals, at least a minute',
      }),
    ),
    drift_rule: Type.Optional(
      Type.String({
        pattern: ID_PATTERN,
        description: 'id of the sensor-drift rule whose departures are taken off the values',
      }),
    ),
    exemptions: Type.Array(Exemption, { default: [], maxItems: 1000 }),
    severity_steps: Type.Array(SeverityStep, {
      default: [{ severity: 2 }],
      minItems: 1,
      description: 'the highest step reached is taken',
    }),
  },
  { additionalProperties: false },
);
export type ThresholdConfig = Static<typeof ThresholdConfig>;

/** The schema of each kind of rule, so that a mistake is reported in the words of the kind that was meant. */
export const RULE_SCHEMAS = {
  'zone-dwell': ZoneDwellConfig,
  threshold: ThresholdConfig,
  'truck-stop': TruckStopConfig,
  'truck-conduct': TruckConductConfig,
  'camera-health': CameraHealthConfig,
  'sensor-drift': SensorDriftConfig,
  'sensor-flatline': SensorFlatlineConfig,
  'left-behind': LeftBehindConfig,
  'device-offline': DeviceOfflineConfig,
  'position-lost': PositionLostConfig,
} as const;

/** One rule; `kind` says which. */
export const RuleConfig = Type.Union([
  ZoneDwellConfig,
  ThresholdConfig,
  TruckStopConfig,
  TruckConductConfig,
  CameraHealthConfig,
  SensorDriftConfig,
  SensorFlatlineConfig,
  LeftBehindConfig,
  DeviceOfflineConfig,
  PositionLostConfig,
]);
export type RuleConfig = Static<typeof RuleConfig>;

/** The rules file: a list. */
export const RulesFile = Type.Array(RuleConfig, { maxItems: 1000 });
export type RulesFile = Static<typeof RulesFile>;
