import * as THREE from 'three';
import type { Kit } from './library.ts';
import { box, floor, group, place } from './shapes.ts';
import type { SurfaceName } from './surface-textures.ts';

/** Cross-section of a street in metres; the kerb of the near pavement runs along z = 0. */
export interface StreetPlan {
  /** Depth of the near pavement, which lies at negative z. */
  readonly pavement: number;
  /** Width of the carriageway, which lies at positive z. */
  readonly carriageway: number;
  readonly farPavement: number;
  /** Total length along x. */
  readonly length: number;
  readonly wet: boolean;
  /** Middle of a zebra crossing along x. */
  readonly zebra: number | undefined;
  /** Surfaces of carriageway and pavement; left to chance if absent. */
  readonly surfaces?: readonly [road: SurfaceName, pavement: SurfaceName];
}

/** Height of the kerb in metres. */
export const KERB = 0.13;

const PAVEMENTS: readonly SurfaceName[] = [
  'paveGrey',
  'paveRed',
  'paveMix',
  'paveSlab',
  'concrete',
  'paveGrey',
];

function line(kit: Kit, length: number, width: number, x: number, z: number, color = 0xd8d6cc): THREE.Mesh {
  const paint = kit.lib.surface('plasterWhite', { tint: color });
  return floor(paint, length, width, [x, 0.006, z]);
}

function markings(kit: Kit, plan: StreetPlan): THREE.Group {
  const { rng } = kit;
  const made = new THREE.Group();
  const middle = plan.carriageway / 2;
  const yellow = rng.chance(0.5);
  if (rng.chance(0.6))
    for (let x = -plan.length / 2; x < plan.length / 2; x += 6)
      made.add(line(kit, 3, 0.13, x, middle, yellow ? 0xe0b84a : 0xf0eee6));
  else for (const dz of [-0.14, 0.14]) made.add(line(kit, plan.length, 0.12, 0, middle + dz, 0xe0b84a));
  for (const z of [0.35, plan.carriageway - 0.35])
    if (rng.chance(0.7)) made.add(line(kit, plan.length, 0.12, 0, z, 0xf0eee6));
  if (plan.zebra !== undefined) {
    for (let z = 0.5; z < plan.carriageway - 0.4; z += 0.9)
      made.add(line(kit, 3.2, 0.45, plan.zebra, z + 0.22, 0xf2f0ea));
  }
  return made;
}

function puddles(kit: Kit, plan: StreetPlan): THREE.Group {
  const { rng, lib } = kit;
  const made = new THREE.Group();
  const water = lib.plain(0x2a2d30, { roughness: 0.04, metalness: 0.3 });
  for (let i = 0; i < rng.int(2, 6); i += 1) {
    const shape = new THREE.Shape();
    const r = rng.range(0.3, 1.1);
    for (let k = 0; k <= 14; k += 1) {
      const a = (k / 14) * 6.283;
      const reach = r * (0.75 + 0.25 * Math.sin(a * 3 + i) + 0.12 * Math.sin(a * 5 + 2 * i));
      const x = Math.cos(a) * reach;
      const y = Math.sin(a) * reach * 0.55;
      if (k === 0) shape.moveTo(x, y);
      else shape.lineTo(x, y);
    }
    const mesh = new THREE.Mesh(new THREE.ShapeGeometry(shape), water);
    mesh.rotation.x = -Math.PI / 2;
    mesh.position.set(rng.range(-9, 9), 0.008, rng.range(0.3, plan.carriageway));
    mesh.receiveShadow = true;
    made.add(mesh);
  }
  return made;
}

function kerbStones(kit: Kit, plan: StreetPlan, z: number): THREE.Group {
  const { lib } = kit;
  const made = new THREE.Group();
  const stone = lib.surface('concrete', { tint: 0xd0cec8, wet: plan.wet });
  const joint = lib.plain(0x4a4844, { roughness: 1 });
  made.add(box(lib, [plan.length, KERB, 0.16], stone, [0, KERB / 2, z]));
  for (let x = -plan.length / 2; x < plan.length / 2; x += 0.99)
    made.add(box(lib, [0.012, KERB + 0.004, 0.164], joint, [x, KERB / 2, z]));
  return made;
}

/** Carriageway, kerbs and both pavements. */
export function createStreet(kit: Kit, plan: StreetPlan): THREE.Group {
  const { lib, rng } = kit;
  const { wet } = plan;
  const asphalt = lib.surface(
    plan.surfaces?.[0] ?? rng.pick(['asphaltDark', 'asphaltLight', 'asphaltDark', 'concrete']),
    { variant: rng.int(0, 2), wet },
  );
  const paving = lib.surface(plan.surfaces?.[1] ?? rng.pick(PAVEMENTS), {
    variant: rng.int(0, 1),
    wet,
    tint: rng.pick([0xffffff, 0xe8e4dc, 0xd8dce0]),
  });
  const made = group(
    floor(asphalt, plan.length, plan.carriageway + 0.4, [0, 0, plan.carriageway / 2]),
    place(
      box(lib, [plan.length, 0.1, plan.pavement], paving, [0, 0, 0]),
      0,
      -plan.pavement / 2 - 0.08,
      0,
      KERB - 0.05,
    ),
    place(
      box(lib, [plan.length, 0.1, plan.farPavement], paving, [0, 0, 0]),
      0,
      plan.carriageway + plan.farPavement / 2 + 0.08,
      0,
      KERB - 0.05,
    ),
    kerbStones(kit, plan, -0.02),
    kerbStones(kit, plan, plan.carriageway + 0.02),
    markings(kit, plan),
  );
  if (plan.pavement > 2.6 && rng.chance(0.5)) {
    made.add(
      floor(lib.surface('tactile', { wet }), plan.length, 0.4, [
        0,
        KERB + 0.004,
        -plan.pavement * rng.range(0.4, 0.6),
      ]),
    );
  }
  if (wet || rng.chance(0.12)) made.add(puddles(kit, plan));
  return made;
}
