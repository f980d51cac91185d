import type { DeviceKind } from '../domain/device.ts';
import type { DeviceOfflineConfig, OutageGroup } from '../domain/device-offline-config.ts';
import type { Finding } from '../domain/finding.ts';
import type { Observation, StatusObservation } from '../domain/observation.ts';
import type { World } from '../domain/world.ts';
import { offlineFindings } from './device-offline-findings.ts';
import { belongsTo, findOutages, type Named, needed, type Outage, type OutageView } from './device-outage.ts';
import { type Heard, hear, SilenceJudge, type Spell } from './device-silence.ts';
import type { Rule } from './rule.ts';
import { ruleVersion } from './rule-version.ts';

/** What the rule remembers: of all its devices at once, since an outage is about many. Plain JSON. */
export interface FleetState {
  /** Newest arrival or check, and the newest check. */
  now_ms: number;
  checked_ms: number;
  /** Since when the gateway listens without a break. */
  listening_ms: number;
  devices: Record<string, Heard>;
  count: number;
  outages: Outage[];
}

interface Context {
  readonly config: DeviceOfflineConfig;
  readonly judge: SilenceJudge;
  readonly findings: ReturnType<typeof offlineFindings>;
  readonly groupOf: OutageView['groupOf'];
}

/** All devices of the rule share one state. */
const KEY = 'fleet';
const CHECK_MS = 10_000;
/** Without even a tick for longer, the gateway did not listen: nobody was silent in that time. */
const DEAF_MS = 90_000;
const REASON_CHARS_MAX = 300;
/** Devices watched by a rule; further ones are not. */
const DEVICES_MAX = 100_000;

/**
 * Devices from which nothing comes: an incident each, or one for all that fell silent together. Silence is told by
 * arrival: a truck that buffers is offline until it is heard again, whatever it sends then. Time in which the gateway
 * itself was down is nobody's silence. Never seen is not
 * offline, but for a camera: its stream is asked for, and somebody says that it does not come.
 */
export function deviceOfflineRule(config: DeviceOfflineConfig, world: World): Rule<FleetState> {
  const rule = { id: config.id, version: ruleVersion(config) };
  const expected = world.devices.flatMap(({ id, expectedInterval_s }) =>
    expectedInterval_s === undefined ? [] : [[id, expectedInterval_s * 1000] as const],
  );
  const context: Context = {
    config,
    judge: new SilenceJudge(config, new Map(expected)),
    findings: offlineFindings(config, rule, world),
    groupOf: groupsOf(world),
  };
  const kinds = new Set<DeviceKind>(config.device_kinds);
  return {
    ...rule,
    kinds: ['position', 'reading', 'status', ...(kinds.has('camera') ? (['picture'] as const) : [])],
    onArrival: true,
    keyOf: (observation) => (kinds.has(kindOf(observation)) ? KEY : undefined),
    initial: () => ({ now_ms: 0, checked_ms: 0, listening_ms: 0, devices: {}, count: 0, outages: [] }),
    observe: (state, observation, _peers, clock_ms) => observe(state, observation, clock_ms, context),
    advance: (state, now_ms) => check(state, now_ms, context),
    wakeAt_ms: ({ checked_ms }) => checked_ms + CHECK_MS,
  };
}

function kindOf(observation: Observation): DeviceKind {
  if (observation.kind === 'reading' || observation.kind === 'status') return observation.deviceKind;
  return observation.kind === 'position' ? 'truck' : 'camera';
}

function groupsOf({ devices, placeOf }: World): OutageView['groupOf'] {
  const byId = new Map(devices.map((device) => [device.id, device]));
  return (id, group: OutageGroup) => {
    if (group === 'all') return 'all';
    const device = byId.get(id);
    // What needs no saying (see `Device`).
    if (group === 'protocol') return device?.protocol ?? 'mqtt';
    const place = device ?? placeOf?.(id);
    return group === 'grid' ? place?.gridCode : place?.street;
  };
}

