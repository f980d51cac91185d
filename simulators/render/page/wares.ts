import * as THREE from 'three';
import type { Kit, Library } from './library.ts';
import { beam, box, group, roundBox, tube } from './shapes.ts';

/** What a stall sells. */
export const WARES = [
  'fruit',
  'vegetables',
  'melons',
  'clothes',
  'shoes',
  'toys',
  'snacks',
  'flowers',
  'books',
  'trinkets',
] as const;

/** Name of what a stall sells. */
export type Ware = (typeof WARES)[number];

const FRUIT = [0xd8501f, 0xc8322a, 0xe0b83a, 0x7aa83a, 0x6a2a5a, 0xe88a2a, 0xd86a7a, 0x8fc04a] as const;
const GREENS = [0x3a7a2a, 0x5a9a3a, 0x2a6a3a, 0xe0e4d8, 0xd8702a, 0xb83a2a, 0x5a3a6a, 0x9ab84a] as const;
const CLOTH = [
  0xb8333a, 0x2a5f8a, 0xd8b04a, 0x1d1d20, 0xe2ddd0, 0x5a8a5a, 0xd88aa0, 0x6a5a9a, 0x3a3f4a, 0xe87a3a,
] as const;
const CANDY = [0xe8333a, 0xf0c83a, 0x3aa8e0, 0x4ac06a, 0xe87ab8, 0x9a5ad8, 0xf08a3a, 0xf4f0e8] as const;

/** Small round thing with few faces, since stalls show hundreds. */
function bead(
  lib: Library,
  r: number,
  material: THREE.Material,
  x: number,
  y: number,
  z: number,
  flat = 1,
): THREE.Mesh {
  const mesh = new THREE.Mesh(
    lib.geometry('bead', () =>
      lib.coarse ? new THREE.SphereGeometry(1, 5, 3) : new THREE.SphereGeometry(1, 7, 5),
    ),
    material,
  );
  mesh.position.set(x, y, z);
  mesh.scale.set(r, r * flat, r);
  mesh.castShadow = true;
  mesh.receiveShadow = true;
  return mesh;
}

/** Calls `put` for the cells of a grid that fills w by d metres. */
function grid(w: number, d: number, cell: number, put: (x: number, z: number, size: number) => void): void {
  const across = Math.max(1, Math.round(w / cell));
  const deep = Math.max(1, Math.round(d / cell));
  for (let i = 0; i < across; i += 1)
    for (let k = 0; k < deep; k += 1)
      put(-w / 2 + (w * (i + 0.5)) / across, -d / 2 + (d * (k + 0.5)) / deep, Math.min(w / across, d / deep));
}

function crateOf(
  kit: Kit,
  x: number,
  z: number,
  size: number,
  colors: readonly number[],
  made: THREE.Group,
): void {
  const { lib, rng } = kit;
  const wood = lib.plain(rng.pick([0xd8c8a8, 0x3a7a5a, 0xb8a080, 0x2a5f9a, 0xe8e6e0, 0xb8333a]));
  const h = rng.range(0.1, 0.18);
  made.add(box(lib, [size * 0.95, h, size * 0.95], wood, [x, h / 2, z]));
  const fruit = lib.plain(rng.pick(colors), { roughness: 0.5 });
  const n = rng.int(3, 4);
  const r = (size * 0.44) / n;
  for (let i = 0; i < n * n; i += 1)
    made.add(
      bead(
        lib,
        r,
        fruit,
        x + ((i % n) - (n - 1) / 2) * r * 2,
        h + r * rng.range(0.1, 0.6),
        z + (Math.floor(i / n) - (n - 1) / 2) * r * 2,
      ),
    );
  if (rng.chance(0.25)) {
    const tag = box(lib, [0.14, 0.1, 0.01], lib.plain(0xf0ead8), [x, h + 0.16, z + size * 0.3]);
    tag.rotation.x = -0.3;
    made.add(tag);
  }
}

function crates(kit: Kit, w: number, d: number, colors: readonly number[]): THREE.Group {
  const made = new THREE.Group();
  grid(w, d, 0.42, (x, z, size) => crateOf(kit, x, z, size, colors, made));
  return made;
}

function vegetables(kit: Kit, w: number, d: number): THREE.Group {
  const { lib, rng } = kit;
  const made = new THREE.Group();
  grid(w, d, 0.34, (x, z, size) => {
    const leaf = lib.plain(rng.pick(GREENS), { roughness: 0.8 });
    const long = rng.chance(0.5);
    for (let i = 0; i < 7; i += 1) {
      const at = [
        x + rng.gauss() * size * 0.2,
        0.04 + (i > 4 ? 0.08 : 0),
        z + rng.gauss() * size * 0.18,
      ] as const;
      if (!long) made.add(bead(lib, rng.range(0.05, 0.08), leaf, at[0], at[1], at[2], 0.8));
      else {
        const bar = beam(
          lib,
          [at[0] - 0.12, at[1], at[2]],
          [at[0] + 0.12, at[1], at[2] + rng.gauss() * 0.05],
          0.035,
          leaf,
        );
        made.add(bar);
      }
    }
  });
  return made;
}

