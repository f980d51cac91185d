import type { Episode } from '../episodes.ts';
import { mergeSchedules, type Outage, type Schedule, type ScheduleEvent, withLink } from '../schedule.ts';
import { stationReadings } from '../sensors.ts';
import { truckPositions } from '../trucks.ts';
import type { Scenario } from './scenario.ts';
import type { ScriptEntry } from './scenario-file.ts';
import { startOf_ms, stretchesOf, truckRun, truckSpecs } from './truck-specs.ts';

/** Which run of a scenario. */
export interface CityRun {
  /** Simulated time of the scenario's second 0. */
  readonly start_ms: number;
  /** Instead of the scenario's own. */
  readonly seed?: number;
}

/** Everything that the trucks and stations of a city publish, endlessly, in order of time. Pure. */
export function citySchedule(scenario: Scenario, run: CityRun): Generator<ScheduleEvent> {
  return mergeSchedules([...truckSchedules(scenario, run), ...stationSchedules(scenario, run)]);
}

function truckSchedules(scenario: Scenario, run: CityRun): Schedule[] {
  const shared = truckRun(scenario, run);
  return truckSpecs(scenario, run).map((spec) => {
    const device = { deviceKind: 'truck', deviceId: spec.id } as const;
    return withLink(device, truckPositions(spec, shared), run.start_ms, outagesOf(scenario, spec.id, run));
  });
}

function stationSchedules(scenario: Scenario, cityRun: CityRun): Schedule[] {
  const { file } = scenario;
  const { start_ms, seed } = cityRun;
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
      outagesOf(scenario, station.id, cityRun),
    );
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

function outagesOf(scenario: Scenario, device: string, run: CityRun): Outage[] {
  return scenario.file.script.flatMap((entry, index) =>
    entry.kind === 'offline' && entry.device === device
      ? stretchesOf(entry, startOf_ms(scenario, run, index)).map((stretch) => ({
          ...stretch,
          backfill: entry.backfill,
        }))
      : [],
  );
}
