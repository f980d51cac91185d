import type { Finding } from '../domain/finding.ts';
import type { ReadingObservation } from '../domain/observation.ts';
import type { SensorDriftConfig } from '../domain/sensor-rule-config.ts';
import type { World } from '../domain/world.ts';
import { follow, lowerQuartile, noDeparture, weightedMedian } from './drift-estimate.ts';
import { type DriftFindings, driftFindings } from './drift-findings.ts';
import { type Surroundings, surroundingsOf } from './drift-neighbours.ts';
import { addFloor, addSample, type DriftState, floorAt, initialDrift, type Learnt } from './drift-state.ts';
import { readingKey } from './reading-key.ts';
import type { Peers, Rule } from './rule.ts';
import { ruleVersion } from './rule-version.ts';

interface Context {
  readonly config: SensorDriftConfig;
  readonly ruleId: string;
  readonly bin_ms: number;
  readonly around: Surroundings;
  readonly findings: DriftFindings;
}

/** Wider than a slow change of the air, as a share of what is expected. */
const WIDTH_SHARE = 0.35;
/** The same as a share of the least departure. */
const WIDTH_MIN_SHARE = 0.8;
/** While a station is within this share of the least departure, it is learnt on how it stands to its neighbours. */
const LEARNING_SHARE = 0.25;
/** Bins over which that is forgotten: about a day of five minutes. */
const MEMORY_BINS = 288;
/** What a neighbour with dust upwind of it says counts so much less. */
const UPWIND_WEIGHT = 0.5;
/** Of a departure, at least so much must be a change of the station's own: else its neighbours changed. */
const OWN_SHARE = 0.5;

/**
 * A station that departs slowly from what its neighbours show, while nothing that raises dust lies upwind: its sensor
 * drifts. Neighbours are scaled by how the station stood to each of them before; those in whose air something happens
 * do not count. What rises quickly is in the air, and no drift, however long it stays.
 */
export function sensorDriftRule(config: SensorDriftConfig, world: World): Rule<DriftState> {
  const identity = { id: config.id, version: ruleVersion(config) };
  const context: Context = {
    config,
    ruleId: config.id,
    bin_ms: config.bin_s * 1000,
    around: surroundingsOf(config, world),
    findings: driftFindings(config, identity, world),
  };
  const { silent_s, give_up_s } = config;
  return {
    ...identity,
    kinds: ['reading'],
    keyOf: readingKey(config),
    initial: initialDrift,
    observe: (state, observation, peers) =>
      observation.kind === 'reading' ? observe(state, observation, peers, context) : [],
    advance: (state, now_ms) => advance(state, now_ms, context),
    wakeAt_ms: ({ open, last_ms }) =>
      open === null ? undefined : last_ms + (open.silent ? give_up_s : silent_s) * 1000,
  };
}

/** How much too high a station is known to measure now, in the unit of the metric; 0 where nothing is known of it. */
export function driftAbove(peers: Peers, ruleId: string, deviceId: string): number {
  const state = peers(ruleId, deviceId) as DriftState | undefined;
  return state === undefined || state.open === null ? 0 : Math.max(0, state.departure.offset);
}

function observe(state: DriftState, reading: ReadingObservation, peers: Peers, context: Context): Finding[] {
  const { at_ms, metrics, flag = 'N' } = reading;
  const value = metrics[context.config.metric];
  if (flag !== 'N' || value === undefined || !Number.isFinite(value)) return [];
  context.around.heard(state.deviceId);
  const bin = Math.floor(at_ms / context.bin_ms);
  const found = state.bin !== null && bin > state.bin ? closeBin(state, state.bin, peers, context) : [];
  if (bin > (state.bin ?? bin - 1)) state.bin = bin;
  addSample(state, value, metrics.wind_direction_deg, metrics.wind_speed_mps);
  state.last_ms = at_ms;
  if (state.open !== null) state.open.silent = false;
  return found;
}

/** Judges the bin that is over. */
function closeBin(state: DriftState, bin: number, peers: Peers, context: Context): Finding[] {
  const { config, around, findings, bin_ms } = context;
  const floor = lowerQuartile(state.samples) ?? 0;
  const isCalm = addFloor(state, bin, floor);
  const expected = expectedOf(state, bin, floor, isCalm, peers, context);
  const { departure } = state;
  if (expected === undefined || around.hasSourceUpwind(state.deviceId, state.wind_deg)) {
    departure.unjudged += 1;
    return [];
  }
  const least = Math.max(config.departure_min, config.departure_share * expected);
  follow(departure, floor, expected, {
    step: (config.rate_max_per_h * config.bin_s) / 3600,
    width: Math.max(WIDTH_MIN_SHARE * config.departure_min, WIDTH_SHARE * expected),
  });
  state.expected = expected;
  const end_ms = (bin + 1) * bin_ms;
  if (Math.abs(departure.offset) < least / 2) state.since_ms = null;
  else state.since_ms ??= end_ms - bin_ms;
  if (departure.jumped * config.bin_s >= config.relearn_s) return relearn(state, end_ms, findings);
  return judge(state, end_ms, least, context);
}

