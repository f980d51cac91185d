import * as THREE from 'three';
import type { Kit } from './library.ts';
import { ball, beam, box, contactShadow, group, panel, roundBox, tube } from './shapes.ts';
import { notice, wordSign } from './sign-textures.ts';

/** Street lamp 6 m high with its arm to +z; `lit` at night. */
export function createLampPost(kit: Kit, lit: boolean): THREE.Group {
  const { lib } = kit;
  const steel = lib.plain(0x8a8d8f, { roughness: 0.5, metalness: 0.4 });
  return group(
    tube(lib, 0.06, 0.09, 6, steel, [0, 3, 0]),
    tube(lib, 0.14, 0.16, 0.5, steel, [0, 0.25, 0]),
    beam(lib, [0, 5.9, 0], [0, 6.3, 1.6], 0.04, steel),
    roundBox(lib, [0.22, 0.1, 0.6], 0.04, steel, [0, 6.32, 1.8]),
    box(lib, [0.16, 0.02, 0.5], lib.plain(0xffe8c0, { glow: lit ? 4 : 0 }), [0, 6.26, 1.8]),
  );
}

/** Row of `count` bollards along x, 1.4 m apart. */
export function createBollards(kit: Kit, count: number): THREE.Group {
  const { lib, rng } = kit;
  const made = new THREE.Group();
  const steel = rng.chance(0.5);
  const body = steel
    ? lib.plain(0xb8bbbd, { roughness: 0.3, metalness: 0.7 })
    : lib.plain(0x8a8780, { roughness: 0.95 });
  const band = lib.plain(rng.pick([0xd8a82a, 0xb8332a, 0xe0e0dc]), { roughness: 0.5 });
  for (let i = 0; i < count; i += 1) {
    const x = i * 1.4;
    made.add(
      tube(lib, 0.07, 0.07, 0.75, body, [x, 0.375, 0]),
      ball(lib, [0.07, 0.05, 0.07], body, [x, 0.75, 0]),
      tube(lib, 0.072, 0.072, 0.1, band, [x, 0.58, 0]),
    );
  }
  return made;
}

/** Railing of `length` metres along x, 1 m high. */
export function createRailing(kit: Kit, length: number): THREE.Group {
  const { lib, rng } = kit;
  const paint = lib.plain(rng.pick([0xdfe2e2, 0x3a6a9a, 0x2f5a48, 0x8a8d8f]), { roughness: 0.5 });
  const made = group(
    beam(lib, [-length / 2, 1, 0], [length / 2, 1, 0], 0.025, paint),
    beam(lib, [-length / 2, 0.2, 0], [length / 2, 0.2, 0], 0.02, paint),
  );
  for (let x = -length / 2; x <= length / 2; x += 0.16)
    made.add(beam(lib, [x, 0.2, 0], [x, 1, 0], 0.008, paint));
  for (let x = -length / 2; x <= length / 2; x += 2)
    made.add(box(lib, [0.07, 1.1, 0.07], paint, [x, 0.55, 0]));
  return made;
}

/** Traffic cone, 0.7 m high. */
export function createCone(kit: Kit): THREE.Group {
  const { lib } = kit;
  const orange = lib.plain(0xd8501f, { roughness: 0.5 });
  const white = lib.plain(0xe6e6e0, { roughness: 0.3 });
  return group(
    box(lib, [0.38, 0.04, 0.38], lib.plain(0x1f1f1f), [0, 0.02, 0]),
    tube(lib, 0.03, 0.15, 0.66, orange, [0, 0.37, 0]),
    tube(lib, 0.085, 0.11, 0.13, white, [0, 0.33, 0]),
    tube(lib, 0.055, 0.075, 0.1, white, [0, 0.52, 0]),
    contactShadow(lib, 0.6, 0.6, 0.5),
  );
}

