import type { Kit } from './library.ts';
import { createPerson, type Person, poseRiding, poseSitting, poseStanding, poseWalking } from './people.ts';
import { ball, beam, box, roundBox, tube } from './shapes.ts';

/** What somebody does. */
export type Pose = 'walking' | 'standing' | 'stooping' | 'sitting' | 'squatting' | 'serving' | 'riding';

/** How somebody is dressed. */
export type Outfit = 'everyday' | 'vest' | 'cleaner' | 'courier' | 'vendor';

/** Somebody in the street. */
export interface FigurePlan {
  readonly pose: Pose;
  readonly outfit: Outfit;
  readonly umbrella?: boolean;
  /** Empty hands, for somebody whose pose changes. */
  readonly plain?: boolean;
}

const EVERYDAY = [
  0x2b2e38, 0x8a2f2f, 0xd8d4cc, 0x3a5a8a, 0x4f5a48, 0xb8a080, 0x1b1c20, 0x7a5a8a, 0xc98a5a, 0x5a8a9a,
  0xd06a7a, 0xe8e6e0, 0xc0282a, 0xe0b83a, 0x3aa06a, 0x6a8ac0, 0xe8a0b0, 0x8a8d90, 0x1f4f3a, 0xd8c8a8,
] as const;
const TROUSERS = [
  0x24272e, 0x2f3f5a, 0x4a4a48, 0x8a7a62, 0x17181b, 0x5a6a7a, 0xc8c4b8, 0x3a2f2a, 0x6a7a9a,
] as const;
const UMBRELLAS = [
  0x24272e, 0xb0333a, 0x2a5f8a, 0xd8b8c8, 0x3a7a5a, 0xd8c84a, 0xe8e6e0, 0x6a3a7a, 0xe87a3a, 0x3aa0c0,
] as const;

function topOf(kit: Kit, outfit: Outfit): number {
  if (outfit === 'courier') return kit.rng.pick([0xe0b82a, 0x2a8ae0, 0x2a2d33, 0xc0282a]);
  return kit.rng.pick(EVERYDAY);
}

/** Bright vest with two stripes over the chest. */
function vest(kit: Kit, person: Person): void {
  const { lib, rng } = kit;
  const cloth = lib.plain(rng.pick([0xd8e83a, 0xf07a1a, 0xe8d83a]), { roughness: 0.8 });
  const stripe = lib.plain(0xf0f0e8, { roughness: 0.45 });
  person.body.add(
    roundBox(lib, [0.3, 0.52, 0.42], 0.09, cloth, [0, 1.2, 0]),
    roundBox(lib, [0.31, 0.05, 0.43], 0.02, stripe, [0, 1.1, 0]),
    roundBox(lib, [0.31, 0.05, 0.43], 0.02, stripe, [0, 1.28, 0]),
  );
  if (rng.chance(0.6))
    person.body.add(
      ball(
        lib,
        [0.13, 0.1, 0.12],
        lib.plain(rng.pick([0xe0b82a, 0xf4f2e6, 0xc0282a, 0x1f5fae]), { roughness: 0.4 }),
        [0, 1.74, 0],
      ),
    );
}

/** Apron, sleeves or straw hat of somebody who sells. */
function vendorClothes(kit: Kit, person: Person): void {
  const { lib, rng } = kit;
  if (rng.chance(0.55))
    person.body.add(
      roundBox(
        lib,
        [0.06, 0.7, 0.36],
        0.02,
        lib.plain(rng.pick([0x2a3f5a, 0xb8333a, 0x3a5a3a, 0xe2ddd0]), { roughness: 0.9 }),
        [0.15, 0.98, 0],
      ),
    );
  if (rng.chance(0.35))
    person.body.add(tube(lib, 0.02, 0.24, 0.13, lib.plain(0xd8c088, { roughness: 0.9 }), [0, 1.79, 0]));
}

