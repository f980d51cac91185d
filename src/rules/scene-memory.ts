import { overlap } from '../domain/box.ts';
import type { Detection, DetectionsObservation, SuppressionObservation } from '../domain/observation.ts';
import { type SuppressedPlace, suppressionId } from '../domain/suppression.ts';
import type { Stage } from './stage.ts';

/** A box that a detector gives again and again. Plain JSON. */
interface Spot {
  readonly model: string;
  readonly cls: string;
  box: Detection['box'];
  readonly first_ms: number;
  last_ms: number;
  seen: number;
  judged: number;
  /** Hours of the day (UTC) in which it was seen, a bit each. */
  hours: number;
  learnt_ms: number | null;
  /** Somebody said that it is real: never learnt again. */
  isReal: boolean;
  held: number;
}

/** What somebody has rejected. Plain JSON. */
interface Rejected {
  readonly id: string;
  readonly cls: string;
  readonly x: number;
  readonly y: number;
  readonly since_ms: number;
  readonly by: string;
  held: number;
  last_ms: number | null;
}

/** What is known of a camera's scene. */
export interface SceneState {
  spots: Spot[];
  rejected: Rejected[];
  /** When each detector first judged the camera. */
  models: Record<string, number>;
}

/** A box so nearly the same is the same wrong one: real things are touched, moved and lit. */
const SAME_IOU = 0.8;
const FAR_SHARE = 1 - SAME_IOU + 0.01;
/** It must be in nearly every frame … */
const SEEN_SHARE = 0.95;
const SEEN_MIN = 20;
/** … from the first frames on, through a day and its night: what a camera was put up with. */
const COMMISSIONING_MS = 20 * 3_600_000;
const COMMISSIONING_HOURS_MIN = 18;
const FROM_START_MS = 600_000;
/** … or later, through a week of days and nights: a stall goes home. */
const LASTING_MS = 7 * 86_400_000;
const HOURS_MIN = 22;
/** One that was missing from so many frames in a row begins anew. */
const MISSES_RESET_MS = 1_800_000;
/** One that shows in fewer than half of its first frames passes: it is forgotten at once. */
const PASSES = { judged: 8, share: 0.5 } as const;
const SPOTS_MAX = 200;
/** Making room is not cheap: where it is needed, it is made for some more. */
const SPOTS_KEPT = 150;
const REJECTED_MAX = 200;
const MODELS_MAX = 8;
/** A rejected place holds on to feet within this share of the box's size. */
const PLACE_RADIUS = 0.75;

/**
 * Holds back what belongs to the scene: the box that a weak detector draws into every frame of a fixed camera, learnt
 * from its constancy, and what somebody rejected once and for all. Rules get the rest; what was held back goes along.
 */
export const sceneStage: Stage<SceneState> = {
  id: 'scene',
  version: '1',
  kinds: ['detections', 'suppression'],
  initial: () => ({ spots: [], rejected: [], models: {} }),
  pass: (state, observation) => {
    if (observation.kind === 'suppression') {
      if (observation.action === 'add') reject(state, observation);
      else admit(state, observation.place.id);
      return observation;
    }
    return observation.kind === 'detections' ? withoutScene(state, observation) : observation;
  },
};

/** The places that are suppressed now: rejected ones first, each in the order in which they came. */
export function suppressedPlaces(state: SceneState | undefined): SuppressedPlace[] {
  if (state === undefined) return [];
  const rejected = state.rejected.map(({ id, cls, x, y, since_ms, by, held, last_ms }) => ({
    ...{ id, class: cls, x, y, origin: 'operator' as const, since_ms, by, count: held },
    ...(last_ms === null ? {} : { last_ms }),
  }));
  const learnt = state.spots.flatMap((spot) => {
    if (spot.learnt_ms === null) return [];
    const { cls, learnt_ms: since_ms, held, last_ms } = spot;
    const [x, y] = footOf(spot.box);
    const place = { id: spotId(spot), class: cls, x, y };
    return [{ ...place, origin: 'learnt' as const, since_ms, count: held, last_ms }];
  });
  return [...rejected, ...learnt];
}

function withoutScene(state: SceneState, observation: DetectionsObservation): DetectionsObservation {
  // A covered lens shows nothing to learn from.
  if (observation.unseen !== undefined) return observation;
  remember(state, observation);
  const { at_ms, model } = observation;
  const learnt = state.spots.filter(({ learnt_ms }) => learnt_ms !== null);
  if (learnt.length === 0 && state.rejected.length === 0) return observation;
  const suppressed: Detection[] = [];
  const weak = observation.weak?.filter(
    (made) =>
      !state.rejected.some((known) => isAt(known, made)) &&
      !learnt.some((known) => isSame(known, made, model.id)),
  );
  const detections = observation.detections.filter((made) => {
    const place = state.rejected.find((known) => isAt(known, made));
    if (place !== undefined) {
      place.held += 1;
      place.last_ms = at_ms;
    }
    const spot = learnt.find((known) => isSame(known, made, model.id));
    if (spot !== undefined) spot.held += 1;
    if (place === undefined && spot === undefined) return true;
    suppressed.push(made);
    return false;
  });
  const kept = weak === undefined ? observation : { ...observation, weak };
  return suppressed.length === 0 ? kept : { ...kept, detections, suppressed };
}

