import type { Finding } from '../domain/finding.ts';
import { pointInRing } from '../domain/geometry.ts';
import type { LeftBehindConfig } from '../domain/left-behind-config.ts';
import type { Detection, DetectionsObservation, Observation } from '../domain/observation.ts';
import type { World } from '../domain/world.ts';
import type { CameraZone } from '../domain/zone.ts';
import { type Crowd, directionOf, hidden_ms, isBeside, isHiddenNow, joinCrowd } from './crowd.ts';
import { leftBehindFindings } from './left-behind-findings.ts';
import { newThing, snapshotOf, type Thing, thingAt } from './left-behind-thing.ts';
import type { Rule } from './rule.ts';
import { ruleVersion } from './rule-version.ts';

/** What the rule remembers of a camera. */
export interface LeftBehindState {
  readonly cameraId: string;
  things: Thing[];
  crowd: Crowd;
  /** Of each detector since when it has judged without a gap, and its newest frame. */
  watched: Record<string, [since_ms: number, last_ms: number]>;
}

interface Context {
  readonly config: LeftBehindConfig;
  readonly zones: ReadonlyMap<string, readonly CameraZone[]>;
  readonly findings: ReturnType<typeof leftBehindFindings>;
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

/**
 * Things that somebody left behind: not there before (their place was watched, and nobody stood in front of it), beside
 * an actor when they came, and still there when he has been gone for a while. What is carried past stays nowhere; what
 * a truck merely hid was there before.
 */
export function leftBehindRule(config: LeftBehindConfig, world: World): Rule<LeftBehindState> {
  const identity = { id: config.id, version: ruleVersion(config) };
  const zones = new Map<string, CameraZone[]>();
  for (const zone of world.cameraZones) {
    if (!config.zone_kinds.includes(zone.kind)) continue;
    zones.set(zone.cameraId, [...(zones.get(zone.cameraId) ?? []), zone]);
  }
  const context: Context = { config, zones, findings: leftBehindFindings(config, identity) };
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
  const standing = joinCrowd(state.crowd, actors, at_ms, keep_ms);
  const seen = assign(state, sure, observation, context);
  const found: Finding[] = [];
  state.things = state.things.filter((thing) => {
    const zone = context.zones.get(state.cameraId)?.find(({ id }) => id === thing.zoneId);
    if (zone === undefined) return false;
    attribute(thing, actors, standing, observation, zone, context);
    const isJudged = seen.has(thing) || thing.model.id === model.id;
    if (!isJudged) return true;
    return judge(state, thing, seen.get(thing), { observation, zone, context, found });
  });
  return found;
}

/** Gives each box its thing, making new ones where a zone is. */
function assign(
  state: LeftBehindState,
  sure: readonly Detection[],
  observation: DetectionsObservation,
  { config, zones }: Context,
): Map<Thing, Detection> {
  const { at_ms, model } = observation;
  const bins = sure.filter((made) => config.not_at.includes(made.class));
  const seen = new Map<Thing, Detection>();
  for (const made of sure) {
    if (!config.things.includes(made.class)) continue;
    if (bins.some(({ box }) => isBeside(box, made.box, 0))) continue;
    const heaps = state.things.filter(({ isNew }) => isNew);
    let thing =
      thingAt(state.things, made, config.place_radius) ??
      thingAt(heaps, made, config.place_radius * HEAP_RADIUS_FACTOR);
    if (thing === undefined) {
      const [x, y] = [(made.box[0] + made.box[2]) / 2, made.box[3]];
      const zone = zones.get(state.cameraId)?.find(({ polygon }) => pointInRing(x, y, polygon));
      if (zone === undefined) continue;
      const since_ms = state.watched[model.id]?.[0] ?? at_ms;
      const empty_ms = at_ms - since_ms - hidden_ms(state.crowd, made.box, since_ms, at_ms);
      thing = newThing(made, zone, observation, empty_ms >= config.before_s * 1000);
      state.things.push(thing);
    }
    const rival = seen.get(thing);
    if (rival === undefined || rival.score < made.score) seen.set(thing, made);
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

/** Who was beside a new thing about when it came may have left it; whoever stays beside it has not left yet. */
function attribute(
  thing: Thing,
  actors: readonly Detection[],
  standing: readonly Detection['box'][],
  observation: DetectionsObservation,
  zone: CameraZone,
  { config }: Context,
): void {
  if (!thing.isNew || thing.open !== null) return;
  const { at_ms } = observation;
  const beside = actors.filter(({ box }) => isBeside(box, thing.box, config.reach));
  const isComing = at_ms - thing.first_ms <= config.left_s * 1000;
  for (const actor of beside) {
    const before = thing.who === null ? -1 : rank(thing.who[1], config);
    // One that was only remembered gives way to one who is in the picture.
    const isRival = rank(actor.class, config) > before - (thing.withWho === null ? 1 : 0);
    if (isComing && isRival) {
      thing.who = [at_ms, actor.class, actor.box];
      thing.withWho = snapshotOf(observation, [actor], zone) ?? thing.withWho;
    }
    if (isComing || standing.includes(actor.box)) {
      thing.lastThere_ms = at_ms;
      thing.judged = 0;
      thing.seen = 0;
    }
  }
}

/** Rather the vehicle than somebody who stands beside it. */
function rank(cls: string, { vehicles, actors }: LeftBehindConfig): number {
  return vehicles.includes(cls) ? actors.length + vehicles.indexOf(cls) : actors.indexOf(cls);
}

interface Judging {
  readonly observation: DetectionsObservation;
  readonly zone: CameraZone;
  readonly context: Context;
  readonly found: Finding[];
}

/** False once the thing is gone, or hidden for too long to be the same one. */
function judge(state: LeftBehindState, thing: Thing, made: Detection | undefined, judging: Judging): boolean {
  const { observation, zone, context, found } = judging;
  const { config, findings } = context;
  const { at_ms } = observation;
  const elapsed_ms = Math.min(COUNTED_MS, at_ms - thing.lastJudged_ms);
  thing.lastJudged_ms = at_ms;
  if (made === undefined) {
    if (isHiddenNow(state.crowd, thing.box, at_ms)) {
      return thing.open !== null || at_ms - thing.lastSeen_ms <= config.forget_s * 1000;
    }
    thing.judged += 1;
    thing.vacant_ms += elapsed_ms;
    if (thing.vacant_ms < config.clear_s * 1000) return true;
    if (thing.open !== null) found.push(findings.gone(state.cameraId, thing, zone, at_ms));
    return false;
  }
  if (thing.first_ms === at_ms) lookBack(state, thing, context);
  thing.vacant_ms = 0;
  thing.lastSeen_ms = at_ms;
  thing.box = made.box;
  thing.cls = made.class;
  thing.score += (made.score - thing.score) * 0.2;
  thing.judged += 1;
  thing.seen += 1;
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

/** Between two frames of a patrol he may have put it down and gone: whoever was there shortly before. */
function lookBack({ crowd }: LeftBehindState, thing: Thing, { config }: Context): void {
  if (!thing.isNew || thing.who !== null) return;
  for (const sighting of crowd.sightings) {
    const [seen_ms, cls, box] = sighting;
    if (thing.first_ms - seen_ms > config.lookback_s * 1000 || !isBeside(box, thing.box, config.reach))
      continue;
    if (thing.who === null || rank(cls, config) >= rank(thing.who[1], config)) thing.who = sighting;
  }
}

function isLeftBehind(thing: Thing, at_ms: number, config: LeftBehindConfig): boolean {
  if (!thing.isNew || thing.who === null) return false;
  const alone_ms = at_ms - thing.lastThere_ms;
  const enough_ms = (config.left_s + config.stays_s) * 1000;
  return (
    alone_ms >= enough_ms && thing.seen >= SEEN_MIN && thing.seen >= thing.judged * config.occupied_share
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