function melons(kit: Kit, w: number, d: number): THREE.Group {
  const { lib, rng } = kit;
  const made = new THREE.Group();
  const rind = lib.plain(rng.pick([0x2a6a2a, 0x3a7a3a, 0xd8c83a, 0x8aa04a]), { roughness: 0.45 });
  const cut = lib.plain(0xd83a3a, { roughness: 0.5 });
  for (let layer = 0; layer < 2; layer += 1)
    grid(w - layer * 0.3, d - layer * 0.25, 0.27, (x, z) => {
      if (rng.chance(0.85))
        made.add(
          bead(
            lib,
            0.13,
            rng.chance(0.06) ? cut : rind,
            x + rng.gauss() * 0.02,
            0.12 + layer * 0.19,
            z,
            0.95,
          ),
        );
    });
  return made;
}

function folded(kit: Kit, w: number, d: number): THREE.Group {
  const { lib, rng } = kit;
  const made = new THREE.Group();
  const heap = rng.chance(0.4);
  grid(w, d, 0.3, (x, z, size) => {
    for (let i = 0; i < rng.int(1, 3); i += 1) {
      const cloth = lib.plain(rng.pick(CLOTH), { roughness: 0.95 });
      const piece = roundBox(lib, [0.24, 0.06, 0.28], 0.02, cloth, [
        x + (heap ? rng.gauss() * 0.1 : 0),
        0.03 + i * 0.06,
        z + (heap ? rng.gauss() * 0.08 : 0),
      ]);
      piece.scale.set(size / 0.27, 1, size / 0.3);
      if (heap) piece.rotation.set(rng.gauss() * 0.3, rng.range(0, 3), rng.gauss() * 0.3);
      made.add(piece);
    }
  });
  return made;
}

function shoes(kit: Kit, w: number, d: number): THREE.Group {
  const { lib, rng } = kit;
  const made = new THREE.Group();
  grid(w, d, 0.28, (x, z) => {
    const leather = lib.plain(rng.pick([0x1a1a1c, 0xe8e6e0, 0x6a3a22, 0xb8333a, 0x3a5a8a, 0xd8a0b0]), {
      roughness: 0.5,
    });
    for (const side of [-1, 1])
      made.add(
        roundBox(lib, [0.09, 0.07, 0.24], 0.03, leather, [x + side * 0.055, 0.035, z]),
        roundBox(lib, [0.08, 0.1, 0.1], 0.03, leather, [x + side * 0.055, 0.07, z - 0.06]),
      );
  });
  return made;
}

function toys(kit: Kit, w: number, d: number): THREE.Group {
  const { lib, rng } = kit;
  const made = new THREE.Group();
  grid(w, d, 0.2, (x, z) => {
    const paint = lib.plain(rng.pick(CANDY), { roughness: 0.5 });
    const s = rng.range(0.05, 0.1);
    const y = s * 0.8;
    const shape = rng.int(0, 3);
    if (shape === 0) made.add(bead(lib, s, paint, x, y, z));
    else if (shape === 1) made.add(box(lib, [s * 1.8, s * rng.range(1, 2.4), s * 1.6], paint, [x, y, z]));
    else if (shape === 2) made.add(tube(lib, s * 0.6, s, s * 2.4, paint, [x, s * 1.2, z]));
    else
      made.add(
        bead(lib, s, paint, x, y, z),
        bead(lib, s * 0.7, paint, x, y + s * 1.3, z),
        bead(lib, s * 0.3, paint, x + s * 0.5, y + s * 1.9, z),
      );
  });
  return made;
}

