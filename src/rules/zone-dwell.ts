import type { Finding } from '../domain/finding.ts';
import type { Suspect } from '../domain/focus.ts';
import { pointInRing } from '../domain/geometry.ts';
import type { Detection, DetectionsObservation, Observation, SightFault } from '../domain/observation.ts';
import type { ZoneDwellConfig } from '../domain/rule-config.ts';
import { createLocalTime, inHours, type LocalTime } from '../domain/schedule.ts';
import type { World } from '../domain/world.ts';
import type { CameraZone } from '../domain/zone.ts';
import { type Covers, isCovered, withCovers } from './covers.ts';
import { countTo, dwellOf, isGone, isOverdue, presumedOccupancy } from './dwell.ts';
import { believe, followUnit, keepBest, nearestPlace, newPlace, type Place } from './place.ts';
import { type PlaceFindings, placeFindings } from './place-findings.ts';
import { type PlaceUnit, unitsOf } from './place-unit.ts';
import type { Rule } from './rule.ts';
import { ruleVersion } from './rule-version.ts';
import { type View, viewsOf } from './zone-view.ts';

/** What the rule remembers of a camera. */
export interface ZoneDwellState {
  readonly cameraId: string;
  places: Place[];
  /** Units that found no room. */
  ignored: number;
  /** Where things of `not_at` were lately. */
  covers?: Covers;
  /** Why nothing could be seen lately, until something can. */
  blind?: string | null;
}

interface Context {
  readonly config: ZoneDwellConfig;
  readonly views: ReadonlyMap<string, View>;
  readonly localTime: LocalTime;
  readonly findings: PlaceFindings;
  readonly suspect: Suspect;
}

/** In words, for the time that is missing. */
const UNSEEN: Readonly<Record<SightFault, string>> = {
  dark: 'the picture was dark',
  obscured: 'the view was covered',
  defocused: 'the picture was out of focus',
  frozen: 'the picture was frozen',
  moved: 'the camera looked elsewhere',
};
/** Places of one camera; of more, those seen longest ago without an incident make room, else the new is ignored. */
const PLACES_MAX = 200;
/** What stands outside of every zone belongs to a place within one only if it is this near: boxes tremble. */
const OUTSIDE_RADIUS = 0.5;
/** The best picture is looked for in the last so many seconds at most: older frames may be gone from the spool. */
const RECENT_MAX_MS = 60_000;

/**
 * Things that stay in a zone of a camera's picture. Place, not track: time is counted where the thing stands,
 * so that a new track id changes nothing and what moves on leaves its seconds behind. A place opens when it
 * was occupied for the dwell of its road class and for the given share of the observed window, and is over
 * when it was observed empty for `clear_s`. Frames that miss it in between change nothing; time without judged frames
 * is neither. Weak sightings count as long as some are not: what comes slowly into sight was there before it was sure.
 */
export function zoneDwellRule(
  config: ZoneDwellConfig,
  world: World,
  suspect: Suspect = () => undefined,
): Rule<ZoneDwellState> {
  const identity = { id: config.id, version: ruleVersion(config) };
  const context: Context = {
    config,
    views: viewsOf(config, world),
    localTime: createLocalTime(world.timeZone),
    findings: placeFindings(config, identity),
    suspect,
  };
  return {
    ...identity,
    kinds: ['detections'],
    keyOf: (observation) => (isWanted(observation, context) ? observation.deviceId : undefined),
    initial: (cameraId) => ({ cameraId, places: [], ignored: 0 }),
    observe: (state, observation) =>
      observation.kind === 'detections' ? observe(state, observation, context) : [],
    advance: (state, now_ms) => advance(state, now_ms, context),
    wakeAt_ms: (state) => wakeAt_ms(state, config),
  };
}

function isWanted(observation: Observation, { config, views }: Context): boolean {
  if (observation.kind !== 'detections' || !views.has(observation.deviceId)) return false;
  return config.models === undefined || config.models.includes(detectorOf(observation.model));
}

/** The name of a detector, which an observation gives with its version: <name>@<version>. */
function detectorOf({ id }: DetectionsObservation['model']): string {
  return id.split('@')[0] ?? id;
}

