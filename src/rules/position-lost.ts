import type { Finding } from '../domain/finding.ts';
import type { PositionObservation, StatusObservation } from '../domain/observation.ts';
import type { PositionLostConfig } from '../domain/position-lost-config.ts';
import { isoTime } from '../domain/time.ts';
import type { World } from '../domain/world.ts';
import { clampSeverity, round } from './numbers.ts';
import type { Rule } from './rule.ts';
import { ruleVersion } from './rule-version.ts';

/** What the rule remembers of a truck. Plain JSON. */
export interface PositionLostState {
  readonly deviceId: string;
  /** Newest position that was one. */
  fix: { readonly lon: number; readonly lat: number } | null;
  last_ms: number;
  /** It has told of satellites: units that do not count them say 0 for ever. */
  countsSatellites: boolean;
  /** From the first word without a position on. */
  spell: {
    readonly onset_ms: number;
    readonly reason: string;
    last_ms: number;
    /** Since when there are positions again. */
    back_ms: number | null;
    /** When it was last told; null while it was not yet. */
    updated_ms: number | null;
  } | null;
}

type Spell = NonNullable<PositionLostState['spell']>;
type Heard = PositionObservation | StatusObservation;

interface Context {
  readonly config: PositionLostConfig;
  readonly rule: { readonly id: string; readonly version: string };
  readonly plateOf: ReadonlyMap<string, string | undefined>;
}

/**
 * A truck that reports and does not know where it is: its receiver sees no satellite, its antenna is broken or covered.
 * From then on nothing that depends on its place can be found. One from which nothing comes at all is offline.
 */
export function positionLostRule(config: PositionLostConfig, world: World): Rule<PositionLostState> {
  const rule = { id: config.id, version: ruleVersion(config) };
  const plateOf = new Map(world.devices.map(({ id, plate }) => [id, plate]));
  const context: Context = { config, rule, plateOf };
  return {
    ...rule,
    kinds: ['position', 'status'],
    keyOf: (observation) =>
      observation.kind === 'position' || (observation.kind === 'status' && observation.deviceKind === 'truck')
        ? observation.deviceId
        : undefined,
    initial: (deviceId) => ({ deviceId, fix: null, last_ms: 0, countsSatellites: false, spell: null }),
    observe: (state, observation) =>
      observation.kind === 'position' || observation.kind === 'status'
        ? observe(state, observation, context)
        : [],
    advance: (state, now_ms) => giveUp(state, now_ms, context),
    wakeAt_ms: ({ spell, last_ms }) => (spell === null ? undefined : last_ms + config.give_up_s * 1000),
  };
}

function observe(state: PositionLostState, heard: Heard, context: Context): Finding[] {
  const { config } = context;
  if (heard.kind === 'position' && (heard.satellites ?? 0) >= config.satellites_min)
    state.countsSatellites = true;
  const reason = lostBy(state, heard, config);
  // A word about something else says nothing of the place.
  if (reason === undefined && heard.kind === 'status') return [];
  const { at_ms } = heard;
  state.last_ms = Math.max(state.last_ms, at_ms);
  if (reason === undefined) return found(state, heard as PositionObservation, context);
  const isParked = ignitionOf(heard) === false && !config.parked_counts;
  if (isParked && (state.spell === null || state.spell.updated_ms === null)) {
    state.spell = null;
    return [];
  }
  state.spell ??= { onset_ms: at_ms, reason, last_ms: at_ms, back_ms: null, updated_ms: null };
  const { spell } = state;
  spell.back_ms = null;
  spell.last_ms = at_ms;
  const { onset_ms, updated_ms } = spell;
  const isDue =
    updated_ms === null
      ? at_ms - onset_ms >= config.after_s * 1000
      : at_ms - updated_ms >= config.update_s * 1000;
  if (!isDue) return [];
  spell.updated_ms = at_ms;
  return [word(state, spell, { action: updated_ms === null ? 'open' : 'update', at_ms }, context)];
}

/** Why a truck does not know where it is; undefined where it does, or says nothing of it. */
function lostBy(
  { countsSatellites }: PositionLostState,
  heard: Heard,
  { satellites_min, alarms }: PositionLostConfig,
): string | undefined {
  if (heard.kind === 'status') return heard.extra?.position === 'none' ? 'no position fix' : undefined;
  const { satellites } = heard;
  if (satellites !== undefined && countsSatellites)
    return satellites < satellites_min ? `${satellites} satellites` : undefined;
  return heard.alarms?.find((alarm) => alarms.includes(alarm));
}

function ignitionOf(heard: Heard): boolean | undefined {
  const acc = heard.kind === 'position' ? heard.acc : heard.extra?.acc;
  return typeof acc === 'boolean' ? acc : undefined;
}

function found(
  state: PositionLostState,
  { at_ms, lon, lat }: PositionObservation,
  context: Context,
): Finding[] {
  const { spell } = state;
  state.fix = { lon, lat };
  if (spell === null) return [];
  spell.back_ms ??= at_ms;
  // What was never told is over at once: a tunnel.
  if (spell.updated_ms !== null && at_ms - spell.back_ms < context.config.clear_s * 1000) return [];
  state.spell = null;
  if (spell.updated_ms === null) return [];
  const endReason = 'it has positions again';
  return [word(state, spell, { action: 'end', at_ms, endReason }, context)];
}

function giveUp(state: PositionLostState, now_ms: number, context: Context): Finding[] {
  const { spell } = state;
  if (spell === null || now_ms - state.last_ms < context.config.give_up_s * 1000) return [];
  state.spell = null;
  if (spell.updated_ms === null) return [];
  const endReason = `nothing was heard for ${context.config.give_up_s} s: given up`;
  return [word(state, spell, { action: 'end', at_ms: now_ms, endReason }, context)];
}

function word(
  { deviceId, fix }: PositionLostState,
  { onset_ms, last_ms, reason }: Spell,
  { action, at_ms, endReason }: Pick<Finding, 'action' | 'at_ms' | 'endReason'>,
  { config, rule, plateOf }: Context,
): Finding {
  const span = { from: isoTime(onset_ms), to: isoTime(last_ms) };
  const plate = plateOf.get(deviceId);
  return {
    action,
    rule,
    type: config.type,
    key: deviceId,
    onset_ms,
    at_ms,
    lastSeen_ms: last_ms,
    severity: clampSeverity(config.severity),
    confidence: 1,
    // Where it was last known to be.
    place: fix ?? { lon: 0, lat: 0 },
    subject: { deviceId, ...(plate === undefined ? {} : { plate }) },
    sources: [{ deviceId, modality: 'gps', ...span, weight: 1 }],
    missing: [{ modality: 'gps', reason, ...span }],
    measures: { reason, lasted_s: round((last_ms - onset_ms) / 1000, 1) },
    exhibits: [],
    ...(endReason === undefined ? {} : { endReason }),
  };
}
