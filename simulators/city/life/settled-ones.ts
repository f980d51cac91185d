import type { Metres } from '../../plane.ts';
import type { ActorKind, StageActor } from '../stage/stage-scene.ts';
import { type Other, otherOf } from './right-of-way.ts';
import { poseAt } from './sight.ts';
import { distanceToStreet, type Street } from './street.ts';
import type { PassingWorld } from './world.ts';

/** Longer than a light is red. */
const LONG_S = 16;
/** People so near to the kerb are minded too. */
const KERB_M = 0.35;
const SAMPLE_S = 1;

const LENGTHS: Partial<Record<ActorKind, readonly [number, number]>> = {
  person: [0.5, 0.5],
  tricycle: [2.6, 1.2],
  van: [5, 1.9],
  truck: [7.5, 2.4],
  'muck-truck': [8.8, 2.5],
};

interface Presence {
  readonly actor: StageActor;
  readonly from_s: number;
  readonly to_s: number;
}

/** Things, vehicles and people whose ways are settled, while they are on a carriageway: asked for second by second. */
export function settledOnes(world: PassingWorld, actors: readonly StageActor[]): (t_s: number) => Other[] {
  const streets = [...new Set(world.stretches.map(({ street }) => street))];
  const order = actors
    .flatMap((actor) => presences(actor, streets))
    .sort((a, b) => a.from_s - b.from_s || (a.actor.id < b.actor.id ? -1 : 1));
  const things = world.obstacles
    .filter(({ at, radius_m }) => isOnCarriageway(streets, at, radius_m))
    .map((thing) => ({
      ...thing,
      other: otherOf(thing.at, 0, thing.radius_m * 2, thing.radius_m * 2, 0, true),
    }));
  let next = 0;
  let present: Presence[] = [];
  return (t_s) => {
    for (let one = order[next]; one !== undefined && one.from_s <= t_s; one = order[next]) {
      present.push(one);
      next += 1;
    }
    if (present.some(({ to_s }) => to_s < t_s)) present = present.filter(({ to_s }) => to_s >= t_s);
    return [
      ...things.flatMap(({ from_s, to_s, other }) => (from_s <= t_s && t_s <= to_s ? [other] : [])),
      ...present.map(({ actor }) => asOther(actor, t_s)),
    ];
  };
}

/** Vehicles are on the carriageway all the time; people now and then. */
function presences(actor: StageActor, streets: readonly Street[]): Presence[] {
  if (actor.kind !== 'person') return [{ actor, from_s: actor.from_s, to_s: actor.to_s }];
  const found: Presence[] = [];
  let from_s: number | undefined;
  for (let t_s = actor.from_s; t_s <= actor.to_s + SAMPLE_S; t_s += SAMPLE_S) {
    const { x_m, y_m } = poseAt(actor.path, t_s);
    const isOn = t_s <= actor.to_s && isOnCarriageway(streets, [x_m, y_m], KERB_M);
    if (isOn) from_s ??= t_s - SAMPLE_S;
    else if (from_s !== undefined) {
      found.push({ actor, from_s, to_s: t_s });
      from_s = undefined;
    }
  }
  return found;
}

function isOnCarriageway(streets: readonly Street[], at: Metres, margin_m: number): boolean {
  return streets.some((street) => distanceToStreet(street, at) < street.carriageway_m / 2 + margin_m);
}

function asOther(actor: StageActor, t_s: number): Other {
  const here = poseAt(actor.path, t_s);
  const soon = poseAt(actor.path, t_s + 1);
  const [length_m, width_m] = LENGTHS[actor.kind] ?? [1.5, 1.5];
  const speed = Math.hypot(soon.x_m - here.x_m, soon.y_m - here.y_m);
  const standing = actor.kind !== 'person' && standsLong(actor, t_s);
  return otherOf([here.x_m, here.y_m], here.heading_deg, length_m, width_m, speed, standing, true);
}

function standsLong({ path }: StageActor, t_s: number): boolean {
  const before = poseAt(path, t_s - LONG_S);
  const after = poseAt(path, t_s + LONG_S);
  return Math.hypot(after.x_m - before.x_m, after.y_m - before.y_m) < 0.3;
}
