import { Readable } from 'node:stream';
import type { Client, Subscription } from 'aedes';
import MemoryPersistence from 'aedes-persistence/asyncPersistence.js';
import type { Clock } from '../runtime/clock.ts';
import type { MqttSessionStore, Qos, QueuedMessage } from '../store/mqtt-session-store.ts';
import type { TelemetryAudience } from './mqtt-audience.ts';
import { type QueueLimits, SessionQueues, STORED } from './session-queues.ts';

/** What is kept on disk at most; what finds no room is dropped and counted. */
export interface PersistenceLimits extends QueueLimits {
  /** Persistent sessions; the subscriptions of further ones are refused with 0x80. */
  readonly sessions_max: number;
  /** A session whose client stays away for longer is forgotten, as is a message that waits for longer. */
  readonly session_hours_max: number;
  readonly retained_max: number;
  readonly retained_bytes_max: number;
}

/** The limits where the configuration says nothing. */
export const PERSISTENCE_LIMITS: PersistenceLimits = {
  session_messages_max: 1000,
  session_bytes_max: 8 * 1024 * 1024,
  sessions_bytes_max: 256 * 1024 * 1024,
  sessions_max: 10_000,
  session_hours_max: 168,
  retained_max: 100_000,
  retained_bytes_max: 64 * 1024 * 1024,
};

/** A packet as aedes hands it about. */
export interface OutgoingPacket {
  readonly cmd?: string;
  readonly topic: string;
  readonly payload: Buffer | string;
  readonly qos: Qos;
  readonly retain?: boolean;
  readonly brokerId?: string;
  readonly brokerCounter?: number;
  messageId?: number | undefined;
}

interface Options {
  readonly store: MqttSessionStore;
  readonly limits: PersistenceLimits;
  readonly clock: Clock;
  /** A message or retained message for which there was no room. */
  readonly onDropped: () => void;
  /** Told of the filters of persistent sessions, by client id. */
  readonly audience: TelemetryAudience;
  /** True for a subscription that the client was granted; aedes would store refused ones beside them. */
  readonly isGranted: (client: Client, filter: string) => boolean;
}

const PAGE = 50;
/** What may lie unsent at a client that is getting its backlog, before it gets more. */
const UNSENT_BYTES_MAX = 256 * 1024;
const UNSENT_POLL_MS = 20;
const HOUR_MS = 3_600_000;

/**
 * aedes's persistence with sessions, their messages and retained messages on disk: a subscriber with a
 * persistent session gets what it missed also after the gateway was restarted, in order. The subscription
 * trie and QoS 2 messages between PUBLISH and PUBREL stay in memory; of last wills see `mqtt-wills.ts`.
 */
export class MqttPersistence extends MemoryPersistence {
  readonly #options: Options;
  readonly #queues: SessionQueues;
  /** Bytes of each retained message. */
  readonly #retained = new Map<string, number>();
  #retained_bytes = 0;
  /** Sessions that are getting their backlog: what comes meanwhile goes behind it. */
  readonly #replaying = new Set<string>();

  constructor(options: Options) {
    super();
    this.#options = options;
    this.#queues = new SessionQueues(options.limits);
  }

