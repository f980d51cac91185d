import Type, { type Static } from 'typebox';
import { common, HOUR_PATTERN, ID_PATTERN, seconds, severity, UPDATE_TEXT } from './rule-parts.ts';

/** Trucks that stand, lift or lose their load where they must not. */
export const TruckStopConfig = Type.Object(
  {
    kind: Type.Literal('truck-stop'),
    id: common.id,
    enabled: common.enabled,
    update_s: seconds(300, UPDATE_TEXT),
    give_up_s: common.give_up_s,
    permitted_zone_kinds: Type.Array(Type.String(), {
      default: ['site', 'disposal', 'depot', 'parking', 'service'],
      description: 'kinds of map zone in which trucks may stand and unload',
    }),
    zone_margin_m: Type.Number({
      minimum: 0,
      maximum: 500,
      default: 20,
      description: 'so near to a permitted zone counts as inside: positions are that uncertain',
    }),
    radius_m: Type.Number({ minimum: 5, maximum: 1000, default: 50 }),
    jump_speed_kmh: Type.Number({
      minimum: 50,
      default: 200,
      description: 'a position that would need more is rejected and counted',
    }),
    max_gap_s: seconds(1800, 'a stand is not assumed to have lasted through a longer silence'),
    silent_s: seconds(300, 'without a position for so long, the truck counts as missing'),
    night: Type.Object(
      {
        from: Type.String({ pattern: HOUR_PATTERN, default: '22:00' }),
        to: Type.String({ pattern: HOUR_PATTERN, default: '06:00' }),
      },
      { default: {}, additionalProperties: false },
    ),
    stop: Type.Object(
      {
        type: Type.String({ pattern: ID_PATTERN, default: 'truck-suspicious-stop' }),
        speed_max_kmh: Type.Number({ minimum: 0, default: 3 }),
        dwell_s: seconds(600, 'standing longer outside every permitted zone is suspicious'),
        severity_day: severity(1),
        severity_night: severity(2),
        loaded_step: Type.Integer({ minimum: 0, maximum: 3, default: 1, description: 'added when loaded' }),
      },
      { default: {}, additionalProperties: false },
    ),
    dumping: Type.Object(
      {
        type: Type.String({ pattern: ID_PATTERN, default: 'illegal-dumping' }),
        speed_max_kmh: Type.Number({
          minimum: 0,
          default: 5,
          description: 'trucks creep forward while they tip',
        }),
        confirm_fixes: Type.Integer({ minimum: 1, maximum: 100, default: 2 }),
        confirm_s: seconds(3, 'lifted or empty in so many positions in a row and for so long: not a flicker'),
        load_gap_s: seconds(600, 'loaded at most so long ago, an empty truck has lost its load here'),
        lift_drive_kmh: Type.Number({
          minimum: 5,
          default: 30,
          description: 'lifted at this speed is a stuck sensor: not believed until seen lowered',
        }),
        severity: severity(3),
        severity_confirmed: severity(4),
      },
      { default: {}, additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
export type TruckStopConfig = Static<typeof TruckStopConfig>;
