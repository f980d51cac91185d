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
