import type { Finding } from '../domain/finding.ts';
import type { PositionObservation } from '../domain/observation.ts';
import { createLocalTime } from '../domain/schedule.ts';
import type { TruckConductConfig } from '../domain/truck-conduct-config.ts';
import type { World } from '../domain/world.ts';
import type { Rule } from './rule.ts';
import { ruleVersion } from './rule-version.ts';
import { type Breach, type ConductTest, conductTests } from './truck-breach.ts';
import { type ConductFindings, conductFindings } from './truck-conduct-findings.ts';
import {
  CONDUCTS,
  type Conduct,
  type ConductName,
  type ConductState,
  initialConduct,
} from './truck-conduct-state.ts';
import { acceptFix } from './truck-fix.ts';

interface Context {
  readonly config: TruckConductConfig;
  readonly tests: readonly [ConductName, ConductTest][];
  readonly findings: ConductFindings;
}

/**
 * Trucks that drive uncovered, too fast, where they may not, or off their routes. It counts once it was so for `hold_s` in all, and is
 * over when it was not so for `clear_s`: a light or a bend in between ends nothing.
 */
export function truckConductRule(config: TruckConductConfig, world: World): Rule<ConductState> {
  const identity = { id: config.id, version: ruleVersion(config) };
  const context: Context = {
    config,
    tests: conductTests(config, world, createLocalTime(world.timeZone)),
    findings: conductFindings(config, identity, world),
  };
  return {
    ...identity,
    kinds: ['position'],
    keyOf: (observation) => (observation.kind === 'position' ? observation.deviceId : undefined),
    initial: initialConduct,
    observe: (state, observation) =>
      observation.kind === 'position' ? observe(state, observation, context) : [],
    advance: (state, now_ms) => advance(state, now_ms, context),
    wakeAt_ms: (state) => wakeAt_ms(state, config),
  };
}

function observe(state: ConductState, fix: PositionObservation, context: Context): Finding[] {
  const { config, tests, findings } = context;
  const before_ms = state.last?.at_ms ?? fix.at_ms;
  const speed_kmh = acceptFix(state, fix, config.jump_speed_kmh);
  if (speed_kmh === undefined) return [];
  const passed_ms = Math.min(config.max_gap_s * 1000, fix.at_ms - before_ms);
  const found: Finding[] = [];
  for (const [name, test] of tests) {
    const conduct = state.conducts[name];
    if (conduct !== undefined) {
      conduct.silent = false;
      if (fix.at_ms - conduct.last_ms > config[name].clear_s * 1000) {
        if (conduct.updated_ms !== null) found.push(findings.ended(state, name, conduct, fix.at_ms));
        delete state.conducts[name];
      }
    }
    const breach = test(fix, speed_kmh);
    if (breach === undefined) {
      if (conduct !== undefined) conduct.isSo = false;
    } else {
      state.conducts[name] = goOn(state.conducts[name], fix, speed_kmh, passed_ms, breach);
      found.push(...tell(state, name, state.conducts[name], fix.at_ms, context));
    }
  }
  return found;
}

function goOn(
  conduct: Conduct | undefined,
  { at_ms, lon, lat }: PositionObservation,
  speed_kmh: number,
  passed_ms: number,
  { limit_kmh, zoneId, away_m }: Breach,
): Conduct {
  if (conduct === undefined) {
    const began = { onset_ms: at_ms, lon, lat, last_ms: at_ms, total_ms: 0, isSo: true };
    return { ...began, peak_kmh: speed_kmh, limit_kmh, zoneId, away_m, updated_ms: null, silent: false };
  }
  if (conduct.isSo) conduct.total_ms += passed_ms;
  conduct.isSo = true;
  conduct.last_ms = at_ms;
  conduct.peak_kmh = Math.max(conduct.peak_kmh, speed_kmh);
  if (limit_kmh !== null) conduct.limit_kmh = Math.min(conduct.limit_kmh ?? limit_kmh, limit_kmh);
  if (away_m !== null) conduct.away_m = Math.max(conduct.away_m ?? away_m, away_m);
  return conduct;
}

function tell(
  state: ConductState,
  name: ConductName,
  conduct: Conduct,
  at_ms: number,
  { config, findings }: Context,
): Finding[] {
  const { updated_ms, total_ms } = conduct;
  if (
    updated_ms === null ? total_ms < config[name].hold_s * 1000 : at_ms - updated_ms < config.update_s * 1000
  ) {
    return [];
  }
  conduct.updated_ms = at_ms;
  return [
    updated_ms === null
      ? findings.opened(state, name, conduct, at_ms)
      : findings.updated(state, name, conduct, at_ms),
  ];
}

/** A truck that went silent is said to be missing; what it did is given up only after long. */
function advance(state: ConductState, now_ms: number, { config, findings }: Context): Finding[] {
  const silence_ms = now_ms - (state.last?.at_ms ?? now_ms);
  const found: Finding[] = [];
  for (const [name, conduct] of toldOf(state)) {
    if (silence_ms >= config.give_up_s * 1000) {
      const reason = `no position for ${config.give_up_s} s: given up`;
      found.push(findings.unverified(state, name, conduct, now_ms, reason));
      delete state.conducts[name];
    } else if (!conduct.silent && silence_ms >= config.silent_s * 1000) {
      conduct.silent = true;
      found.push(findings.silent(state, name, conduct, now_ms));
    }
  }
  return found;
}

/** Asked for at every position: makes no lists. */
function wakeAt_ms({ conducts, last }: ConductState, config: TruckConductConfig): number | undefined {
  if (last === null) return undefined;
  let isTold = false;
  let isStated = true;
  for (const name of CONDUCTS) {
    const conduct = conducts[name];
    if (conduct === undefined || conduct.updated_ms === null) continue;
    isTold = true;
    isStated &&= conduct.silent;
  }
  return isTold ? last.at_ms + (isStated ? config.give_up_s : config.silent_s) * 1000 : undefined;
}

/** What a truck does that was told, in the order of the configuration. */
function toldOf({ conducts }: ConductState): [ConductName, Conduct][] {
  return CONDUCTS.flatMap((name) => {
    const conduct = conducts[name];
    return conduct === undefined || conduct.updated_ms === null
      ? []
      : [[name, conduct] as [ConductName, Conduct]];
  });
}
