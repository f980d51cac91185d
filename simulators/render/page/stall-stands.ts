import * as THREE from 'three';
import type { Kit } from './library.ts';
import { beam, box, contactShadow, group, panel, ring, roundBox, tube } from './shapes.ts';
import { wordSign } from './sign-textures.ts';
import { createWares, hangingClothes, WARES, type Ware } from './wares.ts';

const FOODS = [
  '煎饼果子',
  '烤冷面',
  '炸串',
  '鸡蛋灌饼',
  '臭豆腐',
  '烤肠',
  '凉皮',
  '糖葫芦',
  '章鱼烧',
  '豆浆',
] as const;
const BRIGHT = [0xc0282a, 0x1f5fae, 0xe0b82a, 0x1d7a43, 0xd8701f, 0xe8e6e0] as const;

const css = (hex: number): string => `#${hex.toString(16).padStart(6, '0')}`;

/** Stand of a stall with its wares, both facing +z; the wares may be packed away. */
export interface Stand {
  readonly base: THREE.Group;
  readonly wares: THREE.Group;
  /** Extent in metres. */
  readonly w: number;
  readonly d: number;
}

function foodSign(
  kit: Kit,
  w: number,
  h: number,
  at: readonly [number, number, number],
  glow = 0,
): THREE.Mesh {
  const ground = kit.rng.pick([0xc0282a, 0xd8701f, 0xe0b82a, 0x1d7a43]);
  const ink = ground === 0xe0b82a ? '#b3201f' : '#fff3c8';
  return panel(kit.lib, w, h, wordSign(kit, kit.rng.pick(FOODS), css(ground), ink, glow), at);
}

function spokes(kit: Kit, r: number, x: number, z: number, along: boolean): THREE.Group {
  const { lib } = kit;
  const rubber = lib.plain(0x161618, { roughness: 0.9 });
  const steel = lib.plain(0x9a9d9f, { roughness: 0.4 });
  const made = group(ring(lib, r - 0.03, 0.03, rubber));
  for (let i = 0; i < 4; i += 1) {
    const a = (i / 4) * Math.PI;
    made.add(
      beam(
        lib,
        [-Math.cos(a) * r * 0.9, -Math.sin(a) * r * 0.9, 0],
        [Math.cos(a) * r * 0.9, Math.sin(a) * r * 0.9, 0],
        0.007,
        steel,
      ),
    );
  }
  made.position.set(x, r, z);
  if (!along) made.rotation.y = Math.PI / 2;
  return made;
}

/** Folding table, often with a cloth down to the ground. */
export function tableStand(kit: Kit): Stand {
  const { lib, rng } = kit;
  const w = rng.range(1.2, 2.4);
  const d = rng.range(0.6, 0.95);
  const y = rng.range(0.68, 0.82);
  const top = lib.plain(rng.pick([0xe2e0da, 0x8a5a3a, 0xb8bbbd, 0xd8c8a8, 0x2a5f9a]), { roughness: 0.6 });
  const base = group(box(lib, [w, 0.04, d], top, [0, y, 0]));
  if (rng.chance(0.6)) {
    const cloth = lib.plain(rng.pick([...BRIGHT, 0x6a2a3a, 0x3a3f4a, 0xd8a0b0]), { roughness: 0.95 });
    const drop = y * rng.range(0.4, 0.96);
    base.add(box(lib, [w + 0.04, drop, d + 0.04], cloth, [0, y - drop / 2 + 0.01, 0]));
  } else
    for (const x of [-w / 2 + 0.08, w / 2 - 0.08]) {
      const steel = lib.plain(0x7a7d80, { roughness: 0.5 });
      base.add(
        beam(lib, [x, 0, -d / 2 + 0.05], [x, y, d / 2 - 0.05], 0.016, steel),
        beam(lib, [x, 0, d / 2 - 0.05], [x, y, -d / 2 + 0.05], 0.016, steel),
      );
    }
  if (rng.chance(0.35)) base.add(foodSign(kit, w * 0.6, 0.34, [0, y - 0.25, d / 2 + 0.035]));
  if (rng.chance(0.4))
    base.add(
      box(lib, [0.34, 0.3, 0.4], lib.surface('cardboard'), [rng.range(-w / 3, w / 3), 0.15, -d / 2 - 0.35]),
    );
  const ware = rng.pick(WARES);
  const wares = createWares(kit, ware, w * 0.95, d * 0.92);
  wares.position.y = y + 0.02;
  return { base, wares, w, d };
}

