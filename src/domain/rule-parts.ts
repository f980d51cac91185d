import Type, { type TSchema } from 'typebox';

/** Ids of rules and types of incidents. */
export const ID_PATTERN = '^[a-z0-9][a-z0-9-]{0,63}$';
/** Local `HH:MM`, to `24:00`. */
export const HOUR_PATTERN = '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$';
/** Seconds of a day. */
export const DAY_S = 86_400;

/** Hours of some week days. */
export const Hours = Type.Object(
  {
    days: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
        minItems: 1,
        description: 'ISO week days, 1 = Monday; absent: every day',
      }),
    ),
    from: Type.String({ pattern: HOUR_PATTERN, description: 'local HH:MM' }),
    to: Type.String({
      pattern: HOUR_PATTERN,
      description: 'local HH:MM; before `from` it runs past midnight',
    }),
  },
  { additionalProperties: false },
);

/** A duration in seconds, at most a month. */
export const seconds = (fallback: number, description: string) =>
  Type.Number({ minimum: 0, maximum: 31 * DAY_S, default: fallback, description });
/** 1 slight to 4 at once. */
export const severity = (fallback: number) => Type.Integer({ minimum: 1, maximum: 4, default: fallback });
/** A list of names that is not empty. */
export const names = (description: string) =>
  Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 100, description });

/** One value for each class of road; severe on arterials, patient in the lanes. */
export const byRoadClass = <A extends TSchema, S extends TSchema, L extends TSchema>(
  arterial: A,
  secondary: S,
  lane: L,
  description: string,
) => Type.Object({ arterial, secondary, lane }, { default: {}, additionalProperties: false, description });

/** What every kind says of its `update_s`. */
export const UPDATE_TEXT = 'while an incident lasts, an update at most so often';
/** Keys of every kind of rule. */
export const common = {
  id: Type.String({ pattern: ID_PATTERN, description: 'unique; part of every incident id' }),
  enabled: Type.Boolean({ default: true }),
  type: Type.String({ pattern: ID_PATTERN, description: 'type of the incidents that it makes' }),
  update_s: seconds(60, UPDATE_TEXT),
  give_up_s: seconds(DAY_S, 'an incident of which nothing can be observed for so long is ended, unverified'),
};
