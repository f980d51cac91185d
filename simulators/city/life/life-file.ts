import Type, { type Static } from 'typebox';
import { DEVICE_ID_PATTERN } from '../../../src/domain/device.ts';

const closed = { additionalProperties: false };
const Id = Type.String({ pattern: DEVICE_ID_PATTERN });

/** A place beside a road: `at` is put onto the road's line, then moved along it. */
export const RoadSpot = Type.Object(
  {
    road: Id,
    /** A place or zone of the map. */
    at: Type.String({ minLength: 1 }),
    /** Metres further along the road's line; negative: back. */
    along_m: Type.Number({ minimum: -500, maximum: 500, default: 0 }),
    /** As seen along the road's line. */
    side: Type.Enum(['left', 'right']),
    /** Where between the road's middle and the fronts; each kind of thing has its own habit. */
    strip: Type.Optional(Type.Enum(['carriageway', 'kerb', 'pavement', 'front'])),
  },
  closed,
);
export type RoadSpot = Static<typeof RoadSpot>;

/** How a camera hangs on its pole. */
export const PoleView = Type.Object(
  {
    height_m: Type.Number({ minimum: 2, maximum: 30 }),
    /** Clockwise from north. */
    heading_deg: Type.Number({ minimum: 0, maximum: 360 }),
    /** Downwards from the horizon. */
    pitch_deg: Type.Number({ minimum: 0, maximum: 80 }),
    hfov_deg: Type.Number({ minimum: 15, maximum: 110, default: 60 }),
    width_px: Type.Integer({ minimum: 160, maximum: 3_840, multipleOf: 2, default: 640 }),
    height_px: Type.Integer({ minimum: 90, maximum: 2_160, multipleOf: 2, default: 360 }),
  },
  closed,
);
export type PoleView = Static<typeof PoleView>;

const FrontKind = Type.Enum(['shops', 'housing', 'wall', 'hoarding', 'hedge']);
/** What a road looks like beyond its middle line; widths left out follow from its class. */
export const roadLooks = {
  carriageway_m: Type.Optional(Type.Number({ minimum: 3, maximum: 60 })),
  pavement_m: Type.Optional(Type.Number({ minimum: 0, maximum: 15 })),
  /** Fronts to the left and right of the line; left out, drawn from the seed. */
  fronts: Type.Optional(
    Type.Object({ left: Type.Optional(FrontKind), right: Type.Optional(FrontKind) }, closed),
  ),
};

const perHour = (maximum: number, normal: number) => Type.Number({ minimum: 0, maximum, default: normal });

/**
 * Who passes without being scripted, as numbers an hour on an arterial at the busiest time; secondary roads and lanes
 * have their share of it.
 */
export const Passing = Type.Object(
  {
    people: perHour(4_000, 420),
    cars: perHour(3_000, 300),
    two_wheelers: perHour(3_000, 240),
    tricycles: perHour(500, 14),
    vans: perHour(1_000, 30),
    buses: perHour(200, 12),
    trucks: perHour(500, 8),
  },
  { ...closed, default: {} },
);
export type Passing = Static<typeof Passing>;

const dwell = (arterial: number, secondary: number, lane: number) =>
  Type.Object(
    {
      arterial: Type.Number({ minimum: 0, default: arterial }),
      secondary: Type.Number({ minimum: 0, default: secondary }),
      lane: Type.Number({ minimum: 0, default: lane }),
    },
    { ...closed, default: {} },
  );

/** How long a state must last on a road of each class, in seconds, until the city calls it an incident. */
export const DwellPolicy = Type.Object(
  {
    'stall-occupation': dwell(60, 300, 900),
    'out-of-store-operation': dwell(300, 600, 1_800),
    'exposed-garbage': dwell(60, 300, 900),
    'overflowing-bin': dwell(120, 300, 900),
    // Who has left it, and that it stays, is only known after a while.
    'illegal-dumping': dwell(60, 60, 60),
    'camera-obscured': dwell(60, 60, 60),
  },
  { ...closed, default: {} },
);
export type DwellPolicy = Static<typeof DwellPolicy>;

const lasting = {
  id: Type.Optional(Id),
  at_s: Type.Number({ minimum: 0 }),
  duration_s: Type.Number({ minimum: 1 }),
  /** With another seed than the file's own it begins up to so much earlier or later. */
  vary_s: Type.Number({ minimum: 0, maximum: 7_200, default: 120 }),
  /** … and stands up to so many metres off along the road. */
  vary_m: Type.Number({ minimum: 0, maximum: 50, default: 3 }),
};

export const STALL_FORMS = ['table', 'cart', 'rack', 'cloth', 'tricycle', 'van'] as const;

/** What happens in the streets that a camera may see. */
export const STREET_ENTRIES = [
  Type.Object(
    {
      kind: Type.Literal('stall'),
      ...lasting,
      where: RoadSpot,
      /** Left out, drawn from the seed. */
      form: Type.Optional(Type.Enum(STALL_FORMS)),
      canopy: Type.Optional(Type.Enum(['none', 'tent', 'parasol'])),
      customers: Type.Integer({ minimum: 0, maximum: 8, default: 2 }),
    },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal('shop-goods'),
      ...lasting,
      where: RoadSpot,
      /** Piles side by side along the front. */
      piles: Type.Integer({ minimum: 1, maximum: 8, default: 3 }),
    },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal('umbrella'),
      ...lasting,
      where: RoadSpot,
      /** `passes` walks by at `at_s`; `waits` stands there for `duration_s`. */
      does: Type.Enum(['passes', 'waits']),
    },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal('bags'),
      ...lasting,
      where: RoadSpot,
      by: Type.Enum(['person', 'tricycle'], { default: 'person' }),
      count: Type.Integer({ minimum: 1, maximum: 12, default: 4 }),
    },
    closed,
  ),
  // Somebody with a bag who takes it along.
  Type.Object({ kind: Type.Literal('carried-bags'), ...lasting, where: RoadSpot }, closed),
  Type.Object(
    {
      // Overflows from `at_s` on, for `duration_s`, until a refuse truck empties it; it stands there all day.
      kind: Type.Literal('bin'),
      ...lasting,
      where: RoadSpot,
      count: Type.Integer({ minimum: 1, maximum: 6, default: 2 }),
    },
    closed,
  ),
  // A van that is being unloaded: doors open, nothing sold.
  Type.Object({ kind: Type.Literal('open-van'), ...lasting, where: RoadSpot }, closed),
  Type.Object(
    {
      kind: Type.Literal('lens'),
      ...lasting,
      camera: Id,
      fault: Type.Enum(['obscured', 'dirty', 'frozen', 'dark', 'defocused', 'moved']),
    },
    closed,
  ),
] as const;
export type StreetEntry = Static<(typeof STREET_ENTRIES)[number]>;
