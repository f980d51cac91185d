import type { Finding } from '../domain/finding.ts';
import { haversine_m, type LonLat } from '../domain/geometry.ts';
import type { PositionObservation } from '../domain/observation.ts';
import { createLocalTime, inHours, type LocalTime } from '../domain/schedule.ts';
import type { TruckStopConfig } from '../domain/truck-rule-config.ts';
import type { World } from '../domain/world.ts';
import type { Rule } from './rule.ts';
import { ruleVersion } from './rule-version.ts';
import { followDumping } from './truck-dumping.ts';
import { type TruckFindings, truckFindings } from './truck-findings.ts';
import { acceptFix } from './truck-fix.ts';
import { initialTruck, type TruckIncident, type TruckState } from './truck-state.ts';
import { createZoneIndex, isInForce } from './zone-index.ts';

/** What the parts of the truck rule share. */
export interface TruckContext {
  readonly config: TruckStopConfig;
  readonly localTime: LocalTime;
  /** True outside every permitted zone at that time. */
  readonly isOutside: (point: LonLat, at_ms: number) => boolean;
  readonly isNight: (at_ms: number) => boolean;
  readonly findings: TruckFindings;
}

const GAPS_MAX = 20;

/**
 * Trucks outside every permitted zone: one that stands too long is a suspicious stop, one that lifts its body
 * or loses its load while (nearly) standing is dumping. Both of one stand name each other.
 */
export function truckStopRule(config: TruckStopConfig, world: World): Rule<TruckState> {
  const identity = { id: config.id, version: ruleVersion(config) };
  const localTime = createLocalTime(world.timeZone);
  const permitted = createZoneIndex(
    world.mapZones.filter(({ kind }) => config.permitted_zone_kinds.includes(kind)),
  );
  const isNight = (at_ms: number): boolean => inHours([config.night], localTime(at_ms));
  const context: TruckContext = {
    config,
    localTime,
    isOutside: (point, at_ms) =>
      !permitted.at(point, config.zone_margin_m).some((zone) => isInForce(zone, localTime, at_ms)),
    isNight,
    findings: truckFindings(config, identity, world, isNight),
  };
  return {
    ...identity,
    kinds: ['position'],
    keyOf: (observation) => (observation.kind === 'position' ? observation.deviceId : undefined),
    initial: initialTruck,
    observe: (state, observation) =>
      observation.kind === 'position' ? observe(state, observation, context) : [],
    advance: (state, now_ms) => advance(state, now_ms, context),
    wakeAt_ms: (state) => wakeAt_ms(state, config),
  };
}

function observe(state: TruckState, fix: PositionObservation, context: TruckContext): Finding[] {
  const previous_ms = state.last?.at_ms ?? fix.at_ms;
  const speed_kmh = acceptFix(state, fix, context.config.jump_speed_kmh);
  if (speed_kmh === undefined) return [];
  noteGaps(state, previous_ms, fix.at_ms, context.config.silent_s * 1000);
  const found: Finding[] = [];
  followStand(state, fix, speed_kmh, previous_ms, context, found);
  followDumping(state, fix, speed_kmh, previous_ms, context, found);
  if (fix.load !== undefined) {
    state.load = fix.load;
    state.hasLoad = true;
  }
  return found;
}

/** Begins, goes on with, or leaves a stand; opens and ends the suspicious stop. */
function followStand(
  state: TruckState,
  fix: PositionObservation,
  speed_kmh: number,
  previous_ms: number,
  context: TruckContext,
  found: Finding[],
): void {
  const { config, findings } = context;
  const { at_ms, lon, lat } = fix;
  const stand = state.stand;
  if (stand !== null) {
    stand.away = haversine_m(stand, fix) > config.radius_m ? stand.away + 1 : 0;
    // One position beyond the radius at no speed is more likely jitter than a truck that drove.
    const hasLeft = stand.away >= 2 || (stand.away === 1 && speed_kmh > config.stop.speed_max_kmh);
    const isForgotten = stand.stop === null && at_ms - previous_ms > config.max_gap_s * 1000;
    if (hasLeft || isForgotten) {
      if (stand.stop !== null) found.push(findings.stopEnded(state, stand, stand.stop, at_ms, 'drove on'));
      state.stand = null;
    } else if (stand.away === 0) stand.last_ms = at_ms;
  }
  if (state.stand === null) {
    if (speed_kmh <= config.stop.speed_max_kmh) {
      state.stand = { since_ms: at_ms, lon, lat, last_ms: at_ms, away: 0, stop: null };
    }
    return;
  }
  judgeStand(state, at_ms, context, found);
}