function observe(state: FleetState, observation: Observation, clock_ms: number, context: Context): Finding[] {
  const { deviceId } = observation;
  pass(state, clock_ms);
  const known = Object.hasOwn(state.devices, deviceId) ? state.devices[deviceId] : undefined;
  if (observation.kind === 'status' && observation.revoked === true) {
    if (known !== undefined) forget(state, deviceId);
    return known === undefined ? [] : end([deviceId, known], clock_ms, 'the device was revoked', context);
  }
  if (observation.kind === 'status' && !observation.online) {
    const missed =
      known ?? (observation.deviceKind === 'camera' ? add(state, observation, clock_ms) : undefined);
    if (missed !== undefined) goOffline(missed, observation, clock_ms);
    return [];
  }
  const device = known ?? add(state, observation, clock_ms);
  if (device === undefined) return [];
  hear(device, observation, clock_ms, device.heard_ms >= state.listening_ms);
  return [];
}

/** Undefined where there are too many already. */
function add(state: FleetState, observation: Observation, clock_ms: number): Heard | undefined {
  const { deviceId } = observation;
  // A name that is no member of a plain object like others.
  if (deviceId === '__proto__' || state.count >= DEVICES_MAX) return undefined;
  const device: Heard = { kind: kindOf(observation), heard_ms: clock_ms, usual_ms: 0 };
  state.devices[deviceId] = device;
  state.count += 1;
  return device;
}

function goOffline(device: Heard, { extra }: StatusObservation, clock_ms: number): void {
  device.said_ms ??= clock_ms;
  if (typeof extra?.reason === 'string') device.reason ??= extra.reason.slice(0, REASON_CHARS_MAX);
}

function forget(state: FleetState, id: string): void {
  delete state.devices[id];
  state.count -= 1;
}

/** Time goes on. Where it leapt, the gateway was down. */
function pass(state: FleetState, now_ms: number): void {
  if (now_ms - state.now_ms > DEAF_MS) state.listening_ms = now_ms;
  state.now_ms = now_ms;
}

function check(state: FleetState, now_ms: number, context: Context): Finding[] {
  pass(state, now_ms);
  state.checked_ms = now_ms;
  const { config, judge, groupOf } = context;
  const view = { config, judge, groupOf, now_ms, listening_ms: state.listening_ms };
  const found: Finding[] = [];
  // Of a large fleet few are silent: the others are passed over quickly.
  const silent: Named[] = [];
  for (const id of Object.keys(state.devices)) {
    const device = state.devices[id];
    if (device === undefined) continue;
    if (device.spell !== undefined || now_ms - device.heard_ms >= judge.forget_ms) silent.push([id, device]);
    else if (judge.isOffline(id, device, now_ms, state.listening_ms)) silent.push([id, device]);
  }
  silent.sort(inOrder);
  for (const named of silent) found.push(...lookAfter(state, named, view, context));
  const fallen = silent
    .filter(([id, { spell }]) => spell === undefined && state.devices[id] !== undefined)
    .filter(([id, device]) => judge.isOffline(id, device, now_ms, state.listening_ms))
    .sort(([, a], [, b]) => judge.since_ms(a, state.listening_ms) - judge.since_ms(b, state.listening_ms));
  if (fallen.length === 0 && state.outages.length === 0) return found;
  const all = Object.entries(state.devices).sort(inOrder);
  if (fallen.length > 0) found.push(...report(state, fallen, all, view, context));
  if (state.outages.length > 0) found.push(...followOutages(state, all, view, context));
  return found;
}

function inOrder([a]: Named, [b]: Named): number {
  return a < b ? -1 : 1;
}

