import Type, { type Static } from 'typebox';
import { COORDINATE_SYSTEMS, DEVICE_ID_PATTERN, DEVICE_KINDS } from '../domain/device.ts';
import { FUSION_DEFAULT, FusionConfig } from '../domain/fusion-config.ts';
import { PARTICULATE_UNITS } from '../domain/hj212-station.ts';
import { ROLES } from '../domain/role.ts';
import { HJ212_NAME_PATTERN } from '../domain/unknown-device.ts';
import { ROAD_CLASSES } from '../domain/zone.ts';
import { ExternalMqttFile } from './external-mqtt.ts';
import { Jt808Identity, Jt808Listener, Jt808Settings } from './jt808-schema.ts';
import { Hj212Listener, HttpListener, MqttListener, MqttsListener, OpenMqtt, Tls } from './listen-schema.ts';
import { MQTT_LIMIT_KEYS } from './mqtt-limits-schema.ts';

const closed = { additionalProperties: false } as const;

/** How a station shows itself over HJ 212, and in what it gives particulates. */
const Hj212Identity = Type.Object(
  {
    mn: Type.String({ pattern: HJ212_NAME_PATTERN }),
    pw: Type.Optional(Type.String({ pattern: HJ212_NAME_PATTERN })),
    particulate_unit: Type.Enum(PARTICULATE_UNITS),
  },
  closed,
);

const Longitude = Type.Number({ minimum: -180, maximum: 180 });
const Latitude = Type.Number({ minimum: -90, maximum: 90 });

const Hours = Type.Object(
  {
    days: Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), { minItems: 1 })),
    from: Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' }),
    to: Type.String({ pattern: '^(([01]\\d|2[0-3]):[0-5]\\d|24:00)$' }),
  },
  closed,
);

/** Parts of a picture: left, top, right, bottom. */
const PictureParts = Type.Array(
  Type.Array(Type.Number({ minimum: 0, maximum: 1 }), { minItems: 4, maxItems: 4 }),
  { minItems: 1, maxItems: 16 },
);
const PicturePoint = Type.Array(Type.Number({ minimum: 0, maximum: 1 }), { minItems: 2, maxItems: 2 });

const CameraZone = Type.Object(
  {
    id: Type.String({ pattern: DEVICE_ID_PATTERN }),
    kind: Type.String({ minLength: 1 }),
    road_class: Type.Enum(ROAD_CLASSES),
    polygon: Type.Array(PicturePoint, { minItems: 3, maxItems: 100 }),
    hours: Type.Optional(Type.Array(Hours)),
    lon: Type.Optional(Longitude),
    lat: Type.Optional(Latitude),
    street: Type.Optional(Type.String()),
    grid_code: Type.Optional(Type.String({ pattern: '^\\d{14,15}$' })),
  },
  closed,
);

const Camera = Type.Object(
  {
    id: Type.String({ pattern: DEVICE_ID_PATTERN }),
    name: Type.Optional(Type.String()),
    url: Type.Optional(Type.String({ minLength: 1 })),
    transport: Type.Enum(['tcp', 'udp'], { default: 'tcp' }),
    bearing_deg: Type.Optional(Type.Number({ minimum: 0, exclusiveMaximum: 360 })),
    patrol_interval_s: Type.Number({ minimum: 0.1, maximum: 3600, default: 2 }),
    stall_timeout_s: Type.Number({ minimum: 2, maximum: 600, default: 30 }),
    onvif: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
    models: Type.Array(Type.String({ pattern: DEVICE_ID_PATTERN }), { minItems: 1, maxItems: 8 }),
    regions: Type.Optional(
      Type.Union([PictureParts, Type.Record(Type.String({ pattern: DEVICE_ID_PATTERN }), PictureParts)]),
    ),
    masks: Type.Optional(
      Type.Array(Type.Array(PicturePoint, { minItems: 3, maxItems: 100 }), { minItems: 1, maxItems: 32 }),
    ),
    lon: Longitude,
    lat: Latitude,
    street: Type.Optional(Type.String()),
    grid_code: Type.Optional(Type.String({ pattern: '^\\d{14,15}$' })),
    zones: Type.Array(CameraZone, { maxItems: 50, default: [] }),
  },
  closed,
);

