import { afterEach, beforeEach, expect, it } from 'vitest';
import { roleAllows } from '../../src/domain/role.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { KeyExistsError, KeyStore } from '../../src/store/key-store.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';

let db: Database;
let keys: KeyStore;

beforeEach(() => {
  db = openDatabase(':memory:', MAIN_SCHEMA, false);
  keys = new KeyStore(db, () => 1000);
});
afterEach(() => db.close());

it('verifies keys until they are revoked, and stores them hashed', () => {
  const { key } = keys.create('centre', 'integrator');
  expect(key).toMatch(/^xck_[A-Za-z0-9_-]{43}$/);
  expect(keys.verify(key)).toEqual({ name: 'centre', role: 'integrator' });
  expect(keys.verify(`${key}x`)).toBeUndefined();
  expect(JSON.stringify(db.prepare('SELECT * FROM api_keys').all())).not.toContain(key);
  expect(() => keys.create('centre', 'admin')).toThrow(KeyExistsError);
  expect(keys.revoke('centre')).toBe(true);
  expect(keys.revoke('nobody')).toBe(false);
  expect(keys.verify(key)).toBeUndefined();
  expect(keys.revokedNames()).toEqual(new Set(['centre']));
  const again = keys.create('centre', 'viewer');
  expect(keys.verify(key)).toBeUndefined();
  expect(keys.verify(again.key)).toEqual({ name: 'centre', role: 'viewer' });
  expect(keys.list()).toEqual([{ name: 'centre', role: 'viewer', createdAt_ms: 1000, revoked: false }]);
});

it('sets a key that was chosen outside, again and anew', () => {
  keys.put('env-admin', 'admin', 'first');
  keys.put('env-admin', 'admin', 'first');
  expect(keys.verify('first')?.role).toBe('admin');
  keys.put('env-admin', 'admin', 'second');
  expect(keys.verify('first')).toBeUndefined();
  expect(keys.verify('second')?.name).toBe('env-admin');
  expect(() => keys.put('other', 'viewer', 'second')).toThrow(/that of "env-admin"/);
  expect(() => keys.put('other', 'viewer', '')).toThrow(/empty/);
  expect(() => keys.put('a b', 'viewer', 'x')).toThrow(/no key name/);
});

it('orders the roles', () => {
  expect(roleAllows('viewer', 'viewer')).toBe(true);
  expect(roleAllows('viewer', 'operator')).toBe(false);
  expect(roleAllows('integrator', 'operator')).toBe(true);
  expect(roleAllows('operator', 'admin')).toBe(false);
  expect(roleAllows('admin', 'viewer')).toBe(true);
});
