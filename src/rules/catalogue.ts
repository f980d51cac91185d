import type { Suspect } from '../domain/focus.ts';
import type { RuleConfig, RulesFile } from '../domain/rule-config.ts';
import type { World } from '../domain/world.ts';
import { cameraHealthRule } from './camera-health.ts';
import { deviceOfflineRule } from './device-offline.ts';
import { leftBehindRule } from './left-behind.ts';
import { positionLostRule } from './position-lost.ts';
import type { Rule } from './rule.ts';
import { sceneStage } from './scene-memory.ts';
import { sensorDriftRule } from './sensor-drift.ts';
import { sensorFlatlineRule } from './sensor-flatline.ts';
import { sightStage } from './sight.ts';
import type { Stage } from './stage.ts';
import { thresholdRule } from './threshold.ts';
import { truckConductRule } from './truck-conduct.ts';
import { truckStopRule } from './truck-stop.ts';
import { zoneDwellRule } from './zone-dwell.ts';

/** What every observation passes before the rules. */
export const STAGES: readonly Stage[] = [sightStage as Stage, sceneStage as Stage];

/**
 * Makes the enabled rules, in the order of the file. The configuration must have passed `checkRules`. `suspect` is told
 * of what may become an incident; no finding depends on it.
 */
export function buildRules(rules: RulesFile, world: World, suspect?: Suspect): Rule[] {
  return rules.filter(({ enabled }) => enabled).map((config) => buildRule(config, world, suspect));
}

function buildRule(config: RuleConfig, world: World, suspect?: Suspect): Rule {
  switch (config.kind) {
    case 'zone-dwell':
      return zoneDwellRule(config, world, suspect);
    case 'left-behind':
      return leftBehindRule(config, world, suspect);
    case 'camera-health':
      return cameraHealthRule(config, world);
    case 'threshold':
      return thresholdRule(config, world);
    case 'truck-stop':
      return truckStopRule(config, world);
    case 'truck-conduct':
      return truckConductRule(config, world);
    case 'device-offline':
      return deviceOfflineRule(config, world);
    case 'position-lost':
      return positionLostRule(config, world);
    case 'sensor-drift':
      return sensorDriftRule(config, world);
    case 'sensor-flatline':
      return sensorFlatlineRule(config, world);
  }
}
