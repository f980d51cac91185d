import { createRandom, deriveSeed } from '../../random.ts';
import type { StageActor, StageState } from '../stage/stage-scene.ts';
import type { Cast, Obstacle } from './cast.ts';
import { driveUp } from './driving-up.ts';
import { drawLook } from './looks.ts';
import type { PlacedEntry, Placement } from './placing.ts';
import { pointBeside, shifted } from './street.ts';
import { pointBefore, pose, walkAlong } from './walking.ts';

type BagsEntry = Extract<PlacedEntry, { kind: 'bags' }>;
type BinEntry = Extract<PlacedEntry, { kind: 'bin' }>;

const WALK_MPS = 1.2;
/** Who brings bags comes from so far away and stoops so long. */
const COMES_FROM_M = 30;
const STOOPS_S = 5;
const BAGS_A_TRIP = 2;

/** Bags that are left at a spot, trip by trip, until a cleaner takes them away. */
export function castBags(
  entry: BagsEntry,
  placement: Placement,
  seed: number,
  obstacles: readonly Obstacle[],
): Cast {
  const { id, at, outward_deg, from_s, to_s, block, street } = placement;
  const random = createRandom(deriveSeed(seed, 'bags', id));
  const trips = entry.by === 'tricycle' ? 1 : Math.ceil(entry.count / BAGS_A_TRIP);
  const actors: StageActor[] = [];
  const sizes: StageState[] = [];
  let left = 0;
  for (let trip = 0; trip < trips; trip += 1) {
    const t_s = Math.round(from_s + trip * random.between(25, 70));
    if (t_s > to_s - 30) break;
    left += entry.by === 'tricycle' ? entry.count : Math.min(BAGS_A_TRIP, entry.count - left);
    const size = 0.3 + 0.7 * Math.min(1, left / Math.max(entry.count, 3));
    sizes.push(
      { t_s, name: 'size', value: sizes.at(-1)?.value ?? 0 },
      { t_s: t_s + 1, name: 'size', value: size },
    );
    actors.push(
      ...(entry.by === 'tricycle'
        ? tricycleTrip(placement, `${id}-trip-${trip + 1}`, t_s, random.next())
        : footTrip(
            placement,
            `${id}-trip-${trip + 1}`,
            t_s,
            drawLook(random),
            random.next() < 0.5,
            obstacles,
          )),
    );
  }
  actors.push({
    id,
    kind: 'heap',
    form: 'bags',
    look: Math.floor(random.next() * 2 ** 31),
    from_s,
    to_s,
    path: [pose(from_s, at, outward_deg + 180)],
    states: sizes,
  });
  actors.push(...cleaner(placement, to_s, drawLook(random), obstacles));
  return {
    actors,
    obstacles: [],
    lens: [],
    happenings: [
      {
        id,
        kind: 'bags',
        from_s,
        to_s,
        block,
        streetId: street.id,
        note: `${entry.count} bags, by ${entry.by}`,
      },
    ],
  };
}

/** Somebody comes along the pavement with a bag, puts it down, and goes on without it. */
function footTrip(
  { street, along_m, right_m, at, outward_deg, strip }: Placement,
  id: string,
  t_s: number,
  look: number,
  forth: boolean,
  obstacles: readonly Obstacle[],
): StageActor[] {
  const ahead = forth ? 1 : -1;
  const clamp = (m: number): number => Math.max(0.5, Math.min(street.length_m - 0.5, m));
  const sign = right_m < 0 ? -1 : 1;
  const lane_m = sign * (street.carriageway_m / 2 + street.pavement_m * 0.5);
  const facing = strip === 'front' ? outward_deg : outward_deg + 180;
  const spot = pointBefore(at, facing + 180, 1.1, 0);
  const far_m = clamp(along_m - ahead * COMES_FROM_M);
  const walk = { street, right_m: lane_m, speed_mps: WALK_MPS };
  const near_m = clamp(along_m - ahead * 1.5);
  const start_s = t_s - 2 - Math.abs(near_m - far_m) / WALK_MPS - 2;
  const come = walkAlong({ ...walk, from_m: far_m, to_m: near_m, start_s }, obstacles);
  const here_s = Math.max(t_s - 2, (come.at(-1)?.t_s ?? t_s) + 1);
  const gone_s = here_s + STOOPS_S;
  const leave = walkAlong(
    {
      ...walk,
      from_m: clamp(along_m + ahead * 1.5),
      to_m: clamp(along_m + ahead * COMES_FROM_M),
      start_s: gone_s + 2,
    },
    obstacles,
  );
  const coming = come.filter((one) => one.t_s >= 0);
  return [
    {
      id: `${id}-brings`,
      kind: 'person',
      form: 'bag',
      look,
      from_s: coming[0]?.t_s ?? here_s,
      to_s: t_s,
      path: [...coming, pose(here_s, spot, facing)],
    },
    {
      id: `${id}-leaves`,
      kind: 'person',
      look,
      from_s: t_s,
      to_s: leave.at(-1)?.t_s ?? gone_s,
      path: [pose(t_s, spot, facing), pose(gone_s, spot, facing), ...leave],
      states: [
        { t_s, name: 'posture', value: 1 },
        { t_s: gone_s - 1, name: 'posture', value: 1 },
        { t_s: gone_s, name: 'posture', value: 0 },
      ],
    },
  ];
}

