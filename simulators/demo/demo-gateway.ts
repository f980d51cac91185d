import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../src/config/config.ts';
import { openDatabase } from '../../src/store/database.ts';
import { DeviceStore } from '../../src/store/device-store.ts';
import { KeyStore } from '../../src/store/key-store.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';

const POLL_MS = 500;
const POLLS_MAX = 120;

/** Credentials of a configuration's devices and of a person, as `xuncheng device add` and `key create` make them. */
export function provision(dataDir: string, { devices }: Config) {
  const db = openDatabase(join(dataDir, 'xuncheng.db'), MAIN_SCHEMA, true);
  try {
    const store = new DeviceStore(db, Date.now);
    const senders = devices.filter(({ kind }) => kind !== 'camera');
    const secrets = new Map(senders.map(({ id, kind }) => [id, store.add(id, kind).secret]));
    const keys = new KeyStore(db, Date.now);
    // The demo has no administrator; without one the gateway would make a key and have to show it.
    keys.create('admin', 'admin');
    return { secrets, key: keys.create('demo', 'operator').key };
  } finally {
    db.close();
  }
}

/** Waits, for a minute at most, until the gateway has evaluated all that it took in. */
export async function caughtUp(http: string, signal: AbortSignal): Promise<void> {
  for (let polls = 0; polls < POLLS_MAX && !signal.aborted; polls += 1) {
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const ready = await (await fetch(`${http}/readyz`)).text();
    if (!/[1-9]\d* entries behind/.test(ready)) return;
  }
}
