import * as THREE from 'three';
import { type BagColor, createBag } from './bags.ts';
import type { Kit } from './library.ts';
import { createBottle, createCarton, createFoodBox, createScraps } from './litter.ts';
import { beam, box, contactShadow, group, panel, tube } from './shapes.ts';
import { shell } from './shell.ts';
import { binSticker } from './sign-textures.ts';

/** What a bin shows. */
export type BinState = 'closed' | 'open' | 'overflowing';

/** A bin on wheels. Sizes in metres. */
export interface BinPlan {
  readonly state: BinState;
  readonly color: number;
  /** Index of the sorting class on the sticker. */
  readonly sorting: number;
  /** "cart" is the two-wheeled 240 l bin, "container" the wide four-wheeled one. */
  readonly form: 'cart' | 'container';
}

/** Usual colours of bins in the street; green is by far the most frequent. */
export const BIN_COLORS = [
  0x1f7a3d, 0x2a8a45, 0x1c6b38, 0x3a9a4a, 0x1f5aa6, 0x2a6fc0, 0x2b2e33, 0x3b3f45, 0x1b1d20, 0xa8282a,
  0x6b4a34, 0x70757a,
] as const;

interface Body {
  readonly w: number;
  readonly d: number;
  readonly h: number;
}

const BODIES: Record<BinPlan['form'], Body> = {
  cart: { w: 0.58, d: 0.7, h: 1.0 },
  container: { w: 1.36, d: 1.0, h: 1.12 },
};

function cssColor(hex: number): string {
  return `#${hex.toString(16).padStart(6, '0')}`;
}

function bodyShape(b: Body): THREE.BufferGeometry {
  return shell(
    [
      { w: b.w * 0.7, d: b.d * 0.66, y: 0.06, sharp: true },
      { w: b.w * 0.76, d: b.d * 0.72, y: b.h * 0.34 },
      { w: b.w * 0.87, d: b.d * 0.86, y: b.h * 0.8, sharp: true },
      { w: b.w * 0.9, d: b.d * 0.89, y: b.h * 0.82, sharp: true },
      { w: b.w * 0.92, d: b.d * 0.92, y: b.h * 0.93, sharp: true },
      { w: b.w * 1.0, d: b.d * 1.0, y: b.h * 0.935, sharp: true },
      { w: b.w * 1.0, d: b.d * 1.0, y: b.h * 0.985, sharp: true },
      { w: b.w * 0.88, d: b.d * 0.88, y: b.h * 0.985, sharp: true },
      { w: b.w * 0.84, d: b.d * 0.84, y: b.h * 0.6 },
    ],
    0.07,
  );
}

function lidShape(b: Body): THREE.BufferGeometry {
  return shell(
    [
      { w: b.w * 1.03, d: b.d * 1.03, y: -0.035, z: 0 },
      { w: b.w * 1.04, d: b.d * 1.04, y: 0.015, sharp: true },
      { w: b.w * 0.95, d: b.d * 0.95, y: 0.04, sharp: true },
      { w: b.w * 0.72, d: b.d * 0.78, y: 0.05 },
      { w: b.w * 0.66, d: b.d * 0.7, y: 0.072, sharp: true },
      { w: 0.001, d: 0.001, y: 0.085 },
    ],
    0.08,
  );
}

function lidAngle(kit: Kit, state: BinState): number {
  if (state === 'closed') return 0;
  if (state === 'open') return kit.rng.chance(0.6) ? -kit.rng.range(3.4, 4.4) : -kit.rng.range(1.6, 2.1);
  // Propped up by the rubbish, or hanging down behind.
  return kit.rng.chance(0.45) ? -kit.rng.range(0.55, 1.2) : -kit.rng.range(1.7, 4.3);
}

function lid(kit: Kit, plan: BinPlan, b: Body, material: THREE.Material): THREE.Group {
  const { lib } = kit;
  const skin = new THREE.Mesh(
    lib.geometry(`lid ${plan.form}`, () => lidShape(b)),
    material,
  );
  skin.castShadow = true;
  skin.receiveShadow = true;
  skin.position.z = b.d / 2;
  const hinge = group(skin, box(lib, [b.w * 0.5, 0.03, 0.05], material, [0, 0.005, b.d + 0.015]));
  hinge.position.set(0, b.h, -b.d / 2);
  hinge.rotation.x = lidAngle(kit, plan.state);
  return hinge;
}

function wheels(kit: Kit, plan: BinPlan, b: Body): THREE.Group {
  const { lib } = kit;
  const rubber = lib.plain(0x141414, { roughness: 0.9 });
  const made = new THREE.Group();
  if (plan.form === 'cart') {
    for (const side of [-1, 1]) {
      const wheel = tube(lib, 0.1, 0.1, 0.05, rubber, [side * b.w * 0.4, 0.1, -b.d * 0.36]);
      wheel.rotation.z = Math.PI / 2;
      made.add(wheel);
    }
    return made;
  }
  for (const x of [-1, 1]) {
    for (const z of [-1, 1]) {
      const wheel = tube(lib, 0.08, 0.08, 0.05, rubber, [x * b.w * 0.34, 0.08, z * b.d * 0.3]);
      wheel.rotation.z = Math.PI / 2;
      made.add(wheel);
    }
  }
  return made;
}

