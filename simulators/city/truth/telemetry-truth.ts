import type { IncidentLabel } from '../../../src/domain/recording.ts';
import type { CityRun } from '../city-schedule.ts';
import type { Scenario } from '../scenario.ts';
import { deviceTruth } from './device-truth.ts';
import { stationTruth } from './station-truth.ts';
import { truckTruth } from './truck-truth.ts';

/** What truly happened, and what only looks like it. */
export interface Truth {
  readonly incidents: readonly IncidentLabel[];
  readonly decoys: readonly IncidentLabel[];
}

/** Types that the telemetry's truth is complete for. */
export const TELEMETRY_TYPES: readonly string[] = [
  'illegal-dumping',
  'truck-suspicious-stop',
  'truck-uncovered-load',
  'truck-off-route',
  'truck-restricted-area',
  'truck-overspeed',
  'dust-exceedance',
  'noise-exceedance',
  'device-offline',
  'sensor-flatline',
  'sensor-drift',
  'position-lost',
];

/**
 * The truth of a run for trucks and stations, over the scenario's duration: from how the trucks really moved and what
 * was really in the air, held against the scenario's `truth`; not from what was scripted. Pure.
 */
export function telemetryTruth(scenario: Scenario, run: CityRun): Truth {
  const parts = [truckTruth(scenario, run), stationTruth(scenario, run), deviceTruth(scenario, run)];
  return {
    incidents: parts.flatMap(({ incidents }) => incidents).sort(inOrder),
    decoys: parts.flatMap(({ decoys }) => decoys).sort(inOrder),
  };
}

function inOrder(a: IncidentLabel, b: IncidentLabel): number {
  return a.from_ms - b.from_ms || (a.id < b.id ? -1 : 1);
}
