import { atMost, type Departure, lowerQuartile, noDeparture } from './drift-estimate.ts';

/** A departure that is reported. Plain JSON. */
export interface Drift {
  readonly onset_ms: number;
  updated_ms: number;
  lastSeen_ms: number;
  /** Largest departure, whatever its sign. */
  peak: number;
  silent: boolean;
}

/** A mean of logarithms, and of how many bins. */
export type Learnt = readonly [log: number, bins: number];

/** What the rule remembers of a station. Plain JSON. */
export interface DriftState {
  readonly deviceId: string;
  /** The bin whose samples are being gathered; null before the first. */
  bin: number | null;
  samples: number[];
  /** Sum of the wind's vectors in the bin: where it comes from. */
  wind: [east: number, north: number];
  /** Where it came from in the last bin, in degrees; null where nobody told. */
  wind_deg: number | null;
  /** Bins that are over: lower quartile, and whether its air was calm. */
  floors: [bin: number, floor: number, calm: boolean][];
  /** Slow level of the station as a logarithm. */
  level: number | null;
  /** How it stands to each neighbour, as a quotient. */
  pairs: Record<string, Learnt>;
  /** What it shows of itself when nothing is suspect. */
  usual: Learnt;
  departure: Departure;
  /** Since when half of the least departure is there. */
  since_ms: number | null;
  /** What the neighbours let expect of the last bin, and how many of them. */
  expected: number;
  told: number;
  last_ms: number;
  open: Drift | null;
}

/** Four hours of five minutes: how late a neighbour may catch up. */
const FLOORS_MAX = 48;
/** Samples kept of a bin; a station that sends more often is thinned. */
const SAMPLES_MAX = 200;
/** A level moves at most so much in a bin, and is farther off where something is in the air (both as logarithms). */
const LEVEL_STEP = 0.06;
const CALM = 0.35;

/** A station of which nothing is known. */
export function initialDrift(deviceId: string): DriftState {
  return {
    deviceId,
    bin: null,
    samples: [],
    wind: [0, 0],
    wind_deg: null,
    floors: [],
    level: null,
    pairs: {},
    usual: [0, 0],
    departure: noDeparture(),
    since_ms: null,
    expected: 0,
    told: 0,
    last_ms: 0,
    open: null,
  };
}

/** Adds a reading to the bin in hand. */
export function addSample(
  state: DriftState,
  value: number,
  wind_deg: number | undefined,
  wind_mps: number | undefined,
): void {
  if (state.samples.length < SAMPLES_MAX) state.samples.push(value);
  else state.samples[Math.floor(state.last_ms / 1000) % SAMPLES_MAX] = value;
  if (wind_deg === undefined) return;
  const towards = (wind_deg * Math.PI) / 180;
  state.wind[0] += (wind_mps ?? 1) * Math.sin(towards);
  state.wind[1] += (wind_mps ?? 1) * Math.cos(towards);
}

/** Closes the bin in hand with its lower quartile; true where the air was calm: nothing came or went quickly. */
export function addFloor(state: DriftState, bin: number, floor: number): boolean {
  const log = Math.log(Math.max(1, floor));
  const calm = isCalm(state, floor);
  const before = state.floors.at(-1)?.[0] ?? bin - 1;
  const level = state.level ?? log;
  state.level = level + atMost(log - level, LEVEL_STEP * (bin - before));
  state.floors.push([bin, floor, calm]);
  if (state.floors.length > FLOORS_MAX) state.floors.shift();
  state.samples = [];
  state.wind_deg = windOf_deg(state.wind);
  state.wind = [0, 0];
  return calm;
}

/** What a station showed in a bin, also in one that is not over; undefined where its air was not calm or it was silent. */
export function floorAt(state: DriftState, bin: number): number | undefined {
  if (state.bin === bin) {
    const floor = lowerQuartile(state.samples);
    return floor === undefined || !isCalm(state, floor) ? undefined : floor;
  }
  for (let index = state.floors.length - 1; index >= 0; index -= 1) {
    const entry = state.floors[index];
    if (entry === undefined || entry[0] < bin) return undefined;
    if (entry[0] === bin) return entry[2] ? entry[1] : undefined;
  }
  return undefined;
}

function isCalm({ level }: DriftState, floor: number): boolean {
  return level === null || Math.abs(Math.log(Math.max(1, floor)) - level) <= CALM;
}

function windOf_deg([east, north]: DriftState['wind']): number | null {
  if (east === 0 && north === 0) return null;
  return ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360;
}
