import { expect, it } from 'vitest';
import { arrivals } from '../../../../simulators/city/record/arrivals.ts';
import type { LinkChange, Publication, ScheduleEvent } from '../../../../simulators/schedule.ts';

const device = { deviceKind: 'noise', deviceId: 'n1' } as const;

function reading(at_ms: number, deviceId = 'n1'): Publication {
  const payload = { at: at_ms, leq_dba: 50 };
  return { kind: 'publish', at_ms, deviceKind: 'noise', deviceId, channel: 'reading', payload };
}

function link(at_ms: number, up: boolean): LinkChange {
  return { kind: 'link', at_ms, up, ...device };
}

it('bring messages later than they were sent, in order, those of one device in its own', () => {
  const sent = Array.from({ length: 600 }, (_none, index) => reading(index * 20, `n${index % 3}`));
  const came = [...arrivals(sent, 1)];
  expect(came.length).toBe(600);
  expect(came).toEqual([...arrivals(sent, 1)]);
  expect(came).not.toEqual([...arrivals(sent, 2)]);
  for (const [index, { received_ms }] of came.entries()) {
    expect(received_ms).toBeGreaterThanOrEqual(came[index - 1]?.received_ms ?? 0);
  }
  const at = (id: string): number[] =>
    came.flatMap(({ deviceId, payload }) =>
      deviceId === id ? [(JSON.parse(String(payload)) as { at: number }).at] : [],
    );
  for (const id of ['n0', 'n1', 'n2']) expect(at(id)).toEqual([...at(id)].sort((a, b) => a - b));
});

it('tell the last will of a device that stays away, and none of one that comes back soon', () => {
  const wills = (back_ms: number): number[] => {
    const events: ScheduleEvent[] = [
      link(0, true),
      link(10_000, false),
      link(back_ms, true),
      reading(200_000),
    ];
    return [...arrivals(events, 1)].flatMap(({ lastWill, received_ms }) => (lastWill ? [received_ms] : []));
  };
  expect(wills(120_000)).toEqual([55_000]);
  expect(wills(20_000)).toEqual([]);
});
