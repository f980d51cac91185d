import type { QueuedHead } from '../store/mqtt-session-store.ts';

/** A message on its way to a session, as far as it is kept in memory. */
export interface QueueEntry {
  readonly id: number;
  readonly bytes: number;
  readonly enqueued_ms: number;
  /** Which of the broker's packets it is; absent where it comes from before a restart. */
  readonly key?: string;
  messageId?: number;
  released: boolean;
}

/** What one message costs beyond its payload: in memory here, and as a row. */
const ENTRY_OVERHEAD_BYTES = 256;

/** About what a queued message of that payload takes. */
export function entryBytes(payload_bytes: number): number {
  return payload_bytes + ENTRY_OVERHEAD_BYTES;
}

/** The messages of one session in order, found by packet and by packet identifier. Payloads are on disk. */
export class SessionQueue {
  readonly #entries = new Map<number, QueueEntry>();
  readonly #byKey = new Map<string, QueueEntry>();
  readonly #byMessageId = new Map<number, QueueEntry>();
  #bytes = 0;

  get length(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  has(id: number): boolean {
    return this.#entries.has(id);
  }

  get(id: number): QueueEntry | undefined {
    return this.#entries.get(id);
  }

  byKey(key: string): QueueEntry | undefined {
    return this.#byKey.get(key);
  }

  byMessageId(messageId: number): QueueEntry | undefined {
    return this.#byMessageId.get(messageId);
  }

  /** Oldest first. */
  entries(): IterableIterator<QueueEntry> {
    return this.#entries.values();
  }

  add(entry: QueueEntry): void {
    this.#entries.set(entry.id, entry);
    this.#bytes += entry.bytes;
    if (entry.key !== undefined) this.#byKey.set(entry.key, entry);
    if (entry.messageId !== undefined) this.#byMessageId.set(entry.messageId, entry);
  }

  /** Takes a stored message over after a restart. */
  restore({ id, payload_bytes, enqueued_ms, messageId, released }: QueuedHead): void {
    const bytes = entryBytes(payload_bytes);
    this.add({ id, bytes, enqueued_ms, ...(messageId !== undefined && { messageId }), released });
  }

  /** Notes the identifier under which a message is sent. */
  sendAs(entry: QueueEntry, messageId: number): void {
    if (entry.messageId !== undefined) this.#byMessageId.delete(entry.messageId);
    entry.messageId = messageId;
    this.#byMessageId.set(messageId, entry);
  }

  /** The identifier asked for, or the next that no message on its way has. */
  freeMessageId(wanted: number): number {
    let messageId = wanted;
    while (this.#byMessageId.has(messageId)) messageId = (messageId % 65_535) + 1;
    return messageId;
  }

  remove(entry: QueueEntry): void {
    if (!this.#entries.delete(entry.id)) return;
    this.#bytes -= entry.bytes;
    if (entry.key !== undefined) this.#byKey.delete(entry.key);
    if (entry.messageId !== undefined) this.#byMessageId.delete(entry.messageId);
  }
}
