import type { PictureObservation, SightFault } from '../domain/observation.ts';
import {
  bestShiftedLikeness,
  blend,
  changedShare,
  lostShare,
  richness,
  shapeLikeness,
  textOf,
  textureLikeness,
  type View,
  viewOf,
} from './sight-view.ts';
import type { Stage } from './stage.ts';

/** What is known of a camera's sight. Plain JSON. */
export interface SightState {
  /** The view as it is when nothing is wrong, and how sharp it is then. */
  reference: { texture: string; grid: string; sharpness: number; detail: number; updated_ms: number } | null;
  /** Records that the reference was learnt from, until it is settled. */
  learnt: number;
  /** The picture at which it seemed to stand still, and records since then that could be either. */
  still: { since_ms: number; grid: string; texture: string; unclear: number } | null;
  /** What is wrong now, and since when. */
  fault: SightFault | null;
  faultSince_ms: number;
}

/** Records that make the reference at commissioning. */
const LEARN_RECORDS = 6;
/** Then it follows the light: so often, by so much. */
const FOLLOW_MS = 300_000;
const FOLLOW_SHARE = 0.25;
/** Where a camera was turned on purpose, its new view is the reference after a day. */
const ACCEPT_MS = 86_400_000;

/** Nothing in a street is so dark that hardly a pixel is brighter than this: that is a cover, or no light at all. */
const DARK_P99 = 32;
/** With so much of its texture gone, the view is covered or blurred. */
const LOST_SHARE = 0.6;
/** A blurred picture still has its shapes, a covered one has others. */
const BLURRED_SHAPE = 0.5;
const BLURRED_SHARPNESS = 0.8;
const BLURRED_DETAIL = 0.5;
/** A view with another texture and other shapes, as rich as before, is another view. */
const OTHER_TEXTURE = 0.65;
const OTHER_SHAPE = 0.45;
const RICH_SHARE = 0.4;
/** A view that fits so much better when it is shifted was shifted. */
const DOUBTFUL_TEXTURE = 0.75;
const SHIFT_GAIN = 0.15;
const SHIFTED_TEXTURE = 0.6;

/** A living sensor differs by more from one picture to the next. */
const STILL_NOISE = 0.3;
/** A burnt-in clock changes so much. */
const CLOCK_SHARE = 0.02;
const STILL_LEVELS = 2;
/** One picture coded afresh may differ all over; two in a row are alive. */
const UNCLEAR_MAX = 1;
/** A street may be quiet for a while: only after so long is a still picture not believed any more. */
const FROZEN_SURE_MS = 180_000;

/** Faults with which a detector may still find what is there. */
const SEES: readonly (SightFault | null)[] = [null, 'defocused'];

/**
 * Says of each picture what is wrong with the camera's sight, against the view that was learnt when it was put up, and
 * of detections made meanwhile that nothing could be seen: an empty street before a covered lens is not empty.
 */
export const sightStage: Stage<SightState> = {
  id: 'sight',
  version: '1',
  kinds: ['picture', 'detections'],
  initial: () => ({ reference: null, learnt: 0, still: null, fault: null, faultSince_ms: 0 }),
  pass: (state, observation) => {
    if (observation.kind === 'picture') {
      const fault = judge(state, observation);
      return fault === undefined ? observation : { ...observation, fault };
    }
    if (observation.kind !== 'detections') return observation;
    const unseen = unseenFor(state, observation.at_ms);
    return unseen === undefined ? observation : { ...observation, unseen };
  },
};

function unseenFor({ fault, faultSince_ms }: SightState, at_ms: number): SightFault | undefined {
  if (fault === null || SEES.includes(fault)) return undefined;
  return fault === 'frozen' && at_ms - faultSince_ms < FROZEN_SURE_MS ? undefined : fault;
}

