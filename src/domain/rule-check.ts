import type { LeftBehindConfig } from './left-behind-config.ts';
import type { RuleConfig, RulesFile, ThresholdConfig, ZoneDwellConfig } from './rule-config.ts';
import type { SensorDriftConfig, SensorFlatlineConfig } from './sensor-rule-config.ts';
import { isStationMetric } from './station-quantities.ts';
import { DUST_METRICS, NOISE_METRICS } from './telemetry.ts';
import { parseAt_ms } from './time.ts';
import type { TruckConductConfig } from './truck-conduct-config.ts';
import type { TruckStopConfig } from './truck-rule-config.ts';
import type { World } from './world.ts';
import { ROAD_CLASSES } from './zone.ts';

/** A mistake that a schema cannot see; `path` starts at the list of rules. */
export interface RuleProblem {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Kinds of zone that the documentation names: a city that has none of them yet has not mistyped anything. */
const WELL_KNOWN_KINDS: readonly string[] = [
  'street',
  'no-vending',
  'shopfront',
  'vending',
  'collection-point',
  'site',
  'disposal',
  'depot',
  'parking',
  'service',
  'sensitive',
];

type Report = (path: readonly (string | number)[], message: string) => void;

/**
 * Finds contradictions within rules and names that nothing in the world has. A kind of zone that no zone has is
 * a problem only where it is not a well-known one, so that the reference rules suit every city.
 */
export function checkRules(rules: RulesFile, world: World): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const seen = new Set<string>();
  rules.forEach((rule, index) => {
    const report: Report = (path, message) => problems.push({ path: [index, ...path], message });
    if (seen.has(rule.id)) report(['id'], `rule ${rule.id} is defined twice`);
    seen.add(rule.id);
    if (!rule.enabled) return;
    checkRule(rule, world, report);
    if (rule.kind === 'threshold') checkDriftRule(rule, rules, report);
  });
  return problems;
}

function checkRule(rule: RuleConfig, world: World, report: Report): void {
  if (rule.kind === 'zone-dwell') checkZoneDwell(rule, world, report);
  else if (rule.kind === 'left-behind') checkLeftBehind(rule, world, report);
  else if (rule.kind === 'threshold') checkThreshold(rule, world, report);
  else if (rule.kind === 'sensor-drift') checkDrift(rule, world, report);
  else if (rule.kind === 'sensor-flatline') checkFlatline(rule, report);
  else if (rule.kind === 'truck-conduct') checkTruckConduct(rule, report);
  else if (rule.kind === 'truck-stop') checkTruckStop(rule, world, report);
}

function checkZoneDwell(rule: ZoneDwellConfig, world: World, report: Report): void {
  checkZoneKinds(rule.zone_kinds, world, report);
  rule.permitted_zone_kinds.forEach((kind, index) => {
    if (rule.zone_kinds.includes(kind)) {
      report(
        ['permitted_zone_kinds', index],
        `${kind} is both where the rule is in force and where it is not`,
      );
    }
  });
  for (const road of ROAD_CLASSES) {
    const dwell_s = rule.dwell_s[road];
    const window_s = rule.window_s?.[road];
    if (dwell_s !== null && window_s !== undefined && window_s < dwell_s) {
      report(['window_s', road], `window of ${window_s} s is shorter than the dwell of ${dwell_s} s`);
    }
  }
  if (rule.give_up_s <= rule.silent_s) report(['give_up_s'], 'must be longer than silent_s');
}

function checkLeftBehind(rule: LeftBehindConfig, world: World, report: Report): void {
  checkZoneKinds(rule.zone_kinds, world, report);
  rule.things.forEach((cls, index) => {
    if (rule.actors.includes(cls)) report(['things', index], `${cls} is both left behind and who leaves it`);
  });
}

function checkZoneKinds(zoneKinds: readonly string[], world: World, report: Report): void {
  const kinds = new Set(world.cameraZones.map(({ kind }) => kind));
  if (kinds.size === 0 || zoneKinds.some((kind) => isKnown(kind, kinds))) return;
  report(['zone_kinds'], `no camera has a zone of kind ${zoneKinds.join(' or ')}; there are ${list(kinds)}`);
}

