import type { Database } from './database.ts';

/** A message that comes in packets; `edition` is that of its header. */
interface PacketKey {
  readonly phone: string;
  readonly edition: '2013' | '2019';
  readonly messageId: number;
  readonly total: number;
  readonly serial: number;
}

interface Waiting {
  readonly key: PacketKey;
  readonly number: number;
  readonly body: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Row {
  readonly message: string;
  readonly number: number;
  readonly bytes: number;
}

/**
 * Packets of JT/T 808 messages that are not complete yet, in SQLite: so each can be acknowledged by itself, and a
 * picture of a hundred packets survives a restart in its middle. Packets of one turn of the event loop share a commit.
 */
export class PacketStore {
  readonly #db: Database;
  readonly #insert;
  readonly #bodies;
  readonly #delete;
  #waiting: Waiting[] = [];

  constructor(db: Database) {
    this.#db = db;
    this.#insert = db.prepare<[string, number, Buffer]>(
      'INSERT OR REPLACE INTO jt808_packets (message, number, body) VALUES (?, ?, ?)',
    );
    this.#bodies = db.prepare<[string], { body: Buffer }>(
      'SELECT body FROM jt808_packets WHERE message = ? ORDER BY number',
    );
    this.#delete = db.prepare<[string]>('DELETE FROM jt808_packets WHERE message = ?');
  }

  /** Resolves once the packet is on disk. */
  put(key: PacketKey, number: number, body: Buffer): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#waiting.push({ key, number, body: Buffer.from(body), resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  /** The bodies of a message's packets in order. */
  bodies(key: PacketKey): Buffer[] {
    return this.#bodies.all(textOf(key)).map(({ body }) => body);
  }

  /** Forgets a message's packets. */
  drop(key: PacketKey): void {
    this.#delete.run(textOf(key));
  }

  /** What an earlier run left, with the numbers of the packets that came and the bytes of their bodies. */
  load(): { readonly key: PacketKey; readonly numbers: readonly number[]; readonly bytes: number }[] {
    const found = new Map<string, { key: PacketKey; numbers: number[]; bytes: number }>();
    const rows = this.#db
      .prepare<[], Row>(
        'SELECT message, number, length(body) AS bytes FROM jt808_packets ORDER BY message, number',
      )
      .iterate();
    for (const { message, number, bytes } of rows) {
      const one = found.get(message) ?? { key: keyOf(message), numbers: [], bytes: 0 };
      one.numbers.push(number);
      one.bytes += bytes;
      found.set(message, one);
    }
    return [...found.values()];
  }

  #flush(): void {
    const group = this.#waiting;
    this.#waiting = [];
    try {
      this.#db
        .transaction(() => {
          for (const { key, number, body } of group) this.#insert.run(textOf(key), number, body);
        })
        .immediate();
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    for (const { resolve } of group) resolve();
  }
}

function textOf({ phone, edition, messageId, total, serial }: PacketKey): string {
  return [phone, edition, messageId, total, serial].join('/');
}

function keyOf(text: string): PacketKey {
  const [phone = '', edition, messageId, total, serial] = text.split('/');
  return {
    phone,
    edition: edition === '2019' ? '2019' : '2013',
    messageId: Number(messageId),
    total: Number(total),
    serial: Number(serial),
  };
}
