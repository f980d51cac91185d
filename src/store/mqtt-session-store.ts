import type { Database } from './database.ts';

/** QoS of a subscription or message. */
export type Qos = 0 | 1 | 2;

/** A persistent session's subscriptions; `awaySince_ms` is absent where its client was connected to the last. */
export interface StoredSession {
  readonly clientId: string;
  readonly awaySince_ms?: number;
  readonly subscriptions: readonly { readonly filter: string; readonly qos: Qos }[];
}

/** A message on its way to a session, without its payload. */
export interface QueuedHead {
  /** Grows with each message, over all sessions. */
  readonly id: number;
  readonly clientId: string;
  readonly payload_bytes: number;
  readonly enqueued_ms: number;
  readonly messageId?: number;
  /** Its receiver has it and was told so (QoS 2, after PUBREC). */
  readonly released: boolean;
}

/** A message on its way to a session. */
export interface QueuedMessage {
  readonly id: number;
  readonly clientId: string;
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: Qos;
  readonly enqueued_ms: number;
}

/** A message that new subscribers of its topic get. */
export interface RetainedMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: Qos;
}

/** What is to be published for a device whose connection breaks. */
export interface StoredWill extends RetainedMessage {
  readonly clientId: string;
  readonly deviceId: string;
  readonly retain: boolean;
}

interface QueueRow {
  readonly id: number;
  readonly client_id: string;
  readonly payload_bytes: number;
  readonly enqueued_ms: number;
  readonly message_id: number | null;
  readonly released: number;
}

type Change = () => void;

/** What need not be on disk at once may wait so long, and mostly cancels out by then. */
const LAZY_MS = 100;

/**
 * Persistent sessions and retained messages in SQLite. The changes of one turn of the event loop share a
 * transaction; what a client acknowledged may wait a moment longer, since losing it costs one message twice.
 */
export class MqttSessionStore {
  readonly #db: Database;
  readonly #statements;
  #changes: Change[] = [];
  #waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  /** By message: gone, or sent under an identifier. */
  readonly #lazy = new Map<number, 'gone' | { readonly messageId: number; readonly released: boolean }>();
  #isScheduled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Database) {
    this.#db = db;
    this.#statements = prepare(db);
  }

  sessions(): StoredSession[] {
    const byClient = new Map<string, { filter: string; qos: Qos }[]>();
    const subscriptions = this.#db
      .prepare<[], { client_id: string; filter: string; qos: Qos }>('SELECT * FROM subscriptions')
      .all();
    for (const { client_id, filter, qos } of subscriptions) {
      const known = byClient.get(client_id);
      if (known === undefined) byClient.set(client_id, [{ filter, qos }]);
      else known.push({ filter, qos });
    }
    return this.#db
      .prepare<[], { client_id: string; away_since_ms: number | null }>('SELECT * FROM sessions')
      .all()
      .map(({ client_id, away_since_ms }) => ({
        clientId: client_id,
        ...(away_since_ms === null ? {} : { awaySince_ms: away_since_ms }),
        subscriptions: byClient.get(client_id) ?? [],
      }));
  }

  /** Every queued message in order, without payloads. */
  heads(): QueuedHead[] {
    return this.#db
      .prepare<[], QueueRow>(
        `SELECT id, client_id, length(payload) AS payload_bytes, enqueued_ms, message_id, released
         FROM queue ORDER BY id`,
      )
      .all()
      .map(({ id, client_id, payload_bytes, enqueued_ms, message_id, released }) => ({
        id,
        clientId: client_id,
        payload_bytes,
        enqueued_ms,
        ...(message_id === null ? {} : { messageId: message_id }),
        released: released !== 0,
      }));
  }

  retained(): RetainedMessage[] {
    return this.#db.prepare<[], RetainedMessage>('SELECT * FROM retained').all();
  }

  /** Messages of a session after the one of id `after`, in order; what waits to be written is written first. */
  read(clientId: string, after: number, limit: number): QueuedMessage[] {
    this.flush();
    return this.#statements.read
      .all(clientId, after, limit)
      .map(({ client_id, ...rest }) => ({ clientId: client_id, ...rest }));
  }

  /** Resolves once the messages are on disk. */
  append(messages: readonly QueuedMessage[]): Promise<void> {
    return this.#commit(() => {
      for (const { id, clientId, topic, payload, qos, enqueued_ms } of messages) {
        this.#statements.append.run(id, clientId, topic, payload, qos, enqueued_ms);
      }
    });
  }

  /** Notes that a message was sent under an identifier. */
  markSent(id: number, messageId: number, released: boolean): void {
    this.#lazy.set(id, { messageId, released });
    this.#soon();
  }

  /** Forgets a message. */
  remove(id: number): void {
    this.#lazy.set(id, 'gone');
    this.#soon();
  }

  /** Keeps subscriptions of a session; resolves once they are on disk. */
  subscribe(clientId: string, subscriptions: StoredSession['subscriptions']): Promise<void> {
    return this.#commit(() => {
      this.#statements.addSession.run(clientId);
      for (const { filter, qos } of subscriptions) this.#statements.subscribe.run(clientId, filter, qos);
    });
  }

  unsubscribe(clientId: string, filters: readonly string[]): Promise<void> {
    return this.#commit(() => {
      for (const filter of filters) this.#statements.unsubscribe.run(clientId, filter);
    });
  }

  /** Forgets a session with all that is its. */
  forget(clientId: string): Promise<void> {
    return this.#commit(() => {
      for (const table of ['sessions', 'subscriptions', 'queue']) {
        this.#db.prepare(`DELETE FROM ${table} WHERE client_id = ?`).run(clientId);
      }
    });
  }

  /** Notes since when a session's client is away; undefined means that it is there. */
  setAway(clientId: string, awaySince_ms: number | undefined): void {
    this.#changes.push(() => this.#statements.setAway.run(awaySince_ms ?? null, clientId));
    this.#soon();
  }

  /** Keeps a retained message, or takes back the one of that topic where the payload is empty. */
  setRetained({ topic, payload, qos }: RetainedMessage): Promise<void> {
    return this.#commit(() => {
      if (payload.length === 0) this.#statements.unretain.run(topic);
      else this.#statements.retain.run(topic, payload, qos);
    });
  }

  wills(): StoredWill[] {
    return this.#db
      .prepare<[], RetainedMessage & { client_id: string; device_id: string; retain: number }>(
        'SELECT * FROM wills ORDER BY client_id',
      )
      .all()
      .map(({ client_id, device_id, retain, ...rest }) => ({
        ...{ clientId: client_id, deviceId: device_id, retain: retain !== 0 },
        ...rest,
      }));
  }

  /** Keeps the will of a client in place of an earlier one. */
  putWill({ clientId, deviceId, topic, payload, qos, retain }: StoredWill): Promise<void> {
    return this.#commit(() => {
      this.#statements.putWill.run(clientId, deviceId, topic, payload, qos, Number(retain));
    });
  }

  dropWill(clientId: string): Promise<void> {
    return this.#commit(() => {
      this.#statements.dropWill.run(clientId);
    });
  }

  /** Writes what waits, in one transaction. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [changes, waiting, lazy] = [this.#changes, this.#waiting, [...this.#lazy]];
    if (changes.length === 0 && lazy.length === 0) return;
    this.#changes = [];
    this.#waiting = [];
    this.#lazy.clear();
    try {
      this.#db
        .transaction(() => {
          for (const change of changes) change();
          for (const [id, what] of lazy) {
            if (what === 'gone') this.#statements.remove.run(id);
            else this.#statements.markSent.run(what.messageId, Number(what.released), id);
          }
        })
        .immediate();
    } catch (error) {
      for (const { reject } of waiting) reject(error);
      return;
    }
    for (const { resolve } of waiting) resolve();
  }

  /** Writes what waits; the database stays open for its owner to close. */
  close(): void {
    this.flush();
  }

  #commit(change: Change): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#changes.push(change);
      this.#waiting.push({ resolve, reject });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.flush();
      });
    });
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => this.flush(), LAZY_MS).unref();
  }
}

