import type { CityRun } from '../city-schedule.ts';
import type { Scenario } from '../scenario.ts';
import type { StageActor, StageCamera, StageState } from '../stage/stage-scene.ts';
import { type TruckMotion, type TruckPose, truckMotion } from '../truck-motion.ts';
import { type Cast, EMPTY_CAST, type Happening, joinCasts } from './cast.ts';
import { drawSeed } from './looks.ts';
import { distanceToStreet, type Street } from './street.ts';
import { thinPath } from './thin-path.ts';
import { pose } from './walking.ts';

/** Trucks are told within so much of a camera, in metres. */
const NEAR_M = 115;
const HEAP_SIZE_M = [3.4, 3, 1.3] as const;

/** The muck trucks of a run where cameras may see them, with the heaps that they leave. */
export function castTrucks(
  scenario: Scenario,
  run: CityRun,
  streets: readonly Street[],
  cameras: readonly StageCamera[],
): Cast {
  if (cameras.length === 0) return EMPTY_CAST;
  const seed = run.seed ?? scenario.file.seed;
  return joinCasts(
    scenario.file.trucks.fleet.map(({ id }) => {
      const motion = truckMotion(scenario, run, id);
      const look = drawSeed(seed, 'truck', id);
      return joinCasts([
        { ...EMPTY_CAST, actors: passes(motion, cameras, look) },
        heaps(motion, streets, seed, scenario.file.duration_s),
      ]);
    }),
  );
}

/** One actor for each time that the truck comes near a camera. */
function passes(motion: TruckMotion, cameras: readonly StageCamera[], look: number): StageActor[] {
  const actors: StageActor[] = [];
  let part: TruckPose[] = [];
  const end = (): void => {
    const first = part[0];
    const last = part.at(-1);
    if (first !== undefined && last !== undefined && part.length > 1)
      actors.push({
        id: `${motion.truckId}-pass-${actors.length + 1}`,
        kind: 'muck-truck',
        look,
        ...(motion.plate === undefined ? {} : { plate: motion.plate }),
        from_s: first.t_s,
        to_s: last.t_s,
        path: thinPath(part.map(({ t_s, x_m, y_m, heading_deg }) => pose(t_s, [x_m, y_m], heading_deg))),
        states: [
          ...statesOf(part, 'body_deg', ({ body_deg }) => Math.round(body_deg)),
          ...statesOf(part, 'load', ({ load }) => Math.round(load * 100) / 100),
          ...statesOf(part, 'cover', ({ cover }) => Math.round(cover * 100) / 100),
        ],
      });
    part = [];
  };
  for (const one of motion.poses) {
    const isNear = cameras.some(({ x_m, y_m }) => Math.hypot(one.x_m - x_m, one.y_m - y_m) < NEAR_M);
    if (isNear) part.push(one);
    else end();
  }
  end();
  return actors;
}

/** A state where it begins, and around each change. */
function statesOf(
  part: readonly TruckPose[],
  name: StageState['name'],
  read: (one: TruckPose) => number,
): StageState[] {
  return part.flatMap((one, index): StageState[] => {
    const value = read(one);
    const before = part[index - 1];
    const after = part[index + 1];
    const changes =
      before === undefined || read(before) !== value || (after !== undefined && read(after) !== value);
    return changes ? [{ t_s: one.t_s, name, value }] : [];
  });
}

function heaps(
  { truckId, plate, heaps: left }: TruckMotion,
  streets: readonly Street[],
  seed: number,
  duration_s: number,
): Cast {
  const actors: StageActor[] = [];
  const happenings: Happening[] = [];
  for (const [index, { x_m, y_m, heading_deg, from_s, to_s }] of left.entries()) {
    const id = `${truckId}-heap-${index + 1}`;
    actors.push({
      id,
      kind: 'heap',
      form: 'muck',
      look: drawSeed(seed, 'heap', id),
      from_s,
      to_s: duration_s,
      path: [pose(from_s, [x_m, y_m], heading_deg)],
      states: [
        { t_s: from_s, name: 'size', value: 0 },
        { t_s: Math.max(to_s, from_s + 1), name: 'size', value: 1 },
      ],
    });
    const [width_m, depth_m, height_m] = HEAP_SIZE_M;
    const nearest = [...streets].sort(
      (a, b) => distanceToStreet(a, [x_m, y_m]) - distanceToStreet(b, [x_m, y_m]),
    )[0];
    happenings.push({
      id,
      kind: 'dumping',
      from_s,
      to_s: duration_s,
      block: { at: [x_m, y_m], heading_deg, width_m, depth_m, height_m },
      streetId: nearest?.id ?? '',
      ...(plate === undefined ? {} : { plate }),
      note: `left by ${truckId}`,
    });
  }
  // People and vehicles go round what lies there.
  const obstacles = left.map(({ x_m, y_m, from_s }) => ({
    at: [x_m, y_m] as const,
    radius_m: 1.6,
    from_s,
    to_s: duration_s,
  }));
  return { ...EMPTY_CAST, actors, happenings, obstacles };
}
