import type { Finding } from '../domain/finding.ts';
import { haversine_m } from '../domain/geometry.ts';
import type { PositionObservation } from '../domain/observation.ts';
import type { TruckStopConfig } from '../domain/truck-rule-config.ts';
import type { Evidence, TruckState } from './truck-state.ts';
import type { TruckContext } from './truck-stop.ts';

/**
 * Follows lift and load: opens a dumping once either is believed, adds the other sign to it, ends it when the
 * truck has left the place.
 */
export function followDumping(
  state: TruckState,
  fix: PositionObservation,
  speed_kmh: number,
  previous_ms: number,
  context: TruckContext,
  found: Finding[],
): void {
  leaveDumping(state, fix, speed_kmh, context, found);
  if (fix.at_ms - previous_ms > context.config.max_gap_s * 1000) {
    state.lifted = null;
    state.emptied = null;
  }
  const isLifted = followLift(state, fix, speed_kmh, context);
  const isLost = followLoad(state, fix, speed_kmh, context);
  if (isLifted) tell(state, 'lifted', state.lifted, fix.at_ms, context, found);
  if (isLost) {
    tell(state, 'lost', state.emptied, fix.at_ms, context, found);
    state.emptied = null;
    state.loadedAt_ms = null;
  }
  const { dumping } = state;
  if (dumping !== null && fix.at_ms - dumping.updated_ms >= context.config.update_s * 1000) {
    dumping.updated_ms = fix.at_ms;
    found.push(context.findings.dumpingUpdated(state, dumping, fix.at_ms));
  }
}

/** Opens the dumping, or adds a sign that it did not have yet. */
function tell(
  state: TruckState,
  sign: 'lifted' | 'lost',
  evidence: Evidence | null,
  at_ms: number,
  { findings }: TruckContext,
  found: Finding[],
): void {
  if (evidence === null) return;
  if (state.dumping === null) {
    state.dumping = {
      onset_ms: evidence.since_ms,
      updated_ms: at_ms,
      lastSeen_ms: at_ms,
      gaps: [],
      silent: false,
      lon: evidence.lon,
      lat: evidence.lat,
      away: 0,
      lifted: sign === 'lifted',
      lost: sign === 'lost',
      stand_ms: state.stand?.since_ms ?? null,
    };
    found.push(findings.dumpingOpened(state, state.dumping, at_ms));
  } else if (!state.dumping[sign]) {
    state.dumping[sign] = true;
    state.dumping.updated_ms = at_ms;
    found.push(findings.dumpingUpdated(state, state.dumping, at_ms));
  }
}

/** True while the body is believed to be up, outside, with the truck nearly standing. */
function followLift(
  state: TruckState,
  fix: PositionObservation,
  speed_kmh: number,
  { config, isOutside }: TruckContext,
): boolean {
  if (fix.lift === undefined) {
    // A position that does not tell the lift leaves it as it was, but not once the truck drives.
    if (speed_kmh > config.dumping.speed_max_kmh) state.lifted = null;
    return false;
  }
  state.hasLift = true;
  if (!fix.lift) {
    state.liftStuck = false;
    state.lifted = null;
    return false;
  }
  if (speed_kmh > config.dumping.lift_drive_kmh) state.liftStuck = true;
  if (state.liftStuck || speed_kmh > config.dumping.speed_max_kmh || !isOutside(fix, fix.at_ms)) {
    state.lifted = null;
    return false;
  }
  state.lifted = addEvidence(state.lifted, fix);
  return isBelieved(state.lifted, fix.at_ms, config);
}

/** True once the load is believed to have been lost here. It may be confirmed while the truck drives off. */
function followLoad(
  state: TruckState,
  fix: PositionObservation,
  speed_kmh: number,
  { config, isOutside }: TruckContext,
): boolean {
  if (fix.load === undefined) return false;
  if (fix.load !== 'empty') {
    state.loadedAt_ms = fix.at_ms;
    state.emptied = null;
    return false;
  }
  if (state.emptied === null) {
    const { loadedAt_ms } = state;
    // Only the change counts: once empty elsewhere or while driving, the truck stays empty without a word.
    const isChange = loadedAt_ms !== null && state.load !== 'empty';
    const isRecent = loadedAt_ms !== null && fix.at_ms - loadedAt_ms <= config.dumping.load_gap_s * 1000;
    if (!isChange || !isRecent || speed_kmh > config.dumping.speed_max_kmh || !isOutside(fix, fix.at_ms)) {
      return false;
    }
  }
  state.emptied = addEvidence(state.emptied, fix);
  return isBelieved(state.emptied, fix.at_ms, config);
}

function addEvidence(evidence: Evidence | null, { at_ms, lon, lat }: PositionObservation): Evidence {
  if (evidence === null) return { since_ms: at_ms, lon, lat, fixes: 1 };
  evidence.fixes += 1;
  return evidence;
}

function isBelieved(evidence: Evidence, at_ms: number, { dumping }: TruckStopConfig): boolean {
  return evidence.fixes >= dumping.confirm_fixes && at_ms - evidence.since_ms >= dumping.confirm_s * 1000;
}

function leaveDumping(
  state: TruckState,
  fix: PositionObservation,
  speed_kmh: number,
  { config, findings }: TruckContext,
  found: Finding[],
): void {
  const { dumping } = state;
  if (dumping === null) return;
  // A truck that creeps along with its body up is still tipping, however far the heap reaches.
  if (state.lifted !== null && fix.lift !== false && speed_kmh <= config.dumping.speed_max_kmh) {
    dumping.lastSeen_ms = fix.at_ms;
    dumping.away = 0;
    return;
  }
  dumping.away = haversine_m(dumping, fix) > config.radius_m ? dumping.away + 1 : 0;
  if (dumping.away === 0) dumping.lastSeen_ms = fix.at_ms;
  const hasLeft = dumping.away >= 2 || (dumping.away === 1 && speed_kmh > config.dumping.speed_max_kmh);
  if (!hasLeft) return;
  // A load that was seen to go only now belongs to this dumping all the same.
  if (state.emptied !== null && fix.load === 'empty') {
    dumping.lost = true;
    state.emptied = null;
    state.loadedAt_ms = null;
  }
  found.push(findings.dumpingEnded(state, dumping, fix.at_ms, 'drove on'));
  state.dumping = null;
  state.lifted = null;
}