/** Two-wheeled handcart with a box or shelf on it. */
export function cartStand(kit: Kit): Stand {
  const { lib, rng } = kit;
  const w = rng.range(1.3, 1.8);
  const d = rng.range(0.75, 1.0);
  const y = rng.range(0.6, 0.85);
  const paint = lib.plain(rng.pick([...BRIGHT, 0xb8bbbd, 0x8a5a3a]), { roughness: 0.5 });
  const steel = lib.plain(0x6a6d70, { roughness: 0.5 });
  const base = group(
    box(lib, [w, 0.3, d], paint, [0, y - 0.15, 0]),
    spokes(kit, 0.3, -0.1, d / 2 + 0.05, true),
    spokes(kit, 0.3, -0.1, -d / 2 - 0.05, true),
    beam(lib, [w / 2 - 0.1, 0, 0.2], [w / 2 - 0.1, y - 0.3, 0.2], 0.02, steel),
  );
  for (const z of [-d / 2 + 0.08, d / 2 - 0.08])
    base.add(beam(lib, [w / 2, y - 0.1, z], [w / 2 + 0.55, y + 0.1, z], 0.02, steel));
  base.add(
    beam(lib, [w / 2 + 0.55, y + 0.1, -d / 2 + 0.08], [w / 2 + 0.55, y + 0.1, d / 2 - 0.08], 0.02, steel),
  );
  if (rng.chance(0.5)) {
    for (const x of [-w / 2 + 0.05, w / 2 - 0.05])
      base.add(beam(lib, [x, y, -d / 2 + 0.05], [x, y + 1.1, -d / 2 + 0.05], 0.018, steel));
    base.add(foodSign(kit, w * 0.9, 0.32, [0, y + 1.0, -d / 2 + 0.08]));
  }
  const wares = createWares(
    kit,
    rng.pick(['fruit', 'snacks', 'vegetables', 'melons', 'trinkets', 'toys', 'flowers']),
    w * 0.92,
    d * 0.9,
  );
  wares.position.y = y + 0.01;
  return { base, wares, w: w + 0.5, d };
}