function checkThreshold(rule: ThresholdConfig, world: World, report: Report): void {
  const mapKinds = new Set(world.mapZones.map(({ kind }) => kind));
  const devices = new Set(world.devices.map(({ id }) => id));
  checkMetric(rule.device_kind, rule.metric, ['metric'], report);
  if (rule.window_s < rule.expected_interval_s) {
    report(['window_s'], `window of ${rule.window_s} s is shorter than the expected interval`);
  }
  rule.limits.forEach(({ limit, clear_limit, zone_kinds }, index) => {
    if (clear_limit !== undefined && clear_limit > limit) {
      report(['limits', index, 'clear_limit'], `clear_limit ${clear_limit} is above the limit ${limit}`);
    }
    zone_kinds?.forEach((kind, at) => {
      if (mapKinds.size > 0 && !isKnown(kind, mapKinds)) {
        report(
          ['limits', index, 'zone_kinds', at],
          `no map zone is of kind ${kind}; there are ${list(mapKinds)}`,
        );
      }
    });
  });
  rule.exemptions.forEach(({ from, to, devices: named }, index) => {
    const from_ms = parseAt_ms(from);
    const to_ms = parseAt_ms(to);
    if (from_ms === undefined) report(['exemptions', index, 'from'], 'not ISO 8601 with an offset');
    if (to_ms === undefined) report(['exemptions', index, 'to'], 'not ISO 8601 with an offset');
    if (from_ms !== undefined && to_ms !== undefined && to_ms <= from_ms) {
      report(['exemptions', index, 'to'], 'ends before it begins');
    }
    named?.forEach((id, at) => {
      if (devices.size > 0 && !devices.has(id)) {
        report(['exemptions', index, 'devices', at], `unknown device ${id}`);
      }
    });
  });
  rule.severity_steps.forEach(({ ratio, excess }, index) => {
    if (ratio !== undefined && excess !== undefined) {
      report(['severity_steps', index], 'give ratio or excess, not both');
    }
  });
}

/** A drift rule is named by its id, and must speak of the same values. */
function checkDriftRule(rule: ThresholdConfig, rules: RulesFile, report: Report): void {
  if (rule.drift_rule === undefined) return;
  const named = rules.find(({ id }) => id === rule.drift_rule);
  if (named === undefined || named.kind !== 'sensor-drift' || !named.enabled) {
    report(['drift_rule'], `no enabled rule of kind sensor-drift is called ${rule.drift_rule}`);
  } else if (named.metric !== rule.metric || named.device_kind !== rule.device_kind) {
    report(
      ['drift_rule'],
      `${named.id} is about ${named.metric} of ${named.device_kind}, not about ${rule.metric}`,
    );
  }
}

function checkDrift(rule: SensorDriftConfig, world: World, report: Report): void {
  checkMetric(rule.device_kind, rule.metric, ['metric'], report);
  const kinds = new Set(world.mapZones.map(({ kind }) => kind));
  rule.source_zone_kinds.forEach((kind, index) => {
    if (kinds.size > 0 && !isKnown(kind, kinds)) {
      report(['source_zone_kinds', index], `no map zone is of kind ${kind}; there are ${list(kinds)}`);
    }
  });
  if (rule.learn_s < rule.bin_s) report(['learn_s'], 'must be at least bin_s');
  if (rule.neighbours_min > rule.neighbours_max) report(['neighbours_min'], 'is above neighbours_max');
  if (rule.give_up_s <= rule.silent_s) report(['give_up_s'], 'must be longer than silent_s');
}

function checkFlatline(rule: SensorFlatlineConfig, report: Report): void {
  rule.metrics.forEach((metric, index) => {
    checkMetric(rule.device_kind, metric, ['metrics', index], report);
  });
  if (rule.give_up_s <= rule.silent_s) report(['give_up_s'], 'must be longer than silent_s');
}

function checkMetric(
  deviceKind: 'dust' | 'noise',
  metric: string,
  path: readonly (string | number)[],
  report: Report,
): void {
  const metrics: readonly string[] = deviceKind === 'dust' ? DUST_METRICS : NOISE_METRICS;
  if (isStationMetric(deviceKind, metric)) return;
  const there = `${metrics.join(', ')} and others (docs/HJ212.md)`;
  report(path, `no reading of a ${deviceKind} has ${metric}; there are ${there}`);
}

function checkTruckStop(rule: TruckStopConfig, world: World, report: Report): void {
  const kinds = new Set(world.mapZones.map(({ kind }) => kind));
  if (kinds.size > 0 && !rule.permitted_zone_kinds.some((kind) => isKnown(kind, kinds))) {
    report(['permitted_zone_kinds'], `no map zone is of any of these kinds; there are ${list(kinds)}`);
  }
  if (rule.dumping.lift_drive_kmh <= rule.dumping.speed_max_kmh) {
    report(['dumping', 'lift_drive_kmh'], 'must be above speed_max_kmh');
  }
  if (rule.give_up_s <= rule.silent_s) report(['give_up_s'], 'must be longer than silent_s');
}

function checkTruckConduct(rule: TruckConductConfig, report: Report): void {
  // The first limit that applies is taken: behind one that always does, none is ever reached.
  const always = rule.overspeed.limits.findIndex(
    ({ zone_kinds, hours }) => zone_kinds === undefined && hours === undefined,
  );
  if (always !== -1 && always < rule.overspeed.limits.length - 1) {
    report(['overspeed', 'limits', always], 'applies everywhere and always: those after it are never taken');
  }
  if (rule.give_up_s <= rule.silent_s) report(['give_up_s'], 'must be longer than silent_s');
}

function isKnown(kind: string, kinds: ReadonlySet<string>): boolean {
  return kinds.has(kind) || WELL_KNOWN_KINDS.includes(kind);
}

function list(kinds: ReadonlySet<string>): string {
  return [...kinds].sort().join(', ');
}
