import { expect, it } from 'vitest';
import type { Observation, StatusObservation } from '../../src/domain/observation.ts';
import { OrderingStage } from '../../src/rules/ordering.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 1, 0, 0);
const LIMITS = { lateness_ms: 2000, future_max_ms: 600_000, held_per_device_max: 100, devices_max: 10 };

function status(deviceKind: StatusObservation['deviceKind']): Observation {
  return { kind: 'status', deviceKind, deviceId: 'X', at_ms: NOW_MS, received_ms: NOW_MS, online: true };
}

it('does not take what a truck sends after an outage for late, though it said before that it is back', () => {
  const stage = new OrderingStage(LIMITS);
  const seen: Observation[] = [];
  const emit = (observation: Observation): void => void seen.push(observation);
  stage.accept(status('truck'), NOW_MS, emit);
  stage.release(NOW_MS + 10_000, emit);
  const caughtUp = [30, 20, 10].map((minutes): Observation => {
    const at_ms = NOW_MS - minutes * 60_000;
    return { kind: 'position', deviceId: 'X', at_ms, received_ms: NOW_MS + 10_000, lon: 113, lat: 28 };
  });
  for (const position of caughtUp) stage.accept(position, NOW_MS + 10_000, emit);
  stage.release(NOW_MS + 20_000, emit);
  expect(seen).toEqual([status('truck'), ...caughtUp]);
  expect(stage.counts.late).toBe(0);
});

it("keeps a camera's word on itself in the order of its pictures", () => {
  const stage = new OrderingStage(LIMITS);
  const seen: Observation[] = [];
  stage.accept(status('camera'), NOW_MS, (observation) => void seen.push(observation));
  stage.release(NOW_MS + 10_000, (observation) => void seen.push(observation));
  const older: Observation = { ...status('camera'), at_ms: NOW_MS - 1 } as Observation;
  stage.accept(older, NOW_MS + 10_000, (observation) => void seen.push(observation));
  expect([seen.length, stage.counts.late]).toEqual([1, 1]);
});

it('takes two positions of one second for two, and a resend for what it is, also through a snapshot', () => {
  const before = new OrderingStage(LIMITS);
  const seen: Observation[] = [];
  const emit = (observation: Observation): void => void seen.push(observation);
  const times = { at_ms: NOW_MS, received_ms: NOW_MS } as const;
  const one: Observation = { kind: 'position', deviceId: 'X', ...times, lon: 113, lat: 28, lift: false };
  const other: Observation = { ...one, lift: true };
  // As a terminal sends it again after a blind area.
  const again = (given: Observation): Observation => ({
    ...given,
    received_ms: NOW_MS + 5,
    extra: { catch_up: true },
  });
  for (const position of [one, other, again(one)]) before.accept(position, NOW_MS, emit);
  before.release(NOW_MS + 2000, emit);
  expect(seen).toEqual([one, other]);
  const after = new OrderingStage(LIMITS);
  after.restore(JSON.parse(JSON.stringify(before.snapshot())));
  for (const stage of [before, after]) {
    const third: Observation = { ...one, lon: 113.0001 };
    for (const position of [again(one), again(other), third]) stage.accept(position, NOW_MS + 3000, emit);
    stage.release(NOW_MS + 5000, emit);
    expect(seen.splice(2)).toEqual([third]);
  }
  expect([before.counts.duplicate, after.counts.duplicate]).toEqual([3, 2]);
});

it("takes a resend for one with an earlier version's snapshot too", () => {
  const stage = new OrderingStage(LIMITS);
  stage.restore({ lanes: [['X', NOW_MS, ['position']]], held: [] });
  const position: Observation = {
    ...{ kind: 'position', deviceId: 'X', lon: 113, lat: 28 },
    ...{ at_ms: NOW_MS, received_ms: NOW_MS },
  };
  stage.accept(position, NOW_MS, () => undefined);
  expect([stage.counts.duplicate, stage.held]).toEqual([1, 0]);
});
