import type { QueuedHead } from '../store/mqtt-session-store.ts';
import { entryBytes, type QueueEntry, SessionQueue } from './session-queue.ts';

interface Packet {
  readonly brokerId?: string;
  readonly brokerCounter?: number;
}

interface Session {
  readonly queue: SessionQueue;
  awaySince_ms: number | undefined;
}

/** Bounds of the queues; a message above one of them is not queued. */
export interface QueueLimits {
  /** Of one session. */
  readonly session_messages_max: number;
  readonly session_bytes_max: number;
  /** Of all sessions together. */
  readonly sessions_bytes_max: number;
}

/** Under this name packets that come from the store go through aedes; their counter is the stored id. */
export const STORED = 'stored';

/** The queues of all persistent sessions, by client id. */
export class SessionQueues {
  readonly #limits: QueueLimits;
  readonly #sessions = new Map<string, Session>();
  #bytes = 0;
  #messages = 0;
  #lastId = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** Sessions. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Messages in all queues. */
  get messages(): number {
    return this.#messages;
  }

  has(clientId: string): boolean {
    return this.#sessions.has(clientId);
  }

  /** Each session with the time since when its client is away, undefined where it is not. */
  list(): (readonly [clientId: string, awaySince_ms: number | undefined])[] {
    return [...this.#sessions].map(([clientId, { awaySince_ms }]) => [clientId, awaySince_ms] as const);
  }

  open(clientId: string, awaySince_ms: number | undefined): void {
    if (!this.#sessions.has(clientId))
      this.#sessions.set(clientId, { queue: new SessionQueue(), awaySince_ms });
  }

  close(clientId: string): void {
    const queue = this.#sessions.get(clientId)?.queue;
    this.#bytes -= queue?.bytes ?? 0;
    this.#messages -= queue?.length ?? 0;
    this.#sessions.delete(clientId);
  }

  /** False where there is no such session. */
  setAway(clientId: string, awaySince_ms: number | undefined): boolean {
    const session = this.#sessions.get(clientId);
    if (session !== undefined) session.awaySince_ms = awaySince_ms;
    return session !== undefined;
  }

  /** Takes a stored message over after a restart. */
  restore(head: QueuedHead): void {
    this.#lastId = Math.max(this.#lastId, head.id);
    const queue = this.#sessions.get(head.clientId)?.queue;
    if (queue === undefined) return;
    queue.restore(head);
    this.#bytes += entryBytes(head.payload_bytes);
    this.#messages += 1;
  }

  /** Queues a packet; gives its id, or undefined where there is no room or no such session. */
  add(clientId: string, packet: Packet, payload_bytes: number, enqueued_ms: number): number | undefined {
    const queue = this.#sessions.get(clientId)?.queue;
    if (queue === undefined) return undefined;
    const bytes = entryBytes(payload_bytes);
    const { session_messages_max, session_bytes_max, sessions_bytes_max } = this.#limits;
    if (queue.length >= session_messages_max || queue.bytes + bytes > session_bytes_max) return undefined;
    if (this.#bytes + bytes > sessions_bytes_max) return undefined;
    this.#lastId += 1;
    queue.add({ id: this.#lastId, bytes, enqueued_ms, key: keyOf(packet), released: false });
    this.#bytes += bytes;
    this.#messages += 1;
    return this.#lastId;
  }

  get(clientId: string, id: number): QueueEntry | undefined {
    return this.#sessions.get(clientId)?.queue.get(id);
  }

  /** The entry that this packet of the broker is. */
  find(clientId: string, packet: Packet): QueueEntry | undefined {
    const queue = this.#sessions.get(clientId)?.queue;
    if (packet.brokerId === STORED) return queue?.get(packet.brokerCounter ?? 0);
    return queue?.byKey(keyOf(packet));
  }

  /** The entry that was sent under an identifier. */
  sent(clientId: string, messageId: number): QueueEntry | undefined {
    return this.#sessions.get(clientId)?.queue.byMessageId(messageId);
  }

  /** Notes under which identifier an entry is sent: the wanted one, or the next that is free. */
  sendAs(clientId: string, entry: QueueEntry, wanted: number): number {
    const queue = this.#sessions.get(clientId)?.queue;
    if (queue === undefined) return wanted;
    const messageId = queue.freeMessageId(wanted);
    queue.sendAs(entry, messageId);
    return messageId;
  }

  remove(clientId: string, entry: QueueEntry): void {
    const queue = this.#sessions.get(clientId)?.queue;
    if (queue === undefined || !queue.has(entry.id)) return;
    queue.remove(entry);
    this.#bytes -= entry.bytes;
    this.#messages -= 1;
  }

  removeId(clientId: string, id: number): void {
    const entry = this.get(clientId, id);
    if (entry !== undefined) this.remove(clientId, entry);
  }

  /** Removes messages that were queued before a time; gives their ids. */
  removeOlder(before_ms: number): number[] {
    const removed: number[] = [];
    for (const [clientId, { queue }] of this.#sessions) {
      for (const entry of [...queue.entries()]) {
        if (entry.enqueued_ms >= before_ms) break;
        this.remove(clientId, entry);
        removed.push(entry.id);
      }
    }
    return removed;
  }
}

function keyOf({ brokerId, brokerCounter }: Packet): string {
  return `${brokerId}:${brokerCounter}`;
}
