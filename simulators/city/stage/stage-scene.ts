/**
 * What one camera of a scenario sees, as data: made by the city, drawn by the renderer, and the source of the labels.
 * Plan coordinates are metres on the scenario's plane, x to the east and y to the north; headings are degrees clockwise
 * from north; `t_s` are seconds of the scenario. Everything that looks random hangs on a `look` seed.
 */
export interface StageScene {
  readonly seed: number;
  readonly camera: StageCamera;
  /** Simulated epoch milliseconds of `t_s` 0. */
  readonly start_ms: number;
  readonly utc_offset_h: number;
  readonly duration_s: number;
  /** Seconds of the scenario from one frame to the next; above 0.2 the film is a time lapse. */
  readonly frame_interval_s: number;
  readonly weather: StageWeather;
  readonly roads: readonly StageRoad[];
  readonly frontages: readonly StageFrontage[];
  readonly fixtures: readonly StageFixture[];
  readonly paint: readonly StagePaint[];
  readonly actors: readonly StageActor[];
  readonly lens: readonly LensFault[];
}

export interface StageCamera {
  readonly id: string;
  readonly x_m: number;
  readonly y_m: number;
  readonly height_m: number;
  readonly heading_deg: number;
  /** Downwards from the horizon. */
  readonly pitch_deg: number;
  readonly hfov_deg: number;
  readonly width_px: number;
  readonly height_px: number;
}

export interface StageWeather {
  readonly sky: 'clear' | 'overcast' | 'rain' | 'fog';
  /** Hour of the local day at `t_s` 0, 0..24; the light follows the time from there. */
  readonly hour: number;
}

/** A road's middle line; kerbs and pavements lie on both sides. */
export interface StageRoad {
  readonly id: string;
  readonly class: 'arterial' | 'secondary' | 'lane';
  readonly line: readonly (readonly [number, number])[];
  readonly carriageway_m: number;
  readonly pavement_m: number;
}

/** A row of fronts along a line; they face to the right of the line's direction. */
export interface StageFrontage {
  readonly kind: 'shops' | 'housing' | 'wall' | 'hoarding' | 'hedge';
  readonly line: readonly [readonly [number, number], readonly [number, number]];
  readonly look: number;
}

export interface StageFixture {
  readonly kind:
    | 'lamp'
    | 'tree'
    | 'bench'
    | 'cabinet'
    | 'bollards'
    | 'litter-bin'
    | 'crane'
    | 'parked-bicycles';
  readonly x_m: number;
  readonly y_m: number;
  readonly heading_deg: number;
  readonly look: number;
}

/** Paint on the ground: an area outlined, as a vending zone is. */
export interface StagePaint {
  readonly kind: 'vending-zone' | 'zebra' | 'bay';
  readonly outline: readonly (readonly [number, number])[];
}

export const ACTOR_KINDS = [
  'person',
  'two-wheeler',
  'tricycle',
  'car',
  'van',
  'bus',
  'truck',
  'muck-truck',
  'stall',
  'canopy',
  'goods',
  'bag',
  'heap',
  'bin',
  'umbrella',
] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

/**
 * Anything that comes, moves, changes or goes. What it looks like within its kind is told by `form` (a stall: table, cart, rack,
 * cloth, van; a canopy: tent, parasol; a heap: muck, rubble, bags), and by `look` where it is not.
 */
export interface StageActor {
  /** The same thing in every camera and in the labels. */
  readonly id: string;
  readonly kind: ActorKind;
  readonly form?: string;
  readonly look: number;
  readonly from_s: number;
  readonly to_s: number;
  /** In order of time; between two it moves straight, before the first and after the last it stands. */
  readonly path: readonly StagePose[];
  /** In order of time for each name; numbers in between are interpolated. */
  readonly states?: readonly StageState[];
  /** A plate to be painted on a vehicle. */
  readonly plate?: string;
}

export interface StagePose {
  readonly t_s: number;
  readonly x_m: number;
  readonly y_m: number;
  readonly heading_deg: number;
}

/**
 * `body_deg` of a tipper (0 down, 50 up), `load` and `cover` 0..1, `size` of a heap 0..1, `fill` of a bin 0..1.3,
 * `doors` of a van 0..1, `umbrella` of a person 0 or 1, `posture` of a person 0 walking or standing, 1 stooping, 2 sitting,
 * `wares` of a stall 0..1 (laid out), `lights` of a vehicle 0 or 1.
 */
export interface StageState {
  readonly t_s: number;
  readonly name:
    | 'body_deg'
    | 'load'
    | 'cover'
    | 'size'
    | 'fill'
    | 'doors'
    | 'umbrella'
    | 'posture'
    | 'wares'
    | 'lights';
  readonly value: number;
}

/** What goes wrong with the camera itself. */
export interface LensFault {
  readonly kind: 'obscured' | 'dirty' | 'frozen' | 'dark' | 'defocused' | 'moved';
  readonly from_s: number;
  readonly to_s: number;
}
