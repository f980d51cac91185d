import type { CoverageCause, CoverageChange, CoverageGap } from '../domain/coverage.ts';
import { isCoverageCause } from '../domain/coverage.ts';
import type {
  DetectionsObservation,
  Observation,
  PictureObservation,
  SightFault,
  StatusObservation,
} from '../domain/observation.ts';
import type { Rule } from './rule.ts';

/** What is remembered of a camera. Plain JSON. */
export interface CoverageState {
  readonly cameraId: string;
  /** From when on its coverage counts. */
  since_ms: number | null;
  /** Newest frame that was judged, and how far they usually lie apart. */
  last_ms: number | null;
  usual_ms: number;
  /** Somebody said that it is away, and why. */
  away: { readonly cause: CoverageCause; readonly reason: string } | null;
  /** What its pictures have shown instead of the street, and since when. */
  sight: { readonly fault: SightFault; readonly since_ms: number } | null;
  /** The gap that lasts. */
  open: CoverageGap | null;
}

/** What the rule is told of the cameras, and where it tells what it knows. */
export interface CoverageOptions {
  /** Patrol intervals by camera; undefined for one that publishes stills, whose usual distance is learnt. */
  readonly cameras: ReadonlyMap<string, number | undefined>;
  /** Distance of the ticks. */
  readonly tick_ms: number;
  /** Called with each change; again with the same ones after a crash. */
  readonly tell: (change: CoverageChange) => void;
}

/** A camera watches as long as its judged frames are no further apart than this, or three of its intervals. */
const APART_MS = 30_000;
const INTERVALS = 3;
/** How fast the usual distance of stills follows. */
const FOLLOW = 0.2;
/** Ticks that come so much later than wanted were not made: the gateway was not there. */
const LATE_TICKS = 3;
const LATE_MS = 5000;

const SIGHT_CAUSES: readonly CoverageCause[] = ['dark', 'obscured', 'defocused', 'frozen', 'moved'];

/**
 * Keeps the intervals in which a camera did not watch, in event time. It finds nothing: what it knows it tells to
 * `tell`, where telling twice changes nothing. The stage `sight` must have passed the observations.
 */
export function coverageRule({ cameras, tick_ms, tell }: CoverageOptions): Rule<CoverageState> {
  const apart_ms = ({ cameraId, usual_ms }: CoverageState): number | undefined => {
    const interval_ms = cameras.get(cameraId) ?? (usual_ms === 0 ? undefined : usual_ms);
    return interval_ms === undefined ? undefined : Math.max(APART_MS, interval_ms * INTERVALS);
  };
  const keeper = new GapKeeper(tell);
  return {
    id: '_coverage',
    version: '1',
    kinds: ['detections', 'picture', 'status'],
    keyOf: ({ deviceId }) => (cameras.has(deviceId) ? deviceId : undefined),
    initial: (cameraId) => ({
      cameraId,
      since_ms: null,
      last_ms: null,
      usual_ms: 0,
      away: null,
      sight: null,
      open: null,
    }),
    observe: (state, observation) => {
      if (state.since_ms === null) {
        state.since_ms = observation.at_ms;
        tell({ kind: 'since', cameraId: state.cameraId, at_ms: observation.at_ms });
      }
      observe(state, observation, keeper, apart_ms(state));
      return [];
    },
    advance: (state, now_ms) => {
      const since_ms = state.last_ms ?? state.since_ms;
      const silent_ms = apart_ms(state);
      if (since_ms === null || silent_ms === undefined || now_ms - since_ms < silent_ms) return [];
      const isLate = now_ms - since_ms - silent_ms > tick_ms * LATE_TICKS + LATE_MS;
      keeper.silent(state, since_ms, isLate ? 'gateway-down' : 'not-judged');
      return [];
    },
    wakeAt_ms: (state) => {
      const since_ms = state.last_ms ?? state.since_ms;
      const silent_ms = apart_ms(state);
      if (since_ms === null || silent_ms === undefined || isSilent(state.open)) return undefined;
      return since_ms + silent_ms;
    },
  };
}

function observe(
  state: CoverageState,
  observation: Observation,
  keeper: GapKeeper,
  apart_ms: number | undefined,
): void {
  if (observation.kind === 'status') noteStatus(state, observation, keeper);
  else if (observation.kind === 'picture') notePicture(state, observation, keeper);
  else if (observation.kind === 'detections') noteJudged(state, observation, keeper, apart_ms);
}

