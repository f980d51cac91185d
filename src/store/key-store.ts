import { createHash, randomBytes } from 'node:crypto';
import type { Role } from '../domain/role.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Database } from './database.ts';

/** An API key as it is listed; the key itself is shown once, when made. */
export interface KeyRecord {
  readonly name: string;
  readonly role: Role;
  readonly createdAt_ms: number;
  readonly revoked: boolean;
}

/** Who a valid key stands for. */
export interface KeyHolder {
  readonly name: string;
  readonly role: Role;
}

/** Thrown when a key of that name is in use, or that key under another name. */
export class KeyExistsError extends Error {
  override readonly name = 'KeyExistsError';
}

interface Row {
  readonly name: string;
  readonly role: Role;
  readonly created_ms: number;
  readonly revoked: number;
}

const KEY_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;

/**
 * API keys, stored as SHA-256: they are random, so a slow hash would add nothing, and a key is found by its
 * hash. Read from the table every time, since another process may make or revoke them.
 */
export class KeyStore {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #find;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#find = db.prepare<[string], Row>('SELECT * FROM api_keys WHERE hash = ? AND revoked = 0');
  }

  /** Makes a key. Throws `KeyExistsError` where one of that name is valid. */
  create(name: string, role: Role): { readonly key: string } {
    const key = `xck_${randomBytes(32).toString('base64url')}`;
    this.#db
      .transaction(() => {
        const row = this.#db.prepare<[string], Row>('SELECT * FROM api_keys WHERE name = ?').get(name);
        if (row?.revoked === 0) throw new KeyExistsError(`key "${name}" exists already`);
        this.#write(name, role, key);
      })
      .immediate();
    return { key };
  }

  /** Sets a key that was chosen outside (`XUNCHENG_ADMIN_KEY`), in place of the one of that name. */
  put(name: string, role: Role, key: string): void {
    if (key === '') throw new Error(`key "${name}" is empty`);
    const holder = this.#db.prepare<[string], Row>('SELECT * FROM api_keys WHERE hash = ?').get(hashKey(key));
    if (holder?.name === name && holder.role === role && holder.revoked === 0) return;
    if (holder !== undefined && holder.name !== name) {
      throw new KeyExistsError(`the key given for "${name}" is that of "${holder.name}"`);
    }
    this.#write(name, role, key);
  }

  /** Every key, by name. */
  list(): KeyRecord[] {
    return this.#db
      .prepare<[], Row>('SELECT * FROM api_keys ORDER BY name')
      .all()
      .map(({ name, role, created_ms, revoked }) => ({
        name,
        role,
        createdAt_ms: created_ms,
        revoked: revoked !== 0,
      }));
  }

  /** False where there is no such key. */
  revoke(name: string): boolean {
    return this.#db.prepare('UPDATE api_keys SET revoked = 1 WHERE name = ?').run(name).changes > 0;
  }

  /** Names whose live sessions have to end. */
  revokedNames(): ReadonlySet<string> {
    const rows = this.#db.prepare<[], { name: string }>('SELECT name FROM api_keys WHERE revoked = 1').all();
    return new Set(rows.map(({ name }) => name));
  }

  /** Whose key this is, where it is valid. */
  verify(key: string): KeyHolder | undefined {
    const row = this.#find.get(hashKey(key));
    return row && { name: row.name, role: row.role };
  }

  #write(name: string, role: Role, key: string): void {
    if (!KEY_NAME.test(name)) {
      throw new Error(
        `"${name}" is no key name: letters, digits, - _ . (not first), at most 64 characters are`,
      );
    }
    this.#db
      .prepare(
        `INSERT INTO api_keys (name, role, hash, created_ms) VALUES (?, ?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET role = excluded.role, hash = excluded.hash, revoked = 0,
         created_ms = excluded.created_ms`,
      )
      .run(name, role, hashKey(key), this.#clock());
  }
}

function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
