import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import type { JournalRecord } from '../../src/store/journal.ts';
import type { RecoveryReport } from '../../src/store/recovery-report.ts';
import { SERIES_SCHEMA } from '../../src/store/schema.ts';
import { type SeriesOptions, SeriesStore } from '../../src/store/series-store.ts';
import { tempDir } from '../support/temp-dir.ts';

const DAY_MS = 86_400_000;

function open(options: SeriesOptions = {}, dir = tempDir()): SeriesStore & { readonly dir: string } {
  const db = openDatabase(join(dir, 'series.db'), SERIES_SCHEMA, false);
  const store = new SeriesStore(db, options);
  onTestFinished(() => {
    if (!db.open) return;
    store.close();
    db.close();
  });
  return Object.assign(store, { dir: dirname(db.name) });
}

function reading(seq: number, at_ms: number, pm10: number, received_ms = at_ms): JournalRecord {
  const body = {
    kind: 'reading',
    deviceKind: 'dust',
    deviceId: 'D1',
    at_ms,
    received_ms,
    metrics: { pm10_ug_m3: pm10 },
  } as const;
  return { seq, subjectId: 'D1', at_ms, received_ms, body };
}

const all = { deviceId: 'D1', metric: 'pm10_ug_m3', from_ms: 0, to_ms: 1e12, limit: 100_000 };

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

it('has its place and newest values on disk once synced, and applies again what came after', () => {
  const dir = tempDir();
  const first = open({}, dir);
  first.apply([reading(1, 1000, 10)]);
  first.sync();
  first.apply([reading(2, 2000, 20)]);
  const second = open({}, dir);
  expect(second.cursor()).toBe(1);
  second.apply([reading(2, 2000, 20)]);
  expect(second.query({ ...all, fn: 'last' })).toHaveLength(2);
  second.sync();
  expect(open({}, dir).latest('D1')).toEqual({ pm10_ug_m3: { at_ms: 2000, value: 20 } });
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

it('gives over the borders of days what one list would give, in any order of arrival', {
  timeout: 120_000,
}, () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 4 * DAY_MS }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 2 * DAY_MS }),
      fc.integer({ min: 0, max: 2 * DAY_MS }),
      fc.constantFrom('mean', 'max', 'min', 'last', 'count'),
      (times, step_ms, from_ms, fn) => {
        const store = open();
        store.apply(times.map((at_ms, index) => reading(index + 1, at_ms, (at_ms * 7) % 1000, 4 * DAY_MS)));
        const steps = new Map<number, number[]>();
        for (const at_ms of [...times].sort((a, b) => a - b)) {
          if (at_ms < from_ms) continue;
          const step = Math.floor(at_ms / step_ms) * step_ms;
          steps.set(step, [...(steps.get(step) ?? []), (at_ms * 7) % 1000]);
        }
        const by = {
          mean: (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length,
          max: (values: number[]) => Math.max(...values),
          min: (values: number[]) => Math.min(...values),
          last: (values: number[]) => values.at(-1) ?? 0,
          count: (values: number[]) => values.length,
        };
        const found = store.query({ ...all, from_ms, step_ms, fn });
        expect(found.map(({ at_ms }) => at_ms)).toEqual([...steps.keys()]);
        found.forEach(({ value }, index) => {
          expect(value).toBeCloseTo(by[fn]([...steps.values()][index] ?? []), 6);
        });
        const pages = [...store.pages({ ...all, from_ms }, 7)].flat();
        expect(pages.map(({ at_ms }) => at_ms)).toEqual(
          store.query({ ...all, from_ms, fn: 'last' }).map(({ at_ms }) => at_ms),
        );
        store.close();
      },
    ),
    { numRuns: 8, seed: 3 },
  );
});

it('drops old days as files, and takes in neither what is older nor a clock far ahead', async () => {
  const store = open({ retention_ms: 10 * DAY_MS });
  for (let day = 0; day < 20; day += 1) store.apply([reading(day + 1, day * DAY_MS + 5, day)]);
  const files = () => readdirSync(join(store.dir, 'series')).filter((name) => name.endsWith('.db'));
  expect(files()).toHaveLength(20);
  const pruned = store.prune(20 * DAY_MS);
  // Nobody has to wait to be rid of them.
  expect(store.query({ ...all, fn: 'last' })).toHaveLength(10);
  expect(await pruned).toBe(10);
  expect(files()).toHaveLength(10);
  expect(files()[0]).toBe('1970-01-11.db');
  expect(store.query({ ...all, fn: 'last' })).toHaveLength(10);
  store.apply([
    reading(21, 3 * DAY_MS, 1, 20 * DAY_MS),
    reading(22, 60 * DAY_MS, 1, 20 * DAY_MS),
    reading(23, 15 * DAY_MS, 1, 20 * DAY_MS),
  ]);
  expect(store.refused).toEqual({ old: 1, future: 1 });
  expect(store.query({ ...all, fn: 'last' })).toHaveLength(11);
});

