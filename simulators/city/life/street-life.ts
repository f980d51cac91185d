import type { CityRun } from '../city-schedule.ts';
import type { Scenario } from '../scenario.ts';
import type { ActorKind, StageCamera, StageFixture, StageFrontage } from '../stage/stage-scene.ts';
import { type Cast, EMPTY_CAST, joinCasts } from './cast.ts';
import { castScript } from './cast-script.ts';
import { castTrucks } from './cast-trucks.ts';
import { passersBy } from './passers-by.ts';
import { type Placement, placeEntries } from './placing.ts';
import { type Street, streetsOf } from './street.ts';
import { streetFixtures } from './street-fixtures.ts';
import { streetFronts } from './street-fronts.ts';
import { traffic } from './traffic.ts';
import { poleCameras } from './view.ts';
import { passingWorld } from './world.ts';

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

/** Kinds that traffic has to mind wherever they are; what stands is among the obstacles. */
const MINDED: ReadonlySet<ActorKind> = new Set(['person', 'tricycle', 'van', 'truck', 'muck-truck']);

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
  const settled = joinCasts([scripted, castTrucks(scenario, run, streets, cameras)]);
  const world = passingWorld(scenario, run, streets, settled.obstacles);
  const people = passersBy(world);
  const minded = [...settled.actors, ...people].filter(({ kind }) => MINDED.has(kind));
  const cast = joinCasts([settled, { ...EMPTY_CAST, actors: [...people, ...traffic(world, minded)] }]);
  return { seed, streets, cameras, fronts, fixtures, placements, cast };
}
