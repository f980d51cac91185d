import { isIdentity, type UnknownDevice } from '../domain/unknown-device.ts';
import type { Database } from './database.ts';

/** Somebody who waits to be admitted. */
export interface PendingDevice extends Pick<UnknownDevice, 'protocol' | 'identity' | 'remote'> {
  readonly id: number;
  readonly firstSeen_ms: number;
  readonly lastSeen_ms: number;
  /** How often it tried. */
  readonly count: number;
  readonly details: Readonly<Record<string, string>>;
}

interface Row extends Pick<PendingDevice, 'id' | 'protocol' | 'identity' | 'remote' | 'count'> {
  readonly first_seen_ms: number;
  readonly last_seen_ms: number;
  readonly details: string;
}

interface Knock {
  readonly device: UnknownDevice;
  readonly first_ms: number;
  readonly count: number;
}

const FLUSH_INTERVAL_MS = 1000;
const TEXT_CHARS_MAX = 64;
const DETAILS_MAX = 8;

/**
 * Devices that nobody knows, in SQLite. Knocks are gathered and written each second, so that a flood of them costs
 * little; above the bound the one that was quiet for longest goes, in the gathering as in the table.
 */
export class PendingStore {
  readonly #db: Database;
  readonly #rows_max: number;
  readonly #knocks = new Map<string, Knock>();
  readonly #insert;
  readonly #trim;
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Database, rows_max: number) {
    this.#db = db;
    this.#rows_max = rows_max;
    this.#insert = db.prepare<[string, string, string, number, number, number, string]>(
      `INSERT INTO pending_devices (protocol, identity, remote, first_seen_ms, last_seen_ms, count, details)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (protocol, identity) DO UPDATE SET remote = excluded.remote,
         last_seen_ms = max(last_seen_ms, excluded.last_seen_ms), count = count + excluded.count,
         details = json_patch(details, excluded.details)`,
    );
    this.#trim = db.prepare<[number]>(
      `DELETE FROM pending_devices WHERE id IN
       (SELECT id FROM pending_devices ORDER BY last_seen_ms DESC, id DESC LIMIT -1 OFFSET ?)`,
    );
  }

  /** Notes that somebody unknown tried; who could never be admitted under that identity is left out. */
  note(device: UnknownDevice): void {
    if (!isIdentity(device)) return;
    const key = `${device.protocol} ${device.identity}`;
    const before = this.#knocks.get(key);
    this.#knocks.delete(key);
    const [oldest] = this.#knocks.keys();
    if (this.#knocks.size >= this.#rows_max && oldest !== undefined) this.#knocks.delete(oldest);
    const details = { ...before?.device.details, ...device.details };
    this.#knocks.set(key, {
      device: { ...device, details },
      first_ms: before?.first_ms ?? device.at_ms,
      count: (before?.count ?? 0) + 1,
    });
    this.#timer ??= setTimeout(() => this.#flushLater(), FLUSH_INTERVAL_MS).unref();
  }

  /** Those with an id above `after` in the order in which they came first, at most `limit`. */
  list({ after = 0, limit }: { readonly after?: number; readonly limit: number }): PendingDevice[] {
    this.flush();
    return this.#db
      .prepare<[number, number], Row>('SELECT * FROM pending_devices WHERE id > ? ORDER BY id LIMIT ?')
      .all(after, limit)
      .map(toPending);
  }

  get(id: number): PendingDevice | undefined {
    this.flush();
    const row = this.#db.prepare<[number], Row>('SELECT * FROM pending_devices WHERE id = ?').get(id);
    return row && toPending(row);
  }

  /** Takes one off the list; false where there is none. It comes on again, as new, if it tries again. */
  remove(id: number): boolean {
    this.flush();
    return this.#db.prepare<[number]>('DELETE FROM pending_devices WHERE id = ?').run(id).changes > 0;
  }

  /** Writes what is gathered now; also before the database closes. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#knocks.size === 0) return;
    this.#db
      .transaction(() => {
        for (const { device, first_ms, count } of this.#knocks.values()) {
          const { protocol, identity, remote, at_ms, details = {} } = device;
          const told = Object.entries(details)
            .slice(0, DETAILS_MAX)
            .map(([name, value]) => [name, cut(value)] as const);
          const text = JSON.stringify(Object.fromEntries(told));
          this.#insert.run(protocol, identity, cut(remote), first_ms, at_ms, count, text);
        }
        this.#trim.run(this.#rows_max);
      })
      .immediate();
    this.#knocks.clear();
  }

  #flushLater(): void {
    this.#timer = undefined;
    try {
      this.flush();
    } catch {
      // Busy or full: what is gathered stays, and the next knock sets the timer again.
    }
  }
}

function cut(text: string): string {
  return text.slice(0, TEXT_CHARS_MAX);
}

function toPending({ first_seen_ms, last_seen_ms, details, ...row }: Row): PendingDevice {
  const told = JSON.parse(details) as Record<string, string>;
  return { ...row, firstSeen_ms: first_seen_ms, lastSeen_ms: last_seen_ms, details: told };
}
