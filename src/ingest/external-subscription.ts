import type { MqttClient } from 'mqtt';
import { TOPIC_ROOT } from '../domain/topics.ts';

/** `auto` finds out whether the broker has shared subscriptions, and does without where it has not. */
export type SharedChoice = 'auto' | 'always' | 'never';

/** `kept`: found in the session that the broker kept from before this process. */
export type SubscriptionMode = 'shared' | 'plain' | 'kept';

/** Every topic of a device: `xc/v1/<kind>/<id>/<channel>`, and stills with their time. */
const FILTERS = [`${TOPIC_ROOT}/+/+/+`, `${TOPIC_ROOT}/camera/+/snapshot/+`];
/** No kind of device is called so. */
const PROBE_PREFIX = `${TOPIC_ROOT}/gateway/`;
const PROBE_TIMEOUT_MS = 3000;

/** True for a message by which a gateway, perhaps another one, tries its broker. */
export function isProbe(topic: string): boolean {
  return topic.startsWith(PROBE_PREFIX);
}

/** The subscription of a gateway at a broker that is not ours. */
export class ExternalSubscription {
  readonly #client: MqttClient;
  readonly #settings: { readonly clientId: string; readonly group: string; readonly shared: SharedChoice };
  #mode: SubscriptionMode | undefined;
  #onProbe: (() => void) | undefined;

  constructor(
    client: MqttClient,
    settings: { readonly clientId: string; readonly group: string; readonly shared: SharedChoice },
  ) {
    this.#client = client;
    this.#settings = settings;
  }

  /** Hears of each message; true where it was our own probe. */
  seen(topic: string): boolean {
    if (topic !== this.#probeTopic) return false;
    this.#onProbe?.();
    return true;
  }

  /**
   * Subscribes at QoS 1, unless the broker has kept the subscriptions: nats-server, for one, does not send again
   * what was unacknowledged under a filter that is subscribed to once more. The other mode's filters, which it
   * may have kept from before, are taken back. Rejects where the broker refuses.
   */
  async subscribe(isKept: boolean): Promise<SubscriptionMode> {
    const { group, shared } = this.#settings;
    const sharedFilters = FILTERS.map((filter) => `$share/${group}/${filter}`);
    if (isKept) {
      if (shared !== 'auto')
        await this.#client.unsubscribeAsync(shared === 'always' ? FILTERS : sharedFilters);
      // Tried, for mosquitto, after a restart of its own, says that it kept a session and has lost shared filters.
      if (await this.#comesBack()) {
        this.#mode ??= ({ auto: 'kept', always: 'shared', never: 'plain' } as const)[shared];
        return this.#mode;
      }
    }
    if (shared === 'always' || (shared === 'auto' && (await this.#canShare()))) {
      const isGranted = await this.#subscribeTo(sharedFilters, shared === 'auto');
      if (isGranted) {
        await this.#client.unsubscribeAsync(FILTERS);
        this.#mode = 'shared';
        return this.#mode;
      }
    }
    if (shared === 'auto') await this.#client.unsubscribeAsync(sharedFilters).catch(() => undefined);
    await this.#subscribeTo(FILTERS, false);
    this.#mode = 'plain';
    return this.#mode;
  }

  /** False where the broker refuses with 0x80 and it `mayFail`; else rejects then. */
  async #subscribeTo(filters: string[], mayFail: boolean): Promise<boolean> {
    try {
      const granted = await this.#client.subscribeAsync(filters, { qos: 1 });
      return granted.every(({ qos }) => qos < 128);
    } catch (error) {
      if (mayFail && this.#client.connected) return false;
      throw error;
    }
  }

  /**
   * MQTT 3.1.1 has no word for whether a broker shares subscriptions: some refuse such a filter, some take it for a
   * plain one that nothing ever matches. So a message is sent to ourselves through one.
   */
  async #canShare(): Promise<boolean> {
    const filter = `$share/${this.#settings.group}-${this.#settings.clientId}/${this.#probeTopic}`;
    if (!(await this.#subscribeTo([filter], true))) return false;
    const isShared = await this.#comesBack();
    await this.#client.unsubscribeAsync(filter).catch(() => undefined);
    return isShared;
  }

  /** True where a message that we send to ourselves arrives. */
  async #comesBack(): Promise<boolean> {
    const came = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), PROBE_TIMEOUT_MS);
      this.#onProbe = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
    await this.#client.publishAsync(this.#probeTopic, 'probe', { qos: 0 });
    const isBack = await came;
    this.#onProbe = undefined;
    return isBack;
  }

  get #probeTopic(): string {
    return `${PROBE_PREFIX}${this.#settings.clientId}/probe`;
  }
}
