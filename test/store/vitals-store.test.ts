import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Observation } from '../../src/domain/observation.ts';
import { createIntake } from '../../src/gateway/intake.ts';
import { openDatabase } from '../../src/store/database.ts';
import { DeviceStore } from '../../src/store/device-store.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { VitalsStore } from '../../src/store/vitals-store.ts';
import { tempDir } from '../support/temp-dir.ts';

const T_MS = Date.UTC(2026, 6, 1);

function open(dir: string) {
  const db = openDatabase(join(dir, 'xuncheng.db'), MAIN_SCHEMA, true);
  const journal = new SqliteJournal(db);
  const vitals = new VitalsStore(db);
  const devices = new DeviceStore(db, () => T_MS);
  onTestFinished(() => {
    journal.close();
    devices.close();
    vitals.flush();
    db.close();
  });
  return { vitals, ...createIntake(journal, devices, vitals) };
}

function reading(deviceId: string, received_ms: number, at_ms: number): Observation {
  return { kind: 'reading', deviceKind: 'dust', deviceId, at_ms, received_ms, metrics: { pm10_ug_m3: 1 } };
}

it('learns from each message once, and goes on learning after a restart', async () => {
  const dir = tempDir();
  const first = open(dir);
  for (let n = 0; n < 4; n += 1) {
    const received_ms = T_MS + n * 60_000;
    // A message with two readings, the newer one a second old.
    const at_ms = received_ms - 1000;
    await first.accept([reading('D1', received_ms, at_ms), reading('D1', received_ms, at_ms - 30_000)]);
  }
  expect(first.vitals.of('D1', T_MS)).not.toHaveProperty('interval_ms');
  first.vitals.flush();
  const second = open(dir);
  for (let n = 4; n < 6; n += 1) {
    await second.accept([reading('D1', T_MS + n * 60_000, T_MS + n * 60_000 - 1000)]);
  }
  const vitals = second.vitals.of('D1', T_MS + 300_000);
  expect(vitals).toMatchObject({ interval_ms: 60_000, clockSkew_ms: -1000 });
  // Six messages, each fading.
  expect(vitals?.messages_per_min).toBeGreaterThan(0.4);
  expect(vitals?.messages_per_min).toBeLessThan(0.6);
  expect(second.vitals.of('D2', T_MS)).toBeUndefined();
});

it("learns nothing from a last will, nor the clock from a station's own averages", async () => {
  const { vitals, accept } = open(tempDir());
  const will = { kind: 'status', deviceKind: 'dust', deviceId: 'D1', online: false } as const;
  await accept([{ ...will, at_ms: T_MS, received_ms: T_MS, extra: { lastWill: true } }]);
  expect(vitals.of('D1', T_MS)).toBeUndefined();
  for (let n = 0; n < 6; n += 1) {
    const received_ms = T_MS + n * 600_000;
    const average = { ...reading('D2', received_ms, received_ms - 600_000), period: 'minute' } as Observation;
    await accept([average]);
  }
  expect(vitals.of('D2', T_MS)).toMatchObject({ interval_ms: 600_000 });
  expect(vitals.of('D2', T_MS)).not.toHaveProperty('clockSkew_ms');
});

it('writes a fleet in turns, by itself', async () => {
  const dir = tempDir();
  const { vitals } = open(dir);
  for (let n = 0; n < 1200; n += 1) vitals.heard(`D${n}`, T_MS, T_MS);
  const reader = openDatabase(join(dir, 'xuncheng.db'), MAIN_SCHEMA, true);
  onTestFinished(() => void reader.close());
  const count = reader.prepare<[], { n: number }>('SELECT count(*) AS n FROM device_vitals');
  await expect.poll(() => count.get()?.n, { timeout: 60_000, interval: 100 }).toBe(1200);
});