function prepare(db: Database) {
  return {
    read: db.prepare<[string, number, number], Omit<QueuedMessage, 'clientId'> & { client_id: string }>(
      `SELECT id, client_id, topic, payload, qos, enqueued_ms FROM queue
       WHERE client_id = ? AND id > ? ORDER BY id LIMIT ?`,
    ),
    append: db.prepare<[number, string, string, Buffer, number, number]>(
      'INSERT INTO queue (id, client_id, topic, payload, qos, enqueued_ms) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    markSent: db.prepare<[number, number, number]>(
      'UPDATE queue SET message_id = ?, released = ? WHERE id = ?',
    ),
    remove: db.prepare<[number]>('DELETE FROM queue WHERE id = ?'),
    addSession: db.prepare<[string]>('INSERT OR IGNORE INTO sessions (client_id) VALUES (?)'),
    subscribe: db.prepare<[string, string, number]>(
      `INSERT INTO subscriptions (client_id, filter, qos) VALUES (?, ?, ?)
       ON CONFLICT (client_id, filter) DO UPDATE SET qos = excluded.qos`,
    ),
    unsubscribe: db.prepare<[string, string]>('DELETE FROM subscriptions WHERE client_id = ? AND filter = ?'),
    setAway: db.prepare<[number | null, string]>('UPDATE sessions SET away_since_ms = ? WHERE client_id = ?'),
    retain: db.prepare<[string, Buffer, number]>(
      `INSERT INTO retained (topic, payload, qos) VALUES (?, ?, ?)
       ON CONFLICT (topic) DO UPDATE SET payload = excluded.payload, qos = excluded.qos`,
    ),
    putWill: db.prepare<[string, string, string, Buffer, number, number]>(
      `INSERT OR REPLACE INTO wills (client_id, device_id, topic, payload, qos, retain) VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    dropWill: db.prepare<[string]>('DELETE FROM wills WHERE client_id = ?'),
    unretain: db.prepare<[string]>('DELETE FROM retained WHERE topic = ?'),
  };
}
