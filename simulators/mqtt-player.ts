import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';

import type { DeviceKind } from '../src/domain/device.ts';
import { DeviceLink } from './device-link.ts';
import { Jt808Link, type Jt808Target } from './jt808-link.ts';
import { phoneOf } from './jt808-phones.ts';
import type { Link, LinkEvent } from './link.ts';
import type { Schedule, ScheduleEvent } from './schedule.ts';
import type { SimulatorLog } from './simulator-log.ts';

/** The connection of a device that does not speak MQTT; undefined for one that does. */
export type LinkMaker = (
  device: { readonly deviceKind: DeviceKind; readonly deviceId: string },
  common: { readonly queue_max: number; readonly onChange: (event: LinkEvent) => void },
) => Link | undefined;

/** Where and how a schedule is played. */
export interface PlayerOptions {
  readonly url: string;
  /** Where trucks go instead, over JT/T 808. */
  readonly jt808?: Jt808Target;
  /** Device id to secret; absent where the broker asks for none. A device without an entry is an error. */
  readonly secrets?: ReadonlyMap<string, string>;
  /** Simulated milliseconds in one of the wall clock; Infinity sends as fast as the broker acknowledges. */
  readonly speed: number;
  /** Simulated time at which playing begins. */
  readonly start_ms: number;
  readonly signal: AbortSignal;
  readonly log: SimulatorLog;
  /** Devices that speak something else than MQTT. */
  readonly linkOf?: LinkMaker | undefined;
  /** Messages that one device keeps while the broker is away. Default 20,000. */
  readonly queue_max?: number;
}

/** What came of it. */
export interface PlayerStats {
  readonly devices: number;
  /** Messages for which a PUBACK came. */
  readonly acknowledged: number;
  readonly dropped: number;
  readonly refused: number;
}

const QUEUE_MAX = 20_000;
/** At infinite speed a device may be so far ahead of its acknowledgements. */
const AHEAD_MAX = 1_000;
const GOODBYE_MS = 2_000;
const POLL_MS = 5;

/**
 * Plays a schedule against a broker, a connection for each device. Resolves when the schedule is over and all
 * is acknowledged, or soon after `signal` aborts. Rejects when every device was refused.
 */
export async function playSchedule(
  schedule: Schedule | AsyncIterable<ScheduleEvent>,
  options: PlayerOptions,
): Promise<PlayerStats> {
  const player = new Player(options);
  try {
    await player.play(schedule);
  } catch (error) {
    if (!options.signal.aborted) throw error;
  } finally {
    await player.stop();
  }
  return player.stats();
}

class Player {
  private readonly options: PlayerOptions;
  private readonly links = new Map<string, Link>();
  private readonly lost = new Set<string>();
  private readonly refusals = new Set<string>();
  private readonly begun_ms = performance.now();
  private acknowledged = 0;
  private dropped = 0;
  private now_ms: number;

  constructor(options: PlayerOptions) {
    this.options = options;
    this.now_ms = options.start_ms;
  }

  async play(schedule: Schedule | AsyncIterable<ScheduleEvent>): Promise<void> {
    const { signal } = this.options;
    let events = 0;
    for await (const event of schedule) {
      await this.wait(event.at_ms);
      signal.throwIfAborted();
      this.now_ms = event.at_ms;
      await this.act(event);
      this.checkRefusals();
      events += 1;
      // With no wait between events sockets would starve.
      if (events % 200 === 0) await breathe();
    }
    while ([...this.links.values()].some((link) => link.waiting > 0)) {
      await sleep(POLL_MS, undefined, { signal });
      this.checkRefusals();
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.links.values()].map((link) => link.stop(this.now_ms, GOODBYE_MS)));
  }

  stats(): PlayerStats {
    const { acknowledged, dropped } = this;
    return { devices: this.links.size, acknowledged, dropped, refused: this.refusals.size };
  }

  private async wait(at_ms: number): Promise<void> {
    const { speed, start_ms, signal } = this.options;
    const wait_ms = (at_ms - start_ms) / speed - (performance.now() - this.begun_ms);
    if (wait_ms > 1) await sleep(wait_ms, undefined, { signal });
  }

  private async act(event: ScheduleEvent): Promise<void> {
    const link = this.linkOf(event);
    if (event.kind === 'link') {
      if (event.up) link.start(event.at_ms);
      else link.cut();
      return;
    }
    link.publish(event);
    while (this.options.speed === Number.POSITIVE_INFINITY && link.waiting >= AHEAD_MAX) {
      await sleep(POLL_MS, undefined, { signal: this.options.signal });
      this.checkRefusals();
    }
  }

  private linkOf({ deviceId, deviceKind }: ScheduleEvent): Link {
    const existing = this.links.get(deviceId);
    if (existing !== undefined) return existing;
    const { url, jt808, linkOf, secrets, queue_max = QUEUE_MAX } = this.options;
    const secret = secrets?.get(deviceId);
    const onChange = (change: LinkEvent): void => this.note(deviceId, change);
    const common = { queue_max, onChange, ...(secret === undefined ? {} : { secret }) };
    let link = linkOf?.({ deviceKind, deviceId }, { queue_max, onChange });
    if (link !== undefined) {
      this.links.set(deviceId, link);
      return link;
    }
    if (jt808 !== undefined && deviceKind === 'truck') {
      // Without a secret it registers, and gets a code.
      link = new Jt808Link({ ...jt808, ...common, phone: phoneOf(deviceId) });
    } else {
      if (secrets !== undefined && secret === undefined)
        throw new Error(`no secret is given for device ${deviceId}`);
      link = new DeviceLink({ ...common, url, deviceKind, deviceId });
    }
    this.links.set(deviceId, link);
    return link;
  }

  private note(deviceId: string, change: LinkEvent): void {
    const { log, signal } = this.options;
    if (change.kind === 'acknowledged') this.acknowledged += change.messages;
    else if (change.kind === 'dropped') this.dropped += change.messages;
    else if (change.kind === 'refused') {
      this.refusals.add(deviceId);
      log.warn({ device: deviceId, reason: change.reason }, 'the broker refused a device');
    } else if (change.kind === 'connected') {
      if (this.lost.delete(deviceId) && this.lost.size === 0) log.info({}, 'all devices are connected again');
    } else if (!signal.aborted && !this.refusals.has(deviceId)) {
      // One line for an outage, not one for each device and attempt.
      if (this.lost.size === 0)
        log.warn({ device: deviceId, reason: change.reason }, 'connection lost, trying again');
      this.lost.add(deviceId);
    }
  }

  private checkRefusals(): void {
    if (this.links.size > 0 && this.refusals.size === this.links.size) {
      throw new Error('the broker refused every device; are the ids and secrets right?');
    }
  }
}
