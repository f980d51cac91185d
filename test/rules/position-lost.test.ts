import { describe, expect, it } from 'vitest';
import type { Observation, PositionObservation, StatusObservation } from '../../src/domain/observation.ts';
import { engineOf, feedAll, fix, range, START_MS, story, tick } from './support.ts';

const RULE = { id: 'position-lost', kind: 'position-lost' };
const DEVICES = [{ id: 'truck-1', kind: 'truck', plate: '湘A12345' }] as const;
type Fields = Partial<PositionObservation>;

/** A position each ten seconds; the truck moves where it has satellites. */
const drive = (to_s: number, fields: (second: number) => Fields, from_s = 0): PositionObservation[] =>
  range(from_s, to_s, 10).map((second) => fix(second, 113, 28.2, { acc: true, ...fields(second) }));
const lostFrom =
  (from_s: number, to_s: number, lost: Fields = { satellites: 0 }, good: Fields = { satellites: 11 }) =>
  (second: number): Fields =>
    second >= from_s && second < to_s ? lost : good;
const run = (observations: readonly Observation[], rule = {}) =>
  feedAll(engineOf([{ ...RULE, ...rule }], { devices: DEVICES }), observations);
/** A JT/T 808 terminal without a fix. */
const unpositioned = (second: number, extra: Record<string, unknown> = {}): StatusObservation => {
  const at_ms = START_MS + second * 1000;
  const common = { deviceId: 'truck-1', at_ms, received_ms: at_ms, online: true };
  return { kind: 'status', deviceKind: 'truck', ...common, extra: { position: 'none', acc: true, ...extra } };
};

describe('a truck that does not know where it is', () => {
  it('is an incident after two minutes, until it has known for half a minute', () => {
    const found = run(drive(600, lostFrom(100, 400)));
    expect(story(found)).toBe('open@220 end@430');
    expect(found[0]).toMatchObject({
      type: 'position-lost',
      onset_ms: START_MS + 100_000,
      place: { lon: 113, lat: 28.2 },
      subject: { deviceId: 'truck-1', plate: '湘A12345' },
      missing: [{ modality: 'gps', reason: '0 satellites' }],
    });
    expect(found.at(-1)?.measures.lasted_s).toBe(290);
  });

  it('says so over JT/T 808 by locations without a position', () => {
    const before = drive(100, () => ({}));
    const lost = range(100, 400, 10).map((second) => unpositioned(second));
    const after = drive(600, () => ({}), 400);
    const found = run([...before, ...lost, ...after]);
    expect(story(found)).toBe('open@220 end@430');
    expect(found[0]?.measures.reason).toBe('no position fix');
    // One that was never seen to know has no place yet.
    expect(run(lost)[0]?.place).toEqual({ lon: 0, lat: 0 });
  });

  it('says so by an alarm, where it does not count satellites', () => {
    const alarm = { alarms: ['gnss-antenna-open'] };
    expect(story(run(drive(600, lostFrom(100, 400, alarm, {}))))).toBe('open@220 end@430');
    // Who sees satellites is believed more than an alarm that was never taken back.
    expect(run(drive(600, () => ({ satellites: 9, ...alarm })))).toEqual([]);
    expect(run(drive(600, () => ({ satellites: 0 })))).toEqual([]);
  });

  it('is none in a tunnel, in a garage, or where something else is said', () => {
    expect(run(drive(600, lostFrom(100, 210)))).toEqual([]);
    expect(run(drive(600, lostFrom(100, 400, { satellites: 0, acc: false })))).toEqual([]);
    expect(
      story(run(drive(600, lostFrom(100, 400, { satellites: 0, acc: false })), { parked_counts: true })),
    ).toBe('open@220 end@430');
    const words = range(0, 600, 10).map((second) => unpositioned(second, { position: undefined }));
    expect(run(words)).toEqual([]);
  });

  it('goes on while it lasts, over a moment with a position, and is given up in the end', () => {
    const flicker = (second: number): Fields =>
      second >= 100 && second % 300 !== 0 ? { satellites: 0 } : { satellites: 7 };
    const found = run([...drive(1800, flicker), ...range(1800, 6000, 60).map(tick)], { give_up_s: 3600 });
    expect(story(found)).toBe('open@220 update@820 update@1420 end@5400');
    expect(found.at(-1)?.endReason).toMatch(/given up/);
  });

  it('bears a restart in the middle', () => {
    const all = drive(600, lostFrom(100, 400));
    const make = () => engineOf([RULE], { devices: DEVICES });
    const [first, second] = [make(), make()];
    const found = feedAll(first, all.slice(0, 30));
    second.restore(JSON.parse(JSON.stringify(first.snapshot())));
    expect([...found, ...feedAll(second, all.slice(30))]).toEqual(feedAll(make(), all));
  });
});
