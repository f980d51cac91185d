import Type, { type Static } from 'typebox';

const closed = { additionalProperties: false } as const;

/** Minutes that a station can average over (HJ 212-2017, 6.6.5). */
const MINUTE_INTERVALS = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30] as const;

/** What a station that speaks HJ 212 can be told or asked. */
export const StationCommand = Type.Union([
  Type.Object({ name: Type.Literal('get-time') }, closed),
  Type.Object(
    {
      name: Type.Literal('set-time'),
      at_ms: Type.Optional(Type.Integer({ minimum: 946_684_800_000, maximum: 4_102_444_799_999 })),
    },
    closed,
  ),
  Type.Object({ name: Type.Literal('get-realtime-interval') }, closed),
  Type.Object(
    {
      name: Type.Literal('set-realtime-interval'),
      interval_s: Type.Integer({ minimum: 30, maximum: 3600 }),
    },
    closed,
  ),
  Type.Object({ name: Type.Literal('get-minute-interval') }, closed),
  Type.Object(
    { name: Type.Literal('set-minute-interval'), interval_min: Type.Enum([...MINUTE_INTERVALS]) },
    closed,
  ),
]);
export type StationCommand = Static<typeof StationCommand>;

/** What a device told, by name. */
export type CommandValues = Readonly<
  Record<string, number | string | readonly number[] | Readonly<Record<string, number | string>>>
>;

/**
 * What became of a command. `values` is what the device told: a station `at_ms`, `interval_s`, `interval_min`; a truck
 * `parameters`, `media_ids`.
 */
export type CommandOutcome =
  | { readonly ok: true; readonly values: CommandValues }
  | {
      readonly ok: false;
      readonly code: 'not-connected' | 'busy' | 'timeout' | 'refused' | 'failed' | 'unsupported';
      readonly message: string;
    };
