import type { Finding } from '../domain/finding.ts';
import type { ReadingObservation } from '../domain/observation.ts';
import type { ThresholdConfig } from '../domain/rule-config.ts';
import { createLocalTime } from '../domain/schedule.ts';
import type { World } from '../domain/world.ts';
import { readingKey } from './reading-key.ts';
import type { Peers, Rule } from './rule.ts';
import { ruleVersion } from './rule-version.ts';
import {
  addSample,
  dropUntil,
  emptyWindow,
  type SampleWindow,
  statisticOf,
  validShare,
} from './sample-window.ts';
import { driftAbove } from './sensor-drift.ts';
import {
  type Judgement,
  severityOf,
  type ThresholdFindings,
  thresholdFindings,
} from './threshold-findings.ts';
import { type LimitLookup, limitLookup } from './threshold-limit.ts';

/** An exceedance that lasts. Plain JSON. */
export interface Exceedance {
  readonly onset_ms: number;
  updated_ms: number;
  /** Newest time at which the statistic was above its limit. */
  lastAbove_ms: number;
  peak: number;
  severity: number;
  /** Since when it has been below the clear limit; null while it is not. */
  below_ms: number | null;
  gaps: [from_ms: number, to_ms: number, reason: string][];
  silent: boolean;
}

/** What the rule remembers of a station. */
export interface ThresholdState {
  readonly deviceId: string;
  /** Which of the limits the window belongs to. */
  limit: number;
  window: SampleWindow;
  /** Samples of the window's time that were not flagged N: they count for nothing but are shown. */
  flagged: [at_ms: number, value: number, flag: string][];
  /** Newest sample that was flagged N. */
  lastValid_ms: number;
  open: Exceedance | null;
  /** What was last taken off its values because the station drifts; absent: nothing. */
  drift?: number;
}

interface Context {
  readonly config: ThresholdConfig;
  readonly window_ms: number;
  readonly interval_ms: number;
  readonly silent_ms: number;
  readonly limits: LimitLookup;
  readonly findings: ThresholdFindings;
}

/** Flagged samples kept for the exhibit; of more, the latest. */
const FLAGGED_MAX = 200;
const GAPS_MAX = 20;

/**
 * A metric of a station against a limit that may depend on the hour and on where the station stands. It opens
 * when the statistic over the window is above the limit and enough of the expected samples are valid, and is
 * over when it stayed below the clear limit for `clear_s`. A window never mixes two limits: at the change of
 * day and night it starts anew, since a day's mean says nothing about the night's limit. Where a drift rule knows
 * that the station measures too high, only what is above that counts.
 */
export function thresholdRule(config: ThresholdConfig, world: World): Rule<ThresholdState> {
  const identity = { id: config.id, version: ruleVersion(config) };
  const context: Context = {
    config,
    window_ms: config.window_s * 1000,
    interval_ms: config.expected_interval_s * 1000,
    silent_ms: (config.silent_s ?? Math.max(60, 5 * config.expected_interval_s)) * 1000,
    limits: limitLookup(config, world, createLocalTime(world.timeZone)),
    findings: thresholdFindings(config, identity, world),
  };
  return {
    ...identity,
    kinds: ['reading'],
    keyOf: readingKey(config),
    initial: (deviceId) => ({
      deviceId,
      limit: -1,
      window: emptyWindow(),
      flagged: [],
      lastValid_ms: 0,
      open: null,
    }),
    observe: (state, observation, peers) =>
      observation.kind === 'reading' ? observe(state, observation, peers, context) : [],
    advance: (state, now_ms) => advance(state, now_ms, context),
    wakeAt_ms: ({ open, lastValid_ms }) =>
      open === null ? undefined : lastValid_ms + (open.silent ? config.give_up_s * 1000 : context.silent_ms),
  };
}

function observe(
  state: ThresholdState,
  reading: ReadingObservation,
  peers: Peers,
  context: Context,
): Finding[] {
  const { config, window_ms, interval_ms, limits, findings } = context;
  const { at_ms, deviceId } = reading;
  const value = reading.metrics[config.metric];
  if (value === undefined || !Number.isFinite(value)) return [];

  const exempt = limits.exemption(deviceId, at_ms);
  const limit = exempt === undefined ? limits.indexOf(deviceId, at_ms) : -1;
  if (limit !== state.limit) {
    state.limit = limit;
    state.window = emptyWindow();
    state.flagged = [];
    if (state.open !== null) state.open.below_ms = null;
  }
  if (limit === -1) {
    const found =
      state.open === null ? [] : [findings.unverified(state, at_ms, exempt ?? 'no limit applies now')];
    state.open = null;
    state.lastValid_ms = at_ms;
    return found;
  }

  const flag = reading.flag ?? 'N';
  dropUntil(state.window, at_ms - window_ms, config.statistic, interval_ms);
  while ((state.flagged[0]?.[0] ?? at_ms) <= at_ms - window_ms) state.flagged.shift();
  if (flag !== 'N') {
    state.flagged.push([at_ms, value, flag]);
    if (state.flagged.length > FLAGGED_MAX) state.flagged.shift();
    return [];
  }
  noteGap(state, at_ms, context);
  const drift = config.drift_rule === undefined ? 0 : driftAbove(peers, config.drift_rule, deviceId);
  if (drift > 0 || state.drift !== undefined) state.drift = drift;
  addSample(state.window, at_ms, value - drift, config.statistic, interval_ms);
  return judge(state, at_ms, context);
}

