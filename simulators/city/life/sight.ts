import type { ActorKind, StageActor, StageCamera, StagePose } from '../stage/stage-scene.ts';
import { boxOf } from './view.ts';

/** Width, length and height of each kind, generously, in metres. */
const SIZES: Record<ActorKind, readonly [number, number, number]> = {
  person: [0.8, 0.8, 1.9],
  'two-wheeler': [0.9, 2, 1.8],
  tricycle: [1.3, 2.8, 1.9],
  car: [1.9, 4.8, 1.6],
  van: [2, 5.2, 2.1],
  bus: [2.6, 12, 3.3],
  truck: [2.5, 8, 3.2],
  'muck-truck': [2.6, 9.5, 5.5],
  stall: [3, 3, 2.8],
  canopy: [3.4, 3.4, 3],
  goods: [1.5, 1.2, 1.3],
  bag: [0.7, 0.7, 0.6],
  heap: [4.5, 4.5, 2],
  bin: [0.8, 0.9, 1.4],
  umbrella: [1.3, 1.3, 2.3],
};

/** Smaller things are not told farther away than this: one would not see them come and go. */
const SIGHT_M: Partial<Record<ActorKind, number>> = { person: 75, 'two-wheeler': 85 };
const SIGHT_FAR_M = 110;
const STEP_S = 0.5;
/** Shadows and rounding reach so far beyond the edge of the picture. */
const MARGIN = 0.12;
/** An actor is told so long before and after it is in sight. */
const LEAD_S = 1;

/** Width, length and height of an actor's kind, generously, in metres. */
export function sizeOfKind(kind: ActorKind): readonly [number, number, number] {
  return SIZES[kind];
}

/** The part of an actor's life in which a camera may see it; undefined where it never does. */
export function inSight(actor: StageActor, camera: StageCamera, duration_s: number): StageActor | undefined {
  const from_s = Math.max(0, actor.from_s);
  const to_s = Math.min(duration_s, actor.to_s);
  if (to_s <= from_s) return undefined;
  if (actor.path.length <= 1) {
    const [only] = actor.path;
    return only !== undefined && sees(camera, actor.kind, only) ? { ...actor, from_s, to_s } : undefined;
  }
  let first_s: number | undefined;
  let last_s = from_s;
  for (const t_s of times(actor, from_s, to_s)) {
    if (!sees(camera, actor.kind, poseAt(actor.path, t_s))) continue;
    first_s ??= t_s;
    last_s = t_s;
  }
  if (first_s === undefined) return undefined;
  return trimmed(actor, Math.max(from_s, first_s - LEAD_S), Math.min(to_s, last_s + LEAD_S));
}

/** Where an actor is at a time, between the poses of its path. */
export function poseAt(path: readonly StagePose[], t_s: number): StagePose {
  let low = 0;
  let high = path.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((path[middle]?.t_s ?? 0) <= t_s) low = middle;
    else high = middle - 1;
  }
  const from = path[low] ?? { t_s, x_m: 0, y_m: 0, heading_deg: 0 };
  const to = path[low + 1];
  if (to === undefined || t_s <= from.t_s) return { ...from, t_s };
  const share = (t_s - from.t_s) / (to.t_s - from.t_s || 1);
  const turn = ((to.heading_deg - from.heading_deg + 540) % 360) - 180;
  return {
    t_s,
    x_m: from.x_m + (to.x_m - from.x_m) * share,
    y_m: from.y_m + (to.y_m - from.y_m) * share,
    heading_deg: (from.heading_deg + turn * share + 360) % 360,
  };
}

/** Steps of half a second while it moves; a stand of any length needs no more than its ends. */
function* times({ path }: StageActor, from_s: number, to_s: number): Generator<number> {
  yield from_s;
  for (const [index, to] of path.slice(1).entries()) {
    const from = path[index] ?? to;
    const stands = Math.hypot(to.x_m - from.x_m, to.y_m - from.y_m) < 0.3;
    const start = Math.max(from_s, from.t_s);
    const end = Math.min(to_s, to.t_s);
    if (end <= start) continue;
    if (stands) yield start;
    else for (let t_s = start; t_s < end; t_s += STEP_S) yield t_s;
    yield end;
  }
  yield to_s;
}

function sees(camera: StageCamera, kind: ActorKind, { x_m, y_m, heading_deg }: StagePose): boolean {
  const away_m = Math.hypot(x_m - camera.x_m, y_m - camera.y_m);
  if (away_m > (SIGHT_M[kind] ?? SIGHT_FAR_M)) return false;
  const [width_m, depth_m, height_m] = SIZES[kind];
  const box = boxOf(camera, { at: [x_m, y_m], heading_deg, width_m, depth_m, height_m });
  // Beside or below the camera: what is partly behind it shows at the edge at most.
  if (box === undefined) return false;
  const [x1, y1, x2, y2] = box;
  return x2 > -MARGIN && x1 < 1 + MARGIN && y2 > -MARGIN && y1 < 1 + MARGIN;
}

function trimmed(actor: StageActor, from_s: number, to_s: number): StageActor {
  const first = poseAt(actor.path, from_s);
  const last = poseAt(actor.path, to_s);
  const between = actor.path.filter(({ t_s }) => t_s > from_s + 0.05 && t_s < to_s - 0.05);
  return {
    ...actor,
    from_s: round(from_s),
    to_s: round(to_s),
    path: [rounded(first), ...between, rounded(last)],
  };
}

function rounded({ t_s, x_m, y_m, heading_deg }: StagePose): StagePose {
  const centi = (value: number): number => Math.round(value * 100) / 100;
  return { t_s: round(t_s), x_m: centi(x_m), y_m: centi(y_m), heading_deg: Math.round(heading_deg) % 360 };
}

function round(t_s: number): number {
  return Math.round(t_s * 10) / 10;
}
