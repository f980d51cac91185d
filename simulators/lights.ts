import type { Metres } from './plane.ts';
import { deriveSeed } from './random.ts';

/** One phase of a light: shorter than any stop that would look suspicious. */
const LIGHT_PHASE_S = 22;

/** By how much all lights of a run are shifted, in seconds. */
export function lightShift_s(seed: number): number {
  return deriveSeed(seed, 'lights') % (2 * LIGHT_PHASE_S);
}

/**
 * Whether the light at a junction is red for those who come along a heading. `time_s` are epoch seconds with the
 * run's shift added.
 */
export function isRedLight([x, y]: Metres, heading_deg: number, time_s: number): boolean {
  const phase = Math.floor((time_s + Math.abs(x * 7 + y * 13)) / LIGHT_PHASE_S) % 2;
  const axis = heading_deg % 180;
  const eastWest = axis > 45 && axis < 135;
  return eastWest === (phase === 0);
}
