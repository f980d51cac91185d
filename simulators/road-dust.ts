import type { LonLat, Plane } from './plane.ts';
import { plumeShare } from './plume.ts';
import type { TruckState } from './truck-life.ts';
import type { Weather } from './weather.ts';

/** Dust that trucks raise: on the road behind them, where they are loaded, and where they tip. */
export interface RoadDust {
  /** PM10 on top at a place, in µg/m³, as a function of time. */
  around(station: LonLat): (at_ms: number, weather: Weather) => number;
}

/** µg/m³ that a truck adds to its cell of the road in a second. */
const RAISED = { driving: 7, uncovered: 3, muddy: 2, loading: 12, tipping: 60 };
const SPEED_MPS = 10;
/** A truck carries mud out of a site for so long. */
const MUD_S = 240;
const CELL_M = 20;
const REACH_M = 120;
const SPREAD_M = 24;
/** A low plume between houses is gone after so much, beyond what the widening takes. */
const FADING_M = 40;
const BIN_MS = 5_000;
/** Dust in the air over a road settles or blows off within so long. */
const SETTLING_MS = 20_000;
const TRACE_UG_M3 = 0.2;
/** What is remembered, for stations that catch up; who asks for earlier gets the earliest. */
const CELLS_MAX = 1_500_000;

type Field = ReadonlyMap<number, number>;

/**
 * Dust from trucks' true states, kept as a grid of cells that fades: its cost does not depend on how many trucks
 * pass a station. The trucks are followed as far as somebody asked; an answer does not depend on who asked before.
 */
export function createRoadDust(
  plane: Plane,
  trucks: readonly Iterable<TruckState>[],
  start_ms: number,
): RoadDust {
  const followed = trucks.map((states) => ({ states: states[Symbol.iterator](), mud_ms: 0, load: -1 }));
  const fields: Field[] = [];
  let forgotten = 0;
  let cells = 0;
  let last: Field = new Map();
  const advance = (): void => {
    const next = new Map<number, number>();
    const keep = Math.exp(-BIN_MS / SETTLING_MS);
    for (const [cell, value] of last) if (value * keep > TRACE_UG_M3) next.set(cell, value * keep);
    for (const truck of followed) {
      for (let second = 0; second < BIN_MS / 1_000; second += 1) {
        const step = truck.states.next();
        if (step.done === true) break;
        const raised = raisedBy(step.value, truck);
        if (raised > 0) {
          const cell = cellAt(step.value.at[0], step.value.at[1]);
          next.set(cell, (next.get(cell) ?? 0) + raised);
        }
      }
    }
    last = next;
    fields.push(next);
    cells += next.size;
    while (cells > CELLS_MAX && fields.length > 2) {
      cells -= fields.shift()?.size ?? 0;
      forgotten += 1;
    }
  };
  const fieldAt = (bin: number): Field => {
    while (fields.length + forgotten <= bin) advance();
    return fields[Math.max(0, bin - forgotten)] ?? last;
  };
  return {
    around: (station) => {
      const near = cellsAround(plane.toMetres(station));
      return (at_ms, weather) => {
        // A field holds what rose until its bin ended: only those that are over are in the air.
        const bin = (at_ms - start_ms) / BIN_MS - 1;
        const whole = Math.floor(bin);
        if (whole < 0) return 0;
        const before = whole === 0 ? undefined : fieldAt(whole - 1);
        return mixed(before, fieldAt(whole), bin - whole, near, weather);
      };
    },
  };
}

interface NearCell {
  readonly cell: number;
  readonly offset: readonly [number, number];
  readonly fading: number;
}

function mixed(
  before: Field | undefined,
  now: Field,
  share: number,
  near: readonly NearCell[],
  weather: Weather,
): number {
  if (now.size === 0 && (before === undefined || before.size === 0)) return 0;
  let sum = 0;
  for (const { cell, offset, fading } of near) {
    const value = (before?.get(cell) ?? 0) * (1 - share) + (now.get(cell) ?? 0) * share;
    if (value > 0) sum += value * fading * plumeShare(offset, SPREAD_M, weather);
  }
  return sum;
}

function raisedBy(state: TruckState, truck: { mud_ms: number; load: number }): number {
  const { at_ms, speed_mps, load, cover, body_deg } = state;
  const change = truck.load < 0 ? 0 : load - truck.load;
  truck.load = load;
  if (change > 0) truck.mud_ms = at_ms + MUD_S * 1_000;
  if (change < 0 && body_deg > 0) return RAISED.tipping;
  if (change > 0) return RAISED.loading;
  if (speed_mps < 1) return 0;
  const uncovered = load > 0.2 && cover < 0.5 ? RAISED.uncovered : 1;
  return RAISED.driving * (speed_mps / SPEED_MPS) * uncovered * (at_ms < truck.mud_ms ? RAISED.muddy : 1);
}

/** A number for a cell of the plane; cells of a whole country would still differ. */
function cellAt(x_m: number, y_m: number): number {
  return (Math.floor(x_m / CELL_M) + 2 ** 20) * 2 ** 21 + Math.floor(y_m / CELL_M) + 2 ** 20;
}

function cellsAround([x, y]: readonly [number, number]): NearCell[] {
  const near: NearCell[] = [];
  const steps = Math.ceil(REACH_M / CELL_M);
  const middle = (value: number, step: number): number => (Math.floor(value / CELL_M) + step + 0.5) * CELL_M;
  for (let column = -steps; column <= steps; column += 1) {
    for (let row = -steps; row <= steps; row += 1) {
      const [cx, cy] = [middle(x, column), middle(y, row)];
      const away_m = Math.hypot(x - cx, y - cy);
      if (away_m > REACH_M) continue;
      near.push({ cell: cellAt(cx, cy), offset: [x - cx, y - cy], fading: Math.exp(-away_m / FADING_M) });
    }
  }
  return near;
}
