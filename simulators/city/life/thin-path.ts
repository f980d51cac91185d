import type { StagePose } from '../stage/stage-scene.ts';

const OFF_M = 0.12;
const OFF_DEG = 5;

/** Leaves out the poses that follow from their neighbours. */
export function thinPath(path: readonly StagePose[]): StagePose[] {
  if (path.length <= 2) return [...path];
  const kept: StagePose[] = [];
  const stack: [number, number][] = [[0, path.length - 1]];
  const keep = new Set([0, path.length - 1]);
  for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
    const [first, last] = span;
    const worst = farthest(path, first, last);
    if (worst === undefined) continue;
    keep.add(worst);
    stack.push([first, worst], [worst, last]);
  }
  for (const [index, one] of path.entries()) if (keep.has(index)) kept.push(one);
  return kept;
}

function farthest(path: readonly StagePose[], first: number, last: number): number | undefined {
  const from = path[first];
  const to = path[last];
  if (from === undefined || to === undefined) return undefined;
  let worst: number | undefined;
  let most = 1;
  for (let index = first + 1; index < last; index += 1) {
    const here = path[index];
    if (here === undefined) continue;
    const share = (here.t_s - from.t_s) / (to.t_s - from.t_s || 1);
    const off_m = Math.hypot(
      from.x_m + (to.x_m - from.x_m) * share - here.x_m,
      from.y_m + (to.y_m - from.y_m) * share - here.y_m,
    );
    const turn = ((to.heading_deg - from.heading_deg + 540) % 360) - 180;
    const heading = from.heading_deg + turn * share;
    const off_deg = Math.abs(((here.heading_deg - heading + 540) % 360) - 180);
    const off = Math.max(off_m / OFF_M, off_deg / OFF_DEG);
    if (off > most) {
      most = off;
      worst = index;
    }
  }
  return worst;
}
