import Type, { type Static, type TProperties } from 'typebox';
import { common, Hours, ID_PATTERN, names, seconds, severity, UPDATE_TEXT } from './rule-parts.ts';

const SpeedLimit = Type.Object(
  {
    limit_kmh: Type.Number({ exclusiveMinimum: 0, maximum: 200 }),
    zone_kinds: Type.Optional(names('kinds of map zone in which it holds; absent: everywhere')),
    hours: Type.Optional(Type.Array(Hours, { minItems: 1, description: 'absent: always' })),
  },
  { additionalProperties: false },
);

const kinds = (fallback: string[], description: string) =>
  Type.Array(Type.String(), { default: fallback, description });

/** One conduct: what every one of them has, and its own keys. */
const part = <P extends TProperties>(type: string, hold_s: number, clear_s: number, level: number, own: P) =>
  Type.Object(
    {
      enabled: Type.Boolean({ default: true }),
      type: Type.String({ pattern: ID_PATTERN, default: type }),
      hold_s: seconds(hold_s, 'it must have been so for so long in all'),
      clear_s: seconds(clear_s, 'not so for so long, it is over'),
      severity: severity(level),
      ...own,
    },
    { default: {}, additionalProperties: false },
  );

/** Trucks that drive uncovered, too fast, where they may not, or off their routes. */
export const TruckConductConfig = Type.Object(
  {
    kind: Type.Literal('truck-conduct'),
    id: common.id,
    enabled: common.enabled,
    update_s: seconds(300, UPDATE_TEXT),
    give_up_s: common.give_up_s,
    jump_speed_kmh: Type.Number({ minimum: 50, default: 200 }),
    max_gap_s: seconds(60, 'of the time between two positions, at most so much counts'),
    silent_s: seconds(300, 'without a position for so long, the truck counts as missing'),
    uncovered: part('truck-uncovered-load', 30, 120, 2, {
      speed_min_kmh: Type.Number({
        minimum: 0,
        maximum: 200,
        default: 5,
        description: 'slower is no driving',
      }),
      exempt_zone_kinds: kinds(
        ['site', 'disposal', 'depot', 'parking', 'service'],
        'kinds of map zone in which it is allowed',
      ),
      zone_margin_m: Type.Number({ minimum: 0, maximum: 500, default: 20 }),
    }),
    overspeed: part('truck-overspeed', 10, 30, 2, {
      limits: Type.Array(SpeedLimit, {
        default: [],
        maxItems: 100,
        description: 'the first that applies is taken; where none does, nothing is too fast',
      }),
      over_share: Type.Number({
        minimum: 1,
        maximum: 3,
        default: 1.2,
        description: 'counts above this share of it',
      }),
    }),
    restricted: part('truck-restricted-area', 5, 60, 3, {
      zone_kinds: kinds(
        ['restricted', 'no-trucks'],
        'kinds of map zone that are closed to trucks, in their hours',
      ),
    }),
    off_route: part('truck-off-route', 10, 120, 2, {
      margin_m: Type.Number({
        minimum: 10,
        maximum: 5000,
        default: 150,
        description: 'farther from every route of its own it has left them',
      }),
      speed_min_kmh: Type.Number({
        minimum: 0,
        maximum: 200,
        default: 5,
        description: 'slower is no driving',
      }),
      exempt_zone_kinds: kinds(
        ['site', 'disposal', 'depot', 'parking', 'service'],
        "kinds of map zone that lie on everybody's way",
      ),
      zone_margin_m: Type.Number({ minimum: 0, maximum: 500, default: 20 }),
    }),
  },
  { additionalProperties: false },
);
export type TruckConductConfig = Static<typeof TruckConductConfig>;
