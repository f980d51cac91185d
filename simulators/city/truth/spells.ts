import type { Metres } from '../../plane.ts';

/** A stretch of time in which something was so, and where. */
export interface Spell {
  readonly from_ms: number;
  readonly to_ms: number;
  /** Where it began. */
  readonly at: Metres;
  /** How far it went from there. */
  readonly reach_m: number;
  /** Time in which it really was so. */
  readonly total_ms: number;
}

const STEP_MS = 1_000;

/** Collects spells second by second; shorter gaps than `gap_s` belong to a spell, spells of less than `least_s` are none. */
export function createSpells(least_s: number, gap_s: number) {
  const found: Spell[] = [];
  let open: Spell | undefined;
  const close = (): void => {
    if (open !== undefined && open.total_ms >= least_s * 1_000) found.push(open);
    open = undefined;
  };
  return {
    note: (at_ms: number, at: Metres, isSo: boolean): void => {
      if (open !== undefined && at_ms - open.to_ms > gap_s * 1_000) close();
      if (!isSo) return;
      open ??= { from_ms: at_ms, to_ms: at_ms, at, reach_m: 0, total_ms: 0 };
      const reach_m = Math.max(open.reach_m, Math.hypot(at[0] - open.at[0], at[1] - open.at[1]));
      open = { ...open, to_ms: at_ms, reach_m, total_ms: open.total_ms + STEP_MS };
    },
    /** All of them; what still lasts is over with that. */
    end: (): readonly Spell[] => {
      close();
      return found;
    },
  };
}
