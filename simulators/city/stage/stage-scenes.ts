import { localHour } from '../../weather.ts';
import type { CityRun } from '../city-schedule.ts';
import { inSight } from '../life/sight.ts';
import { type StreetLife, streetLife } from '../life/street-life.ts';
import type { Scenario } from '../scenario.ts';
import type { StageCamera, StagePaint, StageScene } from './stage-scene.ts';

/** What stands for good is told within this distance of the camera, in metres. */
const STANDING_M = 130;

/** One stage for each pole camera of a scenario, with everything that comes into its sight. Pure and seeded. */
export function stageScenes(
  scenario: Scenario,
  run: CityRun,
  life: StreetLife = streetLife(scenario, run),
): StageScene[] {
  return life.cameras.map((camera) => stageOf(scenario, run, life, camera));
}

function stageOf(scenario: Scenario, run: CityRun, life: StreetLife, camera: StageCamera): StageScene {
  const { file } = scenario;
  const isNear = (x_m: number, y_m: number): boolean =>
    Math.hypot(x_m - camera.x_m, y_m - camera.y_m) < STANDING_M;
  return {
    seed: life.seed,
    camera,
    start_ms: run.start_ms,
    utc_offset_h: file.utc_offset_h,
    duration_s: file.duration_s,
    frame_interval_s: file.frame_interval_s,
    weather: { sky: file.sky, hour: localHour(run.start_ms, file.utc_offset_h) },
    roads: life.streets.map(({ id, class: kind, line, carriageway_m, pavement_m }) => ({
      id,
      class: kind,
      line,
      carriageway_m,
      pavement_m,
    })),
    frontages: life.fronts.filter(({ line: [a, b] }) => isNear(...a) || isNear(...b)),
    fixtures: life.fixtures.filter(({ x_m, y_m, kind }) => kind === 'crane' || isNear(x_m, y_m)),
    paint: vendingPaint(scenario),
    actors: life.cast.actors.flatMap((actor) => inSight(actor, camera, file.duration_s) ?? []),
    lens: life.cast.lens
      .filter((fault) => fault.camera === camera.id)
      .map(({ kind, from_s, to_s }) => ({ kind, from_s, to_s })),
  };
}

/** Vending zones are painted on the ground. */
function vendingPaint({ zones }: Scenario): StagePaint[] {
  return zones
    .filter(({ kind }) => kind === 'vending')
    .map(({ ring }) => ({ kind: 'vending-zone', outline: ring }));
}
