import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/domain/finding.ts';
import type { Observation } from '../../src/domain/observation.ts';
import type { EngineOptions } from '../../src/rules/engine-options.ts';
import { engineOf, feedAll, fix, range, reading, START_MS, tick } from './support.ts';

const RULES = [
  { id: 'truck-stop', kind: 'truck-stop' },
  {
    id: 'dust',
    kind: 'threshold',
    type: 'dust-exceedance',
    device_kind: 'dust',
    metric: 'pm10_ug_m3',
    window_s: 300,
    expected_interval_s: 60,
    clear_s: 120,
    update_s: 300,
    limits: [{ limit: 150 }],
  },
];
const HOUR_S = 3600;

/** Two hours of a truck that stops and tips, and of a station with two exceedances, the second one still going on. */
const TRUCK = range(0, 2 * HOUR_S, 30).map((s) => {
  const stands = s >= 1800 && s < 3600;
  const lon = 113.1 + (stands ? 0 : (s < 1800 ? s - 1800 : s - 3600) * 1e-4);
  const lift = s >= 2400 && s < 2520;
  return fix(s, lon, 28.2, { speed_kmh: stands ? 0 : 35, lift, load: s < 2460 ? 'full' : 'empty' });
});
const STATION = range(0, 2 * HOUR_S, 60).map((s) =>
  reading(s, { pm10_ug_m3: (s >= 1200 && s < 3000) || s >= 6000 ? 220 : 60 }),
);

const engine = (options: Partial<EngineOptions> = {}) =>
  engineOf(RULES, {}, { lateness_ms: 2000, backlog_ms: HOUR_S * 1000, ...options });

function arriving(observations: readonly Observation[], at_s: (index: number) => number): Observation[] {
  return observations.map((one, index) => ({ ...one, received_ms: START_MS + at_s(index) * 1000 }));
}

/** What became of each incident: when it began and how it ended. */
function incidents(findings: readonly Finding[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { action, rule, key, onset_ms, at_ms, endReason } of findings) {
    if (action === 'update') continue;
    const name = `${rule.id} ${key} ${(onset_ms - START_MS) / 1000}`;
    const entry = found[name] ?? [];
    found[name] = entry;
    entry.push(action === 'open' ? 'open' : `end ${(at_ms - START_MS) / 1000} ${endReason}`);
  }
  return Object.fromEntries(Object.entries(found).sort());
}

function live(observations: readonly Observation[]): Record<string, string[]> {
  const input = observations.flatMap((one): Observation[] => [one, tick((one.at_ms - START_MS) / 1000 + 3)]);
  return incidents(feedAll(engine(), [...input, tick(2 * HOUR_S + 10)]));
}

