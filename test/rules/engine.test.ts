import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/domain/finding.ts';
import type { Observation } from '../../src/domain/observation.ts';
import { RuleEngine } from '../../src/rules/engine.ts';
import type { Rule } from '../../src/rules/rule.ts';
import { SCENARIO, SCENARIO_RULES, SCENARIO_WORLD } from './scenario.ts';
import {
  box,
  cameraZone,
  engineOf,
  feedAll,
  fix,
  frame,
  range,
  reading,
  START_MS,
  story,
  tick,
} from './support.ts';

/** A rule that tells what it sees, and wakes a second after. */
function echo(
  options: Partial<Rule<{ seen: number[]; woken: number[] }>> = {},
): Rule<{ seen: number[]; woken: number[] }> {
  return {
    id: 'echo',
    version: '1',
    kinds: ['position', 'reading', 'detections'],
    keyOf: ({ deviceId }) => deviceId,
    initial: () => ({ seen: [], woken: [] }),
    observe: (state, { at_ms }) => {
      state.seen.push((at_ms - START_MS) / 1000);
      return [];
    },
    advance: (state, now_ms) => {
      state.woken.push((now_ms - START_MS) / 1000);
      return [];
    },
    wakeAt_ms: () => undefined,
    ...options,
  };
}

interface EchoSnapshot {
  readonly rules: readonly [
    { readonly cells: readonly (readonly [string, number, number, { seen: number[]; woken: number[] }])[] },
  ];
}

function echoed(engine: RuleEngine, key = 'truck-1'): { seen: number[]; woken: number[] } | undefined {
  return (engine.snapshot() as unknown as EchoSnapshot).rules[0].cells.find(([name]) => name === key)?.[3];
}

const at = (at_s: number, received_s = at_s, deviceId = 'truck-1') =>
  fix(at_s, 113, 28, { received_ms: START_MS + received_s * 1000, deviceId });

describe('ordering', () => {
  const ordered = (options = {}) => new RuleEngine([echo()], { lateness_ms: 5000, ...options });

  it('brings what is late by less than the lateness into order', () => {
    const engine = ordered();
    feedAll(engine, [at(10), at(8, 11), at(9, 12), at(11, 13), tick(20)]);
    expect(echoed(engine)?.seen).toEqual([8, 9, 10, 11]);
    expect(engine.stats()).toMatchObject({ late: 0, duplicate: 0, held: 0 });
  });

  it('holds by arrival, so that a backlog is let go as it came', () => {
    const engine = ordered();
    feedAll(engine, [at(0, 3600), at(1, 3600), at(2, 3601), tick(3604)]);
    expect(echoed(engine)).toBeUndefined();
    engine.feed(tick(3605));
    expect(echoed(engine)?.seen).toEqual([0, 1]);
    // Not a tick alone: whatever arrives tells the time.
    engine.feed(at(50, 3606, 'truck-2'));
    expect(echoed(engine)?.seen).toEqual([0, 1, 2]);
  });

  it('counts what is later still, and what came twice', () => {
    const engine = ordered();
    feedAll(engine, [
      at(10),
      at(10, 11),
      at(12, 12),
      tick(16),
      at(3, 17),
      at(10, 18),
      tick(30),
      at(12, 31),
      tick(40),
    ]);
    expect(echoed(engine)?.seen).toEqual([10, 12]);
    expect(engine.stats()).toMatchObject({ late: 2, duplicate: 2 });
  });

  it('takes two parts of one instant for two parts', () => {
    const engine = ordered();
    feedAll(engine, [
      reading(1, { pm10_ug_m3: 1 }),
      reading(1, { temperature_c: 1 }),
      reading(1, { pm10_ug_m3: 1 }),
      tick(10),
      reading(1, { humidity_pct: 1 }),
      reading(1, { temperature_c: 1 }),
      tick(20),
    ]);
    expect(echoed(engine, 'dust-1')?.seen).toEqual([1, 1, 1]);
    expect(engine.stats()).toMatchObject({ late: 0, duplicate: 2 });
  });

  it('refuses times from a clock that is ahead, which would make all that follows late', () => {
    const engine = ordered();
    feedAll(engine, [at(86_400, 1), at(2), at(3), tick(10)]);
    expect(echoed(engine)?.seen).toEqual([2, 3]);
    expect(engine.stats().future).toBe(1);
  });

  it('does not hold detections', () => {
    const engine = ordered();
    engine.feed(frame(1, []));
    expect(echoed(engine, 'cam-1')?.seen).toEqual([1]);
  });

  it('lets the oldest go early where a device holds too many', () => {
    const engine = ordered({ held_per_device_max: 3 });
    feedAll(engine, [at(5), at(4, 5), at(3, 5), at(2, 5), at(1, 5)]);
    expect(echoed(engine)?.seen).toEqual([2]);
    expect(engine.stats()).toMatchObject({ held: 3, late: 1 });
  });

  it('bounds devices and keys, and counts what it does not evaluate', () => {
    const engine = ordered({ devices_max: 2, keys_per_rule_max: 1 });
    feedAll(engine, [at(1, 1, 'a'), at(1, 1, 'b'), at(1, 1, 'c'), tick(10)]);
    expect(engine.stats()).toMatchObject({ refused: 1, refusedKeys: 1, evaluations: 1, keys: 1 });
  });

  it('goes on when the clock of the gateway was set back', () => {
    const engine = ordered();
    feedAll(engine, [at(1, 7200), tick(7200), tick(3600), at(2, 3601), tick(3607)]);
    expect(echoed(engine)?.seen).toEqual([1, 2]);
  });
});

