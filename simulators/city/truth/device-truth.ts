import type { IncidentLabel } from '../../../src/domain/recording.ts';
import type { LonLat } from '../../plane.ts';
import type { CityRun } from '../city-schedule.ts';
import type { Scenario } from '../scenario.ts';
import type { ScriptEntry } from '../scenario-file.ts';
import { truckMotion } from '../truck-motion.ts';
import { startOf_ms, stretchesOf } from '../truck-specs.ts';
import { driftOf } from './drift-truth.ts';
import type { Truth } from './telemetry-truth.ts';

/** A fault of the sensing and from when on it is an incident. */
export interface Sensed {
  readonly deviceId: string;
  readonly type: string;
  readonly least_s: number;
  /** A decoy where it is only taken for what its type says. */
  readonly isDecoy: boolean;
  readonly note?: string;
}

const STATION_RADIUS_M = 60;
/** A truck that cannot be seen may have gone anywhere. */
const TRUCK_RADIUS_M = 2_000;

/** What is wrong with the sensing itself: devices that fall silent, sensors that stand still, lost positions. */
export function deviceTruth(scenario: Scenario, run: CityRun): Truth {
  const incidents: IncidentLabel[] = [];
  const decoys: IncidentLabel[] = [];
  const end_ms = run.start_ms + scenario.file.duration_s * 1_000;
  for (const [index, entry] of scenario.file.script.entries()) {
    const sensed = sensedBy(scenario, entry);
    if (sensed === undefined || !('duration_s' in entry)) continue;
    for (const { from_ms, to_ms } of stretchesOf(entry, startOf_ms(scenario, run, index))) {
      if (from_ms >= end_ms) break;
      const until_ms = Math.min(to_ms, end_ms);
      const isLong = until_ms - from_ms >= sensed.least_s * 1_000;
      const label = labelOf(scenario, run, sensed, { from_ms, to_ms: until_ms });
      if (isLong && !sensed.isDecoy) incidents.push(label);
      else decoys.push(label);
    }
  }
  return { incidents, decoys };
}

function sensedBy({ file }: Scenario, entry: ScriptEntry): Sensed | undefined {
  const { truth } = file;
  if (entry.kind === 'offline') {
    return { deviceId: entry.device, type: 'device-offline', least_s: truth.offline_s, isDecoy: false };
  }
  if (entry.kind === 'sensor-fault' && entry.fault === 'stuck') {
    return { deviceId: entry.device, type: 'sensor-flatline', least_s: truth.flatline_s, isDecoy: false };
  }
  if (entry.kind === 'sensor-fault' && entry.fault === 'drift') return driftOf(file, entry);
  if (entry.kind !== 'position-fault') return undefined;
  const lost = { deviceId: entry.truck, type: 'position-lost', least_s: truth.position_lost_s };
  return entry.fault === 'lost'
    ? { ...lost, isDecoy: false }
    : { ...lost, type: 'truck-off-route', isDecoy: true, note: `the receiver's fault: ${entry.fault}` };
}

function labelOf(
  scenario: Scenario,
  run: CityRun,
  { deviceId, type, least_s, note }: Sensed,
  { from_ms, to_ms }: { readonly from_ms: number; readonly to_ms: number },
): IncidentLabel {
  const { trucks, stations } = scenario.file;
  const station = stations.list.find(({ id }) => id === deviceId);
  const truck = trucks.fleet.find(({ id }) => id === deviceId);
  const [lon, lat] = station?.at ?? truckAt(scenario, run, deviceId, (from_ms - run.start_ms) / 1_000);
  return {
    id: `${type}:${deviceId}:${Math.round((from_ms - run.start_ms) / 1_000)}`,
    type,
    from_ms,
    to_ms,
    place: { lon: Number(lon.toFixed(6)), lat: Number(lat.toFixed(6)) },
    radius_m: station === undefined ? TRUCK_RADIUS_M : STATION_RADIUS_M,
    deviceIds: [deviceId],
    dwell_s: least_s,
    ...(truck?.plate === undefined ? {} : { plate: truck.plate }),
    ...(note === undefined ? {} : { note }),
  };
}

function truckAt(scenario: Scenario, run: CityRun, deviceId: string, t_s: number): LonLat {
  const isTruck = scenario.file.trucks.fleet.some(({ id }) => id === deviceId);
  const camera = scenario.file.cameras.find(({ id }) => id === deviceId);
  if (!isTruck) return camera?.at ?? [0, 0];
  const pose = truckMotion(scenario, run, deviceId, { from_s: t_s, to_s: t_s }).poses[0];
  return scenario.map.plane.toLonLat([pose?.x_m ?? 0, pose?.y_m ?? 0]);
}
