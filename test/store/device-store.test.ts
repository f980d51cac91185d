import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StatusObservation } from '../../src/domain/observation.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { DeviceExistsError, DeviceStore } from '../../src/store/device-store.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';

const NOW_MS = Date.UTC(2026, 10, 22);
let directory: string;
let db: Database;
/** A second connection, as the command line has while the gateway runs. */
let otherDb: Database;
let store: DeviceStore;
let other: DeviceStore;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'xuncheng-devices-'));
  db = openDatabase(join(directory, 'xuncheng.db'), MAIN_SCHEMA, false);
  otherDb = openDatabase(join(directory, 'xuncheng.db'), MAIN_SCHEMA, false);
  store = new DeviceStore(db, () => NOW_MS);
  other = new DeviceStore(otherDb, () => NOW_MS);
});
afterEach(() => {
  store.close();
  other.close();
  db.close();
  otherDb.close();
  rmSync(directory, { recursive: true });
});

function status(online: boolean, at_ms: number, received_ms: number, lastWill = false): StatusObservation {
  const extra = lastWill ? { extra: { lastWill: true } } : {};
  return { kind: 'status', deviceKind: 'truck', deviceId: 'T1', online, at_ms, received_ms, ...extra };
}

describe('credentials', () => {
  it('verifies the secret that was made, and no other', async () => {
    const { secret } = store.add('T1', 'truck');
    expect(await store.verify('T1', secret)).toEqual({ id: 'T1', kind: 'truck' });
    expect(await store.verify('T1', `${secret}x`)).toBeUndefined();
    expect(await store.verify('T1', '')).toBeUndefined();
    expect(await store.verify('T2', secret)).toBeUndefined();
    const row = db.prepare("SELECT secret_hash FROM devices WHERE id = 'T1'").get() as {
      secret_hash: string;
    };
    expect(row.secret_hash).toMatch(/^scrypt\$/);
    expect(row.secret_hash).not.toContain(secret);
  });

  it('follows another process that adds, revokes and gives a new secret', async () => {
    const { secret } = other.add('T1', 'truck');
    expect(await store.verify('T1', secret)).toBeDefined();
    expect(await store.verify('T1', secret)).toBeDefined();
    expect(other.revoke('T1')).toBe(true);
    expect(await store.verify('T1', secret)).toBeUndefined();
    expect(store.revokedIds()).toEqual(new Set(['T1']));
    const again = other.add('T1', 'truck');
    expect(await store.verify('T1', secret)).toBeUndefined();
    expect(await store.verify('T1', again.secret)).toBeDefined();
    expect(store.revokedIds().size).toBe(0);
  });

  it('verifies a known secret without scrypt', async () => {
    const { secret } = store.add('T1', 'truck');
    await store.verify('T1', secret);
    const from_ms = performance.now();
    for (let round = 0; round < 500; round += 1) await store.verify('T1', secret);
    const fromCache_ms = performance.now() - from_ms;
    const wrongFrom_ms = performance.now();
    for (let round = 0; round < 20; round += 1) await store.verify('T1', 'wrong');
    const byScrypt_ms = performance.now() - wrongFrom_ms;
    expect(fromCache_ms / 500).toBeLessThan(byScrypt_ms / 20);
  });

  it('refuses ids that do not fit topics, and to replace a valid device', () => {
    expect(() => store.add('a/b', 'truck')).toThrow(/no device id/);
    store.add('T1', 'truck');
    expect(() => store.add('T1', 'truck')).toThrow(DeviceExistsError);
    expect(store.revoke('T9')).toBe(false);
  });
});

describe('registry', () => {
  it('takes fixed devices from the configuration, with and without a secret', async () => {
    const { secret } = store.add('D1', 'dust');
    const place = { lon: 104.06, lat: 30.67, street: 'Renmin Road' };
    store.registerFixed([
      { id: 'D1', kind: 'dust', name: 'Gate 1', ...place },
      { id: 'C1', kind: 'camera', name: 'Pole 4', crs: 'gcj02' },
    ]);
    expect(store.list()).toEqual([
      { id: 'C1', kind: 'camera', name: 'Pole 4', crs: 'gcj02', createdAt_ms: NOW_MS, revoked: false },
      { id: 'D1', kind: 'dust', name: 'Gate 1', ...place, createdAt_ms: NOW_MS, revoked: false },
    ]);
    expect(await store.verify('D1', secret)).toMatchObject(place);
    expect(await store.verify('C1', '')).toBeUndefined();
    expect(() => store.registerFixed([{ id: 'D1', kind: 'noise' }])).toThrow(/configured as noise/);
    expect(store.get('D1')).toMatchObject({ name: 'Gate 1' });
    expect(() => store.add('C1', 'truck')).toThrow(/configured as camera/);
    const camera = store.add('C1', 'camera');
    expect(await store.verify('C1', camera.secret)).toMatchObject({ name: 'Pole 4' });
  });

  it('keeps health across a restart, newest first', () => {
    store.add('T1', 'truck');
    store.seen('T1', NOW_MS + 5000);
    store.seen('T1', NOW_MS + 1000);
    store.setStatus('T1', status(true, NOW_MS, NOW_MS + 5000));
    store.setStatus('T1', status(false, NOW_MS - 60_000, NOW_MS + 5001));
    expect(store.get('T1')).toMatchObject({ online: true, lastSeen_ms: NOW_MS + 5000 });
    store.flush();
    expect(other.get('T1')).toMatchObject({ online: true, lastSeen_ms: NOW_MS + 5000 });
    store.setStatus('T1', status(false, NOW_MS - 1, NOW_MS + 5002));
    expect(store.get('T1')?.online).toBe(true);
  });

  it("orders a last will by arrival, whatever the device's clock says", () => {
    store.add('T1', 'truck');
    store.setStatus('T1', status(true, NOW_MS + 90_000, NOW_MS));
    store.setStatus('T1', status(false, NOW_MS + 10, NOW_MS + 10, true));
    expect(store.get('T1')?.online).toBe(false);
    store.setStatus('T1', status(true, NOW_MS - 90_000, NOW_MS + 20));
    expect(store.get('T1')?.online).toBe(true);
  });
});
