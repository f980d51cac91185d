import { createRandom, deriveSeed, type Random } from '../../random.ts';
import type { StageActor, StageState } from '../stage/stage-scene.ts';
import type { Cast, Obstacle } from './cast.ts';
import { STALL_FORMS } from './life-file.ts';
import { drawLook } from './looks.ts';
import type { PlacedEntry, Placement } from './placing.ts';
import { pointBeside } from './street.ts';
import { pointBefore, pose, posesThrough, walkAlong } from './walking.ts';

type StallEntry = Extract<PlacedEntry, { kind: 'stall' }>;

const WALK_MPS = 1.25;
/** Vendors push or ride what has wheels from so far away. */
const COMES_FROM_M = 28;
const SET_UP_S = 40;
const VISIT_S = [40, 200] as const;
/** A stall with its vendor and those who buy. */
export function castStall(
  entry: StallEntry,
  placement: Placement,
  seed: number,
  obstacles: readonly Obstacle[],
): Cast {
  const { id, at, facing_deg, from_s, to_s, block } = placement;
  const random = createRandom(deriveSeed(seed, 'stall', id));
  const form = entry.form ?? STALL_FORMS[Math.floor(random.next() * (STALL_FORMS.length - 1))] ?? 'table';
  const canopy =
    entry.canopy ?? (['none', 'none', 'tent', 'parasol'] as const)[Math.floor(random.next() * 4)];
  const look = Math.floor(random.next() * 2 ** 31);
  const wares: StageState[] = [
    { t_s: from_s, name: 'wares', value: form === 'van' ? 1 : 0.15 },
    { t_s: from_s + SET_UP_S, name: 'wares', value: 1 },
    { t_s: to_s - SET_UP_S, name: 'wares', value: 1 },
    { t_s: to_s, name: 'wares', value: 0.2 },
    { t_s: from_s, name: 'doors', value: 1 },
  ];
  const stall: StageActor = {
    id,
    kind: 'stall',
    form,
    look,
    ...stallPath(placement, form),
    states: wares,
  };
  const actors = [stall];
  if (canopy === 'tent' || canopy === 'parasol') {
    const up = form === 'tricycle' || form === 'cart' ? 5 : 0;
    const still = [pose(from_s + up, at, facing_deg)];
    actors.push({
      id: `${id}-canopy`,
      kind: 'canopy',
      form: canopy,
      look,
      from_s: from_s + up,
      to_s: to_s - up,
      path: still,
    });
  }
  const behind_m = block.depth_m / 2 + 0.45;
  const vendorAt = pointBefore(at, facing_deg, form === 'van' ? 0 : -behind_m, form === 'van' ? 2.6 : 0.2);
  actors.push({
    id: `${id}-vendor`,
    kind: 'person',
    look: drawLook(random),
    from_s,
    to_s,
    path: [pose(from_s, vendorAt, facing_deg)],
    states: postures(random, from_s, to_s),
  });
  actors.push(...customers(entry, placement, random, obstacles));
  return {
    actors,
    obstacles: [],
    lens: [],
    happenings: [
      {
        id,
        kind: 'stall',
        from_s,
        to_s,
        block,
        streetId: placement.street.id,
        note: `${form}, canopy ${canopy}`,
      },
    ],
  };
}

