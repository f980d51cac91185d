import { createRandom, deriveSeed } from '../../random.ts';
import type { StageActor } from '../stage/stage-scene.ts';
import type { Cast, Obstacle } from './cast.ts';
import { driveUp } from './driving-up.ts';
import { drawLook } from './looks.ts';
import type { PlacedEntry, Placement } from './placing.ts';
import { shifted } from './street.ts';
import { pose, walkAlong } from './walking.ts';

const WALK_MPS = 1.2;
const REACH_M = 45;

type Entry<K extends PlacedEntry['kind']> = Extract<PlacedEntry, { kind: K }>;

/** Somebody with an umbrella or with bags who walks by, or waits under the umbrella. */
export function castPasser(
  entry: Entry<'umbrella'> | Entry<'carried-bags'>,
  placement: Placement,
  seed: number,
  obstacles: readonly Obstacle[],
): Cast {
  const { id, at, facing_deg, from_s, block, street } = placement;
  const random = createRandom(deriveSeed(seed, 'passer', id));
  const look = drawLook(random);
  const umbrella = entry.kind === 'umbrella';
  const waits = entry.kind === 'umbrella' && entry.does === 'waits';
  const walk = passing(placement, random.next() < 0.5, obstacles);
  const path = waits ? [pose(from_s, at, facing_deg)] : walk;
  const to_s = waits ? placement.to_s : (path.at(-1)?.t_s ?? from_s);
  const begins_s = waits ? from_s : (path[0]?.t_s ?? from_s);
  const person = { id, kind: 'person', look, from_s: begins_s, to_s, path } as const;
  const actor: StageActor = umbrella
    ? { ...person, states: [{ t_s: begins_s, name: 'umbrella', value: 1 }] }
    : { ...person, form: 'bag' };
  const note = !umbrella
    ? 'carries bags through'
    : waits
      ? 'waits under an umbrella'
      : 'passes with an umbrella';
  return {
    actors: [actor],
    obstacles: [],
    lens: [],
    happenings: [{ id, kind: entry.kind, from_s: begins_s, to_s, block, streetId: street.id, note }],
  };
}

function passing(
  { street, along_m, right_m, from_s }: Placement,
  forth: boolean,
  obstacles: readonly Obstacle[],
) {
  const ahead = forth ? 1 : -1;
  const clamp = (m: number): number => Math.max(0.5, Math.min(street.length_m - 0.5, m));
  const start_m = clamp(along_m - ahead * REACH_M);
  const start_s = Math.max(0, from_s - Math.abs(along_m - start_m) / WALK_MPS);
  return walkAlong(
    {
      street,
      from_m: start_m,
      to_m: clamp(along_m + ahead * REACH_M),
      right_m,
      speed_mps: WALK_MPS,
      start_s,
    },
    obstacles,
  );
}

/** Goods that a shop puts out on the pavement. */
export function castShopGoods(entry: Entry<'shop-goods'>, placement: Placement, seed: number): Cast {
  const { id, at, facing_deg, from_s, to_s, block, street } = placement;
  const random = createRandom(deriveSeed(seed, 'goods', id));
  const actors = Array.from({ length: entry.piles }, (_none, index): StageActor => {
    const spot = shifted(at, facing_deg + 90, (index - (entry.piles - 1) / 2) * 1.2);
    const out_s = from_s + index * 15;
    return {
      id: `${id}-${index + 1}`,
      kind: 'goods',
      look: Math.floor(random.next() * 2 ** 31),
      from_s: out_s,
      to_s,
      path: [pose(out_s, spot, facing_deg + random.between(-8, 8))],
    };
  });
  return {
    actors,
    obstacles: [],
    lens: [],
    happenings: [
      {
        id,
        kind: 'shop-goods',
        from_s,
        to_s,
        block,
        streetId: street.id,
        note: `${entry.piles} piles of goods`,
      },
    ],
  };
}

/** A van at the kerb with its doors open, from which somebody carries things into a house. */
export function castOpenVan(placement: Placement, seed: number): Cast {
  const { id, from_s, to_s, block, street, along_m, right_m, outward_deg, at } = placement;
  const random = createRandom(deriveSeed(seed, 'van', id));
  const path = driveUp(street, { along_m, right_m, from_s, to_s, speed_mps: 7, reach_m: 100 });
  const van: StageActor = {
    id,
    kind: 'van',
    look: drawLook(random),
    from_s: path[0]?.t_s ?? from_s,
    to_s: path.at(-1)?.t_s ?? to_s,
    path,
    states: [
      { t_s: from_s + 10, name: 'doors', value: 0 },
      { t_s: from_s + 13, name: 'doors', value: 1 },
      { t_s: to_s - 13, name: 'doors', value: 1 },
      { t_s: to_s - 10, name: 'doors', value: 0 },
    ],
  };
  return {
    actors: [van, carrier(placement, drawLook(random))],
    obstacles: [{ at, radius_m: 1.3, from_s, to_s }],
    lens: [],
    happenings: [
      { id, kind: 'open-van', from_s, to_s, block, streetId: street.id, note: 'unloads with its doors open' },
    ],
  };

  function carrier({ facing_deg }: Placement, look: number): StageActor {
    const behind = shifted(shifted(at, facing_deg + 180, 3.1), outward_deg, 0.6);
    const door = shifted(behind, outward_deg, 2.4 + street.pavement_m * 0.7);
    const poses = [];
    for (let t_s = from_s + 15; t_s < to_s - 60; t_s += 46) {
      poses.push(pose(t_s, behind, facing_deg), pose(t_s + 12, behind, facing_deg));
      poses.push(pose(t_s + 13, behind, outward_deg), pose(t_s + 20, door, outward_deg));
      poses.push(pose(t_s + 38, door, outward_deg + 180), pose(t_s + 45, behind, outward_deg + 180));
    }
    if (poses.length === 0) poses.push(pose(from_s + 15, behind, facing_deg));
    return {
      id: `${id}-carrier`,
      kind: 'person',
      form: 'bag',
      look,
      from_s: from_s + 15,
      to_s: Math.max(from_s + 20, to_s - 15),
      path: poses,
    };
  }
}
