import type { Exhibit, Finding } from '../domain/finding.ts';
import type { SensorDriftConfig } from '../domain/sensor-rule-config.ts';
import { isoTime } from '../domain/time.ts';
import type { World } from '../domain/world.ts';
import type { Drift, DriftState } from './drift-state.ts';
import { clampSeverity, round } from './numbers.ts';
import { stationPlaces } from './station-place.ts';

/** Words the findings of a drift rule. */
export interface DriftFindings {
  opened(state: DriftState, open: Drift, at_ms: number): Finding;
  updated(state: DriftState, open: Drift, at_ms: number): Finding;
  ended(state: DriftState, open: Drift, at_ms: number): Finding;
  silent(state: DriftState, open: Drift, now_ms: number): Finding;
  /** Over without having been seen to be, and why. */
  unverified(state: DriftState, open: Drift, at_ms: number, reason: string): Finding;
}

interface Wording {
  readonly action: Finding['action'];
  readonly at_ms: number;
  /** Nothing was measured from the last reading to `at_ms`, and why. */
  readonly missing?: string;
  readonly endReason?: string;
}

/** Makes the wording for one rule. */
export function driftFindings(
  config: SensorDriftConfig,
  rule: { readonly id: string; readonly version: string },
  world: World,
): DriftFindings {
  const placeOf = stationPlaces(world);
  const word = (state: DriftState, open: Drift, wording: Wording): Finding => {
    const { action, at_ms, missing, endReason } = wording;
    const { deviceId } = state;
    const modality = config.device_kind;
    return {
      action,
      rule,
      type: config.type,
      key: deviceId,
      onset_ms: open.onset_ms,
      at_ms,
      lastSeen_ms: open.lastSeen_ms,
      severity: clampSeverity(config.severity),
      confidence: round(Math.min(0.9, 0.5 + 0.1 * state.told), 2),
      place: placeOf(deviceId).place,
      subject: { deviceId },
      sources: [
        { deviceId, modality, from: isoTime(open.onset_ms), to: isoTime(open.lastSeen_ms), weight: 1 },
      ],
      missing:
        missing === undefined
          ? []
          : [
              {
                modality,
                reason: missing,
                from: isoTime(Math.min(state.last_ms, at_ms)),
                to: isoTime(at_ms),
              },
            ],
      measures: {
        metric: config.metric,
        departure: round(state.departure.offset, 1),
        peak: round(open.peak, 1),
        expected: round(state.expected, 1),
        neighbours: state.told,
      },
      exhibits: missing === undefined ? [floors(state, at_ms, config)] : [],
      ...(endReason === undefined ? {} : { endReason }),
    };
  };
  return {
    opened: (state, open, at_ms) => word(state, open, { action: 'open', at_ms }),
    updated: (state, open, at_ms) => word(state, open, { action: 'update', at_ms }),
    ended: (state, open, at_ms) =>
      word(state, open, { action: 'end', at_ms, endReason: 'agrees with its neighbours again' }),
    silent: (state, open, at_ms) => word(state, open, { action: 'update', at_ms, missing: 'no readings' }),
    unverified: (state, open, at_ms, reason) =>
      word(state, open, { action: 'end', at_ms, missing: reason, endReason: reason }),
  };
}

/** The curve of what was compared; the line in it is what the neighbours let expect at its end. */
function floors(
  { deviceId, floors: bins, expected }: DriftState,
  at_ms: number,
  config: SensorDriftConfig,
): Exhibit {
  const points = bins.map(([bin, value, calm]) => ({
    at_ms: bin * config.bin_s * 1000,
    value,
    ...(calm ? {} : { flag: 'unsteady' }),
  }));
  return { kind: 'series', deviceId, at_ms, metric: config.metric, limit: round(expected, 1), points };
}
