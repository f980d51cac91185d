import * as THREE from 'three';
import type { Kit } from './library.ts';
import { createCarton } from './litter.ts';
import { ball, beam, box, contactShadow, group, panel, roundBox, tube } from './shapes.ts';
import { wordSign } from './sign-textures.ts';

/** Sloping fruit stand in front of a shop: boxes in order, which are not rubbish. 1.6 m wide, front to +z. */
export function createFruitStand(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const made = group(
    box(lib, [1.6, 0.05, 0.9], lib.surface('wood'), [0, 0.62, 0]),
    contactShadow(lib, 2, 1.3, 0.6),
  );
  for (const x of [-0.75, 0.75])
    for (const z of [-0.4, 0.4]) made.add(box(lib, [0.05, 0.62, 0.05], lib.plain(0x6a6a68), [x, 0.31, z]));
  for (let col = 0; col < 4; col += 1) {
    for (let row = 0; row < 2; row += 1) {
      const color = lib.plain(rng.pick([0xd8501f, 0xc8322a, 0xd8b83a, 0x7aa83a, 0x6a2a5a]), {
        roughness: 0.45,
      });
      const x = -0.6 + col * 0.4;
      const z = -0.2 + row * 0.42;
      made.add(
        box(lib, [0.37, 0.14, 0.38], lib.plain(rng.pick([0xd8c8a8, 0x3a7a5a, 0xb8a080])), [x, 0.72, z]),
      );
      for (let i = 0; i < 9; i += 1)
        made.add(
          ball(lib, [0.055, 0.05, 0.055], color, [
            x + ((i % 3) - 1) * 0.11,
            0.8,
            z + (Math.floor(i / 3) - 1) * 0.11,
          ]),
        );
    }
  }
  return made;
}

/** Crates and closed cartons stacked in straight piles, as delivered to a shop. */
export function createGoodsStack(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const made = new THREE.Group();
  const crates = rng.chance(0.5);
  const w = rng.range(0.38, 0.5);
  const h = rng.range(0.22, 0.32);
  const color = lib.plain(rng.pick([0x2a5fa8, 0xb8382e, 0x3a8a4a, 0xd8a82a]), { roughness: 0.55 });
  for (let col = 0; col < rng.int(1, 3); col += 1) {
    for (let row = 0; row < rng.int(1, 4); row += 1) {
      const at = [col * (w + 0.02), h / 2 + row * h, 0] as const;
      if (!crates) {
        made.add(box(lib, [w, h - 0.01, 0.36], lib.surface('cardboard'), at));
        continue;
      }
      made.add(box(lib, [w, h - 0.02, 0.34], color, at));
      made.add(box(lib, [w * 0.9, h * 0.25, 0.35], lib.plain(0x1f2022), at));
    }
  }
  made.add(contactShadow(lib, w * 3.4, 0.7, 0.5));
  return made;
}

/** Hand cart with cartons on it, handle to -x. */
export function createHandCart(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const steel = lib.plain(0x3a5f9a, { roughness: 0.5 });
  const made = group(
    box(lib, [1.1, 0.05, 0.65], steel, [0, 0.2, 0]),
    beam(lib, [-0.55, 0.2, -0.28], [-0.65, 1.0, -0.28], 0.018, steel),
    beam(lib, [-0.55, 0.2, 0.28], [-0.65, 1.0, 0.28], 0.018, steel),
    beam(lib, [-0.65, 1, -0.28], [-0.65, 1, 0.28], 0.018, steel),
  );
  for (const x of [-0.42, 0.42])
    for (const z of [-0.24, 0.24]) {
      const wheel = tube(lib, 0.07, 0.07, 0.04, lib.plain(0x161616), [x, 0.08, z]);
      wheel.rotation.x = Math.PI / 2;
      made.add(wheel);
    }
  for (let i = 0; i < rng.int(2, 5); i += 1) {
    made.add(
      box(lib, [0.45, 0.28, 0.55], lib.surface('cardboard'), [
        -0.24 + (i % 2) * 0.48,
        0.37 + Math.floor(i / 2) * 0.285,
        0,
      ]),
    );
  }
  made.add(contactShadow(lib, 1.5, 1, 0.55));
  return made;
}

/** Plastic chairs stacked into each other. */
export function createChairStack(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const color = lib.plain(rng.pick([0xb8332a, 0x2a6fa8, 0xe2e0da, 0x3a8a5a]), { roughness: 0.45 });
  const made = group(contactShadow(lib, 0.8, 0.8, 0.5));
  for (let i = 0; i < rng.int(1, 5); i += 1) {
    const y = i * 0.1;
    made.add(
      roundBox(lib, [0.4, 0.04, 0.4], 0.015, color, [0, 0.42 + y, 0]),
      roundBox(lib, [0.4, 0.36, 0.04], 0.015, color, [0, 0.64 + y, -0.19]),
    );
    for (const x of [-0.17, 0.17])
      for (const z of [-0.17, 0.17])
        made.add(beam(lib, [x, 0.42 + y, z], [x * 1.15, y, z * 1.15], 0.018, color));
  }
  return made;
}

