import type { LiveCell } from './engine-snapshot.ts';
import type { Rule } from './rule.ts';

/** One rule's state of one key, with what is needed to tell the time of that key. */
export interface Cell extends LiveCell {
  readonly slot: Slot;
  /** The state after the newest observation, where the clock alone changed it since. */
  quiet: string | undefined;
  /** Newest event time, and the engine's clock when it was evaluated. */
  heardAt_ms: number;
  heardClock_ms: number;
  /** Both as they were before an evaluation out of turn, so that the key does not grow younger by it. */
  lived?: { readonly at_ms: number; readonly clock_ms: number };
  /** The engine's clock at which the wake queue looks at it next. */
  scheduled_ms: number | undefined;
}

/** One rule with its states. */
export interface Slot {
  readonly index: number;
  readonly rule: Rule;
  /** True where a key is a device whose readings may come late. */
  readonly rewinds: boolean;
  readonly cells: Map<string, Cell>;
}