/** Opens, goes on with, or ends what is known of a departure. */
function judge(state: DriftState, at_ms: number, least: number, context: Context): Finding[] {
  const { config, findings } = context;
  const { open, since_ms } = state;
  if (since_ms === null) {
    state.open = null;
    return open === null ? [] : [findings.ended(state, open, at_ms)];
  }
  if (open !== null) {
    open.lastSeen_ms = at_ms;
    open.peak = Math.max(open.peak, Math.abs(state.departure.offset));
    if (at_ms - open.updated_ms < config.update_s * 1000) return [];
    open.updated_ms = at_ms;
    return [findings.updated(state, open, at_ms)];
  }
  if (Math.abs(state.departure.offset) < least || at_ms - since_ms < config.min_s * 1000) return [];
  if (!isOwnChange(state, least)) return [];
  state.open = {
    onset_ms: since_ms,
    updated_ms: at_ms,
    lastSeen_ms: at_ms,
    peak: Math.abs(state.departure.offset),
    silent: false,
  };
  return [findings.opened(state, state.open, at_ms)];
}

/** True where the station is off by so much now, and has moved itself: not its neighbours away from it. */
function isOwnChange({ departure: { offset }, floors, usual, expected }: DriftState, least: number): boolean {
  const sign = Math.sign(offset);
  const now = floors.at(-1)?.[1] ?? expected;
  const own = (now - Math.exp(usual[0])) * sign;
  return (now - expected) * sign >= least && own >= OWN_SHARE * Math.abs(offset);
}

/** Far off in one go and for long: the station was moved, or something beside it is there to stay. */
function relearn(state: DriftState, at_ms: number, findings: DriftFindings): Finding[] {
  const { open } = state;
  state.pairs = {};
  state.usual = [0, 0];
  state.departure = noDeparture();
  state.since_ms = null;
  state.open = null;
  return open === null
    ? []
    : [findings.unverified(state, open, at_ms, 'its surroundings changed: learnt anew')];
}

/**
 * What the neighbours let expect of a station; undefined where too few can tell. Learns, as long as nothing is
 * suspect, how the station stands to each of them.
 */
function expectedOf(
  state: DriftState,
  bin: number,
  floor: number,
  isCalm: boolean,
  peers: Peers,
  { config, ruleId, bin_ms, around }: Context,
): number | undefined {
  const learnt = Math.max(1, Math.ceil((config.learn_s * 1000) / bin_ms));
  const isTrusted = isCalm && Math.abs(state.departure.offset) < LEARNING_SHARE * config.departure_min;
  const told: { value: number; weight: number }[] = [];
  for (const { id, weight } of around.neighbours(state.deviceId)) {
    const other = peers(ruleId, id) as DriftState | undefined;
    const theirs = other === undefined || other.open !== null ? undefined : floorAt(other, bin);
    if (other === undefined || theirs === undefined) continue;
    const pair = state.pairs[id] ?? [0, 0];
    if (pair[1] >= learnt) {
      const isDusty = around.hasSourceUpwind(id, other.wind_deg);
      told.push({ value: theirs * Math.exp(pair[0]), weight: isDusty ? weight * UPWIND_WEIGHT : weight });
    }
    if (isTrusted) state.pairs[id] = learn(pair, Math.log(Math.max(1, floor) / Math.max(1, theirs)), learnt);
  }
  if (isTrusted) state.usual = learn(state.usual, Math.log(Math.max(1, floor)), learnt);
  state.told = told.length;
  // What enough of them have begun to show, one is enough to go on with.
  const needed = state.since_ms === null ? config.neighbours_min : 1;
  return told.length < needed ? undefined : weightedMedian(told);
}

/** A mean of the first values, that later ones move slowly. */
function learn([mean, bins]: Learnt, value: number, learnt: number): Learnt {
  const share = bins < learnt ? 1 / (bins + 1) : 1 / MEMORY_BINS;
  return [mean + share * (value - mean), bins + 1];
}

/** A silent station neither ends nor prolongs its departure: the silence is stated, and given up after long. */
function advance(state: DriftState, now_ms: number, { config, findings }: Context): Finding[] {
  const { open, last_ms } = state;
  if (open === null) return [];
  if (now_ms - last_ms >= config.give_up_s * 1000) {
    state.open = null;
    state.since_ms = null;
    return [findings.unverified(state, open, now_ms, `no valid reading for ${config.give_up_s} s: given up`)];
  }
  if (open.silent || now_ms - last_ms < config.silent_s * 1000) return [];
  open.silent = true;
  return [findings.silent(state, open, now_ms)];
}