/** A short break is none: only once no frame was judged for too long is it a gap, from the last one on. */
function noteStatus(
  state: CoverageState,
  { at_ms, online, extra }: StatusObservation,
  keeper: GapKeeper,
): void {
  if (online) {
    state.away = null;
    return;
  }
  const cause = isCoverageCause(extra?.cause) ? extra.cause : 'offline';
  state.away = { cause, reason: typeof extra?.reason === 'string' ? extra.reason : '' };
  if (state.open !== null || state.last_ms === null) keeper.enter(state, cause, at_ms, state.away.reason);
}

function notePicture(state: CoverageState, { at_ms, fault }: PictureObservation, keeper: GapKeeper): void {
  if (fault === undefined) {
    state.sight = null;
    if (state.open !== null && SIGHT_CAUSES.includes(state.open.cause)) keeper.close(state, at_ms);
    return;
  }
  if (state.sight?.fault !== fault) state.sight = { fault, since_ms: at_ms };
  // A still street and a frozen picture look alike for a while: detections say when it is not believed any more.
  if (fault !== 'frozen') keeper.enter(state, fault, state.open === null ? state.sight.since_ms : at_ms, '');
}

function noteJudged(
  state: CoverageState,
  { at_ms, unseen, skipped = 0 }: DetectionsObservation,
  keeper: GapKeeper,
  apart_ms: number | undefined,
): void {
  const { last_ms } = state;
  if (last_ms !== null && at_ms <= last_ms) return;
  state.away = null;
  state.last_ms = at_ms;
  if (state.open !== null && isSilent(state.open)) {
    if (skipped > 0 && state.open.cause === 'not-judged') state.open = { ...state.open, cause: 'overloaded' };
    keeper.close(state, at_ms);
  } else if (last_ms !== null && apart_ms !== undefined && at_ms - last_ms > apart_ms) {
    // No tick has told of the silence.
    const cause = skipped > 0 ? 'overloaded' : 'gateway-down';
    keeper.past(state, { cameraId: state.cameraId, from_ms: last_ms, to_ms: at_ms, cause });
  }
  if (last_ms !== null) {
    const distance_ms = at_ms - last_ms;
    state.usual_ms += (distance_ms - state.usual_ms) * (state.usual_ms === 0 ? 1 : FOLLOW);
  }
  if (unseen !== undefined && state.open?.cause !== unseen) {
    const isKnown = state.open === null && state.sight?.fault === unseen;
    keeper.enter(state, unseen, isKnown ? (state.sight?.since_ms ?? at_ms) : at_ms, '');
  }
}

function isSilent(open: CoverageGap | null): boolean {
  return open !== null && !SIGHT_CAUSES.includes(open.cause);
}

/** Opens and closes the one gap that a camera has at a time, and tells of it. */
class GapKeeper {
  readonly #tell: (change: CoverageChange) => void;

  constructor(tell: (change: CoverageChange) => void) {
    this.#tell = tell;
  }

  /** What lasted until now goes on for another cause. */
  enter(state: CoverageState, cause: CoverageCause, from_ms: number, reason: string): void {
    if (state.open?.cause === cause) return;
    this.close(state, from_ms);
    state.open = { cameraId: state.cameraId, from_ms, cause, ...(reason === '' ? {} : { reason }) };
    this.#tell({ kind: 'gap', gap: state.open });
  }

  /** No frame was judged since `from_ms`; why, where nobody said so, is `otherwise`. */
  silent(state: CoverageState, from_ms: number, otherwise: CoverageCause): void {
    if (isSilent(state.open)) return;
    this.enter(state, state.away?.cause ?? otherwise, from_ms, state.away?.reason ?? '');
  }

  close(state: CoverageState, at_ms: number): void {
    if (state.open === null) return;
    this.#tell({ kind: 'gap', gap: { ...state.open, to_ms: Math.max(at_ms, state.open.from_ms) } });
    state.open = null;
  }

  /** One that was over when it was noticed, while another may last. */
  past(state: CoverageState, gap: CoverageGap): void {
    this.close(state, gap.from_ms);
    this.#tell({ kind: 'gap', gap });
  }
}
