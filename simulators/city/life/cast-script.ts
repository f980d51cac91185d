import { createRandom, deriveSeed } from '../../random.ts';
import type { Scenario } from '../scenario.ts';
import { type Cast, EMPTY_CAST, joinCasts, type Obstacle } from './cast.ts';
import { castOpenVan, castPasser, castShopGoods } from './cast-passers.ts';
import { castStall } from './cast-stalls.ts';
import { castBags, castBins } from './cast-waste.ts';
import type { PlacedEntry, Placement } from './placing.ts';

type Placed = { readonly entry: PlacedEntry; readonly placement: Placement };

/** Everything that the script puts into the streets, as placed for a run. */
export function castScript(scenario: Scenario, placed: readonly Placed[], seed: number): Cast {
  const obstacles = placed.flatMap(({ entry, placement }) => obstaclesOf(entry, placement, scenario));
  const casts = placed.map(({ entry, placement }) => {
    const others = obstacles.filter((one) => one.id !== placement.id);
    return castOf(entry, placement, seed, others, scenario.file.duration_s);
  });
  return joinCasts([...casts, { ...EMPTY_CAST, obstacles }, castLens(scenario, seed)]);
}

function castOf(
  entry: PlacedEntry,
  placement: Placement,
  seed: number,
  others: readonly Obstacle[],
  duration_s: number,
): Cast {
  switch (entry.kind) {
    case 'stall':
      return castStall(entry, placement, seed, others);
    case 'bags':
      return castBags(entry, placement, seed, others);
    case 'bin':
      return castBins(entry, placement, seed, duration_s);
    case 'shop-goods':
      return castShopGoods(entry, placement, seed);
    case 'open-van':
      return castOpenVan(placement, seed);
    case 'umbrella':
    case 'carried-bags':
      return castPasser(entry, placement, seed, others);
  }
}

/** Circles that cover what stands there; those who pass leave nobody a way through. */
function obstaclesOf(
  entry: PlacedEntry,
  { id, at, block, facing_deg, from_s, to_s }: Placement,
  { file }: Scenario,
): (Obstacle & { readonly id: string })[] {
  if (entry.kind === 'umbrella' || entry.kind === 'carried-bags' || entry.kind === 'open-van') return [];
  const span = entry.kind === 'bin' ? { from_s: 0, to_s: file.duration_s } : { from_s, to_s };
  const radius_m = Math.max(0.45, Math.min(block.width_m, block.depth_m) / 2);
  const circles = Math.max(1, Math.round(block.width_m / (2 * radius_m)));
  const rad = (facing_deg * Math.PI) / 180;
  return Array.from({ length: circles }, (_none, index) => {
    const aside = circles === 1 ? 0 : (index / (circles - 1) - 0.5) * (block.width_m - 2 * radius_m);
    const spot = [at[0] + Math.cos(rad) * aside, at[1] - Math.sin(rad) * aside] as const;
    return { id, at: spot, radius_m, ...span };
  });
}

function castLens({ file }: Scenario, seed: number): Cast {
  const lens = file.script.flatMap((entry, index) => {
    if (entry.kind !== 'lens') return [];
    const id = entry.id ?? `lens-${index + 1}`;
    const random = createRandom(deriveSeed(seed, 'lens', id));
    const later_s = seed === file.seed ? 0 : random.between(-entry.vary_s, entry.vary_s);
    const from_s = Math.round(Math.max(0, entry.at_s + later_s));
    return [{ id, camera: entry.camera, kind: entry.fault, from_s, to_s: from_s + entry.duration_s }];
  });
  return { ...EMPTY_CAST, lens };
}