function observe(state: ZoneDwellState, observation: DetectionsObservation, context: Context): Finding[] {
  const { config, findings } = context;
  const view = context.views.get(state.cameraId);
  if (view === undefined) return [];
  if (observation.unseen !== undefined) {
    // Neither there nor gone: as if the frame had not come, but for the reason.
    state.blind = UNSEEN[observation.unseen];
    return [];
  }
  const local = context.localTime(observation.at_ms);
  const found: Finding[] = [];
  if (!inHours(config.schedules, local)) {
    dismiss(state, () => 'the rule is not in force at this hour', observation, view, context, found);
    return found;
  }
  const permitted = view.permitted.filter(({ hours }) => inHours(hours, local));
  const isPermitted = (at: { readonly x: number; readonly y: number }): boolean =>
    permitted.some(({ polygon }) => pointInRing(at.x, at.y, polygon));
  const reason = (place: Place): string | undefined => {
    if (isPermitted(place)) return 'permitted here at this hour';
    if (isOfScene(place, observation.suppressed, config)) return 'taken as part of the scene';
    return view.zones.some(({ id }) => id === place.zoneId) ? undefined : 'the zone is no longer configured';
  };
  dismiss(state, reason, observation, view, context, found);

  const { detections, weak } = observation;
  const covers = withCovers(state.covers ?? [], observation, config.not_at);
  if (config.not_at.length > 0) state.covers = covers;
  const units = unitsOf({ detections, weak, min_score: config.min_score }, config.any_of);
  const seen = assign(
    state,
    units.filter((unit) => !isPermitted(unit) && !isCovered(covers, boxOf(unit))),
    observation,
    view,
    context,
  );
  const kept: Place[] = [];
  for (const place of state.places) {
    const zone = view.zones.find(({ id }) => id === place.zoneId);
    const unit = seen.get(place);
    // A detector that did not find the place may not know its class at all: its silence says nothing.
    const isJudged = unit !== undefined || detectorOf(place.model) === detectorOf(observation.model);
    if (zone === undefined || !isJudged || judge(place, unit, zone, observation, context, found, state.blind))
      kept.push(place);
    else if (place.open !== null) found.push(findings.gone(place, zone, observation));
  }
  state.places = kept;
  state.blind = null;
  return found;
}

function boxOf({ x, y, w, h }: PlaceUnit): Detection['box'] {
  return [x - w / 2, y - h, x + w / 2, y];
}

/** True where what stood at the place is now held back. */
function isOfScene(place: Place, suppressed: readonly Detection[] = [], config: ZoneDwellConfig): boolean {
  const classes = place.classes.split('+');
  return suppressed.some(({ class: cls, box: [x1, y1, x2, y2] }) => {
    if (!classes.includes(cls)) return false;
    const dx = Math.abs((x1 + x2) / 2 - place.x) / Math.max(x2 - x1, place.w);
    const dy = Math.abs(y2 - place.y) / Math.max(y2 - y1, place.h);
    return Math.max(dx, dy) < config.place_radius;
  });
}

/** Ends and forgets the places for which there is a reason that has nothing to do with being gone. */
function dismiss(
  state: ZoneDwellState,
  reasonOf: (place: Place) => string | undefined,
  observation: DetectionsObservation,
  view: View,
  { findings }: Context,
  found: Finding[],
): void {
  if (state.places.length === 0) return;
  state.places = state.places.filter((place) => {
    const reason = reasonOf(place);
    if (reason === undefined) return true;
    const zone = view.zones.find(({ id }) => id === place.zoneId) ?? view.zones[0];
    if (place.open !== null && zone !== undefined) {
      found.push(findings.unverified(place, zone, state.cameraId, observation.at_ms, reason));
    }
    return false;
  });
}

/** Gives each unit its place, making new ones; the surest unit of a place stands for it. Weak ones alert nobody. */
function assign(
  state: ZoneDwellState,
  units: readonly PlaceUnit[],
  observation: DetectionsObservation,
  view: View,
  { config, suspect }: Context,
): Map<Place, PlaceUnit> {
  const seen = new Map<Place, PlaceUnit>();
  for (const unit of units) {
    const isInZone = view.zones.some(({ polygon }) => pointInRing(unit.x, unit.y, polygon));
    const radius = isInZone ? config.place_radius : Math.min(config.place_radius, OUTSIDE_RADIUS);
    let place = nearestPlace(state.places, unit, radius);
    if (place === undefined) {
      place = newPlace(unit, view.zones, observation);
      if (place === undefined) continue;
      if (!makeRoom(state, seen)) {
        state.ignored += 1;
        continue;
      }
      state.places.push(place);
    }
    if (place.isDoubtful && !unit.isWeak) {
      believe(place, unit, view.zones);
      suspect({ deviceId: state.cameraId, at_ms: observation.at_ms });
    }
    const rival = seen.get(place);
    if (rival === undefined || isSurer(unit, rival)) seen.set(place, unit);
  }
  return seen;
}

