import type { Metres } from '../../plane.ts';
import type { TruckState } from '../../truck-life.ts';

/** A truck that stayed at a place. */
export interface Stand {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly at: Metres;
}

/** Slower is standing; within the radius a truck still stands, however it creeps. */
const STANDING_MPS = 3 / 3.6;
const RADIUS_M = 50;

/** Finds where a truck stood for at least `least_s`, from its states in order. */
export function createStands(least_s: number) {
  const found: Stand[] = [];
  let since: TruckState | undefined;
  let last_ms = 0;
  const close = (): void => {
    if (since !== undefined && last_ms - since.at_ms >= least_s * 1_000) {
      found.push({ from_ms: since.at_ms, to_ms: last_ms, at: since.at });
    }
    since = undefined;
  };
  return {
    note: (state: TruckState): void => {
      if (since !== undefined) {
        const away_m = Math.hypot(state.at[0] - since.at[0], state.at[1] - since.at[1]);
        if (away_m > RADIUS_M) close();
        else last_ms = state.at_ms;
      }
      if (since === undefined && state.speed_mps <= STANDING_MPS) {
        since = state;
        last_ms = state.at_ms;
      }
    },
    end: (): readonly Stand[] => {
      close();
      return found;
    },
  };
}
