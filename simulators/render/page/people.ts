import * as THREE from 'three';
import type { Kit, Library } from './library.ts';
import { ball, beam, box, contactShadow, group, roundBox, tube } from './shapes.ts';

/** A figure whose limbs can be set to any moment of a step. Faces +x. */
export interface Person {
  readonly root: THREE.Group;
  readonly legs: readonly [THREE.Group, THREE.Group];
  readonly shins: readonly [THREE.Group, THREE.Group];
  readonly arms: readonly [THREE.Group, THREE.Group];
  readonly body: THREE.Group;
  /** Hangs at the right hand; hide it to let go. */
  readonly hand: THREE.Group;
}

/** How a person is dressed and what the person carries. */
export interface PersonPlan {
  readonly carries?: 'nothing' | 'bag' | 'umbrella' | 'suitcase' | 'broom';
  /** Bright orange working clothes, as street cleaners wear. */
  readonly cleaner?: boolean;
  /** Colours of the clothes; left to chance if absent. */
  readonly clothes?: { readonly top: number; readonly bottom: number; readonly umbrella: number };
}

/** Name of what somebody carries and what is no part of the box of a person. */
export const UNBOXED = 'unboxed';

const TOPS = [
  0x2b2e38, 0x8a2f2f, 0xd8d4cc, 0x3a5a8a, 0x4f5a48, 0xb8a080, 0x1b1c20, 0x7a5a8a, 0xc98a5a, 0x5a8a9a,
  0xd06a7a,
] as const;
const BOTTOMS = [0x24272e, 0x2f3f5a, 0x4a4a48, 0x8a7a62, 0x17181b, 0x5a6a7a] as const;
const SKIN = [0xd8a888, 0xc99878, 0xe0b496] as const;

function limb(lib: Library, length: number, thick: number, material: THREE.Material): THREE.Mesh {
  const key = `limb ${length.toFixed(2)} ${thick.toFixed(3)}`;
  const mesh = new THREE.Mesh(
    lib.geometry(key, () =>
      lib.coarse
        ? new THREE.CapsuleGeometry(thick, length - thick, 1, 5)
        : new THREE.CapsuleGeometry(thick, length - thick, 3, 8),
    ),
    material,
  );
  mesh.position.y = -length / 2;
  mesh.castShadow = true;
  mesh.receiveShadow = true;
  return mesh;
}

function leg(
  lib: Library,
  cloth: THREE.Material,
  shoe: THREE.Material,
  side: number,
): { hip: THREE.Group; knee: THREE.Group } {
  const foot = roundBox(lib, [0.26, 0.08, 0.1], 0.035, shoe, [0.06, -0.43, 0]);
  const knee = group(limb(lib, 0.42, 0.062, cloth), foot);
  knee.position.y = -0.42;
  const hip = group(limb(lib, 0.44, 0.082, cloth), knee);
  hip.position.set(0, 0.88, side * 0.095);
  return { hip, knee };
}

function arm(
  lib: Library,
  sleeve: THREE.Material,
  skin: THREE.Material,
  side: number,
): { shoulder: THREE.Group; palm: THREE.Group } {
  const palm = group(ball(lib, [0.045, 0.06, 0.035], skin));
  palm.position.y = -0.3;
  const elbow = group(limb(lib, 0.27, 0.042, sleeve), palm);
  elbow.position.y = -0.28;
  elbow.rotation.z = 0.22;
  const shoulder = group(limb(lib, 0.3, 0.055, sleeve), elbow);
  shoulder.position.set(0, 1.4, side * 0.23);
  return { shoulder, palm };
}

