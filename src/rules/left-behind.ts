import { isBeside, overlap } from '../domain/box.ts';
import type { Finding } from '../domain/finding.ts';
import type { Suspect } from '../domain/focus.ts';
import { pointInRing } from '../domain/geometry.ts';
import type { LeftBehindConfig } from '../domain/left-behind-config.ts';
import type { Detection, DetectionsObservation, Observation } from '../domain/observation.ts';
import type { World } from '../domain/world.ts';
import type { CameraZone } from '../domain/zone.ts';
import { type Covers, isCovered, withCovers } from './covers.ts';
import { type Crowd, directionOf, hidden_ms, isHiddenNow, joinCrowd } from './crowd.ts';
import { missesOfGone } from './dwell.ts';
import { leftBehindFindings } from './left-behind-findings.ts';
import { newThing, snapshotOf, type Thing, thingAt } from './left-behind-thing.ts';
import { alone_ms, attribute, lookBack } from './left-behind-who.ts';
import type { Rule } from './rule.ts';
import { ruleVersion } from './rule-version.ts';

/** What the rule remembers of a camera. */
export interface LeftBehindState {
  readonly cameraId: string;
  things: Thing[];
  crowd: Crowd;
  /** Of each detector since when it has judged without a gap, and its newest frame. */
  watched: Record<string, [since_ms: number, last_ms: number]>;
  /** Where things of `not_at` were lately. */
  covers?: Covers;
  /** Where something lay until a short while ago. */
  gone?: { readonly box: Detection['box']; readonly at_ms: number }[];
}

interface Context {
  readonly config: LeftBehindConfig;
  readonly zones: ReadonlyMap<string, readonly CameraZone[]>;
  readonly findings: ReturnType<typeof leftBehindFindings>;
  readonly suspect: Suspect;
}

/** Of more, those without an incident that were seen longest ago are forgotten. */
const THINGS_MAX = 100;
/** After a longer gap nobody knows what was there before. */
const GAP_MS = 120_000;
/** Of the time between two frames, at most so much counts as observed empty. */
const COUNTED_MS = 30_000;
/** What is put down beside a thing that was left belongs to it: heaps grow. */
const HEAP_RADIUS_FACTOR = 2;
const SEEN_MIN = 2;
/** How fast the remembered box and score follow: what passes does not take them along. */
const FOLLOW = 0.2;
/** Of all frames since it came so many must show it, and three more that did not: what flickers is nothing. */
const SHOWS_MIN = 0.4;
const DOUBTS = 3;
/** What appears again where something lay so short ago was hidden, not brought. */
const GONE_KEPT_MS = 300_000;
const GONE_MAX = 50;

/**
 * Things that somebody left behind: not there before (their place was watched, and nobody stood in front of it), beside
 * an actor when they came, and still there when he has been gone for a while. What is carried past stays nowhere; what
 * a truck merely hid was there before.
 */
export function leftBehindRule(
  config: LeftBehindConfig,
  world: World,
  suspect: Suspect = () => undefined,
): Rule<LeftBehindState> {
  const identity = { id: config.id, version: ruleVersion(config) };
  const zones = new Map<string, CameraZone[]>();
  for (const zone of world.cameraZones) {
    if (!config.zone_kinds.includes(zone.kind)) continue;
    zones.set(zone.cameraId, [...(zones.get(zone.cameraId) ?? []), zone]);
  }
  const context: Context = { config, zones, findings: leftBehindFindings(config, identity), suspect };
  return {
    ...identity,
    kinds: ['detections'],
    keyOf: (observation: Observation) => (zones.has(observation.deviceId) ? observation.deviceId : undefined),
    initial: (cameraId) => ({ cameraId, things: [], crowd: { sightings: [], hiders: [] }, watched: {} }),
    observe: (state, observation) =>
      observation.kind === 'detections' ? observe(state, observation, context) : [],
    advance: (state, now_ms) => advance(state, now_ms, context),
    wakeAt_ms: ({ things }) => {
      const times = things.map(({ lastJudged_ms }) => lastJudged_ms + config.give_up_s * 1000);
      return times.length === 0 ? undefined : Math.min(...times);
    },
  };
}

