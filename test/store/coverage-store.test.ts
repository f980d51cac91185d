import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type CoverageGap, coverageOf } from '../../src/domain/coverage.ts';
import { CoverageStore } from '../../src/store/coverage-store.ts';
import { openDatabase } from '../../src/store/database.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { tempDir } from '../support/temp-dir.ts';

function open(path: string, rows_max = 1000) {
  const db = openDatabase(path, MAIN_SCHEMA, true);
  const store = new CoverageStore(db, rows_max);
  onTestFinished(() => void db.close());
  const tell = (gap: Omit<CoverageGap, 'cameraId' | 'cause'>): void =>
    store.tell({ kind: 'gap', gap: { cameraId: 'cam-1', cause: 'offline', ...gap } });
  return { db, store, tell };
}

it('keeps gaps through a restart, and closes one that goes on', () => {
  const path = join(tempDir(), 'xuncheng.db');
  const first = open(path);
  first.store.tell({ kind: 'since', cameraId: 'cam-1', at_ms: 100 });
  first.tell({ from_ms: 1000, to_ms: 2000, reason: 'Connection refused' });
  first.tell({ from_ms: 3000 });
  first.store.flush();
  first.db.close();
  const { store, tell } = open(path);
  expect(store.since()).toEqual(new Map([['cam-1', 100]]));
  tell({ from_ms: 3000, to_ms: 4000 });
  expect(store.gaps('cam-1', 0, 10_000)).toEqual([
    { cameraId: 'cam-1', from_ms: 1000, to_ms: 2000, cause: 'offline', reason: 'Connection refused' },
    { cameraId: 'cam-1', from_ms: 3000, to_ms: 4000, cause: 'offline' },
  ]);
  expect(store.gaps('cam-1', 2000, 3000)).toEqual([]);
  expect(store.gaps('cam-2', 0, 10_000)).toEqual([]);
});

it('takes the same word twice, and one that takes another back', () => {
  const { store, tell } = open(join(tempDir(), 'xuncheng.db'));
  for (let n = 0; n < 2; n += 1) {
    store.tell({ kind: 'since', cameraId: 'cam-1', at_ms: 500 });
    tell({ from_ms: 1000 });
    tell({ from_ms: 1000, to_ms: 1500 });
    tell({ from_ms: 2000 });
    tell({ from_ms: 2000, to_ms: 2000 });
  }
  expect(store.gaps('cam-1', 0, 10_000)).toMatchObject([{ from_ms: 1000, to_ms: 1500 }]);
});

it('ends what a state that was lost had left open', () => {
  const { store, tell } = open(join(tempDir(), 'xuncheng.db'));
  tell({ from_ms: 1000 });
  store.tell({ kind: 'since', cameraId: 'cam-1', at_ms: 5000 });
  expect(store.gaps('cam-1', 0, 10_000)).toMatchObject([{ from_ms: 1000, to_ms: 5000 }]);
});

it('drops what is old, and the oldest of too many, and says from when on it is whole', () => {
  const { store, tell } = open(join(tempDir(), 'xuncheng.db'), 10);
  for (let n = 0; n < 30; n += 1) tell({ from_ms: n * 100, to_ms: n * 100 + 50 });
  tell({ from_ms: 0 });
  expect(store.prune(500)).toBe(20);
  expect(store.gaps('cam-1', 0, 10_000)).toHaveLength(10);
  // What lasts is never dropped, and what is told of the time before would be too little.
  expect(store.gaps('cam-1', 0, 10_000)[0]).toEqual({ cameraId: 'cam-1', from_ms: 0, cause: 'offline' });
  expect(store.reach_ms).toBe(2050);
});

it('sums up a span: gaps are cut to it, and overlaps count once', () => {
  const gap = (from_ms: number, to_ms: number | undefined, cause: CoverageGap['cause']): CoverageGap => ({
    ...{ cameraId: 'cam-1', from_ms, cause },
    ...(to_ms === undefined ? {} : { to_ms }),
  });
  const gaps = [
    gap(900, undefined, 'dark'),
    gap(0, 200, 'offline'),
    gap(150, 300, 'frozen'),
    gap(2000, 3000, 'moved'),
  ];
  expect(coverageOf(gaps, 100, 1000)).toEqual({
    span_ms: 900,
    covered_ms: 600,
    missing_ms: { offline: 100, frozen: 100, dark: 100 },
    gaps: [gap(100, 200, 'offline'), gap(150, 300, 'frozen'), gap(900, undefined, 'dark')],
  });
  expect(coverageOf(gaps, 500, 500)).toMatchObject({ span_ms: 0, covered_ms: 0, gaps: [] });
});