function carried(kit: Kit, what: PersonPlan['carries']): THREE.Group {
  const { lib, rng } = kit;
  const made = new THREE.Group();
  const dark = lib.plain(0x1c1c1f, { roughness: 0.6 });
  if (what === 'bag') {
    const cloth = lib.plain(rng.pick([0xe2ddd0, 0xb8333a, 0x2a5f8a, 0x1d1d20, 0xd8b04a]), { roughness: 0.5 });
    made.add(
      roundBox(lib, [0.3, 0.34, 0.12], 0.05, cloth, [0, -0.32, 0]),
      beam(lib, [-0.1, -0.16, 0], [0, 0, 0], 0.008, cloth),
      beam(lib, [0.1, -0.16, 0], [0, 0, 0], 0.008, cloth),
    );
  } else if (what === 'suitcase') {
    const shellPaint = lib.plain(rng.pick([0x8a8f94, 0x2a3f5a, 0xa85a6a, 0x1d1d20]), { roughness: 0.35 });
    made.add(
      roundBox(lib, [0.24, 0.56, 0.4], 0.05, shellPaint, [-0.2, -0.42, 0]),
      beam(lib, [-0.2, -0.14, 0], [0, 0, 0], 0.012, dark),
    );
  } else if (what === 'broom') {
    made.add(
      beam(lib, [-0.05, 0.5, 0], [0.35, -0.75, 0], 0.014, lib.plain(0xb08a5a)),
      box(lib, [0.3, 0.14, 0.3], lib.plain(0x8a7a3a, { roughness: 1 }), [0.4, -0.74, 0]),
    );
  }
  return made;
}

/** Open umbrella as held over the head; left to chance without a colour. */
export function createUmbrella(kit: Kit, color?: number): THREE.Group {
  const { lib, rng } = kit;
  const cloth = lib.plain(color ?? rng.pick([0x24272e, 0xb0333a, 0x2a5f8a, 0xd8b8c8, 0x3a7a5a, 0xd8c84a]), {
    roughness: 0.6,
    doubleSided: true,
  });
  const dome = new THREE.Mesh(
    lib.geometry('umbrella', () => new THREE.SphereGeometry(0.62, 9, 5, 0, Math.PI * 2, 0, 1.05)),
    cloth,
  );
  dome.castShadow = true;
  dome.position.y = 1.5;
  const made = group(dome, tube(lib, 0.01, 0.01, 0.9, lib.plain(0x333333), [0, 1.65, 0]));
  made.name = UNBOXED;
  return made;
}

function head(kit: Kit, skin: THREE.Material, plan: PersonPlan): THREE.Group {
  const { lib, rng } = kit;
  const hair = lib.plain(rng.pick([0x15130f, 0x1d1a17, 0x2a221c, 0x6a6a68]), { roughness: 0.8 });
  const made = group(
    tube(lib, 0.05, 0.055, 0.12, skin, [0, 1.52, 0]),
    ball(lib, [0.098, 0.122, 0.088], skin, [0.01, 1.65, 0]),
    ball(lib, [0.105, 0.1, 0.1], hair, [-0.018, 1.7, 0]),
    ball(lib, [0.02, 0.022, 0.018], skin, [0.108, 1.64, 0]),
  );
  if (rng.chance(0.35)) made.add(roundBox(lib, [0.1, 0.28, 0.19], 0.05, hair, [-0.07, 1.58, 0]));
  if (plan.cleaner || rng.chance(0.15)) {
    const hat = lib.plain(plan.cleaner ? 0xd8701f : rng.pick([0x2a3f5a, 0xd8d0b8, 0x24272e]), {
      roughness: 0.7,
    });
    made.add(
      ball(lib, [0.115, 0.07, 0.11], hat, [-0.01, 1.74, 0]),
      roundBox(lib, [0.14, 0.02, 0.16], 0.008, hat, [0.12, 1.72, 0]),
    );
  }
  return made;
}

function torso(kit: Kit, top: THREE.Material, bottom: THREE.Material, plan: PersonPlan): THREE.Group {
  const { lib, rng } = kit;
  const chest = ball(lib, [0.15, 0.33, 0.225], top, [0, 1.2, 0]);
  const belly = roundBox(lib, [0.22, 0.44, 0.35], 0.1, top, [0, 1.1, 0]);
  const hips = roundBox(lib, [0.23, 0.2, 0.35], 0.09, bottom, [0, 0.9, 0]);
  const shoulders = ball(lib, [0.12, 0.1, 0.25], top, [0, 1.4, 0]);
  const made = group(chest, belly, hips, shoulders);
  if (plan.cleaner) {
    const stripe = lib.plain(0xe6e8b8, { roughness: 0.3 });
    made.add(
      roundBox(lib, [0.33, 0.05, 0.46], 0.02, stripe, [0, 1.14, 0]),
      roundBox(lib, [0.32, 0.05, 0.46], 0.02, stripe, [0, 1.28, 0]),
    );
  } else if (rng.chance(0.3)) {
    made.add(
      roundBox(
        lib,
        [0.16, 0.42, 0.3],
        0.06,
        lib.plain(rng.pick([0x1d1d20, 0x3a4a6a, 0x8a3a3a, 0x5a6a4a])),
        [-0.2, 1.2, 0],
      ),
    );
  }
  return made;
}

