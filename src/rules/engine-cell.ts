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

/** A state whose time has come. */
export interface DueCell {
  readonly due_ms: number;
  readonly cell: Cell;
}

/** The order must not depend on the history of the queue, which a restored engine does not have. */
export function inTurn(a: DueCell, b: DueCell): number {
  return a.due_ms - b.due_ms || a.cell.slot.index - b.cell.slot.index || (a.cell.key < b.cell.key ? -1 : 1);
}

/** The states of a device in all rules that rewind, as text. */
export function captureStates(slots: readonly Slot[], deviceId: string): string {
  const states = slots.map(({ rewinds, cells }) => {
    const cell = rewinds ? cells.get(deviceId) : undefined;
    return cell === undefined ? null : [cell.heardAt_ms, cell.quiet ?? JSON.stringify(cell.state)];
  });
  return JSON.stringify(states);
}
