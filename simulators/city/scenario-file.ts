import Type, { type Static } from 'typebox';
import { DEVICE_ID_PATTERN } from '../../src/domain/device.ts';
import { ROAD_CLASSES } from '../../src/domain/zone.ts';
import { DEVICE_ENTRIES, TelemetryPolicy, WindEntry, WorkSite } from './device-file.ts';
import { DwellPolicy, Passing, PoleView, roadLooks, STREET_ENTRIES } from './life/life-file.ts';

const closed = { additionalProperties: false };
const Id = Type.String({ pattern: DEVICE_ID_PATTERN });
const Position = Type.Tuple([
  Type.Number({ minimum: -180, maximum: 180 }),
  Type.Number({ minimum: -90, maximum: 90 }),
]);
const Interval_s = Type.Number({ minimum: 1, maximum: 3_600 });

/** How far into each interval a device reports: 0 at its beginning, where all others do. */
const Phase = Type.Number({ minimum: 0, exclusiveMaximum: 1 });

const RoadEntry = Type.Object(
  {
    id: Id,
    name: Type.Optional(Type.String()),
    class: Type.Enum(ROAD_CLASSES),
    speed_kmh: Type.Number({ minimum: 5, maximum: 120 }),
    line: Type.Array(Position, { minItems: 2, maxItems: 1_000 }),
    ...roadLooks,
  },
  closed,
);

const CameraEntry = Type.Object(
  {
    id: Id,
    name: Type.Optional(Type.String()),
    at: Position,
    /** Path on the RTSP server, and the film that is played there. */
    path: Type.Optional(Type.String({ pattern: '^/[A-Za-z0-9._/-]{1,100}$' })),
    file: Type.Optional(Type.String({ minLength: 1 })),
    offset_s: Type.Number({ minimum: 0, default: 0 }),
    /** With it the camera sees the scenario's streets, and a film of that can be rendered. */
    pole: Type.Optional(PoleView),
    /** As that of the scenario, where this camera's film needs fewer frames or more. */
    frame_interval_s: Type.Optional(Type.Number({ minimum: 0.02, maximum: 60 })),
  },
  closed,
);

const TruckEntry = Type.Object(
  {
    id: Id,
    plate: Type.Optional(Type.String({ maxLength: 16 })),
    start: Type.String(),
    load: Type.Enum(['empty', 'full'], { default: 'empty' }),
    site: Type.String(),
    disposal: Type.String(),
    depart_s: Type.Number({ minimum: 0, maximum: 86_400, default: 0 }),
    phase: Type.Optional(Phase),
  },
  closed,
);

const StationEntry = Type.Object(
  {
    id: Id,
    kind: Type.Enum(['dust', 'noise']),
    name: Type.Optional(Type.String()),
    at: Position,
    base: Type.Number({ minimum: 0, maximum: 1_000 }),
    phase: Type.Optional(Phase),
  },
  closed,
);

const ScriptEntry = Type.Union([...DEVICE_ENTRIES, ...STREET_ENTRIES]);
export type ScriptEntry = Static<typeof ScriptEntry>;

/** A city to rehearse in: its streets, devices and what happens. `linghu.yaml` is the commented example. */
export const ScenarioFile = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    seed: Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 }),
    utc_offset_h: Type.Number({ minimum: -12, maximum: 14, default: 8 }),
    /** Simulated time of second 0, where none is given: ISO 8601 with offset. */
    start: Type.Optional(Type.String({ format: 'date-time' })),
    /** How long films and recordings of it are. */
    duration_s: Type.Number({ minimum: 1, maximum: 7 * 86_400, default: 600 }),
    /** Seconds of the scenario from one frame of its films to the next. */
    frame_interval_s: Type.Number({ minimum: 0.02, maximum: 60, default: 0.1 }),
    sky: Type.Enum(['clear', 'overcast', 'rain', 'fog'], { default: 'clear' }),
    passing: Passing,
    policy: DwellPolicy,
    /** The wind over the day; left out, drawn from the seed. */
    wind: Type.Array(WindEntry, { default: [], maxItems: 1_000 }),
    /** Construction sites at work. */
    sites: Type.Array(WorkSite, { default: [], maxItems: 2_000 }),
    /** What trucks and stations must do for the city to call it an incident. */
    truth: TelemetryPolicy,
    map: Type.Object(
      {
        zones: Type.String({ minLength: 1 }),
        roads: Type.Array(RoadEntry, { minItems: 1, maxItems: 2_000 }),
        lights: Type.Array(Position, { default: [], maxItems: 2_000 }),
        places: Type.Record(Type.String(), Position, { default: {} }),
      },
      closed,
    ),
    cameras: Type.Array(CameraEntry, { default: [], maxItems: 1_000 }),
    trucks: Type.Object(
      {
        interval_s: Interval_s,
        load_s: Type.Number({ minimum: 10, maximum: 7_200, default: 240 }),
        tip_s: Type.Number({ minimum: 10, maximum: 7_200, default: 60 }),
        fleet: Type.Array(TruckEntry, { maxItems: 20_000 }),
      },
      closed,
    ),
    stations: Type.Object(
      {
        interval_s: Interval_s,
        calibration_hour: Type.Optional(Type.Integer({ minimum: 0, maximum: 23 })),
        list: Type.Array(StationEntry, { maxItems: 20_000 }),
      },
      closed,
    ),
    script: Type.Array(ScriptEntry, { default: [], maxItems: 10_000 }),
  },
  closed,
);
export type ScenarioFile = Static<typeof ScenarioFile>;

const HourOfDay = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$' });
const ZoneHours = Type.Object({
  days: Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: 7 }))),
  from: HourOfDay,
  to: HourOfDay,
});

/** What is read of the zones' GeoJSON: ids, kinds, hours and outlines. */
export const ScenarioZones = Type.Object({
  type: Type.Literal('FeatureCollection'),
  features: Type.Array(
    Type.Object({
      properties: Type.Object({
        id: Id,
        kind: Type.String(),
        road_class: Type.Optional(Type.Enum(ROAD_CLASSES)),
        hours: Type.Optional(Type.Array(ZoneHours)),
      }),
      geometry: Type.Object({
        type: Type.Literal('Polygon'),
        coordinates: Type.Array(Type.Array(Position, { minItems: 4 }), { minItems: 1 }),
      }),
    }),
    { maxItems: 10_000 },
  ),
});