/** Opens, updates or ends on a fresh valid sample. */
function judge(state: ThresholdState, at_ms: number, context: Context): Finding[] {
  const { config, window_ms, interval_ms, findings } = context;
  const limit = config.limits[state.limit];
  const share = validShare(state.window, window_ms, interval_ms);
  const value = statisticOf(state.window, config.statistic);
  if (limit === undefined || value === undefined || share < config.min_valid_share) {
    // Too little is known either way: below does not last through it.
    if (state.open !== null) state.open.below_ms = null;
    return [];
  }
  const judgement: Judgement = { at_ms, value, share, limit: limit.limit, limitName: limit.name };
  const isAbove = value > limit.limit;
  if (state.open === null) {
    if (!isAbove) return [];
    const severity = severityOf(config, value, limit.limit);
    state.open = {
      onset_ms: firstAbove_ms(state.window, limit.limit) ?? at_ms,
      updated_ms: at_ms,
      lastAbove_ms: at_ms,
      peak: value,
      severity,
      below_ms: null,
      gaps: [],
      silent: false,
    };
    return [findings.opened(state, state.open, judgement)];
  }
  return follow(state, state.open, judgement, isAbove, limit.clear_limit ?? limit.limit, context);
}

function follow(
  state: ThresholdState,
  open: Exceedance,
  judgement: Judgement,
  isAbove: boolean,
  clearLimit: number,
  { config, findings }: Context,
): Finding[] {
  const { at_ms, value, limit } = judgement;
  if (isAbove) {
    open.lastAbove_ms = at_ms;
    open.peak = Math.max(open.peak, value);
  }
  if (value < clearLimit) open.below_ms ??= at_ms;
  else open.below_ms = null;
  if (open.below_ms !== null && at_ms - open.below_ms >= config.clear_s * 1000) {
    const end = findings.ended(state, open, judgement);
    state.open = null;
    return [end];
  }
  const severity = severityOf(config, value, limit);
  const isWorse = isAbove && severity > open.severity;
  if (!isWorse && at_ms - open.updated_ms < config.update_s * 1000) return [];
  open.severity = Math.max(open.severity, isAbove ? severity : 0);
  open.updated_ms = at_ms;
  return [findings.updated(state, open, judgement)];
}

/** A stretch without a valid sample is stated, with its reason. */
function noteGap(state: ThresholdState, at_ms: number, { silent_ms }: Context): void {
  const { open, lastValid_ms } = state;
  state.lastValid_ms = at_ms;
  if (open !== null) open.silent = false;
  if (open === null || at_ms - lastValid_ms <= silent_ms) return;
  open.gaps.push([lastValid_ms, at_ms, silenceReason(state, lastValid_ms)]);
  if (open.gaps.length > GAPS_MAX) open.gaps.shift();
  open.below_ms = null;
}

/** Whether the station said nothing, or nothing that counts. */
function silenceReason({ flagged }: ThresholdState, since_ms: number): string {
  const wasHeard = flagged.some(([flagged_ms]) => flagged_ms > since_ms);
  return wasHeard ? 'readings were flagged invalid' : 'no readings';
}

function firstAbove_ms(window: SampleWindow, limit: number): number | undefined {
  for (let i = window.head; i < window.values.length; i += 1) {
    if ((window.values[i] ?? limit) > limit) return window.at_ms[i];
  }
  return undefined;
}

/** A silent station neither ends nor prolongs an exceedance: the silence is stated, and given up after long. */
function advance(state: ThresholdState, now_ms: number, { config, silent_ms, findings }: Context): Finding[] {
  const { open, lastValid_ms } = state;
  if (open === null) return [];
  const silence_ms = now_ms - lastValid_ms;
  if (silence_ms >= config.give_up_s * 1000) {
    const end = findings.unverified(state, now_ms, `no valid reading for ${config.give_up_s} s: given up`);
    state.open = null;
    return [end];
  }
  if (open.silent || silence_ms < silent_ms) return [];
  open.silent = true;
  return [findings.silent(state, open, now_ms, silenceReason(state, lastValid_ms))];
}
