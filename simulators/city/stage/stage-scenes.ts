import { localHour } from '../../weather.ts';
import type { CityRun } from '../city-schedule.ts';
import { inSight } from '../life/sight.ts';
import { type StreetLife, streetLife } from '../life/street-life.ts';
import type { Scenario } from '../scenario.ts';
import type { ActorKind, StageActor, StageCamera, StagePaint, StageScene } from './stage-scene.ts';

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
  const entry = file.cameras.find(({ id }) => id === camera.id);
  const isNear = (x_m: number, y_m: number): boolean =>
    Math.hypot(x_m - camera.x_m, y_m - camera.y_m) < STANDING_M;
  return {
    seed: life.seed,
    camera,
    start_ms: run.start_ms,
    utc_offset_h: file.utc_offset_h,
    duration_s: file.duration_s,
    frame_interval_s: entry?.frame_interval_s ?? file.frame_interval_s,
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
    actors: life.cast.actors.flatMap((actor) => {
      const seen = inSight(actor, camera, file.duration_s);
      return seen === undefined ? [] : [withLights(seen, scenario, run)];
    }),
    lens: life.cast.lens
      .filter((fault) => fault.camera === camera.id)
      .map(({ kind, from_s, to_s }) => ({ kind, from_s, to_s })),
  };
}

const LIT: ReadonlySet<ActorKind> = new Set([
  'two-wheeler',
  'tricycle',
  'car',
  'van',
  'bus',
  'truck',
  'muck-truck',
]);
/** Hours between which vehicles drive without lights. */
const DAY_H = [6.3, 17.9] as const;

/** Vehicles drive with their lights on at night and in rain. */
function withLights(actor: StageActor, { file }: Scenario, run: CityRun): StageActor {
  if (!LIT.has(actor.kind)) return actor;
  const hour = localHour(run.start_ms + actor.from_s * 1_000, file.utc_offset_h);
  const isDay = hour > DAY_H[0] && hour < DAY_H[1] && file.sky !== 'rain' && file.sky !== 'fog';
  if (isDay) return actor;
  return { ...actor, states: [...(actor.states ?? []), { t_s: actor.from_s, name: 'lights', value: 1 }] };
}

/** Vending zones are painted on the ground. */
function vendingPaint({ zones }: Scenario): StagePaint[] {
  return zones
    .filter(({ kind }) => kind === 'vending')
    .map(({ ring }) => ({ kind: 'vending-zone', outline: ring }));
}
