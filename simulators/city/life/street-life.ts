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

/** What is settled in the streets before anybody passes: the script and the trucks. */
export interface StreetScript {
  readonly seed: number;
  readonly streets: readonly Street[];
  readonly cameras: readonly StageCamera[];
  readonly placements: readonly Placement[];
  readonly cast: Cast;
}

/** Everything that stands, passes and happens in the streets around a scenario's cameras, in one run. */
export interface StreetLife extends StreetScript {
  readonly fronts: readonly StageFrontage[];
  readonly fixtures: readonly StageFixture[];
}

/** Kinds that traffic has to mind wherever they are; what stands is among the obstacles. */
const MINDED: ReadonlySet<ActorKind> = new Set(['person', 'tricycle', 'van', 'truck', 'muck-truck']);

/** Places what is scripted, and the trucks. Pure: the same scenario and run give the same. */
export function streetScript(scenario: Scenario, run: CityRun): StreetScript {
  const seed = run.seed ?? scenario.file.seed;
  const streets = streetsOf(scenario);
  const cameras = poleCameras(scenario);
  const placed = placeEntries({ scenario, seed, streets, cameras });
  const scripted = castScript(scenario, placed, seed);
  const cast = joinCasts([scripted, castTrucks(scenario, run, streets, cameras)]);
  return { seed, streets, cameras, placements: placed.map(({ placement }) => placement), cast };
}

/** Adds fronts, fixtures and those who pass. Pure. */
export function streetLife(scenario: Scenario, run: CityRun): StreetLife {
  const script = streetScript(scenario, run);
  const { seed, streets, cameras, placements } = script;
  const kept = placements.map(({ at, block }) => ({
    at,
    radius_m: Math.hypot(block.width_m, block.depth_m) / 2,
  }));
  const fronts = streetFronts(streets, scenario.zones, seed);
  const fixtures = streetFixtures(streets, scenario.zones, kept, cameras, seed);
  const world = passingWorld(scenario, run, streets, script.cast.obstacles);
  const people = passersBy(world);
  const minded = [...script.cast.actors, ...people].filter(({ kind }) => MINDED.has(kind));
  const cast = joinCasts([script.cast, { ...EMPTY_CAST, actors: [...people, ...traffic(world, minded)] }]);
  return { ...script, fronts, fixtures, cast };
}
