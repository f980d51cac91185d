import type { DecodeError } from '../domain/decoded.ts';
import type { QuarantineItem } from '../domain/quarantine.ts';
import type { Database } from './database.ts';

/** Above these the oldest rows go, and payloads are cut. */
export interface QuarantineLimits {
  readonly rows_max: number;
  readonly payload_bytes_max: number;
}

/** A refused message as listed; `payload` is its beginning, `payload_bytes` its full size. */
export interface QuarantineRecord extends QuarantineItem {
  readonly id: number;
  readonly payload_bytes: number;
}

interface Row {
  readonly id: number;
  readonly received_ms: number;
  readonly source: string;
  readonly device_id: string | null;
  readonly channel: string;
  readonly code: DecodeError['code'];
  readonly reason: string;
  readonly at_where: string | null;
  readonly payload: Buffer;
  readonly payload_bytes: number;
}

interface Waiting {
  readonly item: QuarantineItem;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const TEXT_CHARS_MAX = 1024;

/**
 * What could not be decoded, and why, in SQLite. Items that arrive in one turn of the event loop share one
 * commit, so that a flood of rubbish costs no more than a flood of readings.
 */
export class QuarantineStore {
  readonly #db: Database;
  readonly #limits: QuarantineLimits;
  readonly #insert;
  readonly #trim;
  #waiting: Waiting[] = [];

  constructor(db: Database, limits: QuarantineLimits) {
    this.#db = db;
    this.#limits = limits;
    this.#insert = db.prepare(
      `INSERT INTO quarantine
       (received_ms, source, device_id, channel, code, reason, at_where, payload, payload_bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    // Ids are never used again and rows only go from the old end, so the range of ids is the number of rows.
    this.#trim = db.prepare<[number]>(
      'DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?',
    );
  }

  /** Resolves once the item is on disk. May be left unawaited: a failure then goes unreported. */
  add(item: QuarantineItem): Promise<void> {
    // The sender's buffer may be part of a larger one: keep no more of it than is stored.
    const kept = Buffer.from(item.payload.subarray(0, this.#limits.payload_bytes_max));
    const payload_bytes = item.payload_bytes ?? item.payload.length;
    const stored = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ item: { ...item, payload: kept, payload_bytes }, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.flush());
    });
    stored.catch(() => undefined);
    return stored;
  }

  /** Writes what waits; called by itself after the turn of the event loop, and before closing. */
  flush(): void {
    const group = this.#waiting;
    if (group.length === 0) return;
    this.#waiting = [];
    try {
      this.#db
        .transaction(() => {
          // Of a flood larger than the whole quarantine, only its end would stay anyway.
          for (const { item } of group.slice(-this.#limits.rows_max)) this.#write(item);
          this.#trim.run(this.#limits.rows_max);
        })
        .immediate();
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    for (const { resolve } of group) resolve();
  }

  /** Items with an id above `after` in the order of arrival, at most `limit`. */
  list({ after = 0, limit }: { readonly after?: number; readonly limit: number }): QuarantineRecord[] {
    return this.#db
      .prepare<[number, number], Row>('SELECT * FROM quarantine WHERE id > ? ORDER BY id LIMIT ?')
      .all(after, limit)
      .map(toRecord);
  }

  count(): number {
    const row = this.#db.prepare('SELECT count(*) AS count FROM quarantine').get() as { count: number };
    return row.count;
  }

  #write(item: QuarantineItem): void {
    const { received_ms, source, deviceId, channel, error, payload, payload_bytes } = item;
    const cut = (text: string): string => text.slice(0, TEXT_CHARS_MAX);
    this.#insert.run(
      received_ms,
      source,
      deviceId ?? null,
      cut(channel),
      error.code,
      cut(error.message),
      error.where === undefined ? null : cut(error.where),
      payload,
      payload_bytes ?? payload.length,
    );
  }
}

function toRecord(row: Row): QuarantineRecord {
  return {
    id: row.id,
    received_ms: row.received_ms,
    source: row.source,
    ...(row.device_id !== null && { deviceId: row.device_id }),
    channel: row.channel,
    error: {
      code: row.code,
      message: row.reason,
      ...(row.at_where !== null && { where: row.at_where }),
    },
    payload: row.payload,
    payload_bytes: row.payload_bytes,
  };
}
