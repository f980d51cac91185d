import type { AedesPublishPacket, Client } from 'aedes';
import type { Device } from '../domain/device.ts';
import type { MqttSessionStore, Qos, StoredWill } from '../store/mqtt-session-store.ts';
import type { MqttIdentity } from './mqtt-access.ts';

interface Options {
  readonly store: Pick<MqttSessionStore, 'wills' | 'putWill' | 'dropWill'>;
  /** So long after the start a client has to come back, before its last will is published. */
  readonly wait_ms: number;
  /** The device of that id, unless it was revoked. */
  readonly admittedDevice: (id: string) => Device | undefined;
  /** Stores the will of a device; false where it was refused. Rejects where it could not be stored. */
  readonly take: (device: Device, will: StoredWill) => Promise<boolean>;
  /** Hands it to subscribers. */
  readonly publish: (
    topic: string,
    payload: Buffer,
    how: { readonly qos: Qos; readonly retain: boolean },
  ) => Promise<void>;
  readonly onTrouble: (fault: string, message: string) => void;
}

/** A client that has gone may have had its will published a moment later, which must be on disk first. */
const DROP_AFTER_MS = 2000;
const RETRY_MS = 5000;

/**
 * Last wills that outlive the gateway: one is on disk while its client is connected. After a crash (or a restart) those
 * that lie there are of clients whose connection nobody ended; who does not come back within a bound has its will
 * published then.
 */
export class LastWills {
  readonly #options: Options;
  /** Of each client that has a will, the connection whose it is. */
  readonly #holders = new Map<string, Client>();
  readonly #left = new Map<string, StoredWill>();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Takes up what the last run left. */
  start(): void {
    for (const will of this.#options.store.wills()) this.#left.set(will.clientId, will);
    this.#later(this.#options.wait_ms);
  }

  /** The wills of those who are connected stay for the next start. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** A client is connected, with a will or without. What the last run left of its device is void. */
  entered(client: Client, identity: MqttIdentity | undefined): void {
    if (identity?.kind !== 'device') return;
    const deviceId = identity.device.id;
    for (const left of [...this.#left.values()]) {
      if (left.clientId !== client.id && left.deviceId !== deviceId) continue;
      this.#left.delete(left.clientId);
      this.#drop(left.clientId);
    }
    const will = willOf(client);
    if (will === undefined) return;
    const { topic, payload, qos, retain } = will;
    this.#holders.set(client.id, client);
    this.#options.store
      .putWill({ clientId: client.id, deviceId, topic, payload: Buffer.from(payload), qos, retain })
      .catch((error: Error) => this.#failed(error));
  }

  /** The client is gone, and its will with it: published, or void. */
  left(client: Client): void {
    // It may be connected anew, or the gateway is about to end.
    const isHolder = (): boolean => !this.#isStopped && this.#holders.get(client.id) === client;
    if (!isHolder()) return;
    setTimeout(() => {
      if (!isHolder()) return;
      this.#holders.delete(client.id);
      this.#drop(client.id);
    }, DROP_AFTER_MS).unref();
  }

  #later(after_ms: number): void {
    if (this.#left.size === 0 || this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#publishLeft().catch((error: Error) => this.#failed(error));
    }, after_ms).unref();
  }

  async #publishLeft(): Promise<void> {
    for (const will of [...this.#left.values()]) {
      if (this.#isStopped || !this.#left.delete(will.clientId)) continue;
      try {
        await this.#publish(will);
        this.#drop(will.clientId);
      } catch (error) {
        this.#failed(error as Error);
        this.#left.set(will.clientId, will);
      }
    }
    this.#later(RETRY_MS);
  }

  /** As if its connection had broken just now. */
  async #publish(will: StoredWill): Promise<void> {
    const { topic, payload, qos, retain } = will;
    const device = this.#options.admittedDevice(will.deviceId);
    if (device === undefined || !(await this.#options.take(device, will))) return;
    // Only a status is retained, as with every message of a device.
    await this.#options.publish(topic, payload, { qos, retain: retain && topic.endsWith('/status') });
  }

  #drop(clientId: string): void {
    this.#options.store.dropWill(clientId).catch((error: Error) => this.#failed(error));
  }

  #failed(error: Error): void {
    this.#options.onTrouble('last will not kept', error.message);
  }
}

/** aedes keeps it in a field that its types leave out. */
function willOf(client: Client): AedesPublishPacket | undefined {
  return (client as unknown as { readonly will?: AedesPublishPacket | null }).will ?? undefined;
}
