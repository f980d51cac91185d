import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  type Device,
  type DeviceKind,
  type DevicePlace,
  isDeviceId,
  isDeviceKind,
} from '../domain/device.ts';
import type { StatusObservation } from '../domain/observation.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Database } from './database.ts';
import { hashSecret, ScryptQueue } from './secret-hash.ts';

/** A device of the registry with what is known of its health. */
export interface DeviceRecord extends Device {
  readonly createdAt_ms: number;
  /** Arrival of its newest message. */
  readonly lastSeen_ms?: number | undefined;
  /** Its own word, or that of its last will. */
  readonly online?: boolean | undefined;
  readonly status?: StatusObservation | undefined;
  readonly revoked: boolean;
}

/** Thrown when a device that has a valid secret, or another kind, would be added. */
export class DeviceExistsError extends Error {
  override readonly name = 'DeviceExistsError';
}

interface Row {
  readonly id: string;
  readonly kind: DeviceKind;
  readonly secret_hash: string | null;
  readonly revoked: number;
  readonly created_ms: number;
  readonly last_seen_ms: number | null;
  readonly status: string | null;
  readonly place: string | null;
}

/** Health that is not yet in the table. */
interface Pending {
  lastSeen_ms?: number;
  status?: StatusObservation;
}

interface Verified {
  readonly hash: string;
  readonly digest: Buffer;
}

/** Secrets remembered as verified, so that a reconnecting fleet does not pay for scrypt twice. */
const VERIFIED_MAX = 20_000;
/** Health is written so often at most: a commit for each message would cost more than the message. */
const FLUSH_INTERVAL_MS = 1000;

/**
 * The device registry in SQLite. Credentials are read from the table every time, since another process may
 * add or revoke; health is gathered and written each second, and read back merged.
 */