function observe(state: LeftBehindState, observation: DetectionsObservation, context: Context): Finding[] {
  const { config } = context;
  const { at_ms, model, unseen } = observation;
  if (unseen !== undefined) {
    // Behind a cover anything may have changed.
    state.watched = {};
    return [];
  }
  const [since_ms, last_ms] = state.watched[model.id] ?? [at_ms, at_ms];
  if (at_ms < last_ms) return [];
  state.watched[model.id] = [at_ms - last_ms > GAP_MS ? at_ms : since_ms, at_ms];
  const sure = observation.detections.filter(({ score }) => score >= config.min_score);
  const actors = sure.filter((made) => config.actors.includes(made.class));
  const keep_ms = (config.lookback_s + config.left_s + config.stays_s) * 1000 + GAP_MS;
  const standing = joinCrowd(state.crowd, actors, { at_ms, since_ms: at_ms - last_ms, keep_ms });
  state.gone = state.gone?.filter((place) => at_ms - place.at_ms <= GONE_KEPT_MS) ?? [];
  const faint = [
    ...observation.detections.filter((made) => made.score < config.min_score),
    ...(observation.weak ?? []),
  ];
  state.covers = withCovers(state.covers ?? [], observation, config.not_at);
  const seen = assign(state, { sure, faint }, observation, context);
  const found: Finding[] = [];
  state.things = state.things.filter((thing) => {
    const zone = context.zones.get(state.cameraId)?.find(({ id }) => id === thing.zoneId);
    if (zone === undefined) return false;
    attribute(thing, actors, standing, observation, zone, config);
    const isJudged = seen.has(thing) || thing.model.id === model.id;
    if (!isJudged) return true;
    return judge(state, thing, seen.get(thing), { observation, zone, context, found });
  });
  return found;
}

/** A box that shows a thing, and whether it is enough by itself. */
interface Shown {
  readonly made: Detection;
  readonly isSure: boolean;
}

/** Gives each box its thing, making new ones where a zone is. Faint ones go on with what is known, or wait for sure ones. */
function assign(
  state: LeftBehindState,
  { sure, faint }: { readonly sure: readonly Detection[]; readonly faint: readonly Detection[] },
  observation: DetectionsObservation,
  { config, zones, suspect }: Context,
): Map<Thing, Shown> {
  const { at_ms, model } = observation;
  const bins = sure.filter((made) => config.not_at.includes(made.class));
  const seen = new Map<Thing, Shown>();
  for (const made of [...sure, ...faint]) {
    const isSure = !faint.includes(made);
    if (!config.things.includes(made.class)) continue;
    if (bins.some(({ box }) => isBeside(box, made.box, 0)) || isCovered(state.covers ?? [], made.box))
      continue;
    const heaps = state.things.filter(({ isNew }) => isNew);
    const wide = config.place_radius * HEAP_RADIUS_FACTOR;
    const isBack = thingAt(state.gone ?? [], made, config.place_radius) !== undefined;
    let thing = thingAt(state.things, made, config.place_radius);
    // What is carried past a heap must not take it along.
    if (thing === undefined && !isBack && thingAt(heaps, made, wide) !== undefined) continue;
    if (thing === undefined) {
      const [x, y] = [(made.box[0] + made.box[2]) / 2, made.box[3]];
      const zone = zones.get(state.cameraId)?.find(({ polygon }) => pointInRing(x, y, polygon));
      if (zone === undefined) continue;
      const since_ms = state.watched[model.id]?.[0] ?? at_ms;
      const empty_ms = at_ms - since_ms - hidden_ms(state.crowd, made.box, since_ms, at_ms);
      thing = newThing(made, zone, observation, !isBack && empty_ms >= config.before_s * 1000);
      state.things.push(thing);
    }
    if (isSure && thing.isNew && thing.sure === 0) suspect({ deviceId: state.cameraId, at_ms });
    const rival = seen.get(thing);
    const fitsBetter =
      rival === undefined ||
      (rival.isSure === isSure && overlap(thing.box, rival.made.box) < overlap(thing.box, made.box));
    if (fitsBetter) seen.set(thing, { made, isSure });
  }
  if (state.things.length > THINGS_MAX) {
    const spare = state.things
      .filter(({ open }) => open === null)
      .sort((a, b) => a.lastSeen_ms - b.lastSeen_ms);
    const gone = new Set(spare.slice(0, state.things.length - THINGS_MAX));
    state.things = state.things.filter((thing) => !gone.has(thing));
  }
  return seen;
}

interface Judging {
  readonly observation: DetectionsObservation;
  readonly zone: CameraZone;
  readonly context: Context;
  readonly found: Finding[];
}

