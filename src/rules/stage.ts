import type { Observation } from '../domain/observation.ts';

/**
 * What an observation passes before the rules get it: a stage knows something of the device that every rule should
 * know, such as that its picture shows nothing. As pure as a rule: time comes with the data, and its state is plain
 * JSON owned by the engine.
 */
export interface Stage<S = unknown> {
  readonly id: string;
  /** With another version it starts from empty states. */
  readonly version: string;
  readonly kinds: readonly Observation['kind'][];
  initial(deviceId: string): S;
  /** Changes the state, and gives the observation as the rules shall see it. */
  pass(state: S, observation: Observation): Observation;
}
