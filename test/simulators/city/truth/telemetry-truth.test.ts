import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../../../simulators/city/scenario.ts';
import { truckMotion } from '../../../../simulators/city/truck-motion.ts';
import { exceedances } from '../../../../simulators/city/truth/exceedance.ts';
import { mergeTruths } from '../../../../simulators/city/truth/merge-truths.ts';
import { telemetryTruth } from '../../../../simulators/city/truth/telemetry-truth.ts';
import type { IncidentLabel } from '../../../../src/domain/recording.ts';
import { quickCityScenario } from '../../../support/city-recording.ts';

const start_ms = Date.parse('2026-11-22T12:00:00+08:00');

/** The quick city under limits and windows of some seconds. */
function quickCity(): Scenario {
  const scenario = quickCityScenario();
  const truth = { ...scenario.file.truth, dust_window_s: 30, noise_window_s: 30, stop_s: 120, offline_s: 45 };
  return { ...scenario, file: { ...scenario.file, duration_s: 240, truth } };
}

const told = (labels: readonly IncidentLabel[]): string[] =>
  labels.map(({ type, deviceIds }) => `${type} ${deviceIds}`).sort();

describe('the truth of trucks and stations', () => {
  it('holds what was scripted, in the policy of the scenario', () => {
    const scenario = quickCity();
    const { incidents } = telemetryTruth(scenario, { start_ms });
    expect(told(incidents)).toEqual([
      'device-offline truck-05',
      'dust-exceedance dust-zhuyuan',
      'illegal-dumping truck-11',
      'noise-exceedance noise-zhuyuan',
      'truck-suspicious-stop truck-12',
      'truck-uncovered-load truck-03',
    ]);
    const stop = incidents.find(({ type }) => type === 'truck-suspicious-stop');
    expect(((stop?.to_ms ?? 0) - (stop?.from_ms ?? 0)) / 1_000).toBeGreaterThan(140);
    expect(telemetryTruth(scenario, { start_ms }).incidents).toEqual(incidents);
  });

  it('makes a decoy of a stand that the policy allows', () => {
    const scenario = quickCity();
    const truth = { ...scenario.file.truth, stop_s: 600 };
    const { incidents, decoys } = telemetryTruth(
      { ...scenario, file: { ...scenario.file, truth } },
      { start_ms },
    );
    expect(told(incidents)).not.toContain('truck-suspicious-stop truck-12');
    expect(told(decoys)).toContain('truck-suspicious-stop truck-12');
  });

  it('makes an incident of a drift that is slow and large, and a decoy of another', () => {
    const scenario = quickCity();
    const fault = { kind: 'sensor-fault', at_s: 0, vary_s: 0, flag: 'M', fault: 'drift' } as const;
    const script = [
      { ...fault, device: 'dust-school', duration_s: 7_200, amount: 80 },
      { ...fault, device: 'dust-crossing', duration_s: 7_200, amount: 30 },
      { ...fault, device: 'dust-zhuyuan', duration_s: 600, amount: 80 },
      { ...fault, device: 'noise-school', duration_s: 7_200, amount: 80 },
    ];
    const file = {
      ...scenario.file,
      duration_s: 7_200,
      script,
      trucks: { ...scenario.file.trucks, fleet: [] },
    };
    const { incidents, decoys } = telemetryTruth({ ...scenario, file }, { start_ms });
    const drifts = incidents.filter(({ type }) => type === 'sensor-drift');
    expect(drifts).toMatchObject([{ deviceIds: ['dust-school'], dwell_s: 3_600, from_ms: start_ms }]);
    expect(told(decoys).filter((label) => label.startsWith('sensor-drift'))).toEqual([
      'sensor-drift dust-crossing',
      'sensor-drift dust-zhuyuan',
      'sensor-drift noise-school',
    ]);
  });

  it('tells of a dumping where the heap lies', () => {
    const scenario = quickCity();
    const label = telemetryTruth(scenario, { start_ms }).incidents.find(
      ({ type }) => type === 'illegal-dumping',
    );
    const { poses, heaps } = truckMotion(scenario, { start_ms }, 'truck-11');
    const [heap] = heaps;
    expect(heaps.length).toBe(1);
    const [x, y] = scenario.map.plane.toMetres([label?.place.lon ?? 0, label?.place.lat ?? 0]);
    expect(Math.hypot(x - (heap?.x_m ?? 0), y - (heap?.y_m ?? 0))).toBeLessThan(10);
    expect(start_ms + (heap?.from_s ?? 0) * 1_000).toBeGreaterThanOrEqual(label?.from_ms ?? 0);
    expect(poses.map(({ t_s }) => t_s)).toEqual(poses.map((_pose, index) => index));
    expect(Math.max(...poses.map(({ body_deg }) => body_deg))).toBe(50);
    expect(poses.at(-1)?.load).toBe(0);
  });
});