it('lets readings in while a large day goes, and comes back to one that was left', async () => {
  const dir = tempDir();
  const store = open({ retention_ms: 10 * DAY_MS }, dir);
  store.apply([reading(1, 5, 1), reading(2, 15 * DAY_MS, 2)]);
  store.sync();
  const day = join(dir, 'series/1970-01-01.db');
  const bytes = Buffer.alloc(64 * 1024 * 1024, 1);
  for (let n = 0; n < 6; n += 1) appendFileSync(day, bytes);
  writeFileSync(join(dir, 'series/1969-12-31.db.dropped'), 'left by an earlier run');
  let isOver = false;
  const pruned = store.prune(20 * DAY_MS).finally(() => {
    isOver = true;
  });
  let taken = 0;
  while (!isOver) {
    taken += 1;
    store.apply([reading(2 + taken, 15 * DAY_MS + taken, taken)]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await pruned).toBe(1);
  expect(taken).toBeGreaterThan(6);
  expect(store.query({ ...all, fn: 'last', limit: 1e6 })).toHaveLength(1 + taken);
  expect(readdirSync(join(dir, 'series')).filter((name) => !name.startsWith('1970-01-16'))).toEqual([]);
});

it('keeps the points of an earlier version where they are, once each, until they are old', async () => {
  const dir = tempDir();
  const db = openDatabase(join(dir, 'series.db'), SERIES_SCHEMA.slice(0, 1), false);
  db.prepare("INSERT INTO series (id, device_id, metric) VALUES (1, 'D1', 'pm10_ug_m3')").run();
  for (let n = 0; n < 5; n += 1) {
    db.prepare('INSERT INTO points VALUES (1, ?, ?, NULL)').run(n * DAY_MS, n);
  }
  db.prepare("INSERT INTO cursors VALUES ('journal', 5)").run();
  db.close();
  const store = open({ retention_ms: 30 * DAY_MS }, dir);
  expect(store.cursor()).toBe(5);
  expect(store.latest('D1')).toEqual({ pm10_ug_m3: { at_ms: 4 * DAY_MS, value: 4 } });
  // One of them comes again, one late between them, one new.
  store.apply([reading(6, DAY_MS, 10), reading(7, DAY_MS + 1, 11), reading(8, 5 * DAY_MS, 5)]);
  const values = [0, 10, 11, 2, 3, 4, 5];
  expect(store.query({ ...all, fn: 'last' }).map(({ value }) => value)).toEqual(values);
  expect(store.query({ ...all, fn: 'count', step_ms: 100 * DAY_MS })).toEqual([{ at_ms: 0, value: 7 }]);
  expect([...store.pages(all, 2)].flat().map(({ value }) => value)).toEqual(values);
  await store.prune(35 * DAY_MS);
  expect(store.query({ ...all, fn: 'last' })).toEqual([{ at_ms: 5 * DAY_MS, value: 5 }]);
});

it('repairs a day whose file is damaged, and asks for the journal again', () => {
  const dir = tempDir();
  const before = open({}, dir);
  const records = Array.from({ length: 3000 }, (_, n) => reading(n + 1, n * 1000, n));
  before.apply([...records, reading(3001, DAY_MS + 1, 7)]);
  before.close();
  const path = join(dir, 'series', '1970-01-01.db');
  const bytes = readFileSync(path);
  // A leaf in the middle of the tree.
  bytes.fill(0xff, 5 * 4096, 5 * 4096 + 200);
  writeFileSync(path, bytes);
  const reports: RecoveryReport[] = [];
  const store = open({ onRecovery: (report) => reports.push(report) }, dir);
  const found = store.query({ ...all, fn: 'last' });
  expect(reports).toHaveLength(1);
  expect(existsSync(join(dir, 'series', reports[0]?.kept[0] ?? ''))).toBe(true);
  expect(found.length).toBeGreaterThan(1000);
  expect(found.length).toBeLessThan(3001);
  store.sync();
  const again = open({}, dir);
  expect(again.cursor()).toBe(0);
  again.apply(records);
  expect(again.query({ ...all, fn: 'last' })).toHaveLength(3001);
});

it('knows nothing of an unknown series', () => {
  expect(open().query({ ...all, deviceId: 'nobody', fn: 'mean' })).toEqual([]);
});
