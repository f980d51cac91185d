import { afterEach, expect, test, vi } from 'vitest';
import { clockOf, WALL_CLOCK } from '../../src/runtime/clock.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('follows the wall clock, or starts where it is told and goes at another pace', () => {
  vi.useFakeTimers({ now: 1_000_000 });
  const wall = clockOf(WALL_CLOCK);
  const evening = clockOf({ start_ms: 5_000, wall_ms: 1_000_000, rate: 30 });
  expect([wall(), evening()]).toEqual([1_000_000, 5_000]);
  vi.setSystemTime(1_002_001);
  expect([wall(), evening()]).toEqual([1_002_001, 5_000 + 60_030]);
  // Times in the journal are whole milliseconds.
  expect(clockOf({ start_ms: 0, wall_ms: 1_002_000, rate: 0.3 })()).toBe(0);
  const day = clockOf({ start_ms: 0, wall_ms: 1_002_000, rate: 1_000, until_ms: 3_000 });
  expect(day()).toBe(1_000);
  vi.setSystemTime(1_009_000);
  expect(day()).toBe(3_000);
});