/** What has wheels comes along the kerb and leaves the same way. */
function stallPath(
  { street, along_m, right_m, at, facing_deg, from_s, to_s }: Placement,
  form: string,
): Pick<StageActor, 'from_s' | 'to_s' | 'path'> {
  const still = pose(from_s, at, facing_deg);
  if (form !== 'cart' && form !== 'tricycle') return { from_s, to_s, path: [still] };
  const sign = right_m < 0 ? -1 : 1;
  const kerb_m = sign * (street.carriageway_m / 2 - 0.9);
  // Right-hand traffic: on the right side one comes along the line, on the left against it.
  const far_m = Math.max(0, Math.min(street.length_m, along_m - sign * COMES_FROM_M));
  const on_m = Math.max(0, Math.min(street.length_m, along_m + sign * COMES_FROM_M));
  const come = [pointBeside(street, far_m, kerb_m), pointBeside(street, along_m, kerb_m), at];
  const leave = [at, pointBeside(street, along_m, kerb_m), pointBeside(street, on_m, kerb_m)];
  const speed = form === 'cart' ? 1.1 : 2.2;
  const coming = posesThrough(come, 0, speed);
  const took_s = coming.at(-1)?.t_s ?? 0;
  const start_s = from_s - took_s - 1;
  // A stall that is there from the beginning is not seen to come.
  const arrives =
    start_s < 0 ? [] : coming.map((one) => ({ ...one, t_s: Math.round((one.t_s + start_s) * 10) / 10 }));
  const leaving = posesThrough(leave, to_s + 1, speed);
  return {
    from_s: arrives[0]?.t_s ?? from_s,
    to_s: leaving.at(-1)?.t_s ?? to_s,
    path: [...arrives, still, pose(to_s, at, facing_deg), ...leaving],
  };
}

function postures(random: Random, from_s: number, to_s: number): StageState[] {
  const states: StageState[] = [];
  for (let t_s = from_s; t_s < to_s; t_s += random.between(60, 400)) {
    const value = random.next() < 0.35 ? 2 : random.next() < 0.2 ? 1 : 0;
    const before = states.at(-1)?.value ?? value;
    states.push({ t_s: Math.round(t_s), name: 'posture', value: before });
    states.push({ t_s: Math.round(t_s) + 1, name: 'posture', value });
  }
  return states;
}

/** People who come along the pavement, stand before the goods for a while and walk on. */
function customers(
  entry: StallEntry,
  { id, street, along_m, right_m, at, facing_deg, from_s, to_s, block }: Placement,
  random: Random,
  obstacles: readonly Obstacle[],
): StageActor[] {
  const made: StageActor[] = [];
  if (entry.customers === 0) return made;
  const mean_s = (VISIT_S[0] + VISIT_S[1]) / 2;
  const others = obstacles.filter((one) => one.at !== at);
  const sign = right_m < 0 ? -1 : 1;
  const lane_m = sign * (street.carriageway_m / 2 + street.pavement_m * 0.55);
  for (let t_s = from_s + 20; t_s < to_s - VISIT_S[1]; ) {
    t_s += (-Math.log(1 - random.next()) * mean_s) / entry.customers;
    const stays_s = random.between(...VISIT_S);
    if (t_s + stays_s > to_s - 15) break;
    const aside = random.between(-0.5, 0.5) * block.width_m;
    const spot = pointBefore(at, facing_deg, block.depth_m / 2 + random.between(0.45, 1), aside);
    const ahead = random.next() < 0.5 ? 1 : -1;
    const clamp = (m: number): number => Math.max(0.5, Math.min(street.length_m - 0.5, m));
    const walk = { street, right_m: lane_m, speed_mps: WALK_MPS };
    const near_m = clamp(along_m - ahead * 2.5);
    const come = walkAlong(
      { ...walk, from_m: clamp(along_m - ahead * 30), to_m: near_m, start_s: t_s },
      others,
    );
    const here_s = (come.at(-1)?.t_s ?? t_s) + 2.2;
    const go_m = clamp(along_m + ahead * 2.5);
    const leave_s = here_s + stays_s;
    const leave = walkAlong(
      { ...walk, from_m: go_m, to_m: clamp(along_m + ahead * 30), start_s: leave_s + 2.2 },
      others,
    );
    const path = [
      ...come,
      pose(here_s, spot, facing_deg + 180),
      pose(leave_s, spot, facing_deg + 180),
      ...leave,
    ];
    made.push({
      id: `${id}-customer-${made.length + 1}`,
      kind: 'person',
      ...(random.next() < 0.3 ? { form: 'bag' } : {}),
      look: drawLook(random),
      from_s: path[0]?.t_s ?? t_s,
      to_s: path.at(-1)?.t_s ?? leave_s,
      path,
    });
  }
  return made;
}
