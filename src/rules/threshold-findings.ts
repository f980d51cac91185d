import type { Exhibit, Finding } from '../domain/finding.ts';
import type { MissingSense } from '../domain/incident.ts';
import type { ThresholdConfig } from '../domain/rule-config.ts';
import { isoTime } from '../domain/time.ts';
import type { World } from '../domain/world.ts';
import { clampSeverity, round } from './numbers.ts';
import { stationPlaces } from './station-place.ts';
import type { Exceedance, ThresholdState } from './threshold.ts';

/** What a window came to at a time. */
export interface Judgement {
  readonly at_ms: number;
  readonly value: number;
  readonly share: number;
  readonly limit: number;
  readonly limitName: string | undefined;
}

/** Words the findings of a threshold rule. */
export interface ThresholdFindings {
  opened(state: ThresholdState, open: Exceedance, judgement: Judgement): Finding;
  updated(state: ThresholdState, open: Exceedance, judgement: Judgement): Finding;
  ended(state: ThresholdState, open: Exceedance, judgement: Judgement): Finding;
  silent(state: ThresholdState, open: Exceedance, now_ms: number, reason: string): Finding;
  /** Over without having been measured to be, and why; the exceedance of the state must be open. */
  unverified(state: ThresholdState, at_ms: number, reason: string): Finding;
}

/** Points of a series exhibit; of more, every n-th and the last are shown. */
const POINTS_MAX = 400;

interface Wording {
  readonly action: Finding['action'];
  readonly at_ms: number;
  readonly judgement?: Judgement;
  readonly missing?: readonly MissingSense[];
  readonly endReason?: string;
}

/** Makes the wording for one rule. */
export function thresholdFindings(
  config: ThresholdConfig,
  rule: { readonly id: string; readonly version: string },
  world: World,
): ThresholdFindings {
  const placeOf = stationPlaces(world);
  const word = (state: ThresholdState, open: Exceedance, wording: Wording): Finding => {
    const { action, at_ms, judgement, endReason } = wording;
    const { deviceId } = state;
    const gaps = open.gaps.map(([from_ms, to_ms, reason]) => missing(config, reason, from_ms, to_ms));
    const { place, isPlaced } = placeOf(deviceId);
    const drift = state.drift ?? 0;
    return {
      action,
      rule: { id: rule.id, version: rule.version },
      type: config.type,
      key: deviceId,
      onset_ms: open.onset_ms,
      at_ms,
      lastSeen_ms: open.lastAbove_ms,
      severity: clampSeverity(open.severity),
      confidence: judgement === undefined ? 0.5 : round(judgement.share, 3),
      place,
      subject: { deviceId },
      sources: [
        {
          deviceId,
          modality: config.device_kind,
          from: isoTime(open.onset_ms),
          to: isoTime(open.lastAbove_ms),
          weight: 1,
        },
      ],
      missing: [...gaps, ...(wording.missing ?? [])],
      measures: {
        metric: config.metric,
        statistic: config.statistic,
        window_s: config.window_s,
        peak: round(open.peak, 2),
        ...(judgement === undefined ? {} : figures(judgement)),
        ...countFlags(state),
        ...(drift > 0 ? { drift_removed: round(drift, 1) } : {}),
        // An incident must have a place; 0, 0 with this mark says that the registry knows none.
        ...(isPlaced ? {} : { place_unknown: true }),
      },
      exhibits: judgement === undefined ? [] : [seriesExhibit(state, judgement, config.metric)],
      ...(endReason === undefined ? {} : { endReason }),
    };
  };
  return {
    opened: (state, open, judgement) =>
      word(state, open, { action: 'open', at_ms: judgement.at_ms, judgement }),
    updated: (state, open, judgement) =>
      word(state, open, { action: 'update', at_ms: judgement.at_ms, judgement }),
    ended: (state, open, judgement) =>
      word(state, open, {
        action: 'end',
        at_ms: judgement.at_ms,
        judgement,
        endReason: `below the limit for ${config.clear_s} s`,
      }),
    silent: (state, open, now_ms, reason) =>
      word(state, open, {
        action: 'update',
        at_ms: now_ms,
        missing: [missing(config, reason, state.lastValid_ms, now_ms)],
      }),
    unverified: (state, at_ms, reason) => {
      if (state.open === null) throw new Error(`${config.id}: nothing to end for ${state.deviceId}`);
      const last_ms = Math.min(state.lastValid_ms, at_ms);
      return word(state, state.open, {
        action: 'end',
        at_ms,
        missing: [missing(config, reason, last_ms, at_ms)],
        endReason: reason,
      });
    },
  };
}

/** The highest severity whose step the value reaches; 1 where it reaches none. */
export function severityOf(config: ThresholdConfig, value: number, limit: number): number {
  let severity = 1;
  for (const { ratio, excess, severity: step } of config.severity_steps) {
    const reached =
      (ratio === undefined || value >= ratio * limit) && (excess === undefined || value - limit >= excess);
    if (reached && step > severity) severity = step;
  }
  return severity;
}

function figures({ value, share, limit, limitName }: Judgement): Finding['measures'] {
  return {
    value: round(value, 2),
    limit,
    ...(limitName === undefined ? {} : { limit_name: limitName }),
    ratio: limit === 0 ? 0 : round(value / limit, 3),
    valid_share: round(share, 3),
  };
}

function countFlags(state: ThresholdState): Finding['measures'] {
  const counts: Record<string, number> = {};
  for (const [, , flag] of state.flagged) {
    const name = `excluded_${flag}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function seriesExhibit(state: ThresholdState, { at_ms, limit }: Judgement, metric: string): Exhibit {
  const { window, flagged } = state;
  const count = window.at_ms.length - window.head;
  const step = Math.max(1, Math.ceil(count / POINTS_MAX));
  const points: { at_ms: number; value: number; flag?: string }[] = [];
  for (let i = window.head; i < window.at_ms.length; i += 1) {
    if ((i - window.head) % step !== 0 && i !== window.at_ms.length - 1) continue;
    points.push({ at_ms: window.at_ms[i] ?? 0, value: window.values[i] ?? 0 });
  }
  for (const [flagged_ms, value, flag] of flagged) points.push({ at_ms: flagged_ms, value, flag });
  points.sort((a, b) => a.at_ms - b.at_ms);
  return { kind: 'series', deviceId: state.deviceId, at_ms, metric, limit, points };
}

function missing(config: ThresholdConfig, reason: string, from_ms: number, to_ms: number): MissingSense {
  return { modality: config.device_kind, reason, from: isoTime(from_ms), to: isoTime(to_ms) };
}