/** Food cart of steel with a glass box, a sign, a griddle and a bottle of gas. */
export function glassCartStand(kit: Kit): Stand {
  const { lib, rng } = kit;
  const w = rng.range(1.3, 2.0);
  const d = rng.range(0.7, 0.95);
  const y = 0.85;
  const roof = rng.range(1.75, 2.1);
  const steel = lib.plain(rng.pick([0xc4c7c9, 0xc4c7c9, 0xc0282a, 0xe0b82a, 0x1f5fae, 0x1d7a43]), {
    roughness: 0.35,
  });
  const frame = lib.plain(0xa8abad, { roughness: 0.35 });
  const glass = lib.plain(0xb8d0d8, { roughness: 0.1, opacity: 0.28 });
  const base = group(
    box(lib, [w, 0.6, d], steel, [0, 0.5, 0]),
    box(lib, [w + 0.06, 0.04, d + 0.06], frame, [0, y - 0.03, 0]),
    box(lib, [w + 0.12, 0.06, d + 0.2], lib.plain(rng.pick(BRIGHT), { roughness: 0.6 }), [0, roof, 0.05]),
    foodSign(kit, w, 0.34, [0, roof - 0.18, d / 2 + 0.06], 0.35),
    foodSign(kit, w * 0.85, 0.42, [0, 0.52, d / 2 + 0.012]),
  );
  for (const x of [-w / 2 + 0.03, w / 2 - 0.03])
    for (const z of [-d / 2 + 0.03, d / 2 - 0.03]) base.add(beam(lib, [x, y, z], [x, roof, z], 0.018, frame));
  const side = panel(lib, w * 0.9, 0.34, wordSign(kit, rng.pick(FOODS), '#c0282a', '#fff3c8', 0.2), [
    0,
    roof - 0.18,
    -d / 2 - 0.04,
  ]);
  side.rotation.y = Math.PI;
  base.add(side);
  const share = rng.range(0.4, 1);
  base.add(
    box(lib, [w * share, 0.42, 0.012], glass, [(-w * (1 - share)) / 2, y + 0.22, d / 2 - 0.03]),
    box(lib, [0.012, 0.42, d * 0.9], glass, [-w / 2 + 0.03, y + 0.22, 0]),
  );
  for (const x of [-w / 2 + 0.2, w / 2 - 0.2])
    for (const z of [-d / 2 + 0.1, d / 2 - 0.1]) base.add(tubeWheel(kit, x, z));
  if (rng.chance(0.65)) {
    const bottle = lib.plain(rng.pick([0x8a9096, 0xb8332a, 0x3a6aa8]), { roughness: 0.4 });
    base.add(
      tube(lib, 0.15, 0.15, 0.5, bottle, [w / 2 + 0.25, 0.27, -d * 0.2]),
      tube(lib, 0.06, 0.1, 0.12, bottle, [w / 2 + 0.25, 0.57, -d * 0.2]),
    );
  }
  const wares = createWares(kit, 'snacks', w * 0.9, d * 0.75);
  wares.position.y = y;
  wares.add(tube(lib, 0.26, 0.26, 0.06, lib.plain(0x1d1d1f, { roughness: 0.4 }), [w * 0.25, 0.08, 0]));
  if (rng.chance(0.6)) wares.add(steam(kit, w * 0.25, 0.3));
  return { base, wares, w, d };
}

function tubeWheel(kit: Kit, x: number, z: number): THREE.Mesh {
  const wheel = tube(kit.lib, 0.1, 0.1, 0.05, kit.lib.plain(0x161618), [x, 0.1, z]);
  wheel.rotation.x = Math.PI / 2;
  return wheel;
}

/** Thin white puffs over something hot. */
function steam(kit: Kit, x: number, y: number): THREE.Group {
  const { lib, rng } = kit;
  const made = group();
  const white = lib.plain(0xe8eaec, { roughness: 1, opacity: 0.1 });
  for (let i = 0; i < 5; i += 1) {
    const puff = new THREE.Mesh(
      lib.geometry('puff', () => new THREE.SphereGeometry(1, 8, 6)),
      white,
    );
    puff.scale.setScalar(0.12 + i * 0.06);
    puff.position.set(x + rng.gauss() * 0.06 + i * 0.03, y + i * 0.2, rng.gauss() * 0.06);
    puff.userData.intangible = true;
    made.add(puff);
  }
  return made;
}

