import Type, { type Static } from 'typebox';

const names = (description: string, fallback?: string[]) =>
  Type.Array(Type.String({ minLength: 1 }), {
    minItems: 1,
    maxItems: 100,
    description,
    ...(fallback === undefined ? {} : { default: fallback }),
  });
const seconds = (fallback: number, description: string) =>
  Type.Number({ minimum: 0, maximum: 86_400, default: fallback, description });

/** Things that were not there before and stay when whoever was there has left. */
export const LeftBehindConfig = Type.Object(
  {
    kind: Type.Literal('left-behind'),
    id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }),
    enabled: Type.Boolean({ default: true }),
    type: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$', default: 'illegal-dumping' }),
    zone_kinds: names('kinds of camera zone in which the rule is in force'),
    things: names('classes of what is left behind'),
    actors: names('classes of who leaves it'),
    not_at: Type.Array(Type.String(), {
      default: [],
      description: 'classes beside which it may be left, or appears by itself: bins',
    }),
    min_score: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.4,
      description: 'a thing that scores less is a weak sighting, as is what the detector calls one',
    }),
    sure_share: Type.Number({
      minimum: 0.05,
      maximum: 1,
      default: 0.2,
      description: 'share of the frames that show it which must do so by more than weak sightings',
    }),
    before_s: seconds(60, 'watched for so long without the thing, its place was empty'),
    left_s: seconds(10, 'nobody of the actors beside it for so long: they have left'),
    stays_s: seconds(30, 'so long after they left it must still be there'),
    stays_vehicle_s: seconds(10, 'the same where one of `vehicles` left it'),
    lookback_s: seconds(60, 'who was beside it so long before it was first seen, or after, may have left it'),
    occupied_share: Type.Number({ minimum: 0.05, maximum: 1, default: 0.35 }),
    reach: Type.Number({
      minimum: 0,
      maximum: 5,
      default: 1,
      description: 'an actor within so many of its own widths, or of the thing, is beside it',
    }),
    place_radius: Type.Number({ minimum: 0.1, maximum: 2, default: 0.75 }),
    clear_s: seconds(120, 'observed without it for so long, it is gone'),
    forget_s: seconds(3600, 'a thing that was hidden for longer is a new one'),
    update_s: seconds(300, 'while it lasts, an update at most so often'),
    give_up_s: seconds(86_400, 'unobserved for so long, it is ended, unverified'),
    severity: Type.Integer({ minimum: 1, maximum: 4, default: 3 }),
    severity_vehicle: Type.Integer({ minimum: 1, maximum: 4, default: 4 }),
    vehicles: Type.Array(Type.String(), {
      default: ['truck', 'muck-truck'],
      description: 'actors that make it severe',
    }),
  },
  { additionalProperties: false },
);
export type LeftBehindConfig = Static<typeof LeftBehindConfig>;
