import Type, { type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import Value from 'typebox/value';
import { COORDINATE_SYSTEMS, DEVICE_ID_PATTERN, DEVICE_KINDS } from '../domain/device.ts';
import { DATA_FLAGS, GATEWAY_DEVICE_ID, type Observation } from '../domain/observation.ts';
import { PICTURE_CELLS } from '../domain/picture.ts';
import { Suppression } from '../domain/suppression.ts';
import { condenseErrors } from '../runtime/schema-errors.ts';

/** Of base64, without its padding. */
const CELLS_CHARS = Math.ceil((PICTURE_CELLS.columns * PICTURE_CELLS.rows * 4) / 3);

const Time_ms = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 });
const DeviceId = Type.String({ pattern: DEVICE_ID_PATTERN });
const Word = Type.String({ maxLength: 256 });
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Share = Type.Number({ minimum: -1, maximum: 2 });
const Pixels = Type.Integer({ minimum: 1, maximum: 65_535 });
const observed = {
  deviceId: DeviceId,
  at_ms: Time_ms,
  received_ms: Time_ms,
  extra: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
};
const Lon = Type.Number({ minimum: -180, maximum: 180 });
const Lat = Type.Number({ minimum: -90, maximum: 90 });
const Amount = Type.Optional(Type.Number());
/** A level of brightness. */
const Level = Type.Number({ minimum: 0, maximum: 255 });
/** A byte for each cell of a picture. */
const Cells = Type.String({ pattern: `^[A-Za-z0-9+/]{${CELLS_CHARS}}={0,2}$` });
const Frame = Type.Object({
  key_sha256: Type.Optional(Type.String()),
  path: Type.String({ maxLength: 300 }),
  sha256: Sha256,
  width_px: Pixels,
  height_px: Pixels,
});

const Boxes = Type.Array(
  Type.Object({
    class: Word,
    label: Word,
    score: Type.Number(),
    box: Type.Tuple([Share, Share, Share, Share]),
  }),
  { maxItems: 5000 },
);

/** By kind, what a line must have. A later version may add fields; they are kept. */
const SCHEMAS: Readonly<Record<Observation['kind'], TSchema>> = {
  position: Type.Object({
    ...observed,
    lon: Lon,
    lat: Lat,
    given: Type.Optional(
      Type.Object({ crs: Type.Enum(COORDINATE_SYSTEMS), lon: Type.Number(), lat: Type.Number() }),
    ),
    speed_kmh: Amount,
    heading_deg: Amount,
    altitude_m: Amount,
    satellites: Amount,
    acc: Type.Optional(Type.Boolean()),
    load: Type.Optional(Type.Enum(['empty', 'half', 'full'])),
    lift: Type.Optional(Type.Boolean()),
    cover: Type.Optional(Type.Enum(['closed', 'open'])),
    mileage_km: Amount,
    alarms: Type.Optional(Type.Array(Word, { maxItems: 256 })),
  }),
  reading: Type.Object({
    ...observed,
    deviceKind: Type.Enum(['dust', 'noise']),
    metrics: Type.Record(Type.String(), Type.Number()),
    flag: Type.Optional(Type.Enum(DATA_FLAGS)),
  }),
  status: Type.Object({
    ...observed,
    deviceKind: Type.Enum(DEVICE_KINDS),
    online: Type.Boolean(),
    battery_pct: Amount,
    rssi_dbm: Amount,
    firmware: Type.Optional(Type.String({ maxLength: 4096 })),
    revoked: Type.Optional(Type.Literal(true)),
  }),
  snapshot: Type.Object({ ...observed, frame: Frame }),
  detections: Type.Object({
    ...observed,
    model: Type.Object({ id: Word, sha256: Type.String({ maxLength: 128 }) }),
    detections: Boxes,
    weak: Type.Optional(Boxes),
    frame: Type.Optional(Frame),
    unchanged: Type.Optional(Type.Literal(true)),
    skipped: Type.Optional(Type.Integer({ minimum: 1 })),
  }),
  picture: Type.Object({
    ...observed,
    picture: Type.Object({
      luma_mean: Level,
      luma_std: Level,
      luma_p99: Level,
      detail: Level,
      sharpness: Type.Number({ minimum: 0, maximum: 1 }),
      grid: Cells,
      texture: Cells,
      since: Type.Optional(
        Type.Object({
          elapsed_ms: Type.Integer({ minimum: 0 }),
          noise: Level,
          changed_share: Type.Number({ minimum: 0, maximum: 1 }),
        }),
      ),
    }),
    clock_ahead_ms: Type.Optional(Type.Integer()),
    frame: Type.Optional(Frame),
  }),
  clock: Type.Object({ ...observed, ahead_ms: Type.Integer() }),
  suppression: Type.Object({
    ...observed,
    action: Type.Enum(['add', 'remove']),
    place: Suppression,
    by: Word,
  }),
  tick: Type.Object({ ...observed, deviceId: Type.Literal(GATEWAY_DEVICE_ID) }),
};

const VALIDATORS = Object.fromEntries(
  Object.entries(SCHEMAS).map(([kind, schema]) => [kind, Compile(schema)]),
) as Readonly<Record<Observation['kind'], ReturnType<typeof Compile>>>;

/** A line of `observations.ndjson.gz` as an observation, or in words why it is none. */
export function parseObservation(line: string): Observation | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `not JSON: ${(error as Error).message}`;
  }
  if (value === null || typeof value !== 'object') return 'not an object';
  const { kind } = value as { kind?: unknown };
  if (typeof kind !== 'string' || !Object.hasOwn(SCHEMAS, kind)) {
    return `kind: must be one of ${Object.keys(SCHEMAS).join(', ')}`;
  }
  const known = kind as Observation['kind'];
  if (VALIDATORS[known].Check(value)) return value as Observation;
  const [first] = condenseErrors(Value.Errors(SCHEMAS[known], value), value);
  return `${first?.path.join('.') ?? ''}: ${first?.message ?? 'wrong'}`;
}