/** Charcoal grill on legs with skewers and smoke, and a side table. */
export function grillStand(kit: Kit): Stand {
  const { lib, rng } = kit;
  const w = rng.range(1.0, 1.8);
  const steel = lib.plain(rng.pick([0x4a4a4c, 0x2a2a2c, 0x8a8d8f]), { roughness: 0.5 });
  const base = group(
    box(lib, [w, 0.16, 0.3], steel, [0, 0.78, 0.1]),
    box(lib, [0.7, 0.04, 0.5], lib.plain(0xb8bbbd, { roughness: 0.35 }), [-w / 2 - 0.42, 0.72, 0]),
  );
  for (const x of [-w / 2 + 0.05, w / 2 - 0.05])
    for (const z of [0, 0.22]) base.add(beam(lib, [x, 0, z], [x, 0.72, z], 0.018, steel));
  for (const x of [-w / 2 - 0.7, -w / 2 - 0.15])
    for (const z of [-0.2, 0.2]) base.add(beam(lib, [x, 0, z], [x, 0.72, z], 0.016, steel));
  const wares = group(box(lib, [w * 0.95, 0.02, 0.24], lib.plain(0xd84a1a, { glow: 0.7 }), [0, 0.865, 0.1]));
  for (let x = -w / 2 + 0.08; x < w / 2; x += 0.09)
    if (rng.chance(0.8))
      wares.add(
        beam(
          lib,
          [x, 0.9, -0.12],
          [x, 0.91, 0.24],
          0.022,
          lib.plain(rng.pick([0x7a3a1a, 0x9a5a2a, 0x4a2a1a]), { roughness: 0.7 }),
        ),
      );
  const food = createWares(kit, 'snacks', 0.62, 0.45);
  food.position.set(-w / 2 - 0.42, 0.74, 0);
  wares.add(food);
  if (rng.chance(0.8)) wares.add(steam(kit, 0, 1.1), steam(kit, w * 0.25, 1.1));
  if (rng.chance(0.5)) base.add(foodSign(kit, 0.9, 0.4, [0, 0.4, 0.3]));
  return { base, wares, w: w + 0.9, d: 0.6 };
}

/** Rails of clothes, one or two behind each other. */
export function rackStand(kit: Kit): Stand {
  const { lib, rng } = kit;
  const w = rng.range(1.2, 2.4);
  const rows = rng.int(1, 2);
  const steel = lib.plain(rng.pick([0xd8dadb, 0x2a2a2c]), { roughness: 0.4 });
  const base = group();
  const wares = group();
  for (let row = 0; row < rows; row += 1) {
    const y = rng.range(1.35, 1.7);
    const z = -row * 0.6;
    base.add(beam(lib, [-w / 2, y, z], [w / 2, y, z], 0.016, steel));
    for (const x of [-w / 2, w / 2])
      base.add(
        beam(lib, [x, 0, z - 0.22], [x, y, z], 0.014, steel),
        beam(lib, [x, 0, z + 0.22], [x, y, z], 0.014, steel),
      );
    const clothes = hangingClothes(kit, w * 0.95, y);
    clothes.position.z = z;
    wares.add(clothes);
  }
  if (rng.chance(0.4)) {
    const low = createWares(kit, rng.pick(['clothes', 'shoes']), w * 0.9, 0.6);
    low.position.set(0, 0.02, 0.75);
    wares.add(low, box(lib, [w, 0.015, 0.7], lib.plain(0x3a5a8a, { roughness: 0.9 }), [0, 0.01, 0.75]));
  }
  return { base, wares, w, d: 0.6 * rows + 0.4 };
}

/** Phone cases on a slanting board over a folding stand. */
export function boardStand(kit: Kit): Stand {
  const { lib, rng } = kit;
  const w = rng.range(0.9, 1.7);
  const h = rng.range(0.8, 1.2);
  const board = group(
    box(
      lib,
      [w, h, 0.04],
      lib.plain(rng.pick([0xe8e6e0, 0x1d1d20, 0xd8a0b0, 0x2a5f9a]), { roughness: 0.7 }),
      [0, 0, 0],
    ),
  );
  const wares = group();
  const colors = [0xe8333a, 0xf0c83a, 0x3aa8e0, 0x4ac06a, 0xe87ab8, 0x1d1d20, 0xf4f0e8, 0x8a5ad8] as const;
  for (let x = -w / 2 + 0.08; x < w / 2 - 0.04; x += 0.12)
    for (let y = -h / 2 + 0.12; y < h / 2 - 0.05; y += 0.2)
      if (rng.chance(0.92))
        wares.add(
          box(lib, [0.085, 0.16, 0.02], lib.plain(rng.pick(colors), { roughness: 0.5 }), [x, y, 0.03]),
        );
  const lean = rng.range(0.3, 0.8);
  for (const part of [board, wares]) {
    part.rotation.x = -lean;
    part.position.set(0, 0.55 + (h / 2) * Math.cos(lean), 0);
  }
  const steel = lib.plain(0x5a5c5e, { roughness: 0.5 });
  const base = group(board);
  for (const x of [-w / 2 + 0.06, w / 2 - 0.06])
    base.add(
      beam(lib, [x, 0, 0.35], [x, 0.6, 0.25], 0.018, steel),
      beam(lib, [x, 0, -0.45], [x, 0.6 + h * 0.7, -0.25], 0.018, steel),
    );
  if (rng.chance(0.5))
    base.add(
      panel(
        lib,
        w * 0.8,
        0.26,
        wordSign(kit, rng.pick(['手机壳', '贴膜', '十元', '饰品']), '#e0b82a', '#b3201f', 0.2),
        [0, 0.42, 0.37],
      ),
    );
  return { base, wares: group(wares), w, d: 0.9 };
}

