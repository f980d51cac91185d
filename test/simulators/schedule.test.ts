import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, deriveSeed, smoothNoise } from '../../simulators/random.ts';
import {
  BACKFILL_MAX,
  mergeSchedules,
  type Publication,
  type ScheduleEvent,
  until,
  withLink,
} from '../../simulators/schedule.ts';

const device = { deviceKind: 'noise', deviceId: 'n1' } as const;

function message(at_ms: number, deviceId = 'n1'): Publication {
  const payload = { at: at_ms, leq_dba: 50 };
  return { kind: 'publish', at_ms, deviceKind: 'noise', deviceId, channel: 'reading', payload };
}

function times(events: Iterable<ScheduleEvent>): number[] {
  return [...events].map(({ at_ms }) => at_ms);
}

describe('schedules', () => {
  it('merge in order of time, those of one time in order of the list', () => {
    const lists = fc.array(fc.array(fc.nat(50)), { maxLength: 8 });
    fc.assert(
      fc.property(lists, (given) => {
        const sorted = given.map((list, index) =>
          list.sort((a, b) => a - b).map((at) => message(at, `n${index}`)),
        );
        const wanted = sorted.flat().sort((a, b) => a.at_ms - b.at_ms);
        expect([...mergeSchedules(sorted)]).toEqual(wanted);
      }),
    );
  });

  it('end before the given time', () => {
    expect(
      times(
        until(
          [1, 2, 3, 4].map((at) => message(at)),
          3,
        ),
      ),
    ).toEqual([1, 2]);
  });

  it('connect first, and keep back what falls into an outage', () => {
    const messages = [0, 10, 20, 30, 40].map((at) => message(at));
    const events = [...withLink(device, messages, 0, [{ from_ms: 10, to_ms: 35 }])];
    const told = events.map((event) =>
      event.kind === 'link'
        ? `${event.at_ms} ${event.up ? 'up' : 'down'}`
        : `${event.at_ms} ${event.channel}`,
    );
    const before = ['0 up', '0 status', '0 reading', '10 down'];
    expect(told).toEqual([...before, '35 up', '35 status', '35 reading', '40 reading']);
    const backfill = events[6];
    expect(backfill).toMatchObject({ payload: [{ at: 10 }, { at: 20 }, { at: 30 }] });
  });

  it('cut a long backlog into messages that the contract allows, and lose none', () => {
    const messages = Array.from({ length: 1_202 }, (_none, index) => message(index));
    const events = [...withLink(device, messages, 0, [{ from_ms: 0, to_ms: 5_000 }])];
    const readings = events.flatMap((event) =>
      event.kind === 'publish' && event.channel === 'reading' ? [event] : [],
    );
    const sizes = readings.map(({ payload }) => [payload].flat().length);
    expect(sizes).toEqual([BACKFILL_MAX, BACKFILL_MAX, 202]);
    expect(readings.flatMap(({ payload }) => payload)).toEqual(messages.map(({ payload }) => payload));
  });
});

describe('chance', () => {
  it('is the same for the same seed and labels, and another for others', () => {
    const draw = (...labels: string[]): number[] => {
      const random = createRandom(deriveSeed(7, ...labels));
      return [random.next(), random.gauss(), random.between(3, 5)];
    };
    expect(draw('truck', 'a')).toEqual(draw('truck', 'a'));
    expect(draw('truck', 'a')).not.toEqual(draw('truck', 'b'));
    expect(draw('trucka')).not.toEqual(draw('truck', 'a'));
  });

  it('is spread evenly, and its noise is smooth', () => {
    const random = createRandom(1);
    const values = Array.from({ length: 20_000 }, () => random.gauss());
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
    for (let at_ms = 0; at_ms < 100_000; at_ms += 97) {
      expect(Math.abs(smoothNoise(3, at_ms + 1, 10_000) - smoothNoise(3, at_ms, 10_000))).toBeLessThan(0.001);
    }
  });
});