function snacks(kit: Kit, w: number, d: number): THREE.Group {
  const { lib, rng } = kit;
  const made = new THREE.Group();
  const steel = lib.plain(0xb8bbbd, { roughness: 0.35 });
  grid(w, d, 0.3, (x, z, size) => {
    const food = lib.plain(rng.pick([0xb8702a, 0x8a3a1a, 0xe0b86a, 0xd84a2a, 0xe8d8b0, 0x6a4a2a]), {
      roughness: 0.6,
    });
    const kind = rng.int(0, 2);
    if (kind === 0)
      made.add(
        box(lib, [size * 0.9, 0.06, size * 0.9], steel, [x, 0.03, z]),
        box(lib, [size * 0.8, 0.03, size * 0.8], food, [x, 0.07, z]),
      );
    else if (kind === 1)
      for (let i = 0; i < 6; i += 1)
        made.add(
          beam(
            lib,
            [x - size * 0.35 + i * size * 0.14, 0.05, z - size * 0.4],
            [x - size * 0.35 + i * size * 0.14, 0.07, z + size * 0.4],
            0.022,
            food,
          ),
        );
    else
      made.add(
        tube(lib, size * 0.42, size * 0.36, 0.22, steel, [x, 0.11, z]),
        tube(lib, size * 0.36, size * 0.36, 0.02, food, [x, 0.215, z]),
      );
  });
  return made;
}

function flowers(kit: Kit, w: number, d: number): THREE.Group {
  const { lib, rng } = kit;
  const made = new THREE.Group();
  const leaf = lib.plain(0x3a6a2a, { roughness: 0.9 });
  grid(w, d, 0.34, (x, z) => {
    const bucket = lib.plain(rng.pick([0x1d1d20, 0x2a5f8a, 0xe8e6e0, 0x9a5a3a]), { roughness: 0.6 });
    const petal = lib.plain(rng.pick([0xe8333a, 0xf0c8d8, 0xf4f0e8, 0xf0c83a, 0xd85a9a, 0x8a5ac0]), {
      roughness: 0.8,
    });
    made.add(tube(lib, 0.13, 0.1, 0.24, bucket, [x, 0.12, z]), bead(lib, 0.16, leaf, x, 0.34, z));
    for (let i = 0; i < 9; i += 1)
      made.add(
        bead(lib, 0.05, petal, x + rng.gauss() * 0.09, 0.44 + rng.range(-0.06, 0.12), z + rng.gauss() * 0.09),
      );
  });
  return made;
}

function books(kit: Kit, w: number, d: number): THREE.Group {
  const { lib, rng } = kit;
  const made = new THREE.Group();
  grid(w, d, 0.24, (x, z) => {
    const cover = lib.plain(rng.pick([...CLOTH, ...CANDY]), { roughness: 0.6 });
    const h = rng.range(0.02, 0.12);
    const book = box(lib, [0.17, h, 0.22], cover, [x, h / 2, z]);
    book.rotation.y = rng.gauss() * 0.08;
    made.add(book);
  });
  return made;
}

function trinkets(kit: Kit, w: number, d: number): THREE.Group {
  const { lib, rng } = kit;
  const made = new THREE.Group();
  grid(w, d, 0.15, (x, z) => {
    if (!rng.chance(0.85)) return;
    const paint = lib.plain(rng.pick([...CANDY, 0x8a6a3a, 0x3a3f4a, 0xb8bbbd]), { roughness: 0.45 });
    const s = rng.range(0.03, 0.055);
    if (rng.chance(0.6)) made.add(box(lib, [s * 1.8, s, s * 2.2], paint, [x, s / 2, z]));
    else made.add(tube(lib, s * 0.8, s, s * 1.8, paint, [x, s * 0.9, z]));
  });
  return made;
}

/** Goods laid out on a surface of w by d metres whose middle is the origin. */
export function createWares(kit: Kit, ware: Ware, w: number, d: number): THREE.Group {
  switch (ware) {
    case 'fruit':
      return crates(kit, w, d, FRUIT);
    case 'vegetables':
      return kit.rng.chance(0.5) ? crates(kit, w, d, GREENS) : vegetables(kit, w, d);
    case 'melons':
      return melons(kit, w, d);
    case 'clothes':
      return folded(kit, w, d);
    case 'shoes':
      return shoes(kit, w, d);
    case 'toys':
      return toys(kit, w, d);
    case 'snacks':
      return snacks(kit, w, d);
    case 'flowers':
      return flowers(kit, w, d);
    case 'books':
      return books(kit, w, d);
    case 'trinkets':
      return trinkets(kit, w, d);
  }
}

/** Clothes on hangers along a bar of `length` metres at height `y`. */
export function hangingClothes(kit: Kit, length: number, y: number): THREE.Group {
  const { lib, rng } = kit;
  const made = group();
  for (let x = -length / 2 + 0.06; x < length / 2; x += rng.range(0.06, 0.11)) {
    const cloth = lib.plain(rng.pick(CLOTH), { roughness: 0.95 });
    const h = rng.range(0.6, 1.0);
    made.add(
      box(lib, [0.05, h, 0.34], cloth, [x, y - 0.08 - h / 2, 0]),
      box(lib, [0.045, h * 0.35, 0.5], cloth, [x, y - 0.1 - h * 0.18, 0]),
    );
  }
  return made;
}
