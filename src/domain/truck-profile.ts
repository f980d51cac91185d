import Type, { type Static } from 'typebox';

/**
 * Where makers of terminals put what JT/T 808 has no field for: whether the body is raised, the cover open, the
 * truck loaded. No two agree, so each is data that a device's configuration names.
 */

const closed = { additionalProperties: false } as const;
const BitNumber = Type.Integer({ minimum: 0, maximum: 31 });
const Values = Type.Array(Type.Integer({ minimum: 0, maximum: 0xffff_ffff }), { minItems: 1, maxItems: 64 });

/** Where a number stands: the status or alarm DWORD of a location, or some bytes of one of its items. */
const SignalSource = Type.Union(
  [
    Type.Literal('status'),
    Type.Literal('alarm'),
    Type.Object(
      {
        item: Type.Integer({ minimum: 0, maximum: 255 }),
        offset: Type.Integer({ minimum: 0, maximum: 254, default: 0 }),
        bytes: Type.Integer({ minimum: 1, maximum: 4, default: 1 }),
      },
      closed,
    ),
  ],
  { description: 'status, alarm, or { item, offset, bytes }' },
);
export type SignalSource = Static<typeof SignalSource>;

const signal = {
  in: SignalSource,
  /** Bits that make the value, the most significant first; left out, the whole number. */
  bits: Type.Optional(Type.Array(BitNumber, { minItems: 1, maxItems: 32 })),
  /** The value counts only where every one of these bits of the same number is as said: a sensor that is there. */
  only_if: Type.Optional(
    Type.Array(Type.Object({ bit: BitNumber, is: Type.Integer({ minimum: 0, maximum: 1 }) }, closed), {
      minItems: 1,
      maxItems: 8,
    }),
  ),
};

/** One maker's way to tell the state of a truck. A value that is listed nowhere means: not known. */
export const TruckProfile = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }),
    note: Type.Optional(Type.String({ maxLength: 500 })),
    cover: Type.Optional(Type.Object({ ...signal, closed: Values, open: Values }, closed)),
    lift: Type.Optional(Type.Object({ ...signal, lowered: Values, raised: Values }, closed)),
    load: Type.Optional(
      Type.Object({ ...signal, empty: Values, half: Type.Optional(Values), full: Values }, closed),
    ),
    /** Bits that are alarms of this maker, by the name that they get. */
    alarms: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,47}$' }),
            in: SignalSource,
            bit: BitNumber,
            is: Type.Integer({ minimum: 0, maximum: 1, default: 1 }),
          },
          closed,
        ),
        { maxItems: 32 },
      ),
    ),
  },
  closed,
);
export type TruckProfile = Static<typeof TruckProfile>;

/** A file of profiles. */
export const TruckProfilesFile = Type.Array(TruckProfile, { maxItems: 200 });

/** What the standard itself has (JT/T 808-2013, table 18): the load in bits 8 and 9 of the status. */
export const STANDARD_TRUCK_PROFILE: TruckProfile = {
  id: 'standard',
  load: { in: 'status', bits: [9, 8], empty: [0], half: [1], full: [3] },
};
