import { pointInRing } from '../../../src/domain/geometry.ts';
import type { Metres } from '../../plane.ts';
import { createRandom, deriveSeed, type Random } from '../../random.ts';
import type { ScenarioZone } from '../scenario.ts';
import type { StageFrontage } from '../stage/stage-scene.ts';
import { distanceToStreet, halfWidth_m, pointAlong, pointBeside, type Street, shifted } from './street.ts';

type FrontKind = StageFrontage['kind'];

/** Fronts are planned in steps of this length, in metres. */
const STEP_M = 3;
/** A front of one kind is at most about so long. */
const STRETCH_M = 36;
const SETBACK_M = 0.25;

const HABITS: Record<Street['class'], readonly FrontKind[]> = {
  arterial: ['shops', 'shops', 'shops', 'housing', 'wall', 'hedge'],
  secondary: ['shops', 'shops', 'housing', 'housing', 'wall', 'hedge'],
  lane: ['shops', 'housing', 'housing', 'wall'],
};

/** Rows of fronts along all streets, open where another street comes in. */
export function streetFronts(
  streets: readonly Street[],
  zones: readonly ScenarioZone[],
  seed: number,
): StageFrontage[] {
  return streets.flatMap((street) =>
    (['left', 'right'] as const).flatMap((side) => {
      const random = createRandom(deriveSeed(seed, 'fronts', street.id, side));
      const sign = side === 'right' ? 1 : -1;
      const offset_m = sign * (halfWidth_m(street) + SETBACK_M);
      const others = streets.filter((other) => other !== street);
      return openRuns(street, offset_m, others).flatMap(([from_m, to_m]) =>
        stretches(from_m, to_m, street.reach.slice(1, -1), random).map(([start_m, end_m]) => {
          const start = pointBeside(street, start_m + 0.01, offset_m);
          const end = pointBeside(street, end_m - 0.01, offset_m);
          const middle_m = (start_m + end_m) / 2;
          const behind = shifted(
            pointBeside(street, middle_m, offset_m),
            pointAlong(street, middle_m).heading_deg + 90,
            sign * 8,
          );
          const kind = kindOf(street, side, behind, zones, random);
          // Fronts face to the right of their line: the left side's run along the street, the right side's against it.
          const line = side === 'left' ? ([start, end] as const) : ([end, start] as const);
          return { kind, line, look: Math.floor(random.next() * 2 ** 31) };
        }),
      );
    }),
  );
}

function kindOf(
  street: Street,
  side: 'left' | 'right',
  behind: Metres,
  zones: readonly ScenarioZone[],
  random: Random,
): FrontKind {
  const habits = HABITS[street.class];
  const drawn = habits[Math.floor(random.next() * habits.length)] ?? 'housing';
  const zone = zones.find(({ ring }) => pointInRing(behind[0], behind[1], ring));
  if (zone?.kind === 'site') return 'hoarding';
  if (zone?.kind === 'sensitive') return 'wall';
  return (street.fronts[side] as FrontKind | undefined) ?? drawn;
}

/** Stretches of a street's side that no other street covers. */
export function openRuns(street: Street, offset_m: number, others: readonly Street[]): [number, number][] {
  const runs: [number, number][] = [];
  let from_m: number | undefined;
  for (let along_m = 0; ; along_m += STEP_M) {
    const at_m = Math.min(along_m, street.length_m);
    const point = pointBeside(street, at_m, offset_m);
    // Within a bend the street itself comes in.
    const isOpen =
      others.every((other) => distanceToStreet(other, point) > halfWidth_m(other)) &&
      distanceToStreet(street, point) > halfWidth_m(street);
    if (isOpen) from_m ??= at_m;
    if (from_m !== undefined && (!isOpen || at_m >= street.length_m)) {
      const to_m = isOpen ? at_m : at_m - STEP_M;
      if (to_m - from_m >= STEP_M) runs.push([from_m, to_m]);
      from_m = undefined;
    }
    if (at_m >= street.length_m) return runs;
  }
}

/** Cuts by length and at bends: a front is straight. */
function stretches(
  from_m: number,
  to_m: number,
  bends: readonly number[],
  random: Random,
): [number, number][] {
  const cuts: [number, number][] = [];
  let at_m = from_m;
  while (at_m < to_m - 0.5) {
    const wanted = STRETCH_M * random.between(0.6, 1.3);
    const bend_m = bends.find((bend) => bend > at_m + 1 && bend < to_m);
    const next = Math.min(to_m - at_m - wanted < 10 ? to_m : at_m + wanted, bend_m ?? to_m);
    cuts.push([at_m, next]);
    at_m = next;
  }
  return cuts;
}