describe.each([
  ['truck', TRUCK, 2],
  ['station', STATION, 2],
] as const)('the backlog of a %s', (_name, all, count) => {
  const expected = live(all);
  const first = all.filter(({ at_ms }) => at_ms < START_MS + 900_000);
  const gap = all.filter(({ at_ms }) => at_ms >= START_MS + 900_000 && at_ms < START_MS + 6_600_000);
  const after = all.filter(({ at_ms }) => at_ms >= START_MS + 6_600_000);
  const silence = range(900, 6600, 10).map(tick);

  it('is worth it', () => expect(Object.keys(expected)).toHaveLength(count));

  it('makes the same incidents where the device first says how it is now', () => {
    const now = after.slice(0, 1);
    const found = feedAll(engine(), [
      ...first.flatMap((one): Observation[] => [one, tick((one.at_ms - START_MS) / 1000 + 3)]),
      ...silence,
      ...now,
      ...range(6601, 6610).map(tick),
      ...arriving(gap, () => 6610),
      ...range(6611, 6640).map(tick),
      ...after.slice(1).flatMap((one): Observation[] => [one, tick((one.at_ms - START_MS) / 1000 + 3)]),
      tick(2 * HOUR_S + 10),
    ]);
    expect(incidents(found)).toEqual(expected);
  });

  it('makes them in any order of arrival, sent twice, among readings of now, and through restarts', () => {
    fc.assert(
      fc.property(
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.integer({ min: 1, max: 100 }),
        (stream, spread_s) => {
          const next = () => Number(stream.next().value);
          const shuffled = gap
            .flatMap((one) => (next() < 0.2 ? [one, one] : [one]))
            .map((one) => ({ one, order: next() }))
            .sort((a, b) => a.order - b.order);
          const late = shuffled.map(({ one }, index) => ({
            ...one,
            received_ms: START_MS + (6602 + (index / shuffled.length) * spread_s) * 1000,
          }));
          const input = [
            ...first.flatMap((one): Observation[] => [one, tick((one.at_ms - START_MS) / 1000 + 3)]),
            ...silence,
            ...[...after, ...late, ...range(6601, 2 * HOUR_S + 600, 5).map(tick)].sort(
              (a, b) => a.received_ms - b.received_ms,
            ),
          ];
          const whole = feedAll(engine(), input);
          // Incidents that were told too early are ended with the reason; the others are those that were live.
          const found = Object.entries(incidents(whole)).filter(
            ([, story]) => !story.some((word) => word.includes('came later')),
          );
          expect(Object.fromEntries(found)).toEqual(expected);
          const cut = Math.floor(next() * input.length);
          const before = engine();
          const parts = feedAll(before, input.slice(0, cut));
          const restored = engine();
          restored.restore(JSON.parse(JSON.stringify(before.snapshot())));
          parts.push(...feedAll(restored, input.slice(cut)));
          expect(JSON.stringify(parts)).toBe(JSON.stringify(whole));
        },
      ),
      { numRuns: 15, seed: 5 },
    );
  });

  it('of a device never heard before counts too', () => {
    const [now] = after;
    if (now === undefined) throw new Error('nothing after the gap');
    const found = feedAll(engine(), [
      now,
      tick(6605),
      ...arriving([...first, ...gap], () => 6606),
      tick(6612),
      ...after.slice(1).flatMap((one): Observation[] => [one, tick((one.at_ms - START_MS) / 1000 + 3)]),
      tick(2 * HOUR_S + 10),
    ]);
    expect(incidents(found)).toEqual(expected);
  });

  it('is late once it was waited for long enough, or where too much is remembered', () => {
    const wait_s = 2 * HOUR_S;
    const late = [...arriving(gap, () => 6600 + wait_s), tick(6610 + wait_s)];
    const bounded = engine({ backlog_readings_max: 5 });
    for (const one of [engine(), bounded]) {
      feedAll(one, [...first, ...silence, ...after]);
      if (one !== bounded) feedAll(one, range(6600, 6600 + wait_s, 60).map(tick));
      feedAll(one, late);
      expect(one.stats()).toMatchObject({ late: gap.length, caughtUp: 0 });
    }
  });
});

it('evaluates a backlog longer than what is remembered at once, oldest first', () => {
  const small = engine({ held_per_device_max: 40 });
  const now = reading(2 * HOUR_S, { pm10_ug_m3: 60 });
  const parts = range(0, STATION.length, 20).map((from) => STATION.slice(from, from + 20));
  const found = feedAll(small, [
    now,
    tick(2 * HOUR_S + 5),
    ...parts.flatMap((part, index) => {
      const at_s = 2 * HOUR_S + 10 + index * 10;
      return [...arriving(part, () => at_s), tick(at_s + 6)];
    }),
  ]);
  const expected = live(STATION);
  expect(Object.keys(incidents(found)).filter((name) => name in expected)).toHaveLength(2);
  expect(small.stats()).toMatchObject({ late: 0, caughtUp: STATION.length });
});

it('takes what comes late after a short outage too, where the device said that it is back', () => {
  // A truck tips within half a minute without a connection, and tells of it after it has told how it is now.
  const all = range(0, 300, 10).map((s) =>
    fix(s, 113.1, 28.2, { speed_kmh: 0, lift: s >= 110 && s < 130, load: 'full' }),
  );
  const cut = all.slice(11, 14);
  const back: Observation = {
    ...{ kind: 'status', deviceKind: 'truck', deviceId: all[0]?.deviceId ?? '', online: true },
    ...{ at_ms: START_MS + 135_000, received_ms: START_MS + 135_000 },
  };
  const arrive = (given: readonly Observation[], by: readonly Observation[]): Observation[] => [
    ...all.slice(0, 11).flatMap((one, n) => [one, tick(n * 10 + 3)]),
    ...by,
    ...all.slice(14, 16).flatMap((one, n) => [one, tick(143 + n * 10)]),
    ...arriving(given, () => 155),
    ...all.slice(16).flatMap((one, n) => [one, tick(163 + n * 10)]),
  ];
  const expected = live(all);
  expect(Object.keys(expected)).toHaveLength(1);
  // What it sent when it was heard first is waited for no more by then.
  const told = engine({ backlog_ms: 60_000 });
  expect(incidents(feedAll(told, [...arrive(cut, [back]), tick(2 * HOUR_S + 10)]))).toEqual(expected);
  expect([told.stats().late, told.stats().caughtUp]).toEqual([0, 3]);
  const untold = engine({ backlog_ms: 60_000 });
  feedAll(untold, arrive(cut, []));
  expect(untold.stats().late).toBe(3);
});