/** Rubbish above the rim; `radius` is half the opening, sizes in metres. */
export function toppings(kit: Kit, halfWidth: number, halfDepth: number, fullness: number): THREE.Group {
  const { rng } = kit;
  const made = new THREE.Group();
  const color: BagColor = rng.pick(['any', 'any', 'black', 'clear', 'white']);
  const layers = 1 + Math.round(fullness * 2);
  for (let layer = 0; layer < layers; layer += 1) {
    const shrink = 1 - layer * 0.28;
    const count = Math.max(1, Math.round((layer === 0 ? 5 : 3) * (halfWidth / 0.29) * rng.range(0.7, 1.2)));
    for (let i = 0; i < count; i += 1) {
      const bag = createBag(kit, rng.range(0.26, 0.46), color);
      bag.position.set(
        rng.range(-1, 1) * halfWidth * 0.85 * shrink,
        -0.14 + layer * 0.17,
        rng.range(-1, 1) * halfDepth * 0.8 * shrink,
      );
      bag.rotation.set(rng.gauss() * 0.5, rng.range(0, 6), rng.gauss() * 0.5);
      made.add(bag);
    }
  }
  if (rng.chance(0.45)) {
    const carton = createCarton(kit, rng.pick(['open', 'flat', 'whole']));
    carton.position.set(rng.range(-0.1, 0.1), layers * 0.12, 0);
    carton.rotation.set(rng.gauss() * 0.5, rng.range(0, 6), rng.gauss() * 0.5);
    made.add(carton);
  }
  for (const make of [createBottle, createFoodBox, createBottle]) {
    if (!rng.chance(0.6)) continue;
    const thing = make(kit);
    thing.position.set(
      rng.range(-1, 1) * halfWidth * 0.7,
      0.1 + layers * 0.06,
      rng.range(-1, 1) * halfDepth * 0.7,
    );
    made.add(thing);
  }
  made.add(
    createScraps(kit, 10, 0.08, 0.28, () => [
      rng.range(-1, 1) * halfWidth,
      rng.range(0.0, 0.1 + layers * 0.1),
      rng.range(-1, 1) * halfDepth,
    ]),
  );
  return made;
}

function dirtMarks(kit: Kit, b: Body): THREE.Object3D[] {
  if (!kit.rng.chance(0.4)) return [];
  const stain = kit.lib.plain(0x2a241c, { roughness: 1, opacity: 0.35 });
  const mark = panel(kit.lib, b.w * kit.rng.range(0.1, 0.3), b.h * kit.rng.range(0.2, 0.4), stain, [
    kit.rng.range(-0.12, 0.12),
    b.h * 0.5,
    b.d * 0.425,
  ]);
  mark.rotation.x = -0.11;
  return [mark];
}

/** Bin on wheels with its front at +z. The origin is on the ground under its middle. */
export function createBin(kit: Kit, plan: BinPlan): THREE.Group {
  const { lib, rng } = kit;
  const b = BODIES[plan.form];
  const material = lib.plain(plan.color, { roughness: 0.5, doubleSided: true });
  const skin = new THREE.Mesh(
    lib.geometry(`bin ${plan.form}`, () => bodyShape(b)),
    material,
  );
  skin.castShadow = true;
  skin.receiveShadow = true;
  const size = plan.form === 'cart' ? 0.34 : 0.44;
  const sticker = panel(lib, size * 0.8, size, binSticker(kit, plan.sorting, cssColor(plan.color)), [
    0,
    b.h * 0.53,
    b.d * 0.408,
  ]);
  sticker.rotation.x = -0.125;
  const inside = box(lib, [b.w * 0.84, 0.02, b.d * 0.84], lib.plain(0x121212, { roughness: 1 }), [
    0,
    b.h * 0.64,
    0,
  ]);
  const made = group(
    skin,
    sticker,
    inside,
    wheels(kit, plan, b),
    lid(kit, plan, b, material),
    ...dirtMarks(kit, b),
  );
  made.add(
    beam(lib, [-b.w * 0.4, b.h * 0.97, -b.d * 0.56], [b.w * 0.4, b.h * 0.97, -b.d * 0.56], 0.018, material),
  );
  if (plan.form === 'container') {
    for (const x of [-0.3, 0, 0.3])
      made.add(box(lib, [0.05, b.h * 0.6, 0.04], material, [x * b.w, b.h * 0.42, b.d * 0.385]));
  }
  if (plan.state === 'overflowing') {
    const top = toppings(kit, b.w * 0.42, b.d * 0.4, rng.range(0.1, 1));
    top.position.y = b.h * 0.99;
    made.add(top);
  }
  made.add(contactShadow(lib, b.w * 1.5, b.d * 1.5, 0.6));
  return made;
}
