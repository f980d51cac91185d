import type { IncidentLabel } from '../../../src/domain/recording.ts';
import { inHours } from '../../../src/domain/schedule.ts';
import { createDust, createNoise } from '../../air.ts';
import type { SensorRun, Station } from '../../sensors.ts';
import type { CityRun } from '../city-schedule.ts';
import type { Scenario } from '../scenario.ts';
import { sensorRun, stationSpecs } from '../station-specs.ts';
import { type Exceedance, exceedances, type Limit } from './exceedance.ts';
import type { Truth } from './telemetry-truth.ts';
import { localMinute, type ZoneTest, zoneTest } from './zone-test.ts';

const RADIUS_M = 60;

/** Where the true air and the true noise at each station were above the city's limits. */
export function stationTruth(scenario: Scenario, run: CityRun): Truth {
  const shared = sensorRun(scenario, run);
  const isSensitive = zoneTest(scenario, ['sensitive'], 0);
  const each = stationSpecs(scenario, run).map((station) =>
    truthOf(station, scenario, shared, limitOf(station, scenario, isSensitive)),
  );
  return {
    incidents: each.flatMap(({ incidents }) => incidents),
    decoys: each.flatMap(({ decoys }) => decoys),
  };
}

function truthOf(station: Station, scenario: Scenario, run: SensorRun, limitAt: LimitAt): Truth {
  const { truth, duration_s } = scenario.file;
  const isDust = station.kind === 'dust';
  const window_s = isDust ? truth.dust_window_s : truth.noise_window_s;
  const type = isDust ? 'dust-exceedance' : 'noise-exceedance';
  const found = exceedances({
    valueAt: trueSeries(station, run),
    limitAt,
    isEnergy: !isDust,
    from_ms: run.start_ms,
    to_ms: run.start_ms + duration_s * 1_000,
    step_ms: run.interval_ms,
    window_ms: window_s * 1_000,
  });
  const label = (exceedance: Exceedance): IncidentLabel => ({
    id: `${type}:${station.id}:${Math.round((exceedance.from_ms - run.start_ms) / 1_000)}`,
    type,
    from_ms: exceedance.from_ms,
    to_ms: exceedance.to_ms,
    place: { lon: station.at[0], lat: station.at[1] },
    radius_m: RADIUS_M,
    deviceIds: [station.id],
    dwell_s: Math.round((exceedance.crossed_ms - exceedance.from_ms) / 1_000),
    note: `peak ${exceedance.peak.toFixed(0)} of ${exceedance.limit}`,
  });
  return {
    incidents: found.filter(({ isAbove }) => isAbove).map(label),
    decoys: [
      ...found.filter(({ isAbove }) => !isAbove).map(label),
      ...(station.faults ?? []).flatMap(({ kind, from_ms, to_ms }, index) =>
        (kind === 'drift' || kind === 'spikes') && from_ms < run.start_ms + duration_s * 1_000
          ? [
              {
                id: `${kind}:${station.id}:${index}`,
                type,
                from_ms,
                to_ms: Math.min(to_ms, run.start_ms + duration_s * 1_000),
                place: { lon: station.at[0], lat: station.at[1] },
                radius_m: RADIUS_M,
                deviceIds: [station.id],
                dwell_s: 0,
                note: `the sensor's fault: ${kind}`,
              },
            ]
          : [],
      ),
    ],
  };
}

/** The true value at a station: PM10 or Leq, before any sensor. */
function trueSeries(station: Station, run: SensorRun): (at_ms: number) => number {
  if (station.kind === 'noise') {
    const noise = createNoise(station, run);
    return (at_ms) => noise(at_ms).leq_dba;
  }
  const dust = createDust(station, run);
  return (at_ms) => dust(at_ms).pm10_ug_m3;
}

type LimitAt = (at_ms: number) => Limit;

function limitOf(station: Station, scenario: Scenario, isSensitive: ZoneTest): LimitAt {
  const { truth, utc_offset_h } = scenario.file;
  if (station.kind === 'dust') {
    const isNear = isSensitive(scenario.map.plane.toMetres(station.at), 0);
    const limit = isNear ? truth.dust_sensitive_limit_ug_m3 : truth.dust_limit_ug_m3;
    const clear = limit * truth.dust_clear_share;
    return () => ({ limit, clear });
  }
  const [from, to] = truth.day;
  return (at_ms) => {
    const isDay = inHours([{ from, to }], localMinute(at_ms, utc_offset_h));
    const limit = isDay ? truth.noise_day_dba : truth.noise_night_dba;
    return { limit, clear: limit - truth.noise_clear_db };
  };
}
