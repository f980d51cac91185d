import type { Finding } from '../domain/finding.ts';
import type { Observation } from '../domain/observation.ts';

/** The state of a key of any rule, its own or another's; undefined where there is none. To be read only. */
export type Peers = (ruleId: string, key: string) => unknown;

/**
 * A rule is data and functions on event time: no clock, no randomness, nothing remembered outside the state
 * that it is handed. `observe` and `advance` change that state in place (it is plain JSON, owned by the engine).
 */
export interface Rule<S = unknown> {
  readonly id: string;
  /** Short hash of its configuration: another version starts from empty states. */
  readonly version: string;
  /** The kinds of observation it wants; others never reach it. */
  readonly kinds: readonly Observation['kind'][];
  /**
   * True for a rule about the arrival itself: it is fed as observations come, before they are put in order, held back or
   * dropped as late, and its time is the engine's clock instead of the event time of a key.
   */
  readonly onArrival?: boolean;
  /** Which state an observation belongs to (a device, a camera); undefined where the rule does not want it. */
  keyOf(observation: Observation): string | undefined;
  initial(key: string): S;
  /**
   * `peers` is what other keys and rules know at this moment: a station's neighbours, whether a station drifts.
   * `clock_ms` is the time by arrival.
   */
  observe(state: S, observation: Observation, peers: Peers, clock_ms: number): Finding[];
  /** Time has come to `now_ms` without an observation of the key; called at `wakeAt_ms` or later. */
  advance(state: S, now_ms: number): Finding[];
  /** When, in event time, `advance` is next wanted. */
  wakeAt_ms(state: S): number | undefined;
}
