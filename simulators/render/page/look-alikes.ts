import type * as THREE from 'three';
import type { Kit } from './library.ts';
import { createCarton } from './litter.ts';
import { beam, box, contactShadow, group, panel, place, roundBox, tube } from './shapes.ts';
import { notice, wordSign } from './sign-textures.ts';

/** Bus stop with a roof that belongs to the street, 3.6 m long, open to +z. */
export function createBusShelter(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const steel = lib.plain(rng.pick([0x6a6d70, 0x2a3f5a, 0x3a5a48, 0xb8bbbd]), { roughness: 0.5 });
  const glass = lib.plain(0x9ab0b8, { roughness: 0.1, opacity: 0.35 });
  const made = group(
    box(
      lib,
      [3.8, 0.1, 1.5],
      lib.plain(rng.pick([0x2a5f9a, 0x8a8d8f, 0xd8dadb, 0xb8333a, 0x3a7a5a]), { roughness: 0.5 }),
      [0, 2.5, 0],
    ),
    box(lib, [3.4, 1.4, 0.03], glass, [0, 1.3, -0.55]),
    box(lib, [2.4, 0.06, 0.35], steel, [-0.3, 0.45, -0.3]),
    panel(
      lib,
      1.1,
      1.6,
      wordSign(
        kit,
        rng.pick(['公益', '新房', '饮料', '招聘']),
        rng.pick(['#1f5fae', '#b3201f', '#e0b82a', '#1d7a43']),
        '#ffffff',
        0.2,
      ),
      [1.25, 1.3, -0.5],
    ),
    panel(
      lib,
      2.4,
      0.22,
      wordSign(kit, rng.pick(['人民路', '市场站', '北门', '医院']), '#1f5fae', '#ffffff'),
      [0, 2.5, 0.76],
    ),
    contactShadow(lib, 4.2, 2, 0.4),
  );
  for (const x of [-1.75, 0, 1.75]) made.add(beam(lib, [x, 0, -0.55], [x, 2.5, -0.55], 0.05, steel));
  return made;
}

/** Closed booth of a guard or a newsagent, its window to +z. */
export function createBooth(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const w = rng.range(1.4, 2.6);
  const skin = lib.plain(rng.pick([0xe4e4e2, 0x2a5f9a, 0x3a7a5a, 0xc8cbce, 0xd8c8a8]), { roughness: 0.5 });
  const made = group(
    box(lib, [w, 2.3, 1.5], skin, [0, 1.2, 0]),
    box(lib, [w * 0.8, 0.9, 0.04], lib.plain(0x1a2228, { roughness: 0.15 }), [0, 1.5, 0.75]),
    roundBox(
      lib,
      [w + 0.4, 0.16, 2.0],
      0.05,
      lib.plain(rng.pick([0x8a8d8f, 0xb8333a, 0x2a3f5a])),
      [0, 2.42, 0.1],
    ),
    contactShadow(lib, w * 1.3, 2, 0.55),
  );
  for (let i = 0; i < 2; i += 1) made.add(panel(lib, 0.3, 0.4, notice(kit), [-w * 0.3 + i * 0.5, 0.7, 0.76]));
  return made;
}

/** Parcels of a courier sorted on the ground: many things in rows, and none of them for sale. */
export function createParcelRows(kit: Kit): THREE.Group {
  const { rng } = kit;
  const made = group();
  for (let row = 0; row < rng.int(1, 3); row += 1)
    for (let i = 0; i < rng.int(3, 8); i += 1) {
      if (rng.chance(0.15)) continue;
      const parcel = createCarton(kit, 'whole');
      parcel.scale.setScalar(rng.range(0.6, 1.2));
      made.add(place(parcel, (i - 3) * 0.5 + rng.gauss() * 0.06, row * 0.5 - 0.5, rng.gauss() * 0.4));
    }
  return made;
}

/** Bed sheets and quilts drying on a rail. */
export function createDryingRail(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const w = rng.range(1.8, 3);
  const y = rng.range(1.5, 1.8);
  const steel = lib.plain(0x9a9d9f, { roughness: 0.5 });
  const made = group(
    beam(lib, [-w / 2, y, 0], [w / 2, y, 0], 0.018, steel),
    contactShadow(lib, w, 0.8, 0.35),
  );
  for (const x of [-w / 2, w / 2])
    made.add(beam(lib, [x, 0, 0], [x, y, 0], 0.022, steel), tube(lib, 0.2, 0.24, 0.1, steel, [x, 0.05, 0]));
  let x = -w / 2 + 0.1;
  while (x < w / 2 - 0.7) {
    const wide = rng.range(0.6, 1.2);
    const sheet = lib.plain(rng.pick([0xe2ddd0, 0xd8a0b0, 0x8ab0d0, 0xc8c4b8, 0xb8333a]), { roughness: 1 });
    made.add(box(lib, [wide, rng.range(0.9, 1.2), 0.06], sheet, [x + wide / 2, y - 0.55, 0]));
    x += wide + rng.range(0.02, 0.3);
  }
  return made;
}

/** Drinks machine, lit, its front to +z. */
export function createVendingMachine(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const skin = lib.plain(rng.pick([0xb8282a, 0x1f5fae, 0xe4e4e2]), { roughness: 0.4 });
  const made = group(
    box(lib, [1.0, 1.85, 0.8], skin, [0, 0.95, 0]),
    box(lib, [0.65, 1.2, 0.02], lib.plain(0x2a3238, { roughness: 0.15 }), [-0.12, 1.15, 0.41]),
    contactShadow(lib, 1.4, 1.2, 0.5),
  );
  for (let row = 0; row < 4; row += 1)
    for (let i = 0; i < 5; i += 1)
      made.add(
        box(
          lib,
          [0.07, 0.18, 0.02],
          lib.plain(rng.pick([0xe8333a, 0x3aa8e0, 0x4ac06a, 0xf0c83a, 0xe8e6e0])),
          [-0.38 + i * 0.13, 0.72 + row * 0.28, 0.425],
        ),
      );
  return made;
}
