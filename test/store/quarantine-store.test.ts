import { afterEach, beforeEach, expect, it } from 'vitest';
import type { QuarantineItem } from '../../src/domain/quarantine.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { QuarantineStore } from '../../src/store/quarantine-store.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';

let db: Database;
let quarantine: QuarantineStore;

beforeEach(() => {
  db = openDatabase(':memory:', MAIN_SCHEMA, false);
  quarantine = new QuarantineStore(db, { rows_max: 10, payload_bytes_max: 16 });
});
afterEach(() => db.close());

function item(number: number, payload = 'x'): QuarantineItem {
  const error = { code: 'schema', message: 'must be >= 0', where: '[3].pm10_ug_m3' } as const;
  const channel = `xc/v1/dust/D1/${number}`;
  return {
    received_ms: number,
    source: 'mqtt',
    deviceId: 'D1',
    channel,
    error,
    payload: Buffer.from(payload),
  };
}

it('keeps an item as it was, its payload cut', async () => {
  await quarantine.add(item(1, 'a payload that is too long to keep'));
  expect(quarantine.list({ limit: 5 })).toEqual([
    { ...item(1), id: 1, payload: Buffer.from('a payload that i'), payload_bytes: 34 },
  ]);
  await quarantine.add({ ...item(2), payload_bytes: 9_000_000 });
  expect(quarantine.list({ after: 1, limit: 5 })[0]).toMatchObject({ id: 2, payload_bytes: 9_000_000 });
});

it('lets the oldest go at its bound, also within one flood', async () => {
  for (let number = 1; number <= 8; number += 1) await quarantine.add(item(number));
  expect(quarantine.count()).toBe(8);
  await Promise.all(Array.from({ length: 5 }, (_, index) => quarantine.add(item(9 + index))));
  expect(quarantine.list({ limit: 100 }).map(({ received_ms }) => received_ms)).toEqual([
    4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
  ]);
  await Promise.all(Array.from({ length: 50 }, (_, index) => quarantine.add(item(100 + index))));
  expect(quarantine.list({ limit: 100 }).map(({ received_ms }) => received_ms)).toEqual([
    140, 141, 142, 143, 144, 145, 146, 147, 148, 149,
  ]);
});

it('says so when an item could not be stored, also where nobody waits for it', async () => {
  db.exec('DROP TABLE quarantine');
  void quarantine.add(item(1));
  await expect(quarantine.add(item(2))).rejects.toThrow(/no such table/);
});