const FixedDevice = Type.Object(
  {
    id: Type.String({ pattern: DEVICE_ID_PATTERN }),
    kind: Type.Enum(DEVICE_KINDS),
    name: Type.Optional(Type.String()),
    lon: Type.Optional(Longitude),
    lat: Type.Optional(Latitude),
    street: Type.Optional(Type.String()),
    grid_code: Type.Optional(Type.String({ pattern: '^\\d{14,15}$' })),
    plate: Type.Optional(Type.String({ maxLength: 16 })),
    crs: Type.Optional(Type.Enum(COORDINATE_SYSTEMS)),
    expected_interval_s: Type.Optional(Type.Number({ minimum: 1, maximum: 7 * 86_400 })),
    hj212: Type.Optional(Hj212Identity),
    jt808: Type.Optional(Jt808Identity),
  },
  closed,
);

/** `config/xuncheng.yaml`; the commented file of that name is the reference for people. */
export const ConfigFile = Type.Object(
  {
    name: Type.String({ default: 'xuncheng', pattern: '^[A-Za-z0-9._-]{1,64}$' }),
    time_zone: Type.String({ default: 'Asia/Shanghai' }),
    log_level: Type.Enum(['debug', 'info', 'warn', 'error'], { default: 'info' }),
    listen: Type.Object(
      {
        http: HttpListener,
        mqtt: MqttListener,
        mqtts: Type.Optional(MqttsListener),
        hj212: Type.Optional(Hj212Listener),
        jt808: Type.Optional(Jt808Listener),
      },
      { ...closed, default: {} },
    ),
    tls: Type.Optional(Tls),
    open_mqtt: Type.Optional(OpenMqtt),
    external_mqtt: Type.Optional(ExternalMqttFile),
    limits: Type.Object(
      {
        ...MQTT_LIMIT_KEYS,
        hj212_connections_max: Type.Integer({ minimum: 1, default: 5000 }),
        jt808_connections_max: Type.Integer({ minimum: 1, default: 20_000 }),
        http_body_bytes_max: Type.Integer({ minimum: 1024, default: 4 * 1024 * 1024 }),
        quarantine_rows_max: Type.Integer({ minimum: 1, default: 100_000 }),
        quarantine_payload_bytes_max: Type.Integer({ minimum: 0, default: 4096 }),
        coverage_gaps_max: Type.Integer({ minimum: 1000, default: 1_000_000 }),
        pending_devices_max: Type.Integer({ minimum: 1, maximum: 100_000, default: 1000 }),
        frame_spool_mb_max: Type.Integer({ minimum: 10, default: 2048 }),
        evidence_mb_max: Type.Integer({ minimum: 10, default: 20_480 }),
        live_viewers_max: Type.Integer({ minimum: 0, maximum: 10_000, default: 50 }),
        live_encodings_max: Type.Integer({ minimum: 0, maximum: 64, default: 2 }),
        terminal_media_mb_max: Type.Integer({ minimum: 10, default: 2048 }),
      },
      { ...closed, default: {} },
    ),
    journal: Type.Object(
      {
        lateness_ms: Type.Integer({ minimum: 0, maximum: 3_600_000, default: 2000 }),
        backlog_s: Type.Integer({ minimum: 0, maximum: 86_400, default: 3600 }),
        tick_ms: Type.Integer({ minimum: 100, maximum: 60_000, default: 1000 }),
        retention_hours: Type.Integer({ minimum: 1, default: 24 * 30 }),
      },
      { ...closed, default: {} },
    ),
    series: Type.Object(
      { retention_days: Type.Integer({ minimum: 1, maximum: 36_500, default: 3650 }) },
      { ...closed, default: {} },
    ),
    coverage: Type.Object(
      { retention_days: Type.Integer({ minimum: 1, maximum: 36_500, default: 400 }) },
      { ...closed, default: {} },
    ),
    vision: Type.Object(
      {
        models_dir: Type.String({ default: '../models' }),
        workers: Type.Integer({ minimum: 1, maximum: 64, default: 1 }),
        threads: Type.Integer({ minimum: 1, maximum: 64, default: 1 }),
        models: Type.Record(
          Type.String(),
          Type.Object(
            {
              threads: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
              execution_provider: Type.Optional(Type.Enum(['cpu', 'cuda'])),
              required: Type.Optional(Type.Boolean()),
            },
            closed,
          ),
          { default: {} },
        ),
        shadow: Type.Array(
          Type.Object(
            {
              model: Type.String({ pattern: DEVICE_ID_PATTERN }),
              active: Type.String({ pattern: DEVICE_ID_PATTERN }),
              share: Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.25 }),
              cameras: Type.Optional(
                Type.Array(Type.String({ pattern: DEVICE_ID_PATTERN }), { minItems: 1 }),
              ),
            },
            closed,
          ),
          { maxItems: 8, default: [] },
        ),
        allow_files: Type.Boolean({ default: false }),
        refresh_s: Type.Number({ minimum: 0, maximum: 3600, default: 30 }),
        clock_check_s: Type.Number({ minimum: 1, maximum: 86_400, default: 600 }),
        ring: Type.Object(
          {
            seconds: Type.Integer({ minimum: 0, maximum: 3600, default: 60 }),
            mb_max: Type.Integer({ minimum: 1, default: 64 }),
            held_mb_max: Type.Integer({ minimum: 0, default: 128 }),
          },
          { ...closed, default: {} },
        ),
        gone_wait_s: Type.Integer({ minimum: 0, maximum: 30 * 86_400, default: 3600 }),
        focus: Type.Object(
          {
            enabled: Type.Boolean({ default: true }),
            before_s: Type.Number({ minimum: 0, maximum: 600, default: 30 }),
            after_s: Type.Number({ minimum: 1, maximum: 600, default: 20 }),
            fps: Type.Number({ minimum: 0, maximum: 60, default: 5 }),
            holds_max: Type.Integer({ minimum: 1, maximum: 1000, default: 8 }),
            hold_s: Type.Integer({ minimum: 1, maximum: 86_400, default: 1800 }),
            concurrent: Type.Integer({ minimum: 1, maximum: 64, default: 1 }),
            waiting_max: Type.Integer({ minimum: 1, maximum: 10_000, default: 20 }),
            wait_s: Type.Integer({ minimum: 1, maximum: 86_400, default: 600 }),
            budget_s: Type.Integer({ minimum: 1, maximum: 180, default: 60 }),
          },
          { ...closed, default: {} },
        ),
      },
      { ...closed, default: {} },
    ),
    privacy: Type.Object(
      {
        blur: Type.Optional(
          Type.Object(
            {
              originals: Type.Enum(ROLES, { default: 'operator' }),
              models: Type.Array(Type.String({ pattern: DEVICE_ID_PATTERN }), { maxItems: 4, default: [] }),
              people: Type.Array(Type.String(), { default: ['person'] }),
              vehicles: Type.Array(Type.String(), {
                default: ['car', 'truck', 'muck-truck', 'bus', 'two-wheeler', 'tricycle'],
              }),
            },
            closed,
          ),
        ),
      },
      { ...closed, default: {} },
    ),
    zones: Type.Optional(Type.String()),
    routes: Type.Optional(Type.String()),
    rules: Type.String({ default: 'rules.yaml' }),
    fusion: Type.Array(FusionConfig, { maxItems: 100, default: [...FUSION_DEFAULT] }),
    catalogue: Type.Object(
      {
        file: Type.String({ default: 'catalogue.yaml' }),
        scheme: Type.String({ minLength: 1, default: 'gbt30428.2-2013-partial' }),
      },
      { ...closed, default: {} },
    ),
    jt808: Jt808Settings,
    devices: Type.Array(FixedDevice, { maxItems: 100_000, default: [] }),
    cameras: Type.Array(Camera, { maxItems: 10_000, default: [] }),
    influxdb: Type.Optional(
      Type.Object(
        {
          url: Type.String({ pattern: '^https?://' }),
          token: Type.String(),
          org: Type.String(),
          bucket: Type.String(),
          batch_max: Type.Integer({ minimum: 1, maximum: 50_000, default: 5000 }),
          waits_hours_max: Type.Integer({ minimum: 1, maximum: 8784, default: 168 }),
        },
        closed,
      ),
    ),
  },
  closed,
);
export type ConfigFile = Static<typeof ConfigFile>;

/** Zones on the map as GeoJSON (RFC 7946); positions are WGS-84 longitude, latitude. */
export const ZonesFile = Type.Object({
  type: Type.Literal('FeatureCollection'),
  features: Type.Array(
    Type.Object({
      type: Type.Literal('Feature'),
      properties: Type.Object({
        id: Type.String({ pattern: DEVICE_ID_PATTERN }),
        kind: Type.String({ minLength: 1 }),
        name: Type.Optional(Type.String()),
        road_class: Type.Optional(Type.Enum(ROAD_CLASSES)),
        hours: Type.Optional(Type.Array(Hours)),
        street: Type.Optional(Type.String()),
        grid_code: Type.Optional(Type.String()),
      }),
      geometry: Type.Object({
        type: Type.Literal('Polygon'),
        coordinates: Type.Array(
          Type.Array(Type.Array(Type.Number(), { minItems: 2, maxItems: 3 }), {
            minItems: 4,
            maxItems: 10_000,
          }),
          { minItems: 1, maxItems: 100 },
        ),
      }),
    }),
    { maxItems: 100_000 },
  ),
});
export type ZonesFile = Static<typeof ZonesFile>;
