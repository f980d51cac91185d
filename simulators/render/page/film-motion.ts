import type { StageActor, StagePose, StageState } from '../../city/stage/stage-scene.ts';
import type { ActorStates, StateName } from './actor.ts';

/** Where an actor is at a moment: metres of the plan, degrees clockwise from north. */
export interface Place {
  readonly x_m: number;
  readonly y_m: number;
  readonly heading_deg: number;
}

/** From one heading to another by the shorter way round. */
function turned(from_deg: number, to_deg: number, share: number): number {
  const by = ((((to_deg - from_deg) % 360) + 540) % 360) - 180;
  return from_deg + by * share;
}

function between(a: StagePose, b: StagePose, t_s: number): Place {
  const share = b.t_s > a.t_s ? (t_s - a.t_s) / (b.t_s - a.t_s) : 1;
  return {
    x_m: a.x_m + (b.x_m - a.x_m) * share,
    y_m: a.y_m + (b.y_m - a.y_m) * share,
    heading_deg: turned(a.heading_deg, b.heading_deg, share),
  };
}

/** Place on a path at a moment; undefined for a path without poses. */
export function placeAt(path: readonly StagePose[], t_s: number): Place | undefined {
  const next = path.findIndex((pose) => pose.t_s > t_s);
  const before = next === -1 ? path.at(-1) : path[next - 1];
  const after = next === -1 ? undefined : path[next];
  if (before && after) return between(before, after, t_s);
  return before ?? after;
}

/** Values of all states of an actor at a moment, interpolated; before its first a state has its first value. */
export function statesAt(actor: StageActor, t_s: number): ActorStates {
  const before = new Map<StateName, StageState>();
  const after = new Map<StateName, StageState>();
  for (const state of actor.states ?? []) {
    if (state.t_s <= t_s) before.set(state.name, state);
    else if (!after.has(state.name)) after.set(state.name, state);
  }
  const values: Partial<Record<StateName, number>> = {};
  for (const [name, { value }] of after) values[name] = value;
  for (const [name, from] of before) {
    const to = after.get(name) ?? from;
    const share = to.t_s > from.t_s ? (t_s - from.t_s) / (to.t_s - from.t_s) : 0;
    values[name] = from.value + (to.value - from.value) * share;
  }
  return values;
}

/** Whether the actor is in the scene at a moment. */
export function isPresent(actor: StageActor, t_s: number): boolean {
  return actor.path.length > 0 && t_s >= actor.from_s && t_s < actor.to_s;
}

/** A stretch of time in seconds, its end excluded. */
export interface Stretch {
  readonly from_s: number;
  readonly to_s: number;
}

/** Stretches during which something changes between one entry and the next. */
function changes<T extends { readonly t_s: number }>(
  list: readonly T[],
  differ: (a: T, b: T) => boolean,
): Stretch[] {
  return list.flatMap((b, i) => {
    const a = list[i - 1];
    return a && differ(a, b) ? [{ from_s: a.t_s, to_s: b.t_s }] : [];
  });
}

function posesDiffer(a: StagePose, b: StagePose): boolean {
  return Math.hypot(a.x_m - b.x_m, a.y_m - b.y_m) > 0.01 || Math.abs(a.heading_deg - b.heading_deg) > 0.5;
}

/** Stretches of at least `least_s` in which an actor neither moves nor changes. */
export function restsOf(actor: StageActor, least_s: number): Stretch[] {
  const names = [...new Set((actor.states ?? []).map(({ name }) => name))];
  const busy = [
    ...changes(actor.path, posesDiffer),
    ...names.flatMap((name) =>
      changes(
        (actor.states ?? []).filter((state) => state.name === name),
        (a, b) => a.value !== b.value,
      ),
    ),
  ].sort((a, b) => a.from_s - b.from_s);
  const rests: Stretch[] = [];
  let from_s = actor.from_s;
  for (const stretch of [...busy, { from_s: actor.to_s, to_s: actor.to_s }]) {
    const to_s = Math.min(stretch.from_s, actor.to_s);
    if (to_s - from_s >= least_s) rests.push({ from_s, to_s });
    from_s = Math.max(from_s, stretch.to_s);
  }
  return rests;
}
