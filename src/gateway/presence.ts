import { GATEWAY_DEVICE_ID, type Observation, type StatusObservation } from '../domain/observation.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Journal } from '../store/journal.ts';
import type { Stores } from './stores.ts';

interface PresenceParts {
  readonly journal: Pick<Journal, 'append'>;
  readonly devices: Pick<Stores['devices'], 'get' | 'list' | 'revokedIds' | 'seen'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A connected device whose heartbeats alone are heard gets an entry of the journal so often. */
const NOTE_INTERVAL_MS = 120_000;
const CHECK_INTERVAL_MS = 30_000;
/** Rules have forgotten devices that were not heard for longer. */
const REMEMBERED_MS = 31 * 86_400_000;

/**
 * Lets the journal know what no message in it says: that a device is there though it has nothing to report (a parked
 * truck's heartbeats, a frame that was refused), and that one was taken out of the registry. Rules that miss devices
 * know only the journal. At most one entry for each device in two minutes.
 */
export class Presence {
  readonly #parts: PresenceParts;
  readonly #journaled = new Map<string, number>();
  readonly #heard = new Map<string, number>();
  #revoked: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #noting: Promise<void> = Promise.resolve();

  constructor(parts: PresenceParts) {
    this.#parts = parts;
  }

  /** Notes revocations of the time when the gateway was down, too. */
  start(): void {
    this.#note(true);
    this.#timer = setInterval(() => this.#note(false), CHECK_INTERVAL_MS).unref();
  }

  /** Resolves when nothing is being written any more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#noting;
  }

  /** A device was heard, whatever it said. */
  heard(id: string, at_ms: number): void {
    this.#parts.devices.seen(id, at_ms);
    this.#heard.set(id, at_ms);
  }

  /** What it said is in the journal. */
  journaled(id: string, received_ms: number): void {
    if (id === GATEWAY_DEVICE_ID) return;
    this.#parts.devices.seen(id, received_ms);
    this.#journaled.set(id, received_ms);
  }

  #note(isStart: boolean): void {
    const { journal, log } = this.#parts;
    try {
      const entries = [...this.#present(), ...this.#gone(isStart)].map((body) => ({
        subjectId: body.deviceId,
        at_ms: body.at_ms,
        received_ms: body.received_ms,
        body: body as Observation,
      }));
      if (entries.length === 0) return;
      this.#noting = this.#noting
        .then(() => journal.append(entries))
        .then(
          () => undefined,
          (error: unknown) => log.error({ err: error }, 'the presence of devices could not be journaled'),
        );
    } catch (error) {
      // The registry is busy: looked at again at the next check.
      log.warn({ err: error }, 'the presence of devices is not known');
    }
  }

  #present(): StatusObservation[] {
    const present: StatusObservation[] = [];
    for (const [id, heard_ms] of this.#heard) {
      this.#heard.delete(id);
      const journaled_ms = this.#journaled.get(id) ?? 0;
      if (heard_ms - journaled_ms < NOTE_INTERVAL_MS) continue;
      const kind = this.#parts.devices.get(id)?.kind;
      if (kind === undefined) continue;
      this.#journaled.set(id, heard_ms);
      const at = { at_ms: heard_ms, received_ms: this.#parts.clock() };
      present.push({
        kind: 'status',
        deviceKind: kind,
        deviceId: id,
        ...at,
        online: true,
        extra: { presence: true },
      });
    }
    return present;
  }

  #gone(isStart: boolean): StatusObservation[] {
    const { devices, clock } = this.#parts;
    const before = this.#revoked;
    this.#revoked = devices.revokedIds();
    const now_ms = clock();
    const gone: StatusObservation[] = [];
    for (const id of this.#revoked) {
      if (before.has(id)) continue;
      const device = devices.get(id);
      if (device === undefined || (isStart && (device.lastSeen_ms ?? 0) < now_ms - REMEMBERED_MS)) continue;
      const at = { at_ms: now_ms, received_ms: now_ms };
      gone.push({
        kind: 'status',
        deviceKind: device.kind,
        deviceId: id,
        ...at,
        online: false,
        revoked: true,
      });
    }
    return gone;
  }
}