function skirt(kit: Kit, person: Person, color: number): void {
  person.body.add(tube(kit.lib, 0.16, 0.27, 0.55, kit.lib.plain(color, { roughness: 0.9 }), [0, 0.68, 0]));
}

/** Bags in both hands, a child by the hand or a phone before the face. */
function extras(kit: Kit, person: Person): void {
  const { lib, rng } = kit;
  const roll = rng.next();
  if (roll < 0.1) {
    const [, right] = person.arms;
    right.rotation.z = 1.1;
  } else if (roll < 0.2) {
    const bag = lib.plain(rng.pick([0xb8333a, 0xe8e6e0, 0x2a5f8a, 0xe0b83a]), { roughness: 0.6 });
    for (const side of [-1, 1])
      person.body.add(roundBox(lib, [0.24, 0.3, 0.12], 0.05, bag, [0, 0.62, side * 0.34]));
  } else if (roll < 0.26) {
    const trolley = lib.plain(rng.pick([0xb8333a, 0x2a5f8a, 0x3a7a5a]), { roughness: 0.8 });
    person.body.add(
      roundBox(lib, [0.26, 0.5, 0.34], 0.06, trolley, [-0.5, 0.4, 0.2]),
      beam(lib, [-0.45, 0.6, 0.2], [-0.1, 0.85, 0.22], 0.012, trolley),
    );
  }
}

function setPose(kit: Kit, person: Person, pose: Pose): void {
  const { rng } = kit;
  if (pose === 'walking') poseWalking(person, rng.range(0, 6.28));
  else if (pose === 'standing') poseStanding(person, rng.chance(0.3) ? rng.range(0.05, 0.25) : 0);
  else if (pose === 'stooping') poseStanding(person, rng.range(0.6, 1.1));
  else if (pose === 'sitting') poseSitting(person, rng.range(0.32, 0.46));
  else if (pose === 'squatting') poseSitting(person, rng.range(0.14, 0.22));
  else if (pose === 'riding') poseRiding(person);
  else {
    poseStanding(person, rng.range(0.1, 0.35));
    for (const shoulder of person.arms) shoulder.rotation.z = rng.range(0.5, 1.1);
  }
}

/** Somebody in clothes of a kind, posed; looks to +x. */
export function createFigure(kit: Kit, plan: FigurePlan): Person {
  const { rng, lib } = kit;
  const bottom = rng.pick(TROUSERS);
  const top = topOf(kit, plan.outfit);
  const carries = plan.umbrella
    ? 'umbrella'
    : plan.outfit === 'everyday' && plan.pose === 'walking'
      ? rng.pick(['nothing', 'nothing', 'bag', 'bag', 'suitcase'] as const)
      : 'nothing';
  const person = createPerson(kit, {
    carries,
    cleaner: plan.outfit === 'cleaner',
    clothes: { top, bottom, umbrella: rng.pick(UMBRELLAS) },
  });
  setPose(kit, person, plan.pose);
  if (plan.outfit === 'vest') vest(kit, person);
  if (plan.outfit === 'vendor') vendorClothes(kit, person);
  if (plan.outfit === 'courier')
    person.body.add(ball(lib, [0.14, 0.13, 0.135], lib.plain(top, { roughness: 0.3 }), [0, 1.7, 0]));
  if (plan.outfit === 'everyday' && plan.plain !== true) {
    if (rng.chance(0.15) && (plan.pose === 'walking' || plan.pose === 'standing'))
      skirt(kit, person, rng.pick(EVERYDAY));
    extras(kit, person);
  }
  if (rng.chance(0.07) && plan.pose === 'walking') person.root.scale.multiplyScalar(rng.range(0.6, 0.78));
  if (plan.pose === 'sitting')
    person.root.add(
      box(lib, [0.3, 0.3, 0.3], lib.plain(rng.pick([0xb8332a, 0x2a6fa8, 0x8a5a3a])), [-0.05, 0.15, 0]),
    );
  return person;
}
