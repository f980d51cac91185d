import type { CityRun } from '../city-schedule.ts';
import type { Scenario } from '../scenario.ts';
import type { StageCamera, StageFixture, StageFrontage } from '../stage/stage-scene.ts';
import { type Cast, joinCasts } from './cast.ts';
import { castScript } from './cast-script.ts';
import { type Placement, placeEntries } from './placing.ts';
import { type Street, streetsOf } from './street.ts';
import { streetFixtures } from './street-fixtures.ts';
import { streetFronts } from './street-fronts.ts';
import { poleCameras } from './view.ts';

/** Everything that stands, passes and happens in the streets around a scenario's cameras, in one run. */
export interface StreetLife {
  readonly seed: number;
  readonly streets: readonly Street[];
  readonly cameras: readonly StageCamera[];
  readonly fronts: readonly StageFrontage[];
  readonly fixtures: readonly StageFixture[];
  readonly placements: readonly Placement[];
  readonly cast: Cast;
}

/** Makes the life of the streets. Pure: the same scenario and run give the same. */
export function streetLife(scenario: Scenario, run: CityRun): StreetLife {
  const seed = run.seed ?? scenario.file.seed;
  const streets = streetsOf(scenario);
  const cameras = poleCameras(scenario);
  const placed = placeEntries({ scenario, seed, streets, cameras });
  const placements = placed.map(({ placement }) => placement);
  const kept = placements.map(({ at, block }) => ({
    at,
    radius_m: Math.hypot(block.width_m, block.depth_m) / 2,
  }));
  const fronts = streetFronts(streets, scenario.zones, seed);
  const fixtures = streetFixtures(streets, scenario.zones, kept, cameras, seed);
  const scripted = castScript(scenario, placed, seed);
  return { seed, streets, cameras, fronts, fixtures, placements, cast: joinCasts([scripted]) };
}
