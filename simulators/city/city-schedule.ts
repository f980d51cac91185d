import { mergeSchedules, type Outage, type Schedule, type ScheduleEvent, withLink } from '../schedule.ts';
import { stationReadings } from '../sensors.ts';
import { truckPositions } from '../trucks.ts';
import type { Scenario } from './scenario.ts';
import { sensorRun, stationSpecs } from './station-specs.ts';
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

function stationSchedules(scenario: Scenario, run: CityRun): Schedule[] {
  const shared = sensorRun(scenario, run);
  return stationSpecs(scenario, run).map((station) => {
    const device = { deviceKind: station.kind, deviceId: station.id };
    const outages = outagesOf(scenario, station.id, run);
    return withLink(device, stationReadings(station, shared), run.start_ms, outages);
  });
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
