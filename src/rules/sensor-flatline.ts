import type { Exhibit, Finding } from '../domain/finding.ts';
import type { ReadingObservation } from '../domain/observation.ts';
import type { SensorFlatlineConfig } from '../domain/sensor-rule-config.ts';
import { isoTime } from '../domain/time.ts';
import type { World } from '../domain/world.ts';
import { round } from './numbers.ts';
import type { Rule } from './rule.ts';
import { ruleVersion } from './rule-version.ts';
import { type StationPlace, stationPlaces } from './station-place.ts';

/** A metric that keeps its value. Plain JSON. */
interface Flat {
  readonly value: number;
  readonly since_ms: number;
  readings: number;
}

/** What the rule remembers of a station. Plain JSON. */
export interface FlatlineState {
  readonly deviceId: string;
  /** By metric, the value that it has kept. */
  flat: Record<string, Flat>;
  last_ms: number;
  /** The metric that stands still and is reported; null while none is. */
  open: { readonly metric: string; readonly onset_ms: number; updated_ms: number; silent: boolean } | null;
}

interface Context {
  readonly config: SensorFlatlineConfig;
  readonly rule: { readonly id: string; readonly version: string };
  readonly placeOf: (deviceId: string) => StationPlace;
}

/** A station that gives the same value for too long measures nothing. It is over with the first other value. */
export function sensorFlatlineRule(config: SensorFlatlineConfig, world: World): Rule<FlatlineState> {
  const rule = { id: config.id, version: ruleVersion(config) };
  const context: Context = { config, rule, placeOf: stationPlaces(world) };
  const { silent_s, give_up_s } = config;
  return {
    ...rule,
    kinds: ['reading'],
    keyOf: (observation) =>
      observation.kind === 'reading' &&
      observation.deviceKind === config.device_kind &&
      config.metrics.some((metric) => observation.metrics[metric] !== undefined)
        ? observation.deviceId
        : undefined,
    initial: (deviceId) => ({ deviceId, flat: {}, last_ms: 0, open: null }),
    observe: (state, observation) =>
      observation.kind === 'reading' ? observe(state, observation, context) : [],
    advance: (state, now_ms) => advance(state, now_ms, context),
    wakeAt_ms: ({ open, last_ms }) =>
      open === null ? undefined : last_ms + (open.silent ? give_up_s : silent_s) * 1000,
  };
}

function observe(state: FlatlineState, reading: ReadingObservation, context: Context): Finding[] {
  const { config } = context;
  const { at_ms, metrics, flag = 'N' } = reading;
  if (flag !== 'N') return [];
  const found: Finding[] = [];
  for (const metric of config.metrics) {
    const value = metrics[metric];
    if (value === undefined || !Number.isFinite(value)) continue;
    const known = state.flat[metric];
    const isSame = known !== undefined && Math.abs(value - known.value) <= config.tolerance;
    if (!isSame && state.open?.metric === metric) {
      found.push(word(state, at_ms, { action: 'end', endReason: 'the value changed' }, context));
      state.open = null;
    }
    const flat = isSame ? known : { value, since_ms: at_ms, readings: 0 };
    flat.readings += 1;
    state.flat[metric] = flat;
  }
  state.last_ms = at_ms;
  return [...found, ...judge(state, at_ms, context)];
}

function judge(state: FlatlineState, at_ms: number, context: Context): Finding[] {
  const { config } = context;
  if (state.open !== null) {
    state.open.silent = false;
    if (at_ms - state.open.updated_ms < config.update_s * 1000) return [];
    state.open.updated_ms = at_ms;
    return [word(state, at_ms, { action: 'update' }, context)];
  }
  for (const metric of config.metrics) {
    const flat = state.flat[metric];
    if (flat === undefined || flat.readings < config.min_readings) continue;
    if (at_ms - flat.since_ms < config.flat_s * 1000) continue;
    state.open = { metric, onset_ms: flat.since_ms, updated_ms: at_ms, silent: false };
    return [word(state, at_ms, { action: 'open' }, context)];
  }
  return [];
}

/** A silent station neither ends nor prolongs it: the silence is stated, and given up after long. */
function advance(state: FlatlineState, now_ms: number, context: Context): Finding[] {
  const { open, last_ms } = state;
  const { give_up_s, silent_s } = context.config;
  if (open === null) return [];
  if (now_ms - last_ms >= give_up_s * 1000) {
    const reason = `no valid reading for ${give_up_s} s: given up`;
    const end = word(state, now_ms, { action: 'end', missing: reason, endReason: reason }, context);
    state.open = null;
    return [end];
  }
  if (open.silent || now_ms - last_ms < silent_s * 1000) return [];
  open.silent = true;
  return [word(state, now_ms, { action: 'update', missing: 'no readings' }, context)];
}

interface Wording {
  readonly action: Finding['action'];
  readonly missing?: string;
  readonly endReason?: string;
}

function word(
  state: FlatlineState,
  at_ms: number,
  wording: Wording,
  { config, rule, placeOf }: Context,
): Finding {
  const { open, deviceId, last_ms } = state;
  const flat = open === null ? undefined : state.flat[open.metric];
  if (open === null || flat === undefined) throw new Error(`${rule.id}: nothing to tell of ${deviceId}`);
  const { action, missing, endReason } = wording;
  const modality = config.device_kind;
  const to_ms = Math.min(last_ms, at_ms);
  const exhibit: Exhibit = {
    kind: 'series',
    deviceId,
    at_ms,
    metric: open.metric,
    limit: flat.value,
    points: [flat.since_ms, to_ms].map((point_ms) => ({ at_ms: point_ms, value: flat.value })),
  };
  return {
    action,
    rule,
    type: config.type,
    key: deviceId,
    onset_ms: open.onset_ms,
    at_ms,
    lastSeen_ms: to_ms,
    severity: config.severity as Finding['severity'],
    confidence: 0.9,
    place: placeOf(deviceId).place,
    subject: { deviceId },
    sources: [{ deviceId, modality, from: isoTime(open.onset_ms), to: isoTime(to_ms), weight: 1 }],
    missing:
      missing === undefined ? [] : [{ modality, reason: missing, from: isoTime(to_ms), to: isoTime(at_ms) }],
    measures: {
      metric: open.metric,
      value: flat.value,
      readings: flat.readings,
      flat_s: round((to_ms - open.onset_ms) / 1000, 0),
    },
    exhibits: missing === undefined ? [exhibit] : [],
    ...(endReason === undefined ? {} : { endReason }),
  };
}
