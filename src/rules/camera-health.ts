import type { CameraHealthConfig } from '../domain/camera-health-config.ts';
import type { Finding } from '../domain/finding.ts';
import type { FrameRef, Observation } from '../domain/observation.ts';
import type { World } from '../domain/world.ts';
import { type CameraFault, type FaultSpell, faultFindings } from './camera-fault-findings.ts';
import type { Rule } from './rule.ts';
import { ruleVersion } from './rule-version.ts';

/** What the rule remembers of a camera. */
export interface CameraHealthState {
  readonly cameraId: string;
  /** Of each fault that is there, or was just now. */
  spells: FaultSpell[];
  /** Dates of the last stills against their arrival. */
  clockAhead_ms: number[];
  /** What the camera's clock was off by when it was last asked; absent in what older versions kept. */
  clockAsked_ms?: number[];
  lastFrame: { readonly at_ms: number; readonly frame: FrameRef } | null;
}

type Context = {
  readonly config: CameraHealthConfig;
  readonly findings: ReturnType<typeof faultFindings>;
};

/** Stills that must agree before their dates say anything of the camera's clock. */
const CLOCK_STILLS = 5;
/** Answers in a row that must be off before the clock is wrong: an answer is exact, but clocks are set now and then. */
const CLOCK_ANSWERS = 2;
/** A picture that is older shows another fault, or none. */
const FRAME_FRESH_MS = 60_000;

/**
 * The camera's own health: pictures that show nothing, and a clock that is wrong. What is wrong with a single picture was
 * judged by the stage `sight`; here it must last. One incident for each fault and camera, however long it takes. A
 * camera from which nothing comes is the business of `device-offline`.
 */
export function cameraHealthRule(config: CameraHealthConfig, world: World): Rule<CameraHealthState> {
  const identity = { id: config.id, version: ruleVersion(config) };
  const context: Context = { config, findings: faultFindings(config, identity, world) };
  const cameras = new Set(world.devices.filter(({ kind }) => kind === 'camera').map(({ id }) => id));
  return {
    ...identity,
    kinds: ['picture', 'detections', 'clock'],
    keyOf: (observation) => (isOfCamera(observation, cameras) ? observation.deviceId : undefined),
    initial: (cameraId) => ({
      cameraId,
      spells: [],
      clockAhead_ms: [],
      lastFrame: null,
    }),
    observe: (state, observation) => observe(state, observation, context),
    // Whether a fault lasts is told by the pictures that come.
    advance: () => [],
    wakeAt_ms: () => undefined,
  };
}

function isOfCamera(observation: Observation, cameras: ReadonlySet<string>): boolean {
  return cameras.size === 0 || cameras.has(observation.deviceId);
}

function observe(state: CameraHealthState, observation: Observation, context: Context): Finding[] {
  const { at_ms } = observation;
  if (observation.kind === 'detections') {
    if (observation.frame !== undefined) state.lastFrame = { at_ms, frame: observation.frame };
    return [];
  }
  if (observation.kind === 'clock') {
    const asked_ms = [...(state.clockAsked_ms ?? []), observation.ahead_ms].slice(-CLOCK_ANSWERS);
    state.clockAsked_ms = asked_ms;
    return meet(state, 'clock', isAskedClockWrong(asked_ms, context.config), at_ms, context);
  }
  if (observation.kind !== 'picture') return [];
  if (observation.frame !== undefined) state.lastFrame = { at_ms, frame: observation.frame };
  const found: Finding[] = [];
  for (const fault of ['dark', 'obscured', 'defocused', 'frozen', 'moved'] as const) {
    found.push(...meet(state, fault, observation.fault === fault, at_ms, context));
  }
  if (observation.clock_ahead_ms !== undefined) {
    noteClock(state, observation.clock_ahead_ms);
    found.push(...meet(state, 'clock', isClockWrong(state, context.config), at_ms, context));
  }
  return found;
}

function noteClock(state: CameraHealthState, ahead_ms: number): void {
  state.clockAhead_ms.push(ahead_ms);
  if (state.clockAhead_ms.length > CLOCK_STILLS) state.clockAhead_ms.shift();
}

/** Wrong by the still that is dated best: those that come late were buffered, not dated wrong. */
function isClockWrong({ clockAhead_ms }: CameraHealthState, { clock }: CameraHealthConfig): boolean {
  if (clockAhead_ms.length < CLOCK_STILLS) return false;
  const least_ms = Math.min(...clockAhead_ms.map(Math.abs));
  return least_ms > clock.tolerance_s * 1000;
}

function isAskedClockWrong(asked_ms: readonly number[], { clock }: CameraHealthConfig): boolean {
  return asked_ms.length === CLOCK_ANSWERS && asked_ms.every((ms) => Math.abs(ms) > clock.tolerance_s * 1000);
}

/** Counts a fault that is there (or is not) and says what that makes of its incident. */
function meet(
  state: CameraHealthState,
  fault: CameraFault,
  isThere: boolean,
  at_ms: number,
  { config, findings }: Context,
): Finding[] {
  const known = state.spells.find((spell) => spell.fault === fault);
  const settings = config[fault];
  if (!isThere) {
    if (known === undefined) return [];
    known.clearSince_ms ??= at_ms;
    // What has not become an incident must begin anew: it is to last without a break.
    if (known.open && at_ms - known.clearSince_ms < settings.clear_s * 1000) return [];
    state.spells = state.spells.filter((spell) => spell !== known);
    return known.open ? [findings.over(state.cameraId, known, at_ms)] : [];
  }
  if (!settings.enabled) return [];
  const spell = known ?? begin(state, fault, at_ms);
  spell.clearSince_ms = null;
  spell.last_ms = at_ms;
  const fresh = state.lastFrame !== null && at_ms - state.lastFrame.at_ms <= FRAME_FRESH_MS;
  const frame = fresh ? state.lastFrame : null;
  if (!spell.open) {
    if (at_ms - spell.since_ms < settings.after_s * 1000) return [];
    spell.open = true;
    spell.updated_ms = at_ms;
    return [findings.opened(state.cameraId, spell, at_ms, frame)];
  }
  if (at_ms - spell.updated_ms < config.update_s * 1000) return [];
  spell.updated_ms = at_ms;
  return [findings.goesOn(state.cameraId, spell, at_ms, frame)];
}

function begin(state: CameraHealthState, fault: CameraFault, at_ms: number): FaultSpell {
  const spell: FaultSpell = {
    fault,
    since_ms: at_ms,
    last_ms: at_ms,
    clearSince_ms: null,
    updated_ms: at_ms,
    open: false,
  };
  state.spells.push(spell);
  return spell;
}
