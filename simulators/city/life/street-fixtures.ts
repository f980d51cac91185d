import { bearing_deg, distance_m, type Metres } from '../../plane.ts';
import { createRandom, deriveSeed, type Random } from '../../random.ts';
import type { ScenarioZone } from '../scenario.ts';
import type { StageCamera, StageFixture } from '../stage/stage-scene.ts';
import { turn_deg } from './neighbourhood.ts';
import { distanceToStreet, halfWidth_m, pointAlong, pointBeside, type Street } from './street.ts';

/** A spot that must stay free and be seen by the cameras. */
export interface KeptSpot {
  readonly at: Metres;
  readonly radius_m: number;
}

interface Plan {
  readonly street: Street;
  readonly others: readonly Street[];
  readonly kept: readonly KeptSpot[];
  readonly cameras: readonly StageCamera[];
  readonly random: Random;
}

/** Trees farther apart than this let the light of the lamps through, in metres. */
const TREE_STEP_M = 9;
const LAMP_STEP_M = 30;
/** How near to its line of sight a crown hides what a camera is there for. */
const CROWN_M = 2.6;
const SIGHT_M = 60;
const BEFORE_LENS_M = 19;
const NEAR_POST_M = 4;

/** Lamps, trees and other things that stand along the streets for good. */
export function streetFixtures(
  streets: readonly Street[],
  zones: readonly ScenarioZone[],
  kept: readonly KeptSpot[],
  cameras: readonly StageCamera[],
  seed: number,
): StageFixture[] {
  const along = streets.flatMap((street) => {
    const others = streets.filter((other) => other !== street);
    const random = createRandom(deriveSeed(seed, 'fixtures', street.id));
    const plan = { street, others, kept, cameras, random };
    return [-1, 1].flatMap((sign) => [...lamps(plan, sign), ...trees(plan, sign), ...sundries(plan, sign)]);
  });
  return [...along, ...cranes(zones, seed)];
}

function lamps({ street, others, cameras, random }: Plan, sign: number): StageFixture[] {
  const step = street.class === 'lane' ? LAMP_STEP_M * 0.9 : LAMP_STEP_M;
  // A lane has lamps on one side only, as if on house walls.
  if (street.class === 'lane' && sign < 0) return [];
  return every(street, step, sign > 0 ? step * 0.25 : step * 0.75).flatMap((along_m) => {
    const at = pointBeside(street, along_m, sign * (street.carriageway_m / 2 + 0.45));
    if (isInTheWay(at, street, others) || cameras.some((camera) => isBeforeLens(at, camera))) return [];
    return [fixture('lamp', street, along_m, at, sign, random)];
  });
}

function trees(plan: Plan, sign: number): StageFixture[] {
  const { street, others, kept, cameras, random } = plan;
  if (street.class === 'lane' || random.next() < 0.15) return [];
  return every(street, TREE_STEP_M, random.between(0, TREE_STEP_M)).flatMap((along_m) => {
    const at = pointBeside(street, along_m, sign * (street.carriageway_m / 2 + 0.9));
    if (isInTheWay(at, street, others, 6) || isKept(at, kept, 2) || hides(at, plan) || random.next() < 0.12)
      return [];
    if (cameras.some((camera) => isBeforeLens(at, camera))) return [];
    return [fixture('tree', street, along_m, at, sign, random)];
  });
}

const SUNDRIES = [
  'litter-bin',
  'cabinet',
  'bench',
  'parked-bicycles',
  'parked-bicycles',
  'bollards',
] as const;

function sundries({ street, others, kept, cameras, random }: Plan, sign: number): StageFixture[] {
  return every(street, 22, random.between(2, 20)).flatMap((step_m) => {
    const along_m = Math.min(street.length_m, step_m + random.between(0, 8));
    const kind = SUNDRIES[Math.floor(random.next() * SUNDRIES.length)] ?? 'litter-bin';
    const atKerb = kind === 'litter-bin' || kind === 'bollards' || kind === 'parked-bicycles';
    const offset = street.carriageway_m / 2 + (atKerb ? 0.8 : street.pavement_m - 0.5);
    const at = pointBeside(street, along_m, sign * offset);
    const tight = street.class === 'lane' && kind !== 'parked-bicycles';
    if (tight || isInTheWay(at, street, others, 3) || isKept(at, kept, 2.5)) return [];
    if (cameras.some((camera) => isBeforeLens(at, camera))) return [];
    return [fixture(kind, street, along_m, at, sign, random)];
  });
}

function cranes(zones: readonly ScenarioZone[], seed: number): StageFixture[] {
  return zones
    .filter(({ kind }) => kind === 'site')
    .map(({ id, ring }) => {
      const random = createRandom(deriveSeed(seed, 'crane', id));
      const xs = ring.map(([x]) => x);
      const ys = ring.map(([, y]) => y);
      return {
        kind: 'crane',
        x_m: (Math.min(...xs) + Math.max(...xs)) / 2,
        y_m: (Math.min(...ys) + Math.max(...ys)) / 2,
        heading_deg: Math.floor(random.between(0, 360)),
        look: Math.floor(random.next() * 2 ** 31),
      };
    });
}

/** Fixtures face the carriageway. */
function fixture(
  kind: StageFixture['kind'],
  street: Street,
  along_m: number,
  [x_m, y_m]: Metres,
  sign: number,
  random: Random,
): StageFixture {
  const heading_deg = (pointAlong(street, along_m).heading_deg - sign * 90 + 360) % 360;
  return { kind, x_m, y_m, heading_deg, look: Math.floor(random.next() * 2 ** 31) };
}

function every(street: Street, step_m: number, first_m: number): number[] {
  const count = Math.max(0, Math.floor((street.length_m - first_m) / step_m) + 1);
  return Array.from({ length: count }, (_none, index) => first_m + index * step_m);
}

/** On another street, or within a bend on the carriageway of its own. */
function isInTheWay(at: Metres, street: Street, others: readonly Street[], margin_m = 1): boolean {
  return (
    distanceToStreet(street, at) < street.carriageway_m / 2 + 0.3 ||
    others.some((other) => distanceToStreet(other, at) < halfWidth_m(other) + margin_m)
  );
}

function isKept(at: Metres, kept: readonly KeptSpot[], margin_m: number): boolean {
  return kept.some((spot) => distance_m(spot.at, at) < spot.radius_m + margin_m);
}

/** Whether a post here would stand right before a camera, or where it hangs. */
function isBeforeLens([x, y]: Metres, { x_m, y_m, heading_deg, hfov_deg }: StageCamera): boolean {
  const away_m = Math.hypot(x - x_m, y - y_m);
  if (away_m < NEAR_POST_M) return true;
  const off_deg = Math.abs(turn_deg(heading_deg, bearing_deg([x_m, y_m], [x, y])));
  return away_m < BEFORE_LENS_M && off_deg < hfov_deg / 2 + 12;
}

/** Whether a crown here would stand between a camera and a kept spot. */
function hides([x, y]: Metres, { cameras, kept }: Plan): boolean {
  return cameras.some(({ x_m, y_m }) =>
    kept.some(({ at }) => {
      const dx = at[0] - x_m;
      const dy = at[1] - y_m;
      const length = Math.hypot(dx, dy);
      if (length > SIGHT_M || length < 0.1) return false;
      const along = ((x - x_m) * dx + (y - y_m) * dy) / length;
      const aside = Math.abs((x - x_m) * dy - (y - y_m) * dx) / length;
      return along > 0 && along < length + 1 && aside < CROWN_M;
    }),
  );
}