describe('exceedances', () => {
  const question = {
    limitAt: () => ({ limit: 100, clear: 80 }),
    isEnergy: false,
    from_ms: 0,
    to_ms: 100_000,
    step_ms: 1_000,
    window_ms: 10_000,
  };
  const between = (low: number, high: number) => (at_ms: number) =>
    at_ms >= 30_000 && at_ms < 60_000 ? high : low;

  it('last from the first value above until the mean is clear again', () => {
    const found = exceedances({ ...question, valueAt: between(50, 150) });
    // Five of ten values of 150 are 100 in the mean, the sixth is above it; of three of ten it is 80.
    expect(found).toMatchObject([
      { from_ms: 30_000, crossed_ms: 35_000, to_ms: 67_000, peak: 150, isAbove: true },
    ]);
  });

  it('are none where the mean stays below, and near ones are told apart', () => {
    expect(exceedances({ ...question, valueAt: between(50, 90) })).toEqual([]);
    expect(exceedances({ ...question, valueAt: between(50, 98) })).toMatchObject([{ isAbove: false }]);
  });

  it('average levels as energy', () => {
    // One value of 90 dB in ten of 60 are 80 dB in the mean.
    const valueAt = (at_ms: number): number => (at_ms === 50_000 ? 90 : 60);
    const limitAt = () => ({ limit: 79, clear: 77 });
    expect(exceedances({ ...question, valueAt, limitAt, isEnergy: true })[0]?.peak).toBeCloseTo(80, 1);
    expect(exceedances({ ...question, valueAt, limitAt })).toEqual([]);
  });

  it('never mix two limits in a window', () => {
    const limitAt = (at_ms: number) => ({ limit: at_ms < 50_000 ? 200 : 100, clear: 80 });
    expect(exceedances({ ...question, valueAt: between(50, 150), limitAt })[0]?.crossed_ms).toBe(57_000);
  });
});

it('joins what a truck and a camera saw of one dumping, and nothing else', () => {
  const label = (id: string, deviceId: string, more: Partial<IncidentLabel> = {}): IncidentLabel => ({
    id,
    type: 'illegal-dumping',
    from_ms: 100_000,
    to_ms: 150_000,
    place: { lon: 112.97, lat: 28.2 },
    radius_m: 30,
    deviceIds: [deviceId],
    dwell_s: 0,
    ...more,
  });
  const box = [0.1, 0.2, 0.3, 0.4] as [number, number, number, number];
  const telemetry = { incidents: [label('a', 'truck-1', { plate: 'A1' })], decoys: [] };
  const cameras = [
    label('b', 'cam-1', { from_ms: 110_000, to_ms: 900_000, box }),
    label('c', 'cam-2', { place: { lon: 112.98, lat: 28.2 } }),
    label('d', 'cam-1', { type: 'exposed-garbage' }),
  ];
  const { incidents } = mergeTruths(telemetry, { incidents: cameras, decoys: [] });
  expect(incidents.map(({ id }) => id)).toEqual(['a', 'c', 'd']);
  const joined = { from_ms: 100_000, to_ms: 900_000, deviceIds: ['cam-1', 'truck-1'], plate: 'A1', box };
  expect(incidents[0]).toMatchObject(joined);
});
