import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';

import type { DeviceKind } from '../src/domain/device.ts';
import { ConnectQueue } from './connect-queue.ts';
import { DeviceLink } from './device-link.ts';
import { Jt808Link, type Jt808Target } from './jt808-link.ts';
import { phoneOf } from './jt808-phones.ts';
import type { Link, LinkEvent } from './link.ts';
import type { LoadCounts } from './load-report.ts';
import { openFilesMax, tooFew } from './open-files.ts';
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
  /** Told how far it is, so often. */
  readonly report?: { readonly every_ms: number; readonly tell: (counts: LoadCounts) => void };
}

/** What came of it. */
export interface PlayerStats extends LoadCounts {
  /** Devices that were turned away for good. */
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

type ConnectionEvent = Extract<LinkEvent, { kind: 'connected' | 'lost' | 'refused' }>;

class Player {
  private readonly options: PlayerOptions;
  private readonly links = new Map<string, Link>();
  private readonly lost = new Set<string>();
  private readonly refusals = new Set<string>();
  private readonly connected = new Set<string>();
  private readonly connecting = new ConnectQueue();
  private readonly begun_ms = performance.now();
  private readonly counts = { sent: 0, acknowledged: 0, lost: 0 };
  private reporting: NodeJS.Timeout | undefined;
  private fault: Error | undefined;
  private now_ms: number;

  constructor(options: PlayerOptions) {
    this.options = options;
    this.now_ms = options.start_ms;
  }

  async play(schedule: Schedule | AsyncIterable<ScheduleEvent>): Promise<void> {
    const { signal, report } = this.options;
    if (report !== undefined) this.reporting = setInterval(() => report.tell(this.stats()), report.every_ms);
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
    while (this.waiting() > 0) {
      // Looking at ten thousand devices costs something too.
      await sleep(Math.max(POLL_MS, this.links.size / 50), undefined, { signal });
      this.checkRefusals();
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.reporting);
    this.connecting.clear();
    await Promise.all([...this.links.values()].map((link) => link.stop(this.now_ms, GOODBYE_MS)));
  }

  stats(): PlayerStats {
    const { links, connected, counts, refusals } = this;
    return {
      ...{ devices: links.size, connected: connected.size, ...counts, waiting: this.waiting() },
      refused: refusals.size,
    };
  }

  private waiting(): number {
    let waiting = 0;
    for (const link of this.links.values()) waiting += link.waiting;
    return waiting;
  }

  private async wait(at_ms: number): Promise<void> {
    const { speed, start_ms, signal } = this.options;
    const wait_ms = (at_ms - start_ms) / speed - (performance.now() - this.begun_ms);
    if (wait_ms > 1) await sleep(wait_ms, undefined, { signal });
  }

  private async act(event: ScheduleEvent): Promise<void> {
    const link = this.linkOf(event);
    if (event.kind === 'link') {
      const { deviceId, at_ms } = event;
      if (!event.up) {
        this.connecting.done(deviceId);
        this.connected.delete(deviceId);
        link.cut();
      } else if (!this.refusals.has(deviceId)) this.connecting.ask(deviceId, () => link.start(at_ms));
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
    if (change.kind === 'sent' || change.kind === 'acknowledged') this.counts[change.kind] += change.messages;
    else if (change.kind === 'dropped') this.counts.lost += change.messages;
    else this.noteConnection(deviceId, change);
  }

  private noteConnection(deviceId: string, change: ConnectionEvent): void {
    const { log, signal } = this.options;
    this.connecting.done(deviceId);
    if (change.kind === 'connected') this.connected.add(deviceId);
    else this.connected.delete(deviceId);
    if (change.kind === 'refused') {
      this.refusals.add(deviceId);
      log.warn({ device: deviceId, reason: change.reason }, 'the broker refused a device');
    } else if (change.kind === 'connected') {
      if (this.lost.delete(deviceId) && this.lost.size === 0) log.info({}, 'all devices are connected again');
    } else if (!signal.aborted && !this.refusals.has(deviceId)) {
      // No attempt will help: the process may not open more.
      if (change.reason.includes('EMFILE')) this.fault = new Error(tooFew(this.links.size, openFilesMax()));
      // One line for an outage, not one for each device and attempt.
      if (this.lost.size === 0)
        log.warn({ device: deviceId, reason: change.reason }, 'connection lost, trying again');
      this.lost.add(deviceId);
    }
  }

  private checkRefusals(): void {
    if (this.fault !== undefined) throw this.fault;
    if (this.links.size > 0 && this.refusals.size === this.links.size) {
      throw new Error('the broker refused every device; are the ids and secrets right?');
    }
  }
}