function tricycleTrip(placement: Placement, id: string, t_s: number, draw: number): StageActor[] {
  const { street, right_m, along_m } = placement;
  const sign = right_m < 0 ? -1 : 1;
  const path = driveUp(street, {
    along_m: along_m - sign * 1.5,
    right_m: sign * (street.carriageway_m / 2 - 0.9),
    from_s: t_s - 12,
    to_s: t_s + 8,
    speed_mps: 3.5,
    reach_m: 60,
  });
  return [
    {
      id: `${id}-tricycle`,
      kind: 'tricycle',
      look: Math.floor(draw * 60) + 1,
      from_s: path[0]?.t_s ?? t_s,
      to_s: path.at(-1)?.t_s ?? t_s,
      path,
    },
  ];
}

function cleaner(
  { street, along_m, right_m, at, outward_deg, id }: Placement,
  to_s: number,
  look: number,
  obstacles: readonly Obstacle[],
): StageActor[] {
  const sign = right_m < 0 ? -1 : 1;
  const far_m = along_m > 25 ? along_m - 24 : along_m + 24;
  const lane_m = sign * (street.carriageway_m / 2 + street.pavement_m * 0.5);
  const spot = pointBefore(at, outward_deg + 180, 1, 0.6);
  const come = walkAlong(
    { street, from_m: far_m, to_m: along_m, right_m: lane_m, speed_mps: WALK_MPS, start_s: to_s - 45 },
    obstacles,
  );
  return [
    {
      id: `${id}-cleaner`,
      kind: 'person',
      form: 'cleaner',
      look,
      from_s: to_s - 45,
      to_s: to_s + 30,
      path: [
        ...come,
        pose(to_s - 15, spot, outward_deg),
        pose(to_s + 5, spot, outward_deg),
        pose(to_s + 30, pointBeside(street, far_m, lane_m), outward_deg),
      ],
      states: [
        { t_s: to_s - 15, name: 'posture', value: 0 },
        { t_s: to_s - 14, name: 'posture', value: 1 },
        { t_s: to_s + 4, name: 'posture', value: 1 },
        { t_s: to_s + 5, name: 'posture', value: 0 },
      ],
    },
  ];
}

const BIN_STEP_M = 0.75;
const FULL = 1;
const TOWERING = 1.25;
/** A bin that will overflow is filled so long before, and towers so long after it began to. */
const FILLS_S = 2_400;
const GROWS_S = 180;
const EMPTYING_S = 40;

/** A row of bins that stands all day; the middle one overflows for a while until a refuse truck empties all. */
export function castBins(entry: BinEntry, placement: Placement, seed: number, duration_s: number): Cast {
  const { id, at, outward_deg, facing_deg, from_s, to_s, block, street, along_m, right_m } = placement;
  const random = createRandom(deriveSeed(seed, 'bins', id));
  const full = Math.floor(entry.count / 2);
  const actors: StageActor[] = Array.from({ length: entry.count }, (_none, index) => {
    const spot = shifted(at, outward_deg + 90, (index - (entry.count - 1) / 2) * BIN_STEP_M);
    const start = random.between(0.15, 0.6);
    const states: StageState[] =
      index === full
        ? [
            { t_s: Math.max(0, from_s - FILLS_S), name: 'fill', value: 0.2 },
            { t_s: Math.max(0.1, from_s - 1), name: 'fill', value: 0.84 },
            { t_s: from_s, name: 'fill', value: FULL + 0.08 },
            { t_s: Math.min(to_s - 2, from_s + GROWS_S), name: 'fill', value: TOWERING },
            { t_s: to_s - 1, name: 'fill', value: TOWERING },
            { t_s: to_s, name: 'fill', value: 0 },
            { t_s: Math.max(to_s + 1, duration_s), name: 'fill', value: 0.2 },
          ]
        : [
            { t_s: 0, name: 'fill', value: start },
            { t_s: to_s - 1, name: 'fill', value: Math.min(0.8, start + 0.3) },
            { t_s: to_s, name: 'fill', value: 0 },
          ];
    return {
      id: `${id}-${index + 1}`,
      kind: 'bin',
      look: Math.floor(random.next() * 2 ** 31),
      from_s: 0,
      to_s: duration_s,
      path: [pose(0, spot, facing_deg)],
      states,
    };
  });
  const sign = right_m < 0 ? -1 : 1;
  const path = driveUp(street, {
    along_m: along_m + sign * 2,
    right_m: sign * (street.carriageway_m / 2 - 1.5),
    from_s: to_s - EMPTYING_S,
    to_s: to_s + 15,
    speed_mps: 6,
    reach_m: 110,
  });
  actors.push({
    id: `${id}-refuse-truck`,
    kind: 'truck',
    form: 'refuse',
    look: drawLook(random),
    from_s: path[0]?.t_s ?? to_s,
    to_s: path.at(-1)?.t_s ?? to_s,
    path,
  });
  const shown = {
    ...block,
    width_m: 0.75,
    at: shifted(at, outward_deg + 90, (full - (entry.count - 1) / 2) * BIN_STEP_M),
  };
  return {
    actors,
    obstacles: [],
    lens: [],
    happenings: [
      {
        id,
        kind: 'bin',
        from_s,
        to_s,
        block: shown,
        streetId: street.id,
        note: `one of ${entry.count} bins`,
      },
    ],
  };
}