/** Folding table with stools in front of an eating place. */
export function createTable(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const top = lib.plain(rng.pick([0x8a5a3a, 0xd8d4cc, 0x3a3a3c]), { roughness: 0.5 });
  const stool = lib.plain(rng.pick([0xb8332a, 0x2a6fa8, 0xd8a82a]), { roughness: 0.5 });
  const made = group(box(lib, [0.75, 0.04, 0.75], top, [0, 0.72, 0]), contactShadow(lib, 1.6, 1.6, 0.45));
  for (const x of [-0.3, 0.3])
    for (const z of [-0.3, 0.3]) made.add(beam(lib, [x, 0, z], [x, 0.72, z], 0.016, lib.plain(0x8a8d8f)));
  for (let i = 0; i < 4; i += 1) {
    const a = (i / 4) * 6.28 + 0.3;
    made.add(tube(lib, 0.15, 0.18, 0.44, stool, [Math.cos(a) * 0.72, 0.22, Math.sin(a) * 0.72]));
  }
  for (let i = 0; i < 3; i += 1)
    made.add(
      tube(lib, 0.07, 0.05, 0.05, lib.plain(0xe8e6e0), [
        rng.range(-0.25, 0.25),
        0.765,
        rng.range(-0.25, 0.25),
      ]),
    );
  return made;
}

/** Advertising board standing on the pavement, facing +z. */
export function createStandSign(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const text = rng.pick(['营业中', '招聘', '停车', '特价', '小心地滑']);
  const look = rng.pick([
    ['#e2c21f', '#1a1a1a'],
    ['#b3201f', '#ffffff'],
    ['#1f5fae', '#ffffff'],
  ] as const);
  const board = panel(lib, 0.55, 0.9, wordSign(kit, text, look[0], look[1]), [0, 0.5, 0.03]);
  board.rotation.x = -0.15;
  const back = box(lib, [0.57, 0.95, 0.02], lib.plain(0x3a3a3c), [0, 0.49, 0]);
  back.rotation.x = -0.15;
  return group(board, back, contactShadow(lib, 0.8, 0.5, 0.5));
}

/** Large umbrella of a street stall with its table. */
export function createStall(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const cloth = lib.plain(rng.pick([0xb8332a, 0x2a5fa8, 0x2f8a5a, 0xd8c8a8]), {
    roughness: 0.8,
    doubleSided: true,
  });
  const dome = new THREE.Mesh(
    lib.geometry('parasol', () => new THREE.ConeGeometry(1.4, 0.55, 8, 1, true)),
    cloth,
  );
  dome.position.y = 2.3;
  dome.castShadow = true;
  return group(dome, tube(lib, 0.025, 0.025, 2.4, lib.plain(0xb8bbbd), [0, 1.2, 0]), createFruitStand(kit));
}

/** Dog of middle size looking to +x. */
export function createDog(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const fur = lib.plain(rng.pick([0x8a6a42, 0x2a2522, 0xd8cdb8, 0x6a5a4a]), { roughness: 1 });
  const made = group(
    ball(lib, [0.3, 0.13, 0.12], fur, [0, 0.36, 0]),
    ball(lib, [0.12, 0.11, 0.1], fur, [0.34, 0.5, 0]),
    ball(lib, [0.08, 0.05, 0.05], fur, [0.45, 0.47, 0]),
    beam(lib, [0.2, 0.4, 0], [0.32, 0.5, 0], 0.06, fur),
    beam(lib, [-0.28, 0.4, 0], [-0.45, 0.55, 0], 0.025, fur),
    contactShadow(lib, 0.9, 0.4, 0.4),
  );
  for (const x of [-0.2, 0.2])
    for (const z of [-0.07, 0.07])
      made.add(beam(lib, [x, 0.32, z], [x + rng.range(-0.06, 0.06), 0, z], 0.03, fur));
  return made;
}

/** Suitcase left standing. */
export function createSuitcase(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const paint = lib.plain(rng.pick([0x8a8f94, 0x2a3f5a, 0xa85a6a, 0x1d1d20, 0xc8a83a]), { roughness: 0.35 });
  return group(
    roundBox(lib, [0.44, 0.62, 0.26], 0.06, paint, [0, 0.36, 0]),
    beam(lib, [-0.1, 0.66, 0], [-0.1, 0.98, 0], 0.01, lib.plain(0x333333)),
    beam(lib, [0.1, 0.66, 0], [0.1, 0.98, 0], 0.01, lib.plain(0x333333)),
    beam(lib, [-0.1, 0.98, 0], [0.1, 0.98, 0], 0.014, lib.plain(0x1d1d1d)),
    contactShadow(lib, 0.7, 0.5, 0.5),
  );
}

/** Single closed parcel on a doorstep. */
export function createParcel(kit: Kit): THREE.Group {
  return group(createCarton(kit, 'whole'), contactShadow(kit.lib, 0.7, 0.6, 0.45));
}
