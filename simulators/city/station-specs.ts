import type { Episode } from '../episodes.ts';
import { createRoadDust } from '../road-dust.ts';
import type { SensorFault } from '../sensor-faults.ts';
import type { SensorRun, Station } from '../sensors.ts';
import { createTruck } from '../truck-life.ts';
import { createWeather } from '../weather.ts';
import type { CityRun } from './city-schedule.ts';
import type { WorkSite } from './device-file.ts';
import type { Scenario } from './scenario.ts';
import type { ScriptEntry } from './scenario-file.ts';
import { startOf_ms, stretchesOf, truckRun, truckSpecs } from './truck-specs.ts';

/** The stations of a scenario, each with its faults. */
export function stationSpecs(scenario: Scenario, run: CityRun): Station[] {
  const { stations, script } = scenario.file;
  const faults = new Map<string, SensorFault[]>();
  for (const [index, entry] of script.entries()) {
    if (entry.kind !== 'sensor-fault') continue;
    const { fault: kind, amount, flag, device } = entry;
    const made = stretchesOf(entry, startOf_ms(scenario, run, index)).map((stretch) => ({
      kind,
      flag,
      ...stretch,
      ...(amount === undefined ? {} : { amount }),
    }));
    faults.set(device, [...(faults.get(device) ?? []), ...made]);
  }
  return stations.list.map((station) => ({ ...station, faults: faults.get(station.id) ?? [] }));
}

/** What all stations of a run share: one weather, one set of sources, the dust of its trucks. */
export function sensorRun(scenario: Scenario, run: CityRun): SensorRun {
  const { file } = scenario;
  const { calibration_hour, interval_s, list } = file.stations;
  const { start_ms, seed = file.seed } = run;
  const isWet = file.sky === 'rain';
  const utcOffset_h = file.utc_offset_h;
  const wind = file.wind
    .map(({ at_s, from_deg, speed_mps }) => ({ at_ms: start_ms + at_s * 1_000, from_deg, speed_mps }))
    .sort((a, b) => a.at_ms - b.at_ms);
  const hasRoadDust = file.trucks.fleet.length > 0 && list.some(({ kind }) => kind === 'dust');
  return {
    seed,
    utcOffset_h,
    start_ms,
    interval_ms: interval_s * 1_000,
    episodes: [
      ...file.sites.flatMap((site) => workOf(scenario, site)),
      ...file.script.flatMap((entry, index) => episodeOf(scenario, entry, startOf_ms(scenario, run, index))),
    ],
    weather: createWeather({ seed, utcOffset_h, wind, isWet }),
    isWet,
    ...(hasRoadDust ? { road: roadDust(scenario, run) } : {}),
    ...(calibration_hour === undefined ? {} : { calibrationHour: calibration_hour }),
  };
}

function roadDust(scenario: Scenario, run: CityRun) {
  const shared = truckRun(scenario, run);
  const trucks = truckSpecs(scenario, run).map((spec) => createTruck(spec, shared));
  return createRoadDust(scenario.map.plane, trucks, run.start_ms);
}

function workOf(scenario: Scenario, site: WorkSite): Episode[] {
  const at = scenario.locate(site.place);
  const when = { from_h: hourOf(site.from), to_h: hourOf(site.to) };
  return [
    { kind: 'dust-plume', at, when, peak_ug_m3: site.pm10_ug_m3, spread_m: site.spread_m },
    { kind: 'noise-work', at, when, level_dba: site.noise_dba },
  ];
}

function episodeOf(scenario: Scenario, entry: ScriptEntry, from_ms: number): Episode[] {
  if (entry.kind !== 'dust-plume' && entry.kind !== 'noise-work') return [];
  const at = scenario.locate(entry.place);
  const repeat = entry.repeat_s === undefined ? {} : { repeat_ms: entry.repeat_s * 1_000 };
  const when = { from_ms, duration_ms: entry.duration_s * 1_000, ...repeat };
  if (entry.kind === 'noise-work') {
    return [{ kind: entry.kind, at, when, level_dba: entry.level_dba, piling: entry.piling }];
  }
  return [{ kind: entry.kind, at, when, peak_ug_m3: entry.peak_ug_m3, spread_m: entry.spread_m }];
}

function hourOf(text: string): number {
  return Number(text.slice(0, 2)) + Number(text.slice(3)) / 60;
}
