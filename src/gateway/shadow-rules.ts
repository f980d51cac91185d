import type { Config } from '../config/config.ts';
import type { DetectionsObservation, Observation } from '../domain/observation.ts';
import { emptyTally, type ShadowPair, type ShadowTally } from '../domain/shadow.ts';
import { buildRules, STAGES } from '../rules/catalogue.ts';
import { RuleEngine } from '../rules/engine.ts';
import type { Log } from '../runtime/log.ts';

/** Both engines of two detectors that are compared: the same rules, fed with the same frames. */
interface Engines {
  readonly active: RuleEngine;
  readonly shadow: RuleEngine;
}

/** Pairs of detectors whose rules are kept in memory; beyond it the oldest begin anew. */
const ENGINES_MAX = 8;
const CLOCK_ID = 'shadow-clock';

/**
 * Which incidents two detectors would open by the rules, each from its own detections of the same frames. Findings are
 * counted and forgotten: nothing is recorded, kept as evidence, or handed out. State is not kept over a restart.
 */
export class ShadowRules {
  readonly #make: () => RuleEngine;
  readonly #engines = new Map<string, Engines>();

  constructor(config: Pick<Config, 'rules' | 'cameraZones' | 'mapZones' | 'devices' | 'timeZone'>, log: Log) {
    this.#make = () =>
      new RuleEngine(
        buildRules(config.rules, config).filter(({ kinds }) => kinds.includes('detections')),
        {
          lateness_ms: 0,
          stages: STAGES,
          onFault: ({ ruleId, key, error }) =>
            log.warn({ err: error, ruleId, key }, 'a rule failed in shadow'),
        },
      );
  }

  /** Feeds what both said of some frames; gives the incidents that either would have opened. */
  feed(pairs: readonly ShadowPair[]): ShadowTally[] {
    const tallies: ShadowTally[] = [];
    for (const { active, shadow } of [...pairs].sort((a, b) => a.active.at_ms - b.active.at_ms)) {
      const engines = this.#enginesOf(active.model.id, shadow.model.id);
      const about = { cameraId: active.deviceId, active: active.model.id, shadow: shadow.model.id };
      const tally = emptyTally(about);
      const { incidents } = tally;
      const count = (side: 'active' | 'shadow', types: readonly string[]): void => {
        for (const type of types) {
          const known = incidents[type] ?? { active: 0, shadow: 0 };
          known[side] += 1;
          incidents[type] = known;
        }
      };
      count('active', opened(engines.active, active));
      // By the active one's name, to which a rule may be bound.
      count('shadow', opened(engines.shadow, { ...shadow, model: active.model }));
      if (Object.keys(incidents).length > 0) tallies.push(tally);
    }
    return tallies;
  }

  #enginesOf(active: string, shadow: string): Engines {
    const key = `${active} ${shadow}`;
    const known = this.#engines.get(key);
    if (known !== undefined) return known;
    const engines = { active: this.#make(), shadow: this.#make() };
    this.#engines.set(key, engines);
    const [oldest] = this.#engines.keys();
    if (this.#engines.size > ENGINES_MAX && oldest !== undefined) this.#engines.delete(oldest);
    return engines;
  }
}

function opened(engine: RuleEngine, observation: DetectionsObservation): string[] {
  const { at_ms } = observation;
  const tick: Observation = { kind: 'tick', deviceId: CLOCK_ID, at_ms, received_ms: at_ms };
  return [...engine.feed(tick), ...engine.feed(observation)]
    .filter(({ action }) => action === 'open')
    .map(({ type }) => type);
}
