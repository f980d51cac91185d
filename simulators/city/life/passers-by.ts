import { isRedLight } from '../../lights.ts';
import { createRandom, deriveSeed, type Random } from '../../random.ts';
import type { StageActor, StagePose } from '../stage/stage-scene.ts';
import { drawLook } from './looks.ts';
import { headingAlong, type Junction, type Stretch } from './neighbourhood.ts';
import { locateOn, pointBeside, type Street } from './street.ts';
import { type Crossing, walkAlong } from './walking.ts';
import { arrivals, type PassingWorld } from './world.ts';

/** People are on their way already when the scenario begins. */
const BEFORE_S = -120;
const COUPLES = 0.22;
const COUPLE_APART_M = 0.65;
const BAGS = 0.22;
/** A street may end within so much of the end of its stretch and lead into another. */
const END_M = 6;

/** People who walk along the pavements, wait at lights and turn round corners where a street ends. */
export function passersBy(world: PassingWorld): StageActor[] {
  return world.stretches.flatMap((stretch) =>
    ([-1, 1] as const).flatMap((sign) =>
      ([-1, 1] as const).flatMap((ahead) => onPavement(world, stretch, sign, ahead)),
    ),
  );
}

function onPavement(world: PassingWorld, stretch: Stretch, sign: 1 | -1, ahead: 1 | -1): StageActor[] {
  const { street } = stretch;
  if (street.pavement_m < 0.8) return [];
  const name = `${street.id}-${Math.round(stretch.from_m)}-${sign > 0 ? 'r' : 'l'}${ahead > 0 ? 'f' : 'b'}`;
  const random = createRandom(deriveSeed(world.seed, 'walkers', name));
  const rate = (t_s: number): number => world.perHour('people', street.class, t_s) / 4 / (1 + COUPLES);
  const made: StageActor[] = [];
  for (const start_s of arrivals(random.next, rate, BEFORE_S, world.duration_s)) {
    const couple = random.next() < COUPLES;
    const share = random.between(0.3, 0.8);
    const speed_mps = random.between(0.95, 1.5);
    for (let index = 0; index < (couple ? 2 : 1); index += 1) {
      const right_m = sign * (street.carriageway_m / 2 + street.pavement_m * share - index * COUPLE_APART_M);
      const path = wayOf(world, stretch, { right_m, ahead, speed_mps, start_s: start_s + index * 0.3 });
      made.push(...walker(`walker-${name}-${made.length + 1}`, path, world, random));
    }
  }
  return made;
}

function walker(id: string, path: readonly StagePose[], world: PassingWorld, random: Random): StageActor[] {
  const look = drawLook(random);
  const umbrella = random.next() < (world.rain ? 0.65 : 0.012);
  const bag = random.next() < BAGS;
  const first = path[0];
  const last = path.at(-1);
  if (first === undefined || last === undefined || last.t_s <= 0) return [];
  const person: StageActor = { id, kind: 'person', look, from_s: first.t_s, to_s: last.t_s, path };
  if (umbrella) return [{ ...person, states: [{ t_s: first.t_s, name: 'umbrella', value: 1 }] }];
  return [bag ? { ...person, form: 'bag' } : person];
}

interface Way {
  readonly right_m: number;
  readonly ahead: 1 | -1;
  readonly speed_mps: number;
  readonly start_s: number;
}

function wayOf(world: PassingWorld, { street, from_m, to_m }: Stretch, way: Way): StagePose[] {
  const { ahead, right_m, speed_mps, start_s } = way;
  const [begin_m, end_m] = ahead > 0 ? [from_m, to_m] : [to_m, from_m];
  const corner = cornerAt(world, street, end_m);
  const turns = corner === undefined ? undefined : roundCorner(world, street, corner, way);
  const stop_m = turns === undefined || corner === undefined ? end_m : corner.stop_m;
  const crossings = crossingsOf(world, street, ahead);
  const obstacles = world.obstacles;
  const first = walkAlong(
    { street, from_m: begin_m, to_m: stop_m, right_m, speed_mps, start_s },
    obstacles,
    crossings,
  );
  if (turns === undefined) return first;
  const turned_s = first.at(-1)?.t_s ?? start_s;
  const second = walkAlong(
    { ...turns, speed_mps, start_s: turned_s + 0.4 },
    obstacles,
    crossingsOf(world, turns.street, turns.to_m > turns.from_m ? 1 : -1),
  );
  return [...first, ...second];
}

interface Corner {
  readonly other: Street;
  readonly junction: Junction;
  /** How far one walks along the ending street. */
  readonly stop_m: number;
}

/** The street into which another leads at its end, if it ends there. */
function cornerAt(world: PassingWorld, street: Street, end_m: number): Corner | undefined {
  const isEnd = end_m < END_M || end_m > street.length_m - END_M;
  if (!isEnd) return undefined;
  for (const junction of world.junctions) {
    if (junction.a !== street && junction.b !== street) continue;
    const along_m = junction.a === street ? junction.along_a_m : junction.along_b_m;
    if (Math.abs(along_m - end_m) > END_M) continue;
    const other = junction.a === street ? junction.b : junction.a;
    const inward = end_m < END_M ? 1 : -1;
    return { other, junction, stop_m: end_m + inward * (other.carriageway_m / 2 + other.pavement_m * 0.6) };
  }
  return undefined;
}

/** On along the other street, on the near side and away from the ending one, so that nothing is crossed. */
function roundCorner(world: PassingWorld, street: Street, { other, stop_m }: Corner, { right_m }: Way) {
  const at = pointBeside(street, stop_m, right_m);
  const here = locateOn(other, at);
  const middle = locateOn(other, pointBeside(street, stop_m, 0));
  const ahead = here.along_m >= middle.along_m ? 1 : -1;
  const stretch = world.stretches.find(
    (known) => known.street === other && known.from_m <= here.along_m && here.along_m <= known.to_m,
  );
  if (stretch === undefined) return undefined;
  const to_m = ahead > 0 ? stretch.to_m : stretch.from_m;
  return { street: other, from_m: here.along_m, to_m, right_m: here.right_m };
}

/** Where other streets have to be crossed on the way along one, and when one may. */
function crossingsOf(world: PassingWorld, street: Street, ahead: 1 | -1): Crossing[] {
  return world.junctions.flatMap((junction): Crossing[] => {
    if (junction.a !== street && junction.b !== street) return [];
    const other = junction.a === street ? junction.b : junction.a;
    const along_m = junction.a === street ? junction.along_a_m : junction.along_b_m;
    const half_m = other.carriageway_m / 2;
    // A street that begins or ends here is crossed on one of its sides only; the other side has no kerb to wait at.
    const heading = headingAlong(street, along_m, ahead);
    const free_s = (t_s: number, crossing_s: number): number => {
      if (!junction.hasLight) return t_s;
      for (let wait_s = 0; wait_s < 60; wait_s += 1) {
        const red = (later_s: number): boolean =>
          isRedLight(junction.at, heading, world.lightTime_s(t_s + wait_s + later_s));
        if (!red(0) && !red(Math.min(14, crossing_s * 0.75))) return t_s + wait_s;
      }
      return t_s;
    };
    return [{ from_m: along_m - half_m, to_m: along_m + half_m, free_s }];
  });
}