/** False once the thing is gone, or hidden for too long to be the same one. */
function judge(state: LeftBehindState, thing: Thing, shown: Shown | undefined, judging: Judging): boolean {
  const { observation, zone, context, found } = judging;
  const { config, findings } = context;
  const { at_ms } = observation;
  const elapsed_ms = Math.min(COUNTED_MS, at_ms - thing.lastJudged_ms);
  thing.lastJudged_ms = at_ms;
  if (shown === undefined) {
    if (isHiddenNow(state.crowd, thing.box, at_ms)) {
      return thing.open !== null || at_ms - thing.lastSeen_ms <= config.forget_s * 1000;
    }
    thing.judged += 1;
    thing.judgedAlone += 1;
    thing.vacant_ms += elapsed_ms;
    thing.misses += 1;
    if (thing.vacant_ms < config.clear_s * 1000 || thing.misses < missesOfGone(thing.shows)) return true;
    if (thing.open === null) return false;
    state.gone = [...(state.gone ?? []), { box: thing.box, at_ms }].slice(-GONE_MAX);
    found.push(findings.gone(thing, zone, observation));
    return false;
  }
  const { made, isSure } = shown;
  if (isSure) thing.sure += 1;
  if (thing.first_ms === at_ms) lookBack(state.crowd, thing, config);
  thing.vacant_ms = 0;
  thing.misses = 0;
  thing.lastSeen_ms = at_ms;
  thing.box = followed(thing.box, made.box);
  thing.cls = made.class;
  thing.score += (made.score - thing.score) * FOLLOW;
  // What somebody holds before himself lies nowhere yet.
  if (!isHiddenNow(state.crowd, made.box, at_ms)) {
    thing.judged += 1;
    thing.seen += 1;
    thing.shows = thing.seen / thing.judged;
    thing.judgedAlone += 1;
    thing.seenAlone += 1;
  }
  thing.best = snapshotOf(observation, [made], zone) ?? thing.best;
  if (thing.open !== null) {
    if (at_ms - thing.open.updated_ms >= config.update_s * 1000) {
      thing.open.updated_ms = at_ms;
      found.push(findings.updated(state.cameraId, thing, zone, at_ms));
    }
  } else if (isLeftBehind(thing, at_ms, config)) {
    const [cameFrom, leftTo] = ([-1, 1] as const).map((step) =>
      thing.who === null ? undefined : directionOf(state.crowd, thing.who, step),
    );
    thing.open = {
      updated_ms: at_ms,
      ...(cameFrom === undefined ? {} : { cameFrom }),
      ...(leftTo === undefined ? {} : { leftTo }),
    };
    found.push(findings.opened(state.cameraId, thing, zone, at_ms));
  }
  return true;
}

function followed(box: Detection['box'], to: Detection['box']): Detection['box'] {
  const mix = (index: 0 | 1 | 2 | 3): number => box[index] + (to[index] - box[index]) * FOLLOW;
  return [mix(0), mix(1), mix(2), mix(3)];
}

function isLeftBehind(thing: Thing, at_ms: number, config: LeftBehindConfig): boolean {
  if (!thing.isNew || thing.who === null) return false;
  const alone = thing.alone_ms + alone_ms(thing, at_ms, config);
  const stays_s = config.vehicles.includes(thing.who[1]) ? config.stays_vehicle_s : config.stays_s;
  const enough_ms = (config.left_s + stays_s) * 1000;
  return (
    alone >= enough_ms &&
    thing.seenAlone >= SEEN_MIN &&
    thing.sure >= Math.max(SEEN_MIN, thing.seen * config.sure_share) &&
    thing.seenAlone >= thing.judgedAlone * config.occupied_share &&
    thing.seen >= (thing.judged + DOUBTS) * SHOWS_MIN
  );
}

function advance(state: LeftBehindState, now_ms: number, { config, zones, findings }: Context): Finding[] {
  const found: Finding[] = [];
  state.things = state.things.filter((thing) => {
    if (now_ms - thing.lastJudged_ms < config.give_up_s * 1000) return true;
    const zone = zones.get(state.cameraId)?.find(({ id }) => id === thing.zoneId);
    if (thing.open !== null && zone !== undefined) {
      found.push(findings.unverified(state.cameraId, thing, zone, now_ms));
    }
    return false;
  });
  return found;
}