export class DeviceStore {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #scrypt = new ScryptQueue();
  readonly #fixed = new Map<string, Device>();
  /** Of admitted devices. Asked for with every reading, so in memory; this process alone admits. */
  readonly #places = new Map<string, DevicePlace>();
  readonly #verified = new Map<string, Verified>();
  /** Known to this process alone, so that what it remembers of secrets says nothing elsewhere. */
  readonly #digestKey = randomBytes(32);
  readonly #pending = new Map<string, Pending>();
  readonly #get;
  readonly #put;
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#get = db.prepare<[string], Row>('SELECT * FROM devices WHERE id = ?');
    this.#put = db.prepare<[string, string, string | null, number]>(
      `INSERT INTO devices (id, kind, secret_hash, created_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, secret_hash = excluded.secret_hash, revoked = 0`,
    );
    const placed = db.prepare<[], Pick<Row, 'id' | 'place'>>(
      'SELECT id, place FROM devices WHERE place IS NOT NULL',
    );
    for (const { id, place } of placed.all()) {
      if (place !== null) this.#places.set(id, JSON.parse(place) as DevicePlace);
    }
  }

  /** Where a device stands that was admitted with a place; the configuration's word goes first. */
  placeOf(id: string): DevicePlace | undefined {
    return this.#places.get(id);
  }

  /** Notes where a device stands. */
  setPlace(id: string, place: DevicePlace): void {
    this.#db.prepare('UPDATE devices SET place = ? WHERE id = ?').run(JSON.stringify(place), id);
    this.#places.set(id, place);
  }

  /**
   * Registers a device and makes its secret, which is returned this once and stored hashed. A revoked device,
   * or one known from the configuration alone, gets a new one; otherwise throws `DeviceExistsError`.
   */
  add(id: string, kind: DeviceKind): { readonly secret: string } {
    if (!isDeviceId(id)) {
      throw new Error(
        `"${id}" is no device id: letters, digits, - _ . (not first), at most 64 characters are`,
      );
    }
    if (!isDeviceKind(kind)) throw new Error(`"${String(kind)}" is no kind of device`);
    const secret = randomBytes(24).toString('base64url');
    const hash = hashSecret(secret);
    this.#db
      .transaction(() => {
        const row = this.#get.get(id);
        if (row !== undefined && row.secret_hash !== null && row.revoked === 0) {
          throw new DeviceExistsError(`device "${id}" exists already; revoke it to give it a new secret`);
        }
        if (row !== undefined && row.revoked === 0 && row.kind !== kind) {
          throw new DeviceExistsError(`device "${id}" is configured as ${row.kind}, not ${kind}`);
        }
        this.#put.run(id, kind, hash, row?.created_ms ?? this.#clock());
      })
      .immediate();
    return { secret };
  }

  /**
   * Sees to it that there is such a device, without a secret where it is new; true where it is. Throws
   * `DeviceExistsError` where one of that id has another kind or was revoked.
   */
  ensure(id: string, kind: DeviceKind): boolean {
    const row = this.#get.get(id);
    if (row === undefined) {
      this.#put.run(id, kind, null, this.#clock());
      return true;
    }
    if (row.revoked !== 0) throw new DeviceExistsError(`device "${id}" was revoked`);
    if (row.kind !== kind) throw new DeviceExistsError(`device "${id}" is a ${row.kind}, not a ${kind}`);
    return false;
  }

  /** Every device, by id, with health merged in. */
  list(): DeviceRecord[] {
    return this.#db
      .prepare<[], Row>('SELECT * FROM devices ORDER BY id')
      .all()
      .map((row) => this.#record(row));
  }

  get(id: string): DeviceRecord | undefined {
    const row = this.#get.get(id);
    return row && this.#record(row);
  }

  /** Takes a device's credential away; false where there is no such device. Its data stays. */
  revoke(id: string): boolean {
    return this.#db.prepare('UPDATE devices SET revoked = 1 WHERE id = ?').run(id).changes > 0;
  }

  /** Ids whose live sessions have to end. */
  revokedIds(): ReadonlySet<string> {
    const rows = this.#db.prepare<[], { id: string }>('SELECT id FROM devices WHERE revoked = 1').all();
    return new Set(rows.map(({ id }) => id));
  }

  /** The device of that id unless it was revoked: for one whose certificate stands for a secret. */
  admitted(id: string): Device | undefined {
    const row = this.#get.get(id);
    return row === undefined || row.revoked !== 0 ? undefined : this.#device(row);
  }

  /**
   * The device whose secret this is. Whether an id exists shows in the time taken; ids are no secret, they
   * are in every topic. Rejects when so many are being verified that the caller had better come back later.
   */
  async verify(id: string, secret: string): Promise<Device | undefined> {
    const row = this.#get.get(id);
    if (row === undefined || row.secret_hash === null || row.revoked !== 0) return undefined;
    const digest = createHmac('sha256', this.#digestKey).update(secret).digest();
    const known = this.#verified.get(id);
    if (known?.hash === row.secret_hash && timingSafeEqual(known.digest, digest)) return this.#device(row);
    if (!(await this.#scrypt.matches(secret, row.secret_hash))) return undefined;
    // The table may have changed while scrypt ran.
    const now = this.#get.get(id);
    if (now?.secret_hash !== row.secret_hash || now.revoked !== 0) return undefined;
    this.#remember(id, { hash: row.secret_hash, digest });
    return this.#device(now);
  }

  /**
   * Takes over what the configuration says of devices: name, place, plate, coordinate system. Those that are
   * not in the registry yet come into it without a secret (RTSP cameras never need one). Throws where the
   * kind contradicts that of a device with a valid secret.
   */
  registerFixed(devices: readonly Device[]): void {
    this.#db
      .transaction(() => {
        for (const device of devices) {
          const row = this.#get.get(device.id);
          if (row?.kind === device.kind) continue;
          if (row !== undefined && row.secret_hash !== null && row.revoked === 0) {
            throw new Error(
              `device "${device.id}" is configured as ${device.kind} but registered as ${row.kind}`,
            );
          }
          this.#put.run(device.id, device.kind, null, row?.created_ms ?? this.#clock());
        }
      })
      .immediate();
    this.#fixed.clear();
    for (const device of devices) this.#fixed.set(device.id, device);
  }

  /** Notes that a device was heard at `at_ms`, by the gateway's clock. */
  seen(id: string, at_ms: number): void {
    const pending = this.#pendingOf(id);
    pending.lastSeen_ms = Math.max(pending.lastSeen_ms ?? 0, at_ms);
  }

  /** Notes a device's word on its state, unless a newer one is known. */
  setStatus(id: string, status: StatusObservation): void {
    const pending = this.#pendingOf(id);
    const known = pending.status ?? statusOf(this.#get.get(id));
    if (known === undefined || isNewer(status, known)) pending.status = status;
  }

  /** Writes gathered health now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const pending = [...this.#pending];
    const update = this.#db.prepare<[number | null, number | null, string | null, string]>(
      `UPDATE devices SET last_seen_ms = max(coalesce(?, 0), coalesce(last_seen_ms, 0)),
       online = coalesce(?, online), status = coalesce(?, status) WHERE id = ?`,
    );
    this.#db.transaction(() => {
      for (const [id, { lastSeen_ms, status }] of pending) {
        const online = status === undefined ? null : Number(status.online);
        update.run(lastSeen_ms ?? null, online, status === undefined ? null : JSON.stringify(status), id);
      }
    })();
    this.#pending.clear();
  }

  /** Writes what is gathered; the database stays open for its owner to close. */
  close(): void {
    this.flush();
  }

  #pendingOf(id: string): Pending {
    let pending = this.#pending.get(id);
    if (pending === undefined) {
      pending = {};
      this.#pending.set(id, pending);
    }
    this.#timer ??= setTimeout(() => this.#flushLater(), FLUSH_INTERVAL_MS).unref();
    return pending;
  }

  #flushLater(): void {
    this.#timer = undefined;
    try {
      this.flush();
    } catch {
      // Busy or full: what is gathered stays, and the next message sets the timer again.
    }
  }

  #remember(id: string, verified: Verified): void {
    this.#verified.delete(id);
    const [oldest] = this.#verified.keys();
    if (this.#verified.size >= VERIFIED_MAX && oldest !== undefined) this.#verified.delete(oldest);
    this.#verified.set(id, verified);
  }

  #device(row: Row): Device {
    return { ...this.#places.get(row.id), ...this.#fixed.get(row.id), id: row.id, kind: row.kind };
  }

  #record(row: Row): DeviceRecord {
    const pending = this.#pending.get(row.id);
    const status = pending?.status ?? statusOf(row);
    const lastSeen_ms = Math.max(pending?.lastSeen_ms ?? 0, row.last_seen_ms ?? 0);
    return {
      ...this.#device(row),
      createdAt_ms: row.created_ms,
      ...(lastSeen_ms > 0 && { lastSeen_ms }),
      ...(status && { online: status.online, status }),
      revoked: row.revoked !== 0,
    };
  }
}

function statusOf(row: Row | undefined): StatusObservation | undefined {
  return row?.status ? (JSON.parse(row.status) as StatusObservation) : undefined;
}

/**
 * A device's own words are ordered by its clock. Its last will is dated by the gateway's, so against that
 * one only the order of arrival counts.
 */
function isNewer(status: StatusObservation, known: StatusObservation): boolean {
  const isWill = (one: StatusObservation): boolean => one.extra?.lastWill === true;
  if (isWill(status) || isWill(known)) return status.received_ms >= known.received_ms;
  return status.at_ms >= known.at_ms;
}
