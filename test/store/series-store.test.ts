import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import type { JournalRecord } from '../../src/store/journal.ts';
import { SERIES_SCHEMA } from '../../src/store/schema.ts';
import { SeriesStore } from '../../src/store/series-store.ts';
import { tempDir } from '../support/temp-dir.ts';

function open(): SeriesStore {
  const db = openDatabase(join(tempDir(), 'series.db'), SERIES_SCHEMA, false);
  onTestFinished(() => {
    db.close();
  });
  return new SeriesStore(db);
}

function reading(seq: number, at_ms: number, pm10: number): JournalRecord {
  const body = {
    kind: 'reading',
    deviceKind: 'dust',
    deviceId: 'D1',
    at_ms,
    received_ms: at_ms,
    metrics: { pm10_ug_m3: pm10 },
  } as const;
  return { seq, subjectId: 'D1', at_ms, received_ms: at_ms, body };
}

const all = { deviceId: 'D1', metric: 'pm10_ug_m3', from_ms: 0, to_ms: 1e6, limit: 100 };

it('stores numbers with how far the journal is applied, and the same point once', () => {
  const store = open();
  store.apply([reading(1, 1000, 10), reading(2, 2000, 20)]);
  store.apply([reading(2, 2000, 20), reading(3, 3000, 40)]);
  expect(store.cursor()).toBe(3);
  expect(store.query({ ...all, fn: 'last' })).toEqual([
    { at_ms: 1000, value: 10 },
    { at_ms: 2000, value: 20 },
    { at_ms: 3000, value: 40 },
  ]);
  expect(store.latest('D1')).toEqual({ pm10_ug_m3: { at_ms: 3000, value: 40 } });
});

it.each([
  ['mean', 15, 40],
  ['max', 20, 40],
  ['min', 10, 40],
  ['last', 20, 40],
  ['count', 2, 1],
] as const)('downsamples by %s', (fn, first, second) => {
  const store = open();
  store.apply([reading(1, 1000, 10), reading(2, 2000, 20), reading(3, 62_000, 40)]);
  expect(store.query({ ...all, fn, step_ms: 60_000 })).toEqual([
    { at_ms: 0, value: first },
    { at_ms: 60_000, value: second },
  ]);
});

it('knows nothing of an unknown series', () => {
  expect(open().query({ ...all, deviceId: 'nobody', fn: 'mean' })).toEqual([]);
});