  /** Sessions, and messages that wait in them. */
  stats(): { readonly sessions: number; readonly queued: number } {
    return { sessions: this.#queues.size, queued: this.#queues.messages };
  }

  override async setup(broker: unknown): Promise<void> {
    await super.setup(broker);
    const { store, clock } = this.#options;
    for (const { clientId, awaySince_ms, subscriptions } of store.sessions()) {
      const subs = subscriptions.map(({ filter, qos }) => ({ topic: filter, qos }));
      await super.addSubscriptions(idOnly(clientId), subs);
      for (const { filter } of subscriptions) this.#options.audience.add(clientId, filter);
      this.#queues.open(clientId, awaySince_ms ?? clock());
      if (awaySince_ms === undefined) store.setAway(clientId, clock());
    }
    for (const head of store.heads()) this.#queues.restore(head);
    for (const { topic, payload, qos } of store.retained()) {
      this.#noteRetained(topic, payload.length);
      await super.storeRetained(retainedPacket(topic, payload, qos));
    }
  }

  /** True where the client has a session already, or there is room for one more. */
  hasRoom(clientId: string): boolean {
    return this.#queues.has(clientId) || this.#queues.size < this.#options.limits.sessions_max;
  }

  /** A client of this id has come; it will be sent its backlog next. */
  entered(clientId: string): void {
    if (!this.#queues.setAway(clientId, undefined)) return;
    this.#replaying.add(clientId);
    this.#options.store.setAway(clientId, undefined);
  }

  /** The client of this id has gone. */
  left(clientId: string): void {
    this.#replaying.delete(clientId);
    const now_ms = this.#options.clock();
    if (this.#queues.setAway(clientId, now_ms)) this.#options.store.setAway(clientId, now_ms);
  }

  /** Forgets sessions whose clients stayed away for too long, and messages that waited for too long. */
  async sweep(): Promise<void> {
    const before_ms = this.#options.clock() - this.#options.limits.session_hours_max * HOUR_MS;
    await this.forget((_clientId, awaySince_ms) => awaySince_ms !== undefined && awaySince_ms < before_ms);
    for (const id of this.#queues.removeOlder(before_ms)) this.#options.store.remove(id);
  }

  /** Forgets every session that `isOver` says is. */
  async forget(isOver: (clientId: string, awaySince_ms: number | undefined) => boolean): Promise<void> {
    for (const [clientId, awaySince_ms] of this.#queues.list()) {
      if (isOver(clientId, awaySince_ms)) await this.cleanSubscriptions(idOnly(clientId));
    }
  }

  /**
   * True where a message may go to the client now. Not while it gets its backlog, which will hold this one
   * too, nor where it was sent with that backlog already.
   */
  isDue(clientId: string, packet: OutgoingPacket): boolean {
    if (packet.brokerId === STORED) return true;
    if (this.#replaying.has(clientId)) return false;
    return this.#queues.find(clientId, packet)?.messageId === undefined;
  }

  /** Takes a message back that the client may not have. */
  withdraw(clientId: string, packet: OutgoingPacket): void {
    const entry = this.#queues.find(clientId, packet);
    if (entry === undefined) return;
    this.#queues.remove(clientId, entry);
    this.#options.store.remove(entry.id);
  }

  override async storeRetained(packet: OutgoingPacket): Promise<void> {
    const payload = Buffer.from(packet.payload);
    const { topic, qos } = packet;
    if (payload.length > 0 && !this.#hasRoomForRetained(topic, payload.length)) {
      this.#options.onDropped();
      return;
    }
    this.#noteRetained(topic, payload.length);
    await super.storeRetained(retainedPacket(topic, payload, qos));
    await this.#options.store.setRetained({ topic, payload, qos });
  }

  override async addSubscriptions(client: Client, subs: readonly Subscription[]): Promise<void> {
    const granted = subs.filter(({ topic }) => this.#options.isGranted(client, topic));
    for (const { topic } of granted) this.#options.audience.add(client.id, topic);
    await super.addSubscriptions(client, granted);
    this.#queues.open(client.id, undefined);
    const kept = granted.map(({ topic, qos }) => ({ filter: topic, qos }));
    await this.#options.store.subscribe(client.id, kept);
  }

  override async removeSubscriptions(client: Client, filters: string[]): Promise<void> {
    await super.removeSubscriptions(client, filters);
    for (const filter of filters) this.#options.audience.remove(client.id, filter);
    await this.#options.store.unsubscribe(client.id, filters);
  }

  override async cleanSubscriptions(client: Client): Promise<void> {
    await super.cleanSubscriptions(client);
    this.#options.audience.leave(client.id);
    if (!this.#queues.has(client.id)) return;
    this.#queues.close(client.id);
    await this.#options.store.forget(client.id);
  }

  override async outgoingEnqueue(subscription: { clientId: string; qos?: Qos }, packet: OutgoingPacket) {
    await this.outgoingEnqueueCombi([subscription], packet);
  }

  override async outgoingEnqueueCombi(
    subscriptions: readonly { readonly clientId: string; readonly qos?: Qos }[],
    packet: OutgoingPacket,
  ): Promise<void> {
    if (subscriptions.length === 0) return;
    const qosOf = new Map<string, Qos>();
    for (const { clientId, qos = packet.qos } of subscriptions) {
      qosOf.set(clientId, Math.max(qosOf.get(clientId) ?? 0, Math.min(qos, packet.qos)) as Qos);
    }
    const payload = Buffer.from(packet.payload);
    const enqueued_ms = this.#options.clock();
    const messages: QueuedMessage[] = [];
    for (const [clientId, qos] of qosOf) {
      const id = this.#queues.add(clientId, packet, payload.length, enqueued_ms);
      if (id === undefined) this.#options.onDropped();
      else messages.push({ id, clientId, topic: packet.topic, payload, qos, enqueued_ms });
    }
    if (messages.length === 0) return;
    try {
      await this.#options.store.append(messages);
    } catch (error) {
      for (const { id, clientId } of messages) this.#queues.removeId(clientId, id);
      throw error;
    }
  }

  /** Notes the identifier under which a packet goes out, and gives it another where that one is in use. */
  override async outgoingUpdate(client: Client, packet: OutgoingPacket): Promise<void> {
    if (packet.messageId === undefined) return;
    const released = packet.cmd === 'pubrel';
    const entry = released
      ? this.#queues.sent(client.id, packet.messageId)
      : this.#queues.find(client.id, packet);
    // A message that found no room is sent all the same, once.
    if (entry === undefined) return;
    if (entry.messageId !== packet.messageId)
      packet.messageId = this.#queues.sendAs(client.id, entry, packet.messageId);
    entry.released = released;
    this.#options.store.markSent(entry.id, packet.messageId, released);
  }

  override async outgoingClearMessageId(
    client: Client,
    packet: OutgoingPacket,
  ): Promise<OutgoingPacket | undefined> {
    if (packet.messageId === undefined) return undefined;
    const entry = this.#queues.sent(client.id, packet.messageId);
    if (entry === undefined) return undefined;
    this.#queues.remove(client.id, entry);
    this.#options.store.remove(entry.id);
    return packet;
  }

  override outgoingStream(client: Client): Readable {
    return Readable.from(this.#backlogOf(client));
  }

  /** What a session has missed or not acknowledged, in order, as fast as its client takes it. */
  async *#backlogOf(client: Client): AsyncGenerator<object> {
    let after = 0;
    while (this.#queues.has(client.id)) {
      const page = this.#options.store.read(client.id, after, PAGE);
      if (page.length === 0) break;
      for (const message of page) {
        after = message.id;
        const entry = this.#queues.get(client.id, message.id);
        if (entry === undefined) continue;
        await hasSent(client);
        if (client.closed) return;
        yield packetOf(message, entry);
      }
    }
    this.#replaying.delete(client.id);
  }

  #hasRoomForRetained(topic: string, payload_bytes: number): boolean {
    const known = this.#retained.get(topic);
    const { retained_max, retained_bytes_max } = this.#options.limits;
    if (known === undefined && this.#retained.size >= retained_max) return false;
    return this.#retained_bytes - (known ?? 0) + payload_bytes <= retained_bytes_max;
  }

  #noteRetained(topic: string, payload_bytes: number): void {
    this.#retained_bytes += payload_bytes - (this.#retained.get(topic) ?? 0);
    if (payload_bytes === 0) this.#retained.delete(topic);
    else this.#retained.set(topic, payload_bytes);
  }
}

function packetOf(
  { id, topic, payload, qos }: QueuedMessage,
  { messageId, released }: { readonly messageId?: number; readonly released: boolean },
): object {
  const sent = messageId === undefined ? {} : { messageId };
  const packet = { brokerId: STORED, brokerCounter: id, ...sent };
  if (released) return { cmd: 'pubrel', ...packet };
  // Sent before, perhaps in vain [MQTT-3.3.1-1].
  return { cmd: 'publish', topic, payload, qos, retain: false, dup: messageId !== undefined, ...packet };
}

function retainedPacket(topic: string, payload: Buffer, qos: Qos): object {
  return { cmd: 'publish', topic, payload, qos, retain: true };
}

/** All that aedes's persistence reads of a client. */
function idOnly(clientId: string): Client {
  return { id: clientId } as Client;
}

async function hasSent(client: Client): Promise<void> {
  const { conn } = client;
  while (!client.closed && 'writableLength' in conn && conn.writableLength > UNSENT_BYTES_MAX) {
    await new Promise((resolve) => setTimeout(resolve, UNSENT_POLL_MS));
  }
}