/** Goods on a cloth on the ground. */
export function clothStand(kit: Kit): Stand {
  const { lib, rng } = kit;
  const w = rng.range(1.2, 2.6);
  const d = rng.range(0.9, 1.6);
  const cloth = lib.plain(rng.pick([0x2a5f9a, 0xb8333a, 0xd8c8a8, 0x3a3f4a, 0x3a7a5a, 0xe2ddd0, 0xd8a03a]), {
    roughness: 0.95,
  });
  const mat = box(lib, [w, 0.02, d], cloth, [0, 0.012, 0]);
  mat.rotation.y = rng.gauss() * 0.05;
  const ware: Ware = rng.pick([
    'vegetables',
    'vegetables',
    'toys',
    'books',
    'trinkets',
    'shoes',
    'clothes',
    'fruit',
    'flowers',
    'melons',
  ]);
  const wares = createWares(kit, ware, w * 0.88, d * 0.85);
  wares.position.y = 0.022;
  const base = group(mat);
  if (rng.chance(0.5))
    base.add(
      roundBox(lib, [0.3, 0.24, 0.3], 0.03, lib.plain(rng.pick(BRIGHT)), [
        rng.range(-w / 3, w / 3),
        0.12,
        -d / 2 - 0.3,
      ]),
    );
  return { base, wares, w, d };
}

/** Crates of fruit in a row on low frames, slanting towards the customers. */
export function cratesStand(kit: Kit): Stand {
  const { lib, rng } = kit;
  const w = rng.range(1.6, 3.2);
  const rows = rng.int(1, 2);
  const d = 0.45 * rows;
  const wares = createWares(kit, rng.pick(['fruit', 'fruit', 'vegetables', 'melons']), w, d);
  const y = rng.pick([0.02, 0.3, 0.45]);
  wares.position.y = y + 0.06;
  wares.rotation.x = y > 0.1 ? 0.22 : 0;
  const base = group();
  if (y > 0.1)
    for (let x = -w / 2 + 0.2; x < w / 2; x += 0.42)
      base.add(
        box(lib, [0.38, y, d * 0.9], lib.plain(rng.pick([0x2a5f9a, 0xb8333a, 0x8a6a42, 0x3a7a5a])), [
          x,
          y / 2,
          0,
        ]),
      );
  if (rng.chance(0.5))
    base.add(box(lib, [0.4, 0.5, 0.36], lib.surface('cardboard'), [w / 2 + 0.3, 0.25, -0.2]));
  if (rng.chance(0.4)) {
    base.add(tube(lib, 0.02, 0.02, 1.5, lib.plain(0x8a8d8f), [-w / 2 - 0.1, 0.75, 0]));
    base.add(
      panel(
        lib,
        0.5,
        0.36,
        wordSign(kit, rng.pick(['五元', '特甜', '十元三斤', '新鲜']), '#f0ead8', '#b3201f'),
        [-w / 2 - 0.1, 1.45, 0.02],
      ),
    );
  }
  return { base, wares, w, d };
}

/** Soft dark patch under a stand. */
export function standShadow(kit: Kit, stand: Stand): THREE.Mesh {
  return contactShadow(kit.lib, stand.w * 1.25, stand.d * 1.6, 0.55);
}