function judgeStand(state: TruckState, at_ms: number, context: TruckContext, found: Finding[]): void {
  const { config, findings, isOutside } = context;
  const { stand } = state;
  if (stand === null || stand.away > 0) return;
  if (stand.stop === null) {
    if (at_ms - stand.since_ms < config.stop.dwell_s * 1000 || !isOutside(stand, at_ms)) return;
    stand.stop = { onset_ms: stand.since_ms, updated_ms: at_ms, lastSeen_ms: at_ms, gaps: [], silent: false };
    found.push(findings.stopOpened(state, stand, stand.stop, at_ms));
    return;
  }
  stand.stop.lastSeen_ms = at_ms;
  if (at_ms - stand.stop.updated_ms < config.update_s * 1000) return;
  stand.stop.updated_ms = at_ms;
  found.push(findings.stopUpdated(state, stand, stand.stop, at_ms));
}

function noteGaps(state: TruckState, from_ms: number, to_ms: number, silent_ms: number): void {
  if (state.stand?.stop == null && state.dumping === null) return;
  for (const incident of openIncidents(state)) {
    incident.silent = false;
    if (to_ms - from_ms <= silent_ms) continue;
    incident.gaps.push([from_ms, to_ms]);
    if (incident.gaps.length > GAPS_MAX) incident.gaps.shift();
  }
}

/** A truck that went silent is said to be missing; what it did is given up only after long. */
function advance(state: TruckState, now_ms: number, { config, findings }: TruckContext): Finding[] {
  const { last, stand, dumping } = state;
  if (last === null) return [];
  const silence_ms = now_ms - last.at_ms;
  const found: Finding[] = [];
  const isOver = silence_ms >= config.give_up_s * 1000;
  const isNews = (incident: TruckIncident): boolean =>
    silence_ms >= config.silent_s * 1000 && !incident.silent;
  const reason = `no position for ${config.give_up_s} s: given up`;
  if (stand?.stop != null) {
    if (isOver) found.push(findings.stopEnded(state, stand, stand.stop, now_ms, reason, true));
    else if (isNews(stand.stop)) found.push(findings.stopSilent(state, stand, stand.stop, now_ms));
    stand.stop.silent = true;
    if (isOver) state.stand = null;
  }
  if (dumping !== null) {
    if (isOver) found.push(findings.dumpingEnded(state, dumping, now_ms, reason, true));
    else if (isNews(dumping)) found.push(findings.dumpingSilent(state, dumping, now_ms));
    dumping.silent = true;
    if (isOver) {
      state.dumping = null;
      // What was seen before belongs to that dumping, not to a next one.
      state.lifted = null;
      state.emptied = null;
    }
  }
  return found;
}

function wakeAt_ms(state: TruckState, config: TruckStopConfig): number | undefined {
  const { dumping, last } = state;
  const stop = state.stand?.stop ?? null;
  if (last === null || (stop === null && dumping === null)) return undefined;
  const isTold = (stop?.silent ?? true) && (dumping?.silent ?? true);
  return last.at_ms + (isTold ? config.give_up_s : config.silent_s) * 1000;
}

function openIncidents({ stand, dumping }: TruckState): TruckIncident[] {
  const incidents: TruckIncident[] = [];
  if (stand?.stop != null) incidents.push(stand.stop);
  if (dumping !== null) incidents.push(dumping);
  return incidents;
}
