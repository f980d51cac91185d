import { deriveSeed, type Random } from '../../random.ts';

/** Looks that passers-by share: enough that nobody notices, few enough to be drawn quickly. */
const LOOKS = 60;

/** A look out of a bounded number for each kind. */
export function drawLook(random: Random): number {
  return 1 + Math.floor(random.next() * LOOKS);
}

/** A look of one thing's own. */
export function drawSeed(seed: number, ...labels: readonly string[]): number {
  return deriveSeed(seed, 'look', ...labels) & 0x7fffffff;
}
