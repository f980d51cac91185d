import { expect, it } from 'vitest';
import { SuspicionHolds } from '../../src/gateway/suspicion-holds.ts';

const LIMITS = { before_ms: 30_000, after_ms: 20_000, holds_max: 2, hold_ms: 100_000, ring_ms: 60_000 };

function world() {
  const told: string[] = [];
  const s = (ms: number): number => ms / 1000;
  const holds = new SuspicionHolds(LIMITS, {
    hold: (cameraId, from_ms, to_ms) => told.push(`hold ${cameraId} ${s(from_ms)}-${s(to_ms)}`),
    release: (cameraId, from_ms) => told.push(`release ${cameraId} ${s(from_ms)}`),
  });
  const suspect = (at_s: number, deviceId = 'cam-1', now_s = at_s): void =>
    holds.suspect({ deviceId, at_ms: at_s * 1000 }, now_s * 1000);
  return { told, holds, suspect };
}

it('holds the time around a suspicion once, however often it is told', () => {
  const { told, suspect } = world();
  for (const at_s of [100, 101, 105, 110]) suspect(at_s);
  suspect(111, 'cam-2');
  expect(told).toEqual(['hold cam-1 70-120', 'hold cam-2 81-131']);
});

it('lets the latest take the place of the earliest, and counts it', () => {
  const { told, holds, suspect } = world();
  for (const at_s of [100, 130, 160]) suspect(at_s);
  expect(told).toEqual(['hold cam-1 70-120', 'hold cam-1 100-150', 'hold cam-1 130-180', 'release cam-1 70']);
  expect(holds.stats()).toEqual({ held: 2, begun: 3, replaced: 1 });
});

it('releases those of which nothing has come', () => {
  const { told, holds, suspect } = world();
  suspect(100);
  holds.sweep(219_000);
  expect(holds.stats().held).toBe(1);
  holds.sweep(221_000);
  expect(told).toEqual(['hold cam-1 70-120', 'release cam-1 70']);
  expect(holds.stats().held).toBe(0);
});

it('leaves alone what a restart reads again from the journal', () => {
  const { told, suspect } = world();
  suspect(100, 'cam-1', 161);
  expect(told).toEqual([]);
});
