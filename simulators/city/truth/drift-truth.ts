import type { ScenarioFile, ScriptEntry } from '../scenario-file.ts';
import type { Sensed } from './device-truth.ts';

type SensorFaultEntry = Extract<ScriptEntry, { kind: 'sensor-fault' }>;

/** What a drift adds in the end where the script does not say: as `createSensorFaults` has it. */
const AMOUNT_UG_M3 = 300;

/**
 * A dust station that drifts: an incident from when it is off by what the policy minds. One that gets there faster than
 * a sensor drifts is taken for dust by everybody, and noise levels tell nothing of their neighbours: decoys both.
 */
export function driftOf({ stations, truth }: ScenarioFile, entry: SensorFaultEntry): Sensed | undefined {
  const station = stations.list.find(({ id }) => id === entry.device);
  const amount = Math.abs(entry.amount ?? AMOUNT_UG_M3);
  const rate_h = amount / (entry.duration_s / 3_600);
  const isDecoy =
    station?.kind !== 'dust' || amount < truth.drift_ug_m3 || rate_h > truth.drift_rate_max_ug_m3_h;
  const least_s = Math.round((entry.duration_s * Math.min(amount, truth.drift_ug_m3)) / Math.max(1, amount));
  return {
    deviceId: entry.device,
    type: 'sensor-drift',
    least_s,
    isDecoy,
    ...(isDecoy ? { note: 'too little, too fast, or no dust' } : {}),
  };
}