/** Manhole cover lying in the ground, or a square lid. */
export function createManhole(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const iron = lib.plain(0x3c3d3e, { roughness: 0.6, metalness: 0.4 });
  const made = new THREE.Group();
  if (rng.chance(0.7)) {
    made.add(
      tube(lib, 0.36, 0.36, 0.02, lib.plain(0x6a6a68), [0, 0.004, 0]),
      tube(lib, 0.32, 0.32, 0.02, iron, [0, 0.008, 0]),
    );
    for (let i = -2; i <= 2; i += 1)
      made.add(
        box(lib, [0.5 - Math.abs(i) * 0.08, 0.01, 0.03], lib.plain(0x55565a, { metalness: 0.4 }), [
          0,
          0.02,
          i * 0.1,
        ]),
      );
  } else {
    made.add(box(lib, [0.7, 0.02, 0.5], iron, [0, 0.008, 0]));
    for (let i = -4; i <= 4; i += 1)
      made.add(box(lib, [0.03, 0.01, 0.44], lib.plain(0x141414), [i * 0.075, 0.016, 0]));
  }
  for (const part of made.children) part.castShadow = false;
  return made;
}

/** Bench 1.6 m long, its seat to +z. */
export function createBench(kit: Kit): THREE.Group {
  const { lib } = kit;
  const wood = lib.surface('wood');
  const iron = lib.plain(0x2a2b2d, { roughness: 0.5 });
  const made = group(contactShadow(lib, 2, 0.9, 0.5));
  for (let i = 0; i < 4; i += 1) made.add(box(lib, [1.6, 0.03, 0.09], wood, [0, 0.45, -0.16 + i * 0.11]));
  for (let i = 0; i < 3; i += 1) made.add(box(lib, [1.6, 0.09, 0.03], wood, [0, 0.58 + i * 0.12, -0.24]));
  for (const x of [-0.65, 0.65])
    made.add(
      box(lib, [0.05, 0.45, 0.4], iron, [x, 0.22, 0]),
      box(lib, [0.05, 0.5, 0.04], iron, [x, 0.65, -0.26]),
    );
  return made;
}

/** Grey or green cabinet of the power supply, its door to +z. */
export function createCabinet(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const w = rng.range(0.6, 1.4);
  const h = rng.range(0.9, 1.6);
  const paint = lib.plain(rng.pick([0xb8bab4, 0x8f9a90, 0xd8d8d2, 0xc8c4b0]), { roughness: 0.6 });
  const made = group(
    box(lib, [w, h, 0.5], paint, [0, h / 2 + 0.12, 0]),
    box(lib, [w + 0.1, 0.12, 0.6], lib.plain(0x8a8780), [0, 0.06, 0]),
    box(lib, [w + 0.06, 0.05, 0.56], paint, [0, h + 0.14, 0]),
  );
  made.add(box(lib, [0.012, h * 0.85, 0.01], lib.plain(0x333333), [0, h / 2 + 0.12, 0.252]));
  made.add(panel(lib, 0.2, 0.2, wordSign(kit, '有电', '#e2c21f', '#1a1a1a'), [w * 0.22, h * 0.75, 0.256]));
  if (rng.chance(0.5)) made.add(panel(lib, 0.2, 0.27, notice(kit), [-w * 0.2, h * 0.6, 0.257]));
  made.add(contactShadow(lib, w * 1.4, 0.9, 0.5));
  return made;
}

/** Green letter box, 1.3 m high: as green as many bins, and never to be taken for one. */
export function createPostBox(kit: Kit): THREE.Group {
  const { lib } = kit;
  const green = lib.plain(0x14683a, { roughness: 0.4 });
  return group(
    tube(lib, 0.05, 0.05, 0.5, green, [0, 0.25, 0]),
    roundBox(lib, [0.5, 0.78, 0.4], 0.05, green, [0, 0.86, 0]),
    roundBox(lib, [0.56, 0.08, 0.46], 0.03, green, [0, 1.28, 0]),
    box(lib, [0.32, 0.04, 0.02], lib.plain(0x0c0c0c), [0, 1.12, 0.2]),
    panel(lib, 0.36, 0.18, wordSign(kit, '邮政', '#14683a', '#e8d23a'), [0, 0.86, 0.202]),
    contactShadow(lib, 0.8, 0.7, 0.5),
  );
}
