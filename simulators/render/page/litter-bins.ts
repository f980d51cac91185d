import * as THREE from 'three';
import { createBag } from './bags.ts';
import { toppings } from './bins.ts';
import type { Kit } from './library.ts';
import { box, contactShadow, group, panel, roundBox, tube } from './shapes.ts';
import { shell } from './shell.ts';
import { binSticker } from './sign-textures.ts';

/** Stainless or painted double litter bin with a roof, as along main roads; `full` lets it spill over. */
export function createStreetLitterBin(kit: Kit, full: boolean): THREE.Group {
  const { lib, rng } = kit;
  const steel = rng.chance(0.5)
    ? lib.plain(0xb4b8ba, { roughness: 0.3, metalness: 0.75 })
    : lib.plain(rng.pick([0x4f5b52, 0x6b4f3a, 0x2f5a8a, 0x3a3d42]), { roughness: 0.5 });
  const made = group(
    box(lib, [0.06, 1.02, 0.4], steel, [-0.5, 0.51, 0]),
    box(lib, [0.06, 1.02, 0.4], steel, [0.5, 0.51, 0]),
    box(lib, [0.05, 0.8, 0.36], steel, [0, 0.5, 0]),
    roundBox(lib, [1.14, 0.07, 0.52], 0.03, steel, [0, 1.04, 0]),
  );
  const doors = [
    [-0.25, 0x1f5aa6, 0],
    [0.25, rng.pick([0x3a3d42, 0x2c7a3c]), 3],
  ] as const;
  for (const [x, color, sorting] of doors) {
    const paint = lib.plain(color, { roughness: 0.45 });
    made.add(box(lib, [0.44, 0.62, 0.36], paint, [x, 0.42, 0]));
    made.add(box(lib, [0.42, 0.2, 0.3], lib.plain(0x101010), [x, 0.86, -0.01]));
    made.add(
      panel(lib, 0.26, 0.32, binSticker(kit, sorting, `#${color.toString(16).padStart(6, '0')}`), [
        x,
        0.42,
        0.182,
      ]),
    );
  }
  if (full) {
    for (const x of [-0.25, 0.25]) {
      for (let i = 0; i < 2; i += 1) {
        const bag = createBag(kit, rng.range(0.24, 0.36));
        bag.position.set(x + rng.range(-0.08, 0.08), 0.74 + i * 0.08, 0.17 + i * 0.05);
        bag.rotation.set(rng.range(0.2, 0.9), rng.range(0, 6), 0);
        made.add(bag);
      }
    }
    const top = toppings(kit, 0.45, 0.2, 0);
    top.position.y = 1.12;
    made.add(top);
  }
  made.add(contactShadow(lib, 1.6, 0.8, 0.6));
  return made;
}

/** Round basket for halls and parks, often with a bag over its rim; 0.6 to 0.8 m high. */
export function createRoundBin(kit: Kit, full: boolean): THREE.Group {
  const { lib, rng } = kit;
  const h = rng.range(0.5, 0.8);
  const r = h * 0.3;
  const paint = lib.plain(rng.pick([0x8a8f94, 0x2b2e33, 0x1f7a3d, 0x6b4a34, 0xc9c4b8]), {
    roughness: 0.4,
    metalness: 0.3,
    doubleSided: true,
  });
  const form = lib.geometry('round bin', () =>
    shell(
      [
        { w: 0.8, d: 0.8, y: 0, sharp: true },
        { w: 1, d: 1, y: 1, sharp: true },
        { w: 0.9, d: 0.9, y: 1, sharp: true },
        { w: 0.82, d: 0.82, y: 0.3 },
      ],
      0.5,
    ),
  );
  const skin = new THREE.Mesh(form, paint);
  skin.scale.set(r * 2, h, r * 2);
  skin.castShadow = true;
  const made = group(skin, tube(lib, r * 0.82, r * 0.82, 0.02, lib.plain(0x141414), [0, h * 0.7, 0]));
  if (rng.chance(0.7)) {
    const liner = lib.plain(rng.pick([0x1b1c1f, 0xd8d8d4]), { roughness: 0.35, doubleSided: true });
    const rim = new THREE.Mesh(
      lib.geometry('liner', () =>
        shell(
          [
            { w: 1.04, d: 1.0, y: 0.78 },
            { w: 1.1, d: 1.08, y: 0.9 },
            { w: 1.04, d: 1.04, y: 1.01 },
            { w: 0.9, d: 0.9, y: 0.98 },
          ],
          0.5,
        ),
      ),
      liner,
    );
    rim.scale.set(r * 2, h, r * 2);
    made.add(rim);
  }
  if (full) {
    const top = toppings(kit, r * 0.8, r * 0.8, rng.range(0, 0.5));
    top.scale.setScalar(0.75);
    top.position.y = h;
    made.add(top);
  }
  made.add(contactShadow(lib, r * 3, r * 3, 0.6));
  return made;
}

/** Large steel skip with sloping front and hatches, as at collection points; 2.4 m wide. */
export function createSkip(kit: Kit, full: boolean): THREE.Group {
  const { lib, rng } = kit;
  const color = rng.pick([0x1f8a45, 0x2a8a45, 0x2a6fa8, 0x1c6b38]);
  const paint = lib.plain(color, { roughness: 0.5, doubleSided: true });
  const form = lib.geometry('skip', () =>
    shell(
      [
        { w: 1.9, d: 1.0, y: 0.2, sharp: true },
        { w: 2.4, d: 1.5, y: 0.95, sharp: true },
        { w: 2.4, d: 1.5, y: 1.15, sharp: true },
        { w: 2.3, d: 1.4, y: 1.15, sharp: true },
        { w: 2.1, d: 1.2, y: 0.6 },
      ],
      0.06,
    ),
  );
  const skin = new THREE.Mesh(form, paint);
  skin.castShadow = true;
  skin.receiveShadow = true;
  const made = group(skin, box(lib, [2.2, 0.02, 1.3], lib.plain(0x1a1a18), [0, 0.75, 0]));
  for (const x of [-0.7, 0, 0.7]) made.add(box(lib, [0.08, 0.9, 0.06], paint, [x, 0.6, 0.68]));
  if (full) {
    const top = toppings(kit, 1.05, 0.6, rng.range(0.3, 1));
    top.position.y = 1.15;
    made.add(top);
  } else {
    const roof = lib.plain(rng.chance(0.5) ? 0xe6e8e6 : color, { roughness: 0.5 });
    const cover = roundBox(lib, [2.44, 0.2, 1.54], 0.09, roof, [0, 1.24, 0]);
    made.add(cover);
  }
  const sticker = panel(
    lib,
    0.5,
    0.6,
    binSticker(kit, 3, `#${color.toString(16).padStart(6, '0')}`),
    [0.36, 0.72, 0.66],
  );
  sticker.rotation.x = -0.32;
  made.add(sticker, contactShadow(lib, 3, 2.2, 0.6));
  return made;
}