function judge(state: SightState, observation: PictureObservation): SightFault | undefined {
  const { at_ms, picture } = observation;
  const view = viewOf(picture.texture, picture.grid);
  if (view === undefined) return undefined;
  const wrong = wrongWith(state, picture, view);
  const isStill = followStill(state, observation, view);
  const fault = wrong ?? (isStill ? 'frozen' : undefined);
  if (fault !== (state.fault ?? undefined)) {
    state.fault = fault ?? null;
    state.faultSince_ms = fault === 'frozen' ? (state.still?.since_ms ?? at_ms) : at_ms;
  }
  if (fault === undefined) learn(state, observation, view);
  else if (fault === 'moved' && at_ms - state.faultSince_ms >= ACCEPT_MS) {
    state.reference = null;
    state.learnt = 0;
    learn(state, observation, view);
  }
  return fault;
}

function wrongWith(
  { reference }: SightState,
  picture: PictureObservation['picture'],
  view: View,
): SightFault | undefined {
  if (picture.luma_p99 <= DARK_P99) return 'dark';
  const known = reference === null ? undefined : viewOf(reference.texture, reference.grid);
  if (reference === null || known === undefined) return undefined;
  const shape = shapeLikeness(view, known);
  const isPoor = richness(view) < richness(known) * RICH_SHARE;
  const isBlurred =
    picture.sharpness < reference.sharpness * BLURRED_SHARPNESS &&
    picture.detail < reference.detail * BLURRED_DETAIL;
  if (isBlurred && shape >= BLURRED_SHAPE) return 'defocused';
  if (isPoor && lostShare(view, known) >= LOST_SHARE) return 'obscured';
  if (isPoor) return undefined;
  const texture = textureLikeness(view, known);
  if (texture < OTHER_TEXTURE && shape < OTHER_SHAPE) return 'moved';
  if (texture >= DOUBTFUL_TEXTURE) return undefined;
  const shifted = bestShiftedLikeness(view, known);
  return shifted >= SHIFTED_TEXTURE && shifted >= texture + SHIFT_GAIN ? 'moved' : undefined;
}

/** True while the picture is the same as at some earlier time, but for a clock in a corner. */
function followStill(state: SightState, { at_ms, picture }: PictureObservation, view: View): boolean {
  const { since } = picture;
  if (since === undefined) {
    state.still = null;
    return false;
  }
  const isQuiet = since.noise < STILL_NOISE;
  if (state.still === null) {
    if (!isQuiet || since.changed_share > CLOCK_SHARE) return false;
    state.still = { since_ms: at_ms - since.elapsed_ms, ...textOf(view), unclear: 0 };
    return true;
  }
  state.still.unclear = isQuiet ? 0 : state.still.unclear + 1;
  const first = viewOf(state.still.texture, state.still.grid);
  const hasChanged = first === undefined || changedShare(view, first, STILL_LEVELS) > CLOCK_SHARE;
  if (!hasChanged && state.still.unclear <= UNCLEAR_MAX) return true;
  state.still = null;
  return false;
}

function learn(state: SightState, { at_ms, picture }: PictureObservation, view: View): void {
  const { reference } = state;
  const known = reference === null ? undefined : viewOf(reference.texture, reference.grid);
  if (reference === null || known === undefined) {
    const { sharpness, detail } = picture;
    state.reference = { ...textOf(view), sharpness, detail, updated_ms: at_ms };
    state.learnt = 1;
    return;
  }
  const isLearning = state.learnt < LEARN_RECORDS;
  if (!isLearning && at_ms - reference.updated_ms < FOLLOW_MS) return;
  state.learnt = Math.min(LEARN_RECORDS, state.learnt + 1);
  const share = isLearning ? 1 / state.learnt : FOLLOW_SHARE;
  const mix = (a: number, b: number): number => Math.round((a + (b - a) * share) * 1000) / 1000;
  state.reference = {
    ...textOf(blend(known, view, share)),
    sharpness: mix(reference.sharpness, picture.sharpness),
    detail: mix(reference.detail, picture.detail),
    updated_ms: at_ms,
  };
}
