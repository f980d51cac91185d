import type { Observation } from '../domain/observation.ts';
import type { Stage } from './stage.ts';

/** What is kept of the stages in a snapshot of the engine. */
export type StageSnapshot = readonly {
  readonly id: string;
  readonly version: string;
  readonly states: readonly (readonly [deviceId: string, state: unknown])[];
}[];

interface StageLineOptions {
  /** Devices of which a stage keeps a state; observations of others pass as they are. */
  readonly devices_max: number;
  readonly onFault: (stageId: string, deviceId: string, error: unknown) => void;
}

/** The stages in their order, with their states by device. */
export class StageLine {
  readonly #stages: readonly { readonly stage: Stage; readonly states: Map<string, unknown> }[];
  readonly #options: StageLineOptions;
  readonly #kinds: ReadonlySet<Observation['kind']>;

  constructor(stages: readonly Stage[], options: StageLineOptions) {
    this.#stages = stages.map((stage) => ({ stage, states: new Map() }));
    this.#options = options;
    this.#kinds = new Set(stages.flatMap(({ kinds }) => kinds));
  }

  /** Kinds of observation that a stage wants, whether or not a rule does. */
  wants(kind: Observation['kind']): boolean {
    return this.#kinds.has(kind);
  }

  /** A stage that throws is a bug: it is told, its state of the device starts anew, and the observation goes on. */
  pass(observation: Observation): Observation {
    const { deviceId, kind } = observation;
    if (!this.#kinds.has(kind)) return observation;
    let passed = observation;
    for (const { stage, states } of this.#stages) {
      if (!stage.kinds.includes(kind)) continue;
      let state = states.get(deviceId);
      if (state === undefined) {
        if (states.size >= this.#options.devices_max) continue;
        state = stage.initial(deviceId);
        states.set(deviceId, state);
      }
      try {
        passed = stage.pass(state, passed);
      } catch (error) {
        states.delete(deviceId);
        this.#options.onFault(stage.id, deviceId, error);
      }
    }
    return passed;
  }

  /** A stage's state of a device, live: for reading only. */
  stateOf(stageId: string, deviceId: string): unknown {
    return this.#stages.find(({ stage }) => stage.id === stageId)?.states.get(deviceId);
  }

  snapshot(): StageSnapshot {
    return this.#stages.map(({ stage: { id, version }, states }) => ({ id, version, states: [...states] }));
  }

  /** States of stages that are gone or have changed are dropped. */
  restore(snapshot: StageSnapshot): void {
    for (const { stage, states } of this.#stages) {
      states.clear();
      const saved = snapshot.find(({ id, version }) => id === stage.id && version === stage.version);
      for (const [deviceId, state] of saved?.states ?? []) states.set(deviceId, state);
    }
  }
}
