import type { OrderingCounts } from './ordering.ts';
import type { Stage } from './stage.ts';

/** Bounds of the engine; see RuleEngine for what happens at each. */
export interface EngineOptions {
  readonly lateness_ms: number;
  /** What observations pass before the rules, in this order. */
  readonly stages?: readonly Stage[];
  /**
   * So long (arrival time) after a device came back from a silence its earlier readings still count; absent: they
   * count only within the lateness.
   */
  readonly backlog_ms?: number;
  /** Readings remembered for that, of all devices together; of more, those of whoever came back first go. */
  readonly backlog_readings_max?: number;
  readonly future_max_ms?: number;
  readonly held_per_device_max?: number;
  readonly devices_max?: number;
  readonly keys_per_rule_max?: number;
  /** A rule that throws is a bug: it is told here, once for each time, and its state of that key starts anew. */
  readonly onFault?: (fault: {
    readonly ruleId: string;
    readonly key: string;
    readonly error: unknown;
  }) => void;
}

/** Figures since the engine was made. */
export interface EngineStats extends OrderingCounts {
  /** Observations that a rule evaluated; one observation may count for several rules. */
  evaluations: number;
  faults: number;
  /** Observations of keys beyond the bound. */
  refusedKeys: number;
  /** Readings that came after later ones and were evaluated in their place all the same. */
  caughtUp: number;
  held: number;
  keys: number;
}
