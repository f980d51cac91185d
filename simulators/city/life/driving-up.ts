import { bearing_deg } from '../../plane.ts';
import type { StagePose } from '../stage/stage-scene.ts';
import { pointAlong, pointBeside, type Street } from './street.ts';
import { pose } from './walking.ts';

/** A stop at the kerb: where, from when to when, and how one comes there and leaves. */
export interface Stop {
  readonly along_m: number;
  readonly right_m: number;
  readonly from_s: number;
  readonly to_s: number;
  readonly speed_mps: number;
  /** How far before and after the stop the way is told, in metres. */
  readonly reach_m: number;
}

/** Metres from the first sideways movement to standing at the kerb. */
const PULL_IN_M = 14;
const STEPS = 6;

/** The poses of a vehicle that comes along its lane, stands at the kerb, and drives on; those before second 0 left out. */
export function driveUp(street: Street, stop: Stop): StagePose[] {
  const { along_m, right_m, from_s, to_s, speed_mps, reach_m } = stop;
  const sign = right_m < 0 ? -1 : 1;
  const lane_m = sign * drivingLane_m(street);
  const clamp = (m: number): number => Math.max(0, Math.min(street.length_m, m));
  const way = (part: -1 | 1): { along: number; right: number; away_m: number }[] => {
    const points: { along: number; right: number; away_m: number }[] = [];
    const end = clamp(along_m + part * sign * reach_m);
    const far_m = Math.abs(end - along_m);
    if (far_m > PULL_IN_M) points.push({ along: end, right: lane_m, away_m: far_m });
    for (let step = STEPS; step >= 1; step -= 1) {
      const share = step / STEPS;
      const soft = share * share * (3 - 2 * share);
      const away_m = Math.min(far_m, PULL_IN_M * share);
      points.push({
        along: along_m + part * sign * away_m,
        right: right_m + (lane_m - right_m) * soft,
        away_m,
      });
    }
    return points;
  };
  // Braking and starting evenly over the last metres takes twice the time of passing.
  const time_s = (away_m: number): number =>
    away_m < PULL_IN_M
      ? (2 * Math.sqrt(away_m * PULL_IN_M)) / speed_mps
      : (PULL_IN_M * 2 + (away_m - PULL_IN_M)) / speed_mps;
  const heading = pointAlong(street, along_m).heading_deg + (sign > 0 ? 0 : 180);
  const here = pointBeside(street, along_m, right_m);
  const coming = way(-1).map(({ along, right, away_m }) => ({
    t_s: from_s - time_s(away_m),
    at: pointBeside(street, along, right),
  }));
  const leaving = way(1)
    .reverse()
    .map(({ along, right, away_m }) => ({
      t_s: to_s + time_s(away_m),
      at: pointBeside(street, along, right),
    }));
  const all = [...coming, { t_s: from_s, at: here }, { t_s: to_s, at: here }, ...leaving];
  const poses = all.map(({ t_s, at }, index) => {
    const next = all[index + 1];
    const before = all[index - 1];
    const isHere = at === here;
    const turn =
      isHere || next === undefined
        ? before === undefined || isHere
          ? heading
          : bearing_deg(before.at, at)
        : bearing_deg(at, next.at);
    return pose(t_s, at, turn);
  });
  const isThere = poses.filter((one) => one.t_s >= 0);
  return isThere.length > 0 ? isThere : [pose(0, here, heading)];
}

/** Metres from the middle of a street to the middle of the lane in which one drives. */
export function drivingLane_m({ class: kind, carriageway_m }: Street): number {
  return kind === 'arterial' && carriageway_m >= 12 ? carriageway_m / 2 - 2 : carriageway_m / 4 + 0.1;
}