/** Follows the boxes of a detector, and learns those that are always there. */
function remember(state: SceneState, { at_ms, model, detections }: DetectionsObservation): void {
  if (state.models[model.id] === undefined && Object.keys(state.models).length < MODELS_MAX) {
    state.models[model.id] = at_ms;
  }
  const first_ms = state.models[model.id] ?? at_ms;
  const hour = Math.floor(at_ms / 3_600_000) % 24;
  const seen = new Set<Spot>();
  for (const made of detections) {
    const known = state.spots.find((spot) => isSame(spot, made, model.id));
    const spot = known ?? newSpot(made, model.id, at_ms);
    if (known === undefined) state.spots.push(spot);
    if (seen.has(spot)) continue;
    seen.add(spot);
    spot.last_ms = at_ms;
    spot.seen += 1;
    spot.hours |= 1 << hour;
  }
  state.spots = state.spots.filter((spot) => {
    if (spot.model !== model.id) return true;
    spot.judged += 1;
    if (spot.learnt_ms === null && !spot.isReal && isOfScene(spot, at_ms, first_ms)) spot.learnt_ms = at_ms;
    const isSettled = spot.learnt_ms !== null || spot.isReal;
    if (!isSettled && spot.judged >= PASSES.judged && spot.seen < spot.judged * PASSES.share) return false;
    return at_ms - spot.last_ms <= (isSettled ? LASTING_MS : MISSES_RESET_MS);
  });
  if (state.spots.length > SPOTS_MAX) makeRoom(state);
}

function isOfScene({ first_ms, seen, judged, hours }: Spot, at_ms: number, watched_ms: number): boolean {
  if (seen < SEEN_MIN || seen < judged * SEEN_SHARE) return false;
  const lasted_ms = at_ms - first_ms;
  const wasThere = first_ms - watched_ms <= FROM_START_MS;
  if (wasThere && lasted_ms >= COMMISSIONING_MS) return bitsOf(hours) >= COMMISSIONING_HOURS_MIN;
  return lasted_ms >= LASTING_MS && bitsOf(hours) >= HOURS_MIN;
}

function newSpot({ class: cls, box }: Detection, model: string, at_ms: number): Spot {
  return {
    ...{ model, cls, box, first_ms: at_ms, last_ms: at_ms, seen: 0, judged: 0, hours: 0 },
    ...{ learnt_ms: null, isReal: false, held: 0 },
  };
}

/** Those that are neither learnt nor settled, seen longest ago, make room. */
function makeRoom(state: SceneState): void {
  const loose = state.spots.filter(({ learnt_ms, isReal }) => learnt_ms === null && !isReal);
  loose.sort((a, b) => a.last_ms - b.last_ms);
  const gone = new Set(loose.slice(0, state.spots.length - SPOTS_KEPT));
  state.spots = state.spots.filter((spot) => !gone.has(spot));
}

function reject(state: SceneState, { at_ms, place, by }: SuppressionObservation): void {
  if (state.rejected.some(({ id }) => id === place.id)) return;
  const { id, class: cls, x, y } = place;
  state.rejected.push({ id, cls, x, y, since_ms: at_ms, by, held: 0, last_ms: null });
  if (state.rejected.length > REJECTED_MAX) state.rejected.shift();
}

/** Takes a suppression back. What was learnt there counts as real from then on. */
function admit(state: SceneState, id: string): void {
  state.rejected = state.rejected.filter((known) => known.id !== id);
  for (const spot of state.spots) {
    if (spot.learnt_ms === null || spotId(spot) !== id) continue;
    spot.learnt_ms = null;
    spot.isReal = true;
  }
}

function isSame({ cls, model: by, box }: Spot, made: Detection, model: string): boolean {
  if (cls !== made.class || by !== model) return false;
  // Boxes of which so much is common begin near each other: few need the whole sum.
  const [x1, y1, x2, y2] = made.box;
  if (Math.abs(box[0] - x1) > (x2 - x1) * FAR_SHARE || Math.abs(box[1] - y1) > (y2 - y1) * FAR_SHARE)
    return false;
  return overlap(box, made.box) >= SAME_IOU;
}

function isAt({ cls, x, y }: Rejected, { class: made, box }: Detection): boolean {
  if (cls !== made) return false;
  const [footX, footY] = footOf(box);
  const reach = Math.max(box[2] - box[0], box[3] - box[1]) * PLACE_RADIUS;
  return Math.abs(footX - x) <= reach && Math.abs(footY - y) <= reach;
}

function spotId({ cls, box }: Spot): string {
  return suppressionId(cls, ...footOf(box));
}

function footOf([x1, , x2, y2]: Detection['box']): [x: number, y: number] {
  return [(x1 + x2) / 2, y2];
}

function bitsOf(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