describe('time', () => {
  it('wakes a key by its own time, on ticks alone', () => {
    const engine = new RuleEngine(
      [echo({ wakeAt_ms: ({ seen }) => START_MS + ((seen.at(-1) ?? 0) + 30) * 1000 })],
      {
        lateness_ms: 0,
      },
    );
    feedAll(engine, [at(0), at(5, 8, 'truck-2'), tick(29), at(31, 31, 'truck-3')]);
    expect(echoed(engine)?.woken).toEqual([]);
    engine.feed(tick(33));
    expect(echoed(engine)?.woken).toEqual([33]);
    expect(echoed(engine, 'truck-2')?.woken).toEqual([]);
    // What truck 2 said at 5 arrived at 8: it is three seconds behind.
    engine.feed(tick(38));
    expect(echoed(engine, 'truck-2')?.woken).toEqual([35]);
  });

  it('does not cut off a backlog by the time that it is now', () => {
    const engine = new RuleEngine(
      [echo({ wakeAt_ms: ({ seen }) => START_MS + ((seen.at(-1) ?? 0) + 30) * 1000 })],
      {
        lateness_ms: 0,
      },
    );
    feedAll(
      engine,
      range(0, 600, 10).flatMap((s): Observation[] => [at(s, 7200 + s / 60), tick(7200 + s / 60)]),
    );
    expect(echoed(engine)?.woken).toEqual([]);
    feedAll(engine, [tick(7230)]);
    expect(echoed(engine)?.woken).toEqual([]);
    feedAll(engine, [tick(7240)]);
    expect(echoed(engine)?.woken).toHaveLength(1);
  });

  it('starts a key anew whose rule threw, tells of it, and goes on with the others', () => {
    const faults: string[] = [];
    const broken = echo({
      id: 'broken',
      observe: (state, { at_ms }) => {
        if (at_ms === START_MS + 2000) throw new Error('a bug');
        state.seen.push(at_ms);
        return [];
      },
    });
    const engine = new RuleEngine([echo(), broken], {
      lateness_ms: 0,
      onFault: ({ ruleId, key }) => faults.push(`${ruleId} ${key}`),
    });
    feedAll(engine, [at(1), at(2), at(3)]);
    expect(faults).toEqual(['broken truck-1']);
    expect(engine.stats().faults).toBe(1);
    expect(echoed(engine)?.seen).toEqual([1, 2, 3]);
  });
});

describe('a truck that sends its last hour when it is back', () => {
  const hour = range(0, 3600, 15).map((s) => {
    const stands = s >= 900 && s < 2400;
    const lon = 113.1 + (s < 900 ? s - 900 : stands ? 0 : s - 2400) * 1e-4;
    return fix(s, lon, 28.2, {
      speed_kmh: stands ? 0 : 35,
      lift: s >= 1800 && s < 1860,
      load: s < 1830 ? 'full' : 'empty',
    });
  });
  const rule = [{ id: 'truck-stop', kind: 'truck-stop' }];
  /** Opened and ended, with all that tells of it; how often it was updated between may differ by silence. */
  const outcome = (findings: readonly Finding[]) =>
    findings.filter(({ action }) => action !== 'update').map((finding) => JSON.stringify(finding));

  const live = engineOf(rule, {}, { lateness_ms: 2000 });
  const wasLive = feedAll(live, [
    ...hour.flatMap((o): Observation[] => [o, tick((o.at_ms - START_MS) / 1000 + 5)]),
    tick(3700),
  ]);

  it.each([
    ['all at once', 0],
    ['a minute of it each second', 1 / 60],
    ['as fast as it was, an hour later', 1],
  ])('makes the same incidents: %s', (_what, pace) => {
    const engine = engineOf(rule, {}, { lateness_ms: 2000 });
    const late = hour.flatMap((observation): Observation[] => {
      const received_s = 3600 + ((observation.at_ms - START_MS) / 1000) * pace;
      return [{ ...observation, received_ms: START_MS + received_s * 1000 }, tick(received_s)];
    });
    const found = feedAll(engine, [
      ...range(0, 3600, 10).map(tick),
      ...late,
      tick(3600 + 3700 * pace),
      tick(7400),
    ]);
    expect(outcome(found)).toEqual(outcome(wasLive));
    expect(outcome(found)).toHaveLength(4);
  });

  it('makes the same incidents where it went silent in the middle of one', () => {
    const engine = engineOf(rule, {}, { lateness_ms: 2000 });
    const cut_s = 1800;
    const found = feedAll(engine, [
      ...hour.filter((o) => o.at_ms < START_MS + cut_s * 1000),
      ...range(cut_s, 3600, 5).map(tick),
      ...hour
        .filter((o) => o.at_ms >= START_MS + cut_s * 1000)
        .map((o) => ({ ...o, received_ms: START_MS + 3_600_000 })),
      tick(3610),
    ]);
    expect(outcome(found)).toEqual(outcome(wasLive));
    const silent = found.find(({ missing }) => missing.some(({ reason }) => reason === 'no position'));
    expect(silent?.action).toBe('update');
  });
});

