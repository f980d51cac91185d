import { createRandom, deriveSeed } from '../random.ts';
import type { ReceiverFault } from '../truck-receiver.ts';
import type { TruckEvent, TruckRun, TruckSpec } from '../trucks.ts';
import type { CityRun } from './city-schedule.ts';
import type { Scenario } from './scenario.ts';
import type { ScriptEntry } from './scenario-file.ts';

/** Faults that repeat are planned for so many times: longer runs have no need of more. */
const REPEATS_MAX = 200;

/** The trucks of a scenario, each with its script. */
export function truckSpecs(scenario: Scenario, run: CityRun): TruckSpec[] {
  const { load_s, tip_s, fleet } = scenario.file.trucks;
  const scripts = new Map<string, [entry: ScriptEntry, index: number][]>();
  for (const [index, entry] of scenario.file.script.entries()) {
    if ('truck' in entry) scripts.set(entry.truck, [...(scripts.get(entry.truck) ?? []), [entry, index]]);
  }
  return fleet.map((truck) => {
    const script = scripts.get(truck.id) ?? [];
    return {
      ...truck,
      start: scenario.node(truck.start),
      site: scenario.node(truck.site),
      disposal: scenario.node(truck.disposal),
      load_s,
      tip_s,
      events: script.flatMap(([entry, index]) => eventOf(scenario, entry, startOf_ms(scenario, run, index))),
      faults: script.flatMap(([entry, index]) => faultsOf(entry, startOf_ms(scenario, run, index))),
    };
  });
}

/** What all trucks of a run share. */
export function truckRun(scenario: Scenario, { start_ms, seed }: CityRun): TruckRun {
  const { file, map } = scenario;
  return { seed: seed ?? file.seed, start_ms, interval_ms: file.trucks.interval_s * 1_000, map };
}

/** When an entry of the script begins; with another seed than the file's own somewhat earlier or later. */
export function startOf_ms(scenario: Scenario, { start_ms, seed }: CityRun, index: number): number {
  const { script, seed: own } = scenario.file;
  const entry = script[index];
  if (entry === undefined) return start_ms;
  const isOwn = seed === undefined || seed === own;
  const shift_s = isOwn ? 0 : createRandom(deriveSeed(seed, 'begins', index)).between(-1, 1) * entry.vary_s;
  return start_ms + Math.round(Math.max(0, entry.at_s + shift_s)) * 1_000;
}

/** The stretches of time of an entry that may repeat. */
export function stretchesOf(
  entry: { readonly duration_s: number; readonly repeat_s?: number },
  begin_ms: number,
): { readonly from_ms: number; readonly to_ms: number }[] {
  const times = entry.repeat_s === undefined ? 1 : REPEATS_MAX;
  return Array.from({ length: times }, (_none, index) => {
    const from_ms = begin_ms + index * (entry.repeat_s ?? 0) * 1_000;
    return { from_ms, to_ms: from_ms + entry.duration_s * 1_000 };
  });
}

function eventOf(scenario: Scenario, entry: ScriptEntry, at_ms: number): TruckEvent[] {
  if (!('truck' in entry) || entry.kind === 'position-fault') return [];
  return [
    {
      kind: entry.kind,
      at_ms,
      duration_ms: 'duration_s' in entry ? entry.duration_s * 1_000 : 0,
      ...('place' in entry ? { node: scenario.node(entry.place) } : {}),
      ...('offset_m' in entry && entry.offset_m !== undefined ? { offset_m: entry.offset_m } : {}),
      ...('factor' in entry ? { factor: entry.factor } : {}),
      ...(entry.repeat_s === undefined ? {} : { repeat_ms: entry.repeat_s * 1_000 }),
    },
  ];
}

function faultsOf(entry: ScriptEntry, begin_ms: number): ReceiverFault[] {
  if (entry.kind !== 'position-fault') return [];
  return stretchesOf(entry, begin_ms).map((stretch) => ({ kind: entry.fault, ...stretch }));
}