function isSurer(unit: PlaceUnit, rival: PlaceUnit): boolean {
  return unit.isWeak === rival.isWeak ? unit.score > rival.score : rival.isWeak;
}

function makeRoom(state: ZoneDwellState, seen: ReadonlyMap<Place, PlaceUnit>): boolean {
  if (state.places.length < PLACES_MAX) return true;
  let oldest = -1;
  state.places.forEach((place, index) => {
    if (place.open !== null || seen.has(place)) return;
    const known = state.places[oldest];
    if (known === undefined || place.lastSeen_ms < known.lastSeen_ms) oldest = index;
  });
  if (oldest >= 0) state.places.splice(oldest, 1);
  return oldest >= 0;
}

/** Counts the time since the last judged frame, opens and updates; false once the place is empty for good. */
function judge(
  place: Place,
  unit: PlaceUnit | undefined,
  zone: CameraZone,
  observation: DetectionsObservation,
  { config, findings }: Context,
  found: Finding[],
  blind: string | null | undefined,
): boolean {
  const { at_ms } = observation;
  const dwell = dwellOf(config, zone.roadClass);
  const { dwell_ms, window_ms } = dwell;
  const elapsed_ms = at_ms - place.lastJudged_ms;
  if (elapsed_ms > 0 && place.open !== null) {
    if (elapsed_ms > config.silent_s * 1000)
      noteGap(place.open, place.lastJudged_ms, at_ms, blind ?? undefined);
    place.open.silent = false;
  }
  const seen = unit === undefined ? undefined : unit.isWeak ? 'weak' : 'sure';
  countTo(place, at_ms, seen, config.max_gap_s, dwell);
  if (unit === undefined && isGone(place, config)) return false;
  if (unit !== undefined) {
    place.lastSeen_ms = Math.max(place.lastSeen_ms, at_ms);
    followUnit(place, unit, observation);
    const recent_ms = Math.min(RECENT_MAX_MS, Math.max(dwell_ms, config.update_s * 1000));
    keepBest(place, unit, observation, zone, recent_ms);
  }
  const occupancy = presumedOccupancy(place, window_ms);
  if (place.open === null) {
    if (isOverdue(place, occupancy, config, dwell_ms)) {
      place.open = { onset_ms: occupancy.first_ms ?? at_ms, updated_ms: at_ms, gaps: [], silent: false };
      found.push(findings.opened(place, zone, observation, occupancy));
    }
  } else if (unit !== undefined && at_ms - place.open.updated_ms >= config.update_s * 1000) {
    place.open.updated_ms = at_ms;
    found.push(findings.updated(place, zone, observation, occupancy));
  }
  return true;
}

/** Gaps kept of one incident; of more, the latest. */
const GAPS_MAX = 20;

function noteGap(open: NonNullable<Place['open']>, from_ms: number, to_ms: number, reason?: string): void {
  open.gaps.push(reason === undefined ? [from_ms, to_ms] : [from_ms, to_ms, reason]);
  if (open.gaps.length > GAPS_MAX) open.gaps.shift();
}

/** Silence of the camera never ends an incident as gone: it is stated, and given up only after long. */
function advance(state: ZoneDwellState, now_ms: number, { config, views, findings }: Context): Finding[] {
  const found: Finding[] = [];
  const view = views.get(state.cameraId);
  state.places = state.places.filter((place) => {
    const silence_ms = now_ms - place.lastJudged_ms;
    const isOver = silence_ms >= config.give_up_s * 1000;
    if (place.open === null || view === undefined) return !isOver;
    const zone = view.zones.find(({ id }) => id === place.zoneId) ?? view.zones[0];
    if (zone === undefined) return !isOver;
    if (isOver) {
      const reason = `could not be observed for ${config.give_up_s} s: given up`;
      found.push(findings.unverified(place, zone, state.cameraId, now_ms, reason));
    } else if (silence_ms >= config.silent_s * 1000 && !place.open.silent) {
      place.open.silent = true;
      found.push(findings.silent(place, zone, state.cameraId, now_ms, state.blind ?? undefined));
    }
    return !isOver;
  });
  return found;
}

function wakeAt_ms(state: ZoneDwellState, config: ZoneDwellConfig): number | undefined {
  let wake_ms: number | undefined;
  for (const { lastJudged_ms, open } of state.places) {
    const patience_s = open !== null && !open.silent ? config.silent_s : config.give_up_s;
    const at_ms = lastJudged_ms + patience_s * 1000;
    if (wake_ms === undefined || at_ms < wake_ms) wake_ms = at_ms;
  }
  return wake_ms;
}