/** What becomes of a silence that is reported: it is over, goes on, or is given up. */
function lookAfter(state: FleetState, named: Named, view: OutageView, context: Context): Finding[] {
  const [id, device] = named;
  const { config, findings, judge } = context;
  const { now_ms } = view;
  const { spell } = device;
  if (now_ms - device.heard_ms >= judge.forget_ms) {
    forget(state, id);
    return end(named, now_ms, `nothing was heard for ${judge.forget_ms / 1000} s: given up`, context);
  }
  if (spell === undefined) return [];
  if (spell.back_ms !== null && judge.isLate(id, device, now_ms, view.listening_ms)) spell.back_ms = null;
  if (spell.back_ms !== null && now_ms - spell.back_ms >= config.clear_s * 1000) {
    delete device.spell;
    return spell.outage === null ? [over(named, spell, spell.back_ms, 'it is heard again', context)] : [];
  }
  if (spell.outage !== null || now_ms - spell.updated_ms < config.update_s * 1000) return [];
  spell.updated_ms = now_ms;
  return [findings.device(named, spell, { action: 'update', at_ms: now_ms })];
}

function end(named: Named, at_ms: number, reason: string, context: Context): Finding[] {
  const { spell } = named[1];
  return spell === undefined || spell.outage !== null ? [] : [over(named, spell, at_ms, reason, context)];
}

function over(named: Named, spell: Spell, at_ms: number, endReason: string, { findings }: Context): Finding {
  return findings.device(named, spell, { action: 'end', at_ms, endReason });
}

/** Devices that have just become offline: into an outage, known or new, or an incident each. */
function report(
  state: FleetState,
  fallen: readonly Named[],
  all: readonly Named[],
  view: OutageView,
  context: Context,
): Finding[] {
  const { findings } = context;
  const { now_ms: at_ms } = view;
  const fall = ([, device]: Named, outage: string | null): Spell => {
    const onset_ms = view.judge.since_ms(device, view.listening_ms);
    device.spell = { onset_ms, back_ms: null, updated_ms: at_ms, outage };
    return device.spell;
  };
  for (const one of fallen) {
    const known = state.outages.find((outage) => belongsTo(one, outage, view));
    if (known !== undefined) fall(one, known.key);
  }
  const found: Finding[] = [];
  const rest = fallen.filter(([, { spell }]) => spell === undefined);
  for (const { outage, members } of rest.length === 0 ? [] : findOutages(rest, all, view)) {
    for (const member of members) fall(member, outage.key);
    state.outages.push(outage);
    found.push(findings.outage(outage, members, { action: 'open', at_ms }));
  }
  for (const one of rest) {
    if (one[1].spell === undefined)
      found.push(findings.device(one, fall(one, null), { action: 'open', at_ms }));
  }
  return found;
}

/** An outage goes on while enough are away; who stays away when the others are back gets an incident of his own. */
function followOutages(
  state: FleetState,
  all: readonly Named[],
  { now_ms: at_ms }: OutageView,
  { config, findings }: Context,
): Finding[] {
  const found: Finding[] = [];
  const open: Outage[] = [];
  for (const outage of state.outages) {
    const members = all.filter(([, { spell }]) => spell?.outage === outage.key);
    const away = members.filter(([, { spell }]) => spell?.back_ms === null);
    if (away.length >= needed(config, outage.size)) outage.falling_ms = null;
    else outage.falling_ms ??= at_ms;
    if (outage.falling_ms !== null && at_ms - outage.falling_ms >= config.outage.settle_s * 1000) {
      const endReason = away.length === 0 ? 'all are back' : `all but ${away.length} are back`;
      found.push(findings.outage(outage, away, { action: 'end', at_ms: outage.falling_ms, endReason }));
      for (const [id, device] of members) {
        if (device.spell?.back_ms !== null) {
          delete device.spell;
          continue;
        }
        device.spell = { ...device.spell, outage: null, updated_ms: at_ms };
        found.push(findings.device([id, device], device.spell, { action: 'open', at_ms, after: outage }));
      }
      continue;
    }
    open.push(outage);
    if (at_ms - outage.updated_ms < config.update_s * 1000) continue;
    outage.updated_ms = at_ms;
    found.push(findings.outage(outage, away, { action: 'update', at_ms }));
  }
  state.outages = open;
  return found;
}
