import { distance_m, type Metres } from '../../plane.ts';
import type { StageCamera } from '../stage/stage-scene.ts';
import { locateOn, pointAlong, type Street } from './street.ts';

/** A stretch of a street near cameras, in metres along its line. */
export interface Stretch {
  readonly street: Street;
  readonly from_m: number;
  readonly to_m: number;
}

/** Where two streets meet: metres along each. */
export interface Junction {
  readonly at: Metres;
  readonly a: Street;
  readonly b: Street;
  readonly along_a_m: number;
  readonly along_b_m: number;
  readonly hasLight: boolean;
}

/** Life is simulated within so much of a camera, in metres. */
const REACH_M = 105;
const STEP_M = 5;
/** Shorter stretches are corners of the area where nothing could move. */
const SHORT_M = 45;
const LIGHT_REACH_M = 15;

/** The stretches of streets near any of the cameras. */
export function stretchesNear(streets: readonly Street[], cameras: readonly StageCamera[]): Stretch[] {
  return streets.flatMap((street) => {
    const found: Stretch[] = [];
    let from_m: number | undefined;
    for (let step_m = 0; ; step_m += STEP_M) {
      const along_m = Math.min(step_m, street.length_m);
      const { at } = pointAlong(street, along_m);
      const isNear = cameras.some(({ x_m, y_m }) => distance_m([x_m, y_m], at) < REACH_M);
      if (isNear) from_m ??= along_m;
      const isOver = along_m >= street.length_m;
      if (from_m !== undefined && (!isNear || isOver)) {
        const to_m = isNear ? along_m : along_m - STEP_M;
        if (to_m - from_m >= SHORT_M) found.push({ street, from_m, to_m });
        from_m = undefined;
      }
      if (isOver) return found;
    }
  });
}

/** Every place where two streets cross or touch. */
export function junctionsOf(streets: readonly Street[], lights: readonly Metres[]): Junction[] {
  const found: Junction[] = [];
  for (const [index, a] of streets.entries()) {
    for (const b of streets.slice(index + 1)) {
      for (const at of meetings(a, b)) {
        if (found.some((known) => known.a === a && known.b === b && distance_m(known.at, at) < 3)) continue;
        const hasLight = lights.some((light) => distance_m(light, at) < LIGHT_REACH_M);
        const along_a_m = locateOn(a, at).along_m;
        const along_b_m = locateOn(b, at).along_m;
        found.push({ at, a, b, along_a_m, along_b_m, hasLight });
      }
    }
  }
  return found;
}

/** The heading of a street where it is so far along, driven forwards or against its line. */
export function headingAlong(street: Street, along_m: number, ahead: 1 | -1): number {
  return (pointAlong(street, along_m).heading_deg + (ahead > 0 ? 0 : 180)) % 360;
}

/** Degrees to turn from one heading to another, -180..180; positive: to the right. */
export function turn_deg(from_deg: number, to_deg: number): number {
  return ((to_deg - from_deg + 540) % 360) - 180;
}

function meetings(a: Street, b: Street): Metres[] {
  const found: Metres[] = [];
  for (const [i, endA] of a.line.slice(1).entries())
    for (const [j, endB] of b.line.slice(1).entries()) {
      const startA = a.line[i] ?? endA;
      const startB = b.line[j] ?? endB;
      const at = crossing(startA, endA, startB, endB);
      if (at !== undefined) found.push(at);
    }
  return found;
}

function crossing(a1: Metres, a2: Metres, b1: Metres, b2: Metres): Metres | undefined {
  const [ax, ay] = [a2[0] - a1[0], a2[1] - a1[1]];
  const [bx, by] = [b2[0] - b1[0], b2[1] - b1[1]];
  const cross = ax * by - ay * bx;
  const [lengthA, lengthB] = [Math.hypot(ax, ay), Math.hypot(bx, by)];
  if (Math.abs(cross) < 1e-6 * lengthA * lengthB) return undefined;
  const onA = ((b1[0] - a1[0]) * by - (b1[1] - a1[1]) * bx) / cross;
  const onB = ((b1[0] - a1[0]) * ay - (b1[1] - a1[1]) * ax) / cross;
  const inside = (share: number, length: number): boolean =>
    share * length >= -1 && (share - 1) * length <= 1;
  return inside(onA, lengthA) && inside(onB, lengthB) ? [a1[0] + ax * onA, a1[1] + ay * onA] : undefined;
}
