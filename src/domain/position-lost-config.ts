import Type, { type Static } from 'typebox';
import { common, ID_PATTERN, seconds, severity, UPDATE_TEXT } from './rule-parts.ts';

/** Trucks that are heard and do not know where they are. */
export const PositionLostConfig = Type.Object(
  {
    kind: Type.Literal('position-lost'),
    id: common.id,
    enabled: common.enabled,
    type: Type.String({ pattern: ID_PATTERN, default: 'position-lost' }),
    after_s: seconds(120, 'without a position for so long'),
    clear_s: seconds(30, 'with positions again for so long, it is over'),
    satellites_min: Type.Integer({
      minimum: 1,
      maximum: 12,
      default: 1,
      description: 'a position by fewer satellites is none; with so many, alarms are not believed',
    }),
    alarms: Type.Array(Type.String({ minLength: 1 }), {
      default: ['gnss-no-fix', 'gnss-fault', 'gnss-antenna-open', 'gnss-antenna-short'],
      maxItems: 50,
      description: 'alarms of a receiver that sees nothing, where the number of satellites is not told',
    }),
    parked_counts: Type.Boolean({
      default: false,
      description: 'also while the ignition is off, as in a garage',
    }),
    update_s: seconds(600, UPDATE_TEXT),
    give_up_s: common.give_up_s,
    severity: severity(2),
  },
  { additionalProperties: false },
);
export type PositionLostConfig = Static<typeof PositionLostConfig>;
