import Type, { type Static } from 'typebox';
import { DEVICE_KINDS } from './device.ts';
import { common, DAY_S, ID_PATTERN, seconds, severity, UPDATE_TEXT } from './rule-parts.ts';

/** By what devices that fall silent together are found to belong together. */
export const OUTAGE_GROUPS = ['all', 'protocol', 'grid', 'street'] as const;
export type OutageGroup = (typeof OUTAGE_GROUPS)[number];

/** Trucks, stations and cameras from which nothing comes any more. */
export const DeviceOfflineConfig = Type.Object(
  {
    kind: Type.Literal('device-offline'),
    ...common,
    update_s: seconds(3600, UPDATE_TEXT),
    give_up_s: seconds(7 * DAY_S, 'a device that was silent for so long is forgotten and its incident ended'),
    device_kinds: Type.Array(Type.Enum(DEVICE_KINDS), {
      minItems: 1,
      description: 'whose devices are watched',
    }),
    after_s: seconds(300, 'silent for so long …'),
    intervals: Type.Number({
      minimum: 1,
      maximum: 1000,
      default: 5,
      description: '… and for so many of its usual intervals',
    }),
    expected_interval_s: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 31 * DAY_S,
        description: "left out: the device's own expected_interval_s, or else it is learnt",
      }),
    ),
    clear_s: seconds(60, 'heard again for so long, it is back'),
    parked_s: seconds(3 * DAY_S, 'a truck that last said that its ignition is off may be silent for so long'),
    severity: severity(2),
    outage: Type.Object(
      {
        enabled: Type.Boolean({ default: true }),
        type: Type.String({ pattern: ID_PATTERN, default: 'device-offline' }),
        by: Type.Array(Type.Enum([...OUTAGE_GROUPS]), {
          default: [...OUTAGE_GROUPS],
          minItems: 1,
          maxItems: OUTAGE_GROUPS.length,
          description:
            'tried in this order: all of the kind, those of a protocol, of a grid cell, of a street',
        }),
        min_count: Type.Integer({ minimum: 2, maximum: 100_000, default: 5 }),
        min_share: Type.Number({
          minimum: 0.01,
          maximum: 1,
          default: 0.4,
          description: 'of those that were heard until then',
        }),
        window_s: seconds(120, 'their silences began no further apart'),
        settle_s: seconds(180, 'once most are back, those that still stay away get an incident of their own'),
        severity: severity(3),
      },
      { default: {}, additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
export type DeviceOfflineConfig = Static<typeof DeviceOfflineConfig>;
