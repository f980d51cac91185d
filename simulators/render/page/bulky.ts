import * as THREE from 'three';
import type { Kit } from './library.ts';
import { spaceNoise } from './noise.ts';
import { box, group, roundBox } from './shapes.ts';

/** Rough mound of `radius` and `height` metres; with `wall` only its half at +z is kept. */
export function rubbleCore(
  kit: Kit,
  radius: number,
  height: number,
  material: THREE.Material,
  wall: boolean,
): THREE.Mesh {
  const noise = spaceNoise(kit.rng);
  const fine = radius > 0.4;
  const geometry = new THREE.SphereGeometry(1, fine ? 36 : 9, fine ? 18 : 6);
  const at = geometry.getAttribute('position');
  for (let i = 0; i < at.count; i += 1) {
    const x = at.getX(i);
    const y = at.getY(i);
    const z = at.getZ(i);
    const bump = 1 + noise(x * 2 + 4, y * 2, z * 2) * 0.22 + noise(x * 7, y * 7, z * 7) * 0.16;
    const depth = wall ? Math.max(0, z) * 0.8 : z * 0.88;
    at.setXYZ(i, x * bump * radius, Math.max(0, y) * bump * height, depth * bump * radius);
  }
  geometry.computeVertexNormals();
  const mesh = new THREE.Mesh(geometry, material);
  mesh.castShadow = true;
  mesh.receiveShadow = true;
  return mesh;
}

/** Old mattress leaning backwards at a wall behind it. */
export function mattress(kit: Kit): THREE.Group {
  const { rng, lib } = kit;
  const cloth = lib.plain(rng.pick([0xcfc8b8, 0xb9c2cc, 0xd2bfae, 0xc7c7c2]), { roughness: 0.95 });
  const trim = lib.plain(rng.pick([0x8a5a4a, 0x5a6a8a, 0x8a8a80]), { roughness: 0.9 });
  const body = roundBox(lib, [1.9, 1.1, 0.22], 0.09, cloth, [0, 0.55, 0]);
  const made = group(
    body,
    box(lib, [1.86, 0.03, 0.235], trim, [0, 0.35, 0]),
    box(lib, [1.86, 0.03, 0.235], trim, [0, 0.78, 0]),
  );
  made.rotation.x = -rng.range(0.1, 0.3);
  return group(made);
}

/** Worn armchair, 0.9 m wide. */
export function oldArmchair(kit: Kit): THREE.Group {
  const { rng, lib } = kit;
  const cloth = lib.plain(rng.pick([0x7a4a3a, 0x4f5a52, 0x8a7a62, 0x5a2f34]), { roughness: 0.85 });
  const chair = group(
    roundBox(lib, [0.8, 0.3, 0.75], 0.07, cloth, [0, 0.27, 0]),
    roundBox(lib, [0.8, 0.62, 0.2], 0.08, cloth, [0, 0.62, -0.34]),
    roundBox(lib, [0.17, 0.45, 0.78], 0.07, cloth, [0.42, 0.38, 0]),
    roundBox(lib, [0.17, 0.45, 0.78], 0.07, cloth, [-0.42, 0.38, 0]),
  );
  if (rng.chance(0.4)) {
    chair.rotation.z = rng.pick([-1, 1]) * 1.2;
    chair.position.y = 0.35;
  }
  return group(chair);
}

/** Broken cupboard, 0.8 m wide, with a missing door. */
export function oldCabinet(kit: Kit): THREE.Group {
  const { rng, lib } = kit;
  const wood = lib.surface('wood', { tint: rng.pick([0xffffff, 0xe0c0a0, 0xc0b0a0]) });
  const h = rng.range(0.6, 1.3);
  const cabinet = group(
    box(lib, [0.8, h, 0.03], wood, [0, h / 2, -0.2]),
    box(lib, [0.03, h, 0.42], wood, [-0.4, h / 2, 0]),
    box(lib, [0.03, h, 0.42], wood, [0.4, h / 2, 0]),
    box(lib, [0.8, 0.03, 0.42], wood, [0, h, 0]),
    box(lib, [0.8, 0.03, 0.42], wood, [0, h * 0.5, 0]),
    box(lib, [0.8, 0.03, 0.42], wood, [0, 0.03, 0]),
  );
  const door = box(lib, [0.4, h * 0.9, 0.025], wood, [0.55, h * 0.5, 0.36]);
  door.rotation.y = -0.9;
  cabinet.add(door);
  return cabinet;
}

/** Loose board. */
export function plank(kit: Kit): THREE.Group {
  const { rng, lib } = kit;
  const length = rng.range(0.6, 1.6);
  return group(
    box(
      lib,
      [length, 0.03, rng.range(0.08, 0.3)],
      lib.surface('wood', { tint: rng.pick([0xffffff, 0xd8c8b0, 0xb8a898]) }),
      [0, 0.03, 0],
    ),
  );
}
