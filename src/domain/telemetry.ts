import Type, { type Static } from 'typebox';
import { COORDINATE_SYSTEMS } from './device.ts';
import { DATA_FLAGS } from './observation.ts';

/** ISO 8601 with offset, or epoch milliseconds; what `parseAt_ms` reads. */
export const EventTime = Type.Union([Type.String({ maxLength: 40 }), Type.Number()], {
  description: 'ISO 8601 with offset, or epoch milliseconds',
});

const FLAG = Type.Optional(
  Type.Enum(DATA_FLAGS, { description: 'HJ 212 data flag; only N counts toward an exceedance' }),
);

/** A number within what the physical world and a working sensor can give. */
function quantity(minimum: number, maximum: number) {
  return Type.Optional(Type.Number({ minimum, maximum }));
}

/** `xc/v1/truck/ID/position`. */
export const PositionPayload = Type.Object({
  at: EventTime,
  lon: Type.Number({ minimum: -180, maximum: 180 }),
  lat: Type.Number({ minimum: -90, maximum: 90 }),
  crs: Type.Optional(Type.Enum(COORDINATE_SYSTEMS)),
  speed_kmh: quantity(0, 400),
  heading_deg: quantity(0, 360),
  altitude_m: quantity(-1000, 10_000),
  satellites: Type.Optional(Type.Integer({ minimum: 0, maximum: 200 })),
  acc: Type.Optional(Type.Boolean()),
  load: Type.Optional(Type.Union([Type.Literal('empty'), Type.Literal('half'), Type.Literal('full')])),
  lift: Type.Optional(Type.Boolean()),
  cover: Type.Optional(Type.Union([Type.Literal('closed'), Type.Literal('open')])),
  mileage_km: quantity(0, 100_000_000),
  alarms: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 64 })),
});
export type PositionPayload = Static<typeof PositionPayload>;

/** `xc/v1/dust/ID/reading`. */
export const DustPayload = Type.Object({
  at: EventTime,
  pm10_ug_m3: quantity(0, 100_000),
  pm25_ug_m3: quantity(0, 100_000),
  tsp_ug_m3: quantity(0, 100_000),
  temperature_c: quantity(-80, 100),
  humidity_pct: quantity(0, 100),
  pressure_kpa: quantity(30, 120),
  wind_speed_mps: quantity(0, 120),
  wind_direction_deg: quantity(0, 360),
  flag: FLAG,
});
export type DustPayload = Static<typeof DustPayload>;

/** `xc/v1/noise/ID/reading`. */
export const NoisePayload = Type.Object({
  at: EventTime,
  leq_dba: quantity(0, 200),
  lmax_dba: quantity(0, 200),
  l10_dba: quantity(0, 200),
  l50_dba: quantity(0, 200),
  l90_dba: quantity(0, 200),
  flag: FLAG,
});
export type NoisePayload = Static<typeof NoisePayload>;

/** `xc/v1/<kind>/ID/status`. */
export const StatusPayload = Type.Object({
  at: EventTime,
  online: Type.Boolean(),
  battery_pct: quantity(0, 100),
  rssi_dbm: quantity(-200, 100),
  firmware: Type.Optional(Type.String({ maxLength: 128 })),
});
export type StatusPayload = Static<typeof StatusPayload>;

/** Metrics of a dust station's reading, in the order of the contract. */
export const DUST_METRICS = [
  'pm10_ug_m3',
  'pm25_ug_m3',
  'tsp_ug_m3',
  'temperature_c',
  'humidity_pct',
  'pressure_kpa',
  'wind_speed_mps',
  'wind_direction_deg',
] as const satisfies readonly (keyof DustPayload)[];

/** Metrics of a noise station's reading, in the order of the contract. */
export const NOISE_METRICS = [
  'leq_dba',
  'lmax_dba',
  'l10_dba',
  'l50_dba',
  'l90_dba',
] as const satisfies readonly (keyof NoisePayload)[];
