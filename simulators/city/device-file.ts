import Type, { type Static } from 'typebox';
import { DEVICE_ID_PATTERN } from '../../src/domain/device.ts';
import { DATA_FLAGS } from '../../src/domain/observation.ts';

const closed = { additionalProperties: false };
const Id = Type.String({ pattern: DEVICE_ID_PATTERN });
const HOUR_PATTERN = '^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$';
const HourOfDay = Type.String({ pattern: HOUR_PATTERN });

const begins = {
  at_s: Type.Number({ minimum: 0 }),
  /** With another seed than the file's own it begins up to so much earlier or later. */
  vary_s: Type.Number({ minimum: 0, maximum: 7_200, default: 60 }),
  repeat_s: Type.Optional(Type.Number({ minimum: 10 })),
};
const timed = { ...begins, duration_s: Type.Number({ minimum: 1 }) };
/** Where a truck halts; `offset_m` is metres right of the road's middle, left out: in its lane. */
const halts = {
  ...timed,
  truck: Id,
  place: Type.String(),
  offset_m: Type.Optional(Type.Number({ minimum: 0, maximum: 20 })),
};

/** What happens to trucks and stations. */
export const DEVICE_ENTRIES = [
  // The body is up for `duration_s`; a heap stays behind.
  Type.Object({ kind: Type.Literal('illegal-dumping'), ...halts }, closed),
  Type.Object({ kind: Type.Literal('suspicious-stop'), ...halts }, closed),
  // As `suspicious-stop`, where nobody minds: at a site's gate, or shorter than the policy allows.
  Type.Object({ kind: Type.Literal('wait'), ...halts }, closed),
  // Stop and go from the place on.
  Type.Object({ kind: Type.Literal('jam'), ...timed, truck: Id, place: Type.String() }, closed),
  // The truck drives over the place on its way, wherever that is: off its route, or into a restricted area.
  Type.Object({ kind: Type.Literal('detour'), ...begins, truck: Id, place: Type.String() }, closed),
  Type.Object({ kind: Type.Literal('uncovered-load'), ...timed, truck: Id }, closed),
  Type.Object(
    {
      kind: Type.Literal('overspeed'),
      ...timed,
      truck: Id,
      /** Speed as a share of the limit. */
      factor: Type.Number({ minimum: 1, maximum: 3, default: 1.5 }),
    },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal('position-fault'),
      ...timed,
      truck: Id,
      fault: Type.Enum(['lost', 'jump', 'drift']),
    },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal('dust-plume'),
      ...timed,
      place: Type.String(),
      /** PM10 on top for a station that stands in it. */
      peak_ug_m3: Type.Number({ minimum: 0, maximum: 50_000 }),
      /** Within so much of the place the dust is all around; beyond it the wind decides. */
      spread_m: Type.Number({ minimum: 5, maximum: 500, default: 80 }),
    },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal('noise-work'),
      ...timed,
      place: Type.String(),
      /** At 10 m. */
      level_dba: Type.Number({ minimum: 0, maximum: 140 }),
      /** Blows of a pile driver: the peaks tower over the mean. */
      piling: Type.Boolean({ default: false }),
    },
    closed,
  ),
  // No connection; what was measured meanwhile follows afterwards, unless the unit was without power.
  Type.Object(
    { kind: Type.Literal('offline'), ...timed, device: Id, backfill: Type.Boolean({ default: true }) },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal('sensor-fault'),
      ...timed,
      device: Id,
      fault: Type.Enum(['drift', 'stuck', 'spikes', 'flag']),
      /** `drift`: by how much the value is off in the end; `spikes`: how high. In the unit of the reading. */
      amount: Type.Optional(Type.Number({ minimum: -50_000, maximum: 50_000 })),
      /** `flag`: with which flag the readings come. */
      flag: Type.Enum(DATA_FLAGS, { default: 'M' }),
    },
    closed,
  ),
] as const;

/** A construction site that works all day: dust while it works, more under trucks, and noise. */
export const WorkSite = Type.Object(
  {
    /** A place or zone of the map. */
    place: Type.String(),
    /** PM10 on top for a station at its edge, in a light wind on a dry day. */
    pm10_ug_m3: Type.Number({ minimum: 0, maximum: 5_000, default: 60 }),
    /** Within so much of the place a station stands in the dust, whatever the wind. */
    spread_m: Type.Number({ minimum: 5, maximum: 500, default: 40 }),
    /** At 10 m. */
    noise_dba: Type.Number({ minimum: 0, maximum: 140, default: 78 }),
    from: Type.String({ pattern: HOUR_PATTERN, default: '07:00' }),
    to: Type.String({ pattern: HOUR_PATTERN, default: '19:00' }),
  },
  closed,
);
export type WorkSite = Static<typeof WorkSite>;

/** Where the wind comes from and how fast; between two entries it turns the shorter way. */
export const WindEntry = Type.Object(
  {
    at_s: Type.Number({ minimum: 0 }),
    /** Clockwise from north. */
    from_deg: Type.Number({ minimum: 0, maximum: 360 }),
    speed_mps: Type.Number({ minimum: 0.2, maximum: 40 }),
  },
  closed,
);
export type WindEntry = Static<typeof WindEntry>;

const seconds = (normal: number) => Type.Number({ minimum: 1, maximum: 86_400, default: normal });

/** What the city calls an incident of trucks and stations: the base of the truth. */
export const TelemetryPolicy = Type.Object(
  {
    dust_window_s: seconds(900),
    dust_limit_ug_m3: Type.Number({ minimum: 0, default: 150 }),
    /** Of stations within a zone of kind `sensitive`. */
    dust_sensitive_limit_ug_m3: Type.Number({ minimum: 0, default: 100 }),
    noise_window_s: seconds(1_200),
    noise_day_dba: Type.Number({ minimum: 0, default: 70 }),
    noise_night_dba: Type.Number({ minimum: 0, default: 55 }),
    /** Hours of the day within which the day's limit holds. */
    day: Type.Tuple([HourOfDay, HourOfDay], { default: ['06:00', '22:00'] }),
    /** Share of the limit (dust), or dB (noise), below which an exceedance is over. */
    dust_clear_share: Type.Number({ minimum: 0.1, maximum: 1, default: 0.8 }),
    noise_clear_db: Type.Number({ minimum: 0, maximum: 20, default: 2 }),
    /** A truck that stands so long outside every permitted zone. */
    stop_s: seconds(600),
    zone_margin_m: Type.Number({ minimum: 0, maximum: 500, default: 20 }),
    permitted_zone_kinds: Type.Array(Type.String(), {
      default: ['site', 'disposal', 'depot', 'parking', 'service'],
    }),
    /** A truck that drives uncovered and loaded so long. */
    uncovered_s: seconds(30),
    restricted_zone_kinds: Type.Array(Type.String(), { default: ['restricted', 'no-trucks'] }),
    /** So far from every way between its sites a truck is off its route. */
    off_route_m: Type.Number({ minimum: 10, maximum: 5_000, default: 150 }),
    overspeed_share: Type.Number({ minimum: 1, maximum: 3, default: 1.2 }),
    overspeed_s: seconds(10),
    offline_s: seconds(300),
    flatline_s: seconds(1_800),
    /** A dust station that is off by so much in the end, having come there slowly. */
    drift_ug_m3: Type.Number({ minimum: 0, default: 40 }),
    drift_rate_max_ug_m3_h: Type.Number({ minimum: 0, default: 180 }),
    position_lost_s: seconds(120),
  },
  { ...closed, default: {} },
);
export type TelemetryPolicy = Static<typeof TelemetryPolicy>;
