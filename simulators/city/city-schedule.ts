import type { Episode } from '../episodes.ts';
import { mergeSchedules, type Outage, type Schedule, type ScheduleEvent, withLink } from '../schedule.ts';
import { stationReadings } from '../sensors.ts';
import { type TruckEvent, truckPositions } from '../trucks.ts';
import type { Scenario } from './scenario.ts';
import type { ScriptEntry } from './scenario-file.ts';

/** Which run of a scenario. */
export interface CityRun {
  /** Simulated time of the scenario's second 0. */
  readonly start_ms: number;
  /** Instead of the scenario's own. */
  readonly seed?: number;
}

/** An outage that repeats is planned for a day ahead: longer runs have no need of more. */
const OUTAGES_MAX = 200;

/** Everything that the trucks and stations of a city publish, endlessly, in order of time. Pure. */
export function citySchedule(scenario: Scenario, run: CityRun): Generator<ScheduleEvent> {
  return mergeSchedules([...truckSchedules(scenario, run), ...stationSchedules(scenario, run)]);
}

function truckSchedules(scenario: Scenario, { start_ms, seed }: CityRun): Schedule[] {
  const { file, map } = scenario;
  const { fleet, interval_s, load_s, tip_s } = file.trucks;
  const run = { seed: seed ?? file.seed, start_ms, interval_ms: interval_s * 1_000, map };
  return fleet.map((truck) => {
    const spec = {
      ...truck,
      start: scenario.node(truck.start),
      site: scenario.node(truck.site),
      disposal: scenario.node(truck.disposal),
      load_s,
      tip_s,
      events: truckEvents(scenario, truck.id, start_ms),
    };
    const device = { deviceKind: 'truck', deviceId: truck.id } as const;
    return withLink(device, truckPositions(spec, run), start_ms, outagesOf(scenario, truck.id, start_ms));
  });
}

function stationSchedules(scenario: Scenario, { start_ms, seed }: CityRun): Schedule[] {
  const { file } = scenario;
  const { calibration_hour } = file.stations;
  const run = {
    ...(calibration_hour === undefined ? {} : { calibrationHour: calibration_hour }),
    seed: seed ?? file.seed,
    utcOffset_h: file.utc_offset_h,
    start_ms,
    interval_ms: file.stations.interval_s * 1_000,
    episodes: file.script.flatMap((entry) => episodeOf(scenario, entry, start_ms)),
  };
  return file.stations.list.map((station) => {
    const device = { deviceKind: station.kind, deviceId: station.id };
    return withLink(
      device,
      stationReadings(station, run),
      start_ms,
      outagesOf(scenario, station.id, start_ms),
    );
  });
}

function truckEvents(scenario: Scenario, truck: string, start_ms: number): TruckEvent[] {
  return scenario.file.script.flatMap((entry) => {
    if (!('truck' in entry) || entry.truck !== truck) return [];
    const node = 'place' in entry ? { node: scenario.node(entry.place) } : {};
    const repeat = entry.repeat_s === undefined ? {} : { repeat_ms: entry.repeat_s * 1_000 };
    const at_ms = start_ms + entry.at_s * 1_000;
    return [{ kind: entry.kind, at_ms, duration_ms: entry.duration_s * 1_000, ...node, ...repeat }];
  });
}

function episodeOf(scenario: Scenario, entry: ScriptEntry, start_ms: number): Episode[] {
  if (entry.kind !== 'dust-plume' && entry.kind !== 'noise-work') return [];
  const timed = {
    at: scenario.locate(entry.place),
    from_ms: start_ms + entry.at_s * 1_000,
    duration_ms: entry.duration_s * 1_000,
    ...(entry.repeat_s === undefined ? {} : { repeat_ms: entry.repeat_s * 1_000 }),
  };
  if (entry.kind === 'dust-plume') return [{ kind: entry.kind, ...timed, peak_ug_m3: entry.peak_ug_m3 }];
  return [{ kind: entry.kind, ...timed, level_dba: entry.level_dba }];
}

function outagesOf(scenario: Scenario, device: string, start_ms: number): Outage[] {
  return scenario.file.script.flatMap((entry) => {
    if (entry.kind !== 'offline' || entry.device !== device) return [];
    const times = entry.repeat_s === undefined ? 1 : OUTAGES_MAX;
    return Array.from({ length: times }, (_none, index) => {
      const from_ms = start_ms + (entry.at_s + index * (entry.repeat_s ?? 0)) * 1_000;
      return { from_ms, to_ms: from_ms + entry.duration_s * 1_000 };
    });
  });
}