/** Person of 1.55 to 1.8 m, standing upright. */
export function createPerson(kit: Kit, plan: PersonPlan = {}): Person {
  const { lib, rng } = kit;
  const topColor = plan.cleaner ? 0xe0701a : (plan.clothes?.top ?? rng.pick(TOPS));
  const top = lib.plain(topColor, { roughness: 0.85 });
  const bottomColor = plan.cleaner ? 0xc8621a : (plan.clothes?.bottom ?? rng.pick(BOTTOMS));
  const bottom = lib.plain(bottomColor, { roughness: 0.9 });
  const skin = lib.plain(rng.pick(SKIN), { roughness: 0.6 });
  const shoe = lib.plain(rng.pick([0x1a1a1a, 0xe0e0dc, 0x5a3a2a]), { roughness: 0.7 });
  const left = leg(lib, bottom, shoe, -1);
  const right = leg(lib, bottom, shoe, 1);
  const sleeve = rng.chance(0.3) && !plan.cleaner ? skin : top;
  const leftArm = arm(lib, sleeve, skin, -1);
  const rightArm = arm(lib, sleeve, skin, 1);
  const hand = carried(kit, plan.carries);
  rightArm.palm.add(hand);
  const body = group(
    torso(kit, top, bottom, plan),
    head(kit, skin, plan),
    left.hip,
    right.hip,
    leftArm.shoulder,
    rightArm.shoulder,
  );
  const root = group(body, contactShadow(lib, 0.75, 0.75, 0.5));
  if (plan.carries === 'umbrella') body.add(createUmbrella(kit, plan.clothes?.umbrella));
  root.scale.setScalar(rng.range(0.9, 1.05));
  return {
    root,
    body,
    hand,
    legs: [left.hip, right.hip],
    shins: [left.knee, right.knee],
    arms: [leftArm.shoulder, rightArm.shoulder],
  };
}

/** Sets the limbs to a moment of walking; one full turn of `phase` (radians) is two steps. */
export function poseWalking(person: Person, phase: number): void {
  [0, Math.PI].forEach((offset, i) => {
    const swing = Math.sin(phase + offset);
    const hip = person.legs[i];
    const knee = person.shins[i];
    const shoulder = person.arms[1 - i];
    if (!hip || !knee || !shoulder) return;
    hip.rotation.z = swing * 0.5;
    knee.rotation.z = -Math.max(0, Math.cos(phase + offset)) * 0.7 - 0.05;
    shoulder.rotation.z = swing * 0.38;
  });
  person.body.position.y = -0.02 + 0.025 * Math.abs(Math.cos(phase));
  person.body.rotation.z = -0.04;
}

/** Standing; `bend` from 0 (upright) to 1 (stooping to put something down). */
export function poseStanding(person: Person, bend: number): void {
  for (const joint of [...person.legs, ...person.shins, ...person.arms]) joint.rotation.z = 0;
  person.body.position.y = -0.1 * bend;
  person.body.rotation.z = -0.75 * bend;
  for (const hip of person.legs) hip.rotation.z = 0.75 * bend;
  for (const shoulder of person.arms) shoulder.rotation.z = 0.9 * bend + 0.05;
}

/** Sitting on something about `seat` metres high, hands on the knees; the root stays on the ground. */
export function poseSitting(person: Person, seat: number): void {
  const low = Math.max(0, 0.42 - seat);
  for (const hip of person.legs) hip.rotation.z = 1.45 + low;
  for (const knee of person.shins) knee.rotation.z = -1.45 - low * 2.4;
  for (const shoulder of person.arms) shoulder.rotation.z = 0.6;
  person.body.position.y = seat - 0.86;
  person.body.rotation.z = -0.12;
}

/** Sitting on a scooter with both hands forward. */
export function poseRiding(person: Person): void {
  for (const hip of person.legs) hip.rotation.z = 1.25;
  for (const knee of person.shins) knee.rotation.z = -1.2;
  for (const shoulder of person.arms) shoulder.rotation.z = 0.95;
  person.body.rotation.z = -0.08;
}
