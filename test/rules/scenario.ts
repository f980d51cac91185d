import fc from 'fast-check';
import type { Observation } from '../../src/domain/observation.ts';
import { box, cameraZone, fix, frame, mapZone, reading, tick } from './support.ts';

/** Rules with short times, one of each kind and two of one, so that a short input makes many findings. */
export const SCENARIO_RULES = [
  {
    id: 'garbage',
    kind: 'zone-dwell',
    type: 'exposed-garbage',
    zone_kinds: ['street'],
    any_of: [['garbage'], ['umbrella', 'person']],
    dwell_s: { arterial: 5, secondary: 5, lane: 5 },
    clear_s: 4,
    silent_s: 10,
    update_s: 6,
    give_up_s: 40,
  },
  {
    id: 'dust',
    kind: 'threshold',
    type: 'dust-exceedance',
    device_kind: 'dust',
    metric: 'pm10_ug_m3',
    window_s: 10,
    expected_interval_s: 1,
    min_valid_share: 0.3,
    limits: [{ limit: 100, clear_limit: 80 }],
    clear_s: 3,
    silent_s: 8,
    update_s: 6,
    give_up_s: 40,
  },
  {
    id: 'trucks',
    kind: 'truck-stop',
    radius_m: 30,
    silent_s: 10,
    give_up_s: 40,
    update_s: 6,
    stop: { dwell_s: 6 },
    dumping: { confirm_s: 1 },
  },
];

export const SCENARIO_WORLD = {
  cameraZones: [cameraZone()],
  mapZones: [mapZone('site', 'site', 113.2, 28.2)],
  devices: [{ id: 'dust-1', kind: 'dust' as const, lon: 113.1, lat: 28.2 }],
};

/** What may happen in one second; late and doubled readings, silence and flickering included. */
const SECOND = fc.record({
  heaps: fc.option(fc.array(fc.constantFrom(0.2, 0.5, 0.51, 0.8), { maxLength: 3 }), {
    nil: undefined,
    freq: 8,
  }),
  dust: fc.option(fc.integer({ min: 0, max: 250 }), { nil: undefined, freq: 6 }),
  flag: fc.constantFrom(undefined, undefined, undefined, 'N' as const, 'D' as const),
  moves: fc.option(fc.constantFrom(0, 0, 0, 0.0001, 0.01, 5), { nil: undefined, freq: 6 }),
  lift: fc.constantFrom(undefined, false, true, true),
  load: fc.constantFrom(undefined, 'full' as const, 'empty' as const),
  behind_s: fc.constantFrom(0, 0, 0, 0, 1, 3, 20),
  twice: fc.boolean(),
});
type Second = typeof SECOND extends fc.Arbitrary<infer T> ? T : never;

/** Inputs of up to two minutes, in the order of their arrival, with a tick each second. */
export const SCENARIO: fc.Arbitrary<Observation[]> = fc
  .array(fc.record({ second: SECOND, times: fc.integer({ min: 1, max: 12 }) }), {
    minLength: 2,
    maxLength: 20,
  })
  .map((stretches) => {
    const observations: Observation[] = [];
    let at_s = 0;
    let lon = 113.1;
    for (const { second, times } of stretches) {
      for (let i = 0; i < times; i += 1) {
        lon += second.moves === 5 ? 0 : (second.moves ?? 0);
        observations.push(...happening(at_s, lon, second, i), tick(at_s + 0.999));
        at_s += 1;
      }
    }
    for (let i = 0; i < 60; i += 5) observations.push(tick(at_s + i));
    return observations;
  });

function happening(at_s: number, lon: number, second: Second, n: number): Observation[] {
  const found: Observation[] = [];
  const late = { received_ms: tick(at_s).received_ms };
  const seen_s = Math.max(0, at_s - (n % 3 === 0 ? second.behind_s : 0));
  if (second.heaps !== undefined) {
    found.push(
      frame(
        at_s,
        second.heaps.map((x) => box(x === 0.8 ? 'person' : 'garbage', x, 0.6)),
      ),
    );
  }
  if (second.dust !== undefined) {
    const more = second.flag === undefined ? late : { ...late, flag: second.flag };
    found.push(reading(seen_s, { pm10_ug_m3: second.dust }, more));
  }
  if (second.moves !== undefined) {
    found.push(
      fix(seen_s, second.moves === 5 && n === 0 ? lon + 5 : lon, 28.2, {
        ...late,
        ...(second.lift === undefined ? {} : { lift: second.lift }),
        ...(second.load === undefined ? {} : { load: second.load }),
      }),
    );
  }
  return second.twice ? [...found, ...found] : found;
}