describe('snapshots', () => {
  it('the scenarios are worth feeding: every kind of finding comes up', () => {
    const seen = new Set<string>();
    for (const input of fc.sample(SCENARIO, { numRuns: 60, seed: 7 })) {
      for (const { type, action } of feedAll(
        engineOf(SCENARIO_RULES, SCENARIO_WORLD, { lateness_ms: 2000 }),
        input,
      )) {
        seen.add(`${action} ${type}`);
      }
    }
    const types = ['dust-exceedance', 'exposed-garbage', 'illegal-dumping', 'truck-suspicious-stop'];
    expect([...seen].sort()).toEqual(['end', 'open', 'update'].flatMap((a) => types.map((t) => `${a} ${t}`)));
  });

  it('give the same findings, byte for byte, as an engine that was never interrupted', () => {
    fc.assert(
      fc.property(
        SCENARIO,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 3 }),
        (input, cuts) => {
          const fresh = () => engineOf(SCENARIO_RULES, SCENARIO_WORLD, { lateness_ms: 2000 });
          const whole = feedAll(fresh(), input);
          let engine = fresh();
          const ends = cuts.map((cut) => Math.floor(cut * input.length)).sort((a, b) => a - b);
          const parts: Finding[] = [];
          let from = 0;
          for (const end of [...ends, input.length]) {
            parts.push(...feedAll(engine, input.slice(from, end)));
            const saved = JSON.stringify(engine.snapshot());
            engine = fresh();
            engine.restore(JSON.parse(saved));
            expect(JSON.stringify(engine.snapshot())).toBe(saved);
            from = end;
          }
          expect(JSON.stringify(parts)).toBe(JSON.stringify(whole));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('never give an incident without its opening, nor a second of the same name', () => {
    fc.assert(
      fc.property(SCENARIO, (input) => {
        const open = new Set<string>();
        const over = new Set<string>();
        for (const { rule, key, onset_ms, action } of feedAll(
          engineOf(SCENARIO_RULES, SCENARIO_WORLD, { lateness_ms: 2000 }),
          input,
        )) {
          const name = `${rule.id} ${key} ${onset_ms}`;
          expect(over.has(name)).toBe(false);
          expect(open.has(name)).toBe(action !== 'open');
          open.add(name);
          if (action === 'end') over.add(name);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('drop the states of rules that have changed, and keep the others', () => {
    const before = engineOf(SCENARIO_RULES, SCENARIO_WORLD);
    const input = range(0, 8).flatMap((s) => [
      frame(s, [box('garbage', 0.5, 0.6)]),
      reading(s, { pm10_ug_m3: 200 }),
    ]);
    expect(story(feedAll(before, input))).toBe('open@2 open@5');
    const [garbage, dust, trucks] = SCENARIO_RULES;
    const after = engineOf([{ ...garbage, min_score: 0.6 }, { ...dust }, { ...trucks }], SCENARIO_WORLD);
    after.restore(JSON.parse(JSON.stringify(before.snapshot())));
    const found = feedAll(
      after,
      range(8, 15).flatMap((s) => [frame(s, [box('garbage', 0.5, 0.6)]), reading(s, { pm10_ug_m3: 200 })]),
    );
    expect(found.map(({ type, action }) => `${action} ${type}`)).toEqual([
      'update dust-exceedance',
      'open exposed-garbage',
      'update dust-exceedance',
    ]);
  });

  it('do not depend on the order of keys in the configuration', () => {
    const zone = { cameraZones: [cameraZone()] };
    const [rule] = SCENARIO_RULES;
    const turned = Object.fromEntries(Object.entries(rule ?? {}).reverse());
    expect(engineOf([turned], zone).rules[0]?.version).toBe(engineOf([rule ?? {}], zone).rules[0]?.version);
  });

  it('refuse what is no snapshot', () => {
    expect(() => engineOf([]).restore({ format: 2 })).toThrow(/format/);
    expect(() => engineOf([]).restore(null)).toThrow(/format/);
  });
});
