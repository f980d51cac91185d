import type { DeviceKind } from '../domain/device.ts';
import type { DeviceOfflineConfig } from '../domain/device-offline-config.ts';
import type { Observation } from '../domain/observation.ts';

/** What is remembered of a device that was heard. Plain JSON, short: there is one for each of the fleet. */
export interface Heard {
  readonly kind: DeviceKind;
  heard_ms: number;
  /** How far its messages usually lie apart; 0: not known. */
  usual_ms: number;
  /** Since when it counts as offline by its own word or its last will. */
  said_ms?: number;
  /** What it, or who noticed, gave as the reason. */
  reason?: string;
  /** Newest position of a truck, and whether its ignition was off. */
  fix?: { readonly at_ms: number; readonly lon: number; readonly lat: number };
  parked?: true;
  spell?: Spell;
}

/** A silence that is reported. */
export interface Spell {
  readonly onset_ms: number;
  /** Since when it is heard again. */
  back_ms: number | null;
  updated_ms: number;
  /** Key of the outage that it belongs to; null where it is an incident of its own. */
  outage: string | null;
}

/** How fast the usual interval follows, and how much of it a longer gap may count for. */
const FOLLOW = 0.2;
const GAP_INTERVALS_MAX = 2;
/** Messages within it are one saying. */
const BURST_MS = 1000;
/** As long as this many usual intervals, a message or two may have got lost. */
const LATE_INTERVALS = 2.5;
const LATE_MIN_MS = 30_000;
/** Of a device that was heard once nobody knows how often it speaks. */
const UNKNOWN_MS = 7_200_000;

/** Takes in that the device said something at `clock_ms`; not the word that it is offline. */
export function hear(device: Heard, observation: Observation, clock_ms: number, isFollowed: boolean): void {
  const gap_ms = clock_ms - device.heard_ms;
  if (isFollowed && device.parked !== true && gap_ms >= BURST_MS) {
    const { usual_ms } = device;
    // One outage must not make hours of silence usual.
    const counted_ms = usual_ms === 0 ? gap_ms : Math.min(gap_ms, usual_ms * GAP_INTERVALS_MAX);
    device.usual_ms = Math.round(usual_ms + (counted_ms - usual_ms) * (usual_ms === 0 ? 1 : FOLLOW));
  }
  device.heard_ms = clock_ms;
  delete device.said_ms;
  delete device.reason;
  const acc = ignitionOf(observation);
  const isNewest = observation.at_ms >= (device.fix?.at_ms ?? 0);
  if (acc !== undefined && isNewest) {
    if (acc) delete device.parked;
    else device.parked = true;
  }
  if (observation.kind === 'position' && isNewest) {
    const { at_ms, lon, lat } = observation;
    device.fix = { at_ms, lon, lat };
  }
  if (device.spell !== undefined) device.spell.back_ms ??= clock_ms;
}

function ignitionOf(observation: Observation): boolean | undefined {
  if (observation.kind === 'position') return observation.acc;
  // A terminal without a position says its state all the same.
  const acc = observation.kind === 'status' ? observation.extra?.acc : undefined;
  return typeof acc === 'boolean' ? acc : undefined;
}

/** How a device's silence is judged: by the rule's figures, and how often the device should speak. */
export class SilenceJudge {
  readonly #config: DeviceOfflineConfig;
  readonly #expected_ms: ReadonlyMap<string, number>;

  constructor(config: DeviceOfflineConfig, expected_ms: ReadonlyMap<string, number>) {
    this.#config = config;
    this.#expected_ms = expected_ms;
  }

  /** Nothing is remembered of a device that was silent for so long. */
  get forget_ms(): number {
    const { give_up_s, parked_s } = this.#config;
    return Math.max(give_up_s, parked_s) * 1000;
  }

  /** How often it should say something; 0: not known. */
  usual_ms(id: string, device: Heard): number {
    const { expected_interval_s } = this.#config;
    if (expected_interval_s !== undefined) return expected_interval_s * 1000;
    return this.#expected_ms.get(id) ?? device.usual_ms;
  }

  /** When its silence began, as far as the gateway listened since `listening_ms`. */
  since_ms(device: Heard, listening_ms: number): number {
    return Math.max(device.said_ms ?? device.heard_ms, listening_ms);
  }

  /** Parked with its ignition off, and not for longer than a truck may be. */
  isParked(device: Heard, now_ms: number): boolean {
    return device.parked === true && now_ms - device.heard_ms < this.#config.parked_s * 1000;
  }

  /** Silent for so long that it counts as offline. */
  isOffline(id: string, device: Heard, now_ms: number, listening_ms: number): boolean {
    if (this.isParked(device, now_ms)) return false;
    const { after_s, intervals } = this.#config;
    // Who said that he goes, or whose connection broke, is not waited for by intervals.
    const told = device.said_ms !== undefined;
    const usual_ms = this.usual_ms(id, device);
    const waited_ms = usual_ms === 0 ? UNKNOWN_MS : intervals * usual_ms;
    const limit_ms = Math.max(after_s * 1000, told ? 0 : waited_ms);
    return now_ms - this.since_ms(device, listening_ms) >= limit_ms;
  }

  /** Silent for longer than it should be: with others whose silence began then, that tells of an outage. */
  isLate(id: string, device: Heard, now_ms: number, listening_ms: number): boolean {
    if (this.isParked(device, now_ms)) return false;
    const usual_ms = this.usual_ms(id, device);
    const late_ms = usual_ms === 0 ? UNKNOWN_MS : Math.max(LATE_MIN_MS, LATE_INTERVALS * usual_ms);
    return device.said_ms !== undefined || now_ms - Math.max(device.heard_ms, listening_ms) >= late_ms;
  }
}
