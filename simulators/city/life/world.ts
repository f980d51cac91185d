import { lightShift_s } from '../../lights.ts';
import { trafficAt } from '../../weather.ts';
import type { CityRun } from '../city-schedule.ts';
import type { Scenario } from '../scenario.ts';
import type { Obstacle } from './cast.ts';
import type { Passing } from './life-file.ts';
import { type Junction, junctionsOf, type Stretch, stretchesNear } from './neighbourhood.ts';
import type { Street } from './street.ts';
import { poleCameras } from './view.ts';

/** What those who pass need to know of a run. */
export interface PassingWorld {
  readonly seed: number;
  readonly duration_s: number;
  readonly rain: boolean;
  readonly stretches: readonly Stretch[];
  readonly junctions: readonly Junction[];
  /** Standing things. */
  readonly obstacles: readonly Obstacle[];
  /** How many of a kind pass along a street of a class in an hour, at a second. */
  perHour(kind: keyof Passing, roadClass: Street['class'], t_s: number): number;
  /** Epoch seconds with the shift of the lights, as {@link isRedLight} wants them. */
  lightTime_s(t_s: number): number;
}

type Shares = Readonly<Record<keyof Passing, number>>;

const SHARES: Record<Street['class'], Shares> = {
  arterial: { people: 1, cars: 1, two_wheelers: 1, tricycles: 1, vans: 1, buses: 1, trucks: 1 },
  secondary: { people: 0.9, cars: 0.5, two_wheelers: 0.8, tricycles: 1, vans: 0.6, buses: 0.5, trucks: 0.4 },
  lane: { people: 0.45, cars: 0.05, two_wheelers: 0.2, tricycles: 0.5, vans: 0.08, buses: 0, trucks: 0 },
};

/** The world of those who pass in a run. */
export function passingWorld(
  scenario: Scenario,
  run: CityRun,
  streets: readonly Street[],
  obstacles: readonly Obstacle[],
): PassingWorld {
  const { file, map } = scenario;
  const seed = run.seed ?? file.seed;
  const lights = file.map.lights.map((light) => map.plane.toMetres(light));
  const shift_s = lightShift_s(seed);
  return {
    seed,
    duration_s: file.duration_s,
    rain: file.sky === 'rain',
    stretches: stretchesNear(streets, poleCameras(scenario)),
    junctions: junctionsOf(streets, lights),
    obstacles,
    perHour: (kind, roadClass, t_s) =>
      file.passing[kind] * SHARES[roadClass][kind] * trafficAt(run.start_ms + t_s * 1_000, file.utc_offset_h),
    lightTime_s: (t_s) => run.start_ms / 1_000 + t_s + shift_s,
  };
}

/** The times of events at a rate that changes over time, up to `to_s`. */
export function* arrivals(
  draw: () => number,
  perHour: (t_s: number) => number,
  from_s: number,
  to_s: number,
): Generator<number> {
  let t_s = from_s;
  for (;;) {
    const rate = perHour(t_s) / 3_600;
    // Where nobody comes at present, look again later.
    t_s += rate <= 1e-6 ? 600 : -Math.log(1 - draw()) / rate;
    if (t_s >= to_s) return;
    if (rate > 1e-6) yield t_s;
  }
}
