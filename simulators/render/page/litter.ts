import * as THREE from 'three';
import type { Kit, Library } from './library.ts';
import { spaceNoise } from './noise.ts';
import { createRng } from './random.ts';
import { box, group, tube } from './shapes.ts';
import { shell } from './shell.ts';

const SCRAP_COLORS = [
  0xe6e4de, 0xd8d6d0, 0xc7c2b4, 0xf0f0ee, 0xb23a3a, 0xc9a24a, 0x4a6fb0, 0x5a8f5f, 0x8a6a48, 0xd9a0a8,
  0x33363a, 0xc65f2a, 0xa9c4d6,
];

/** Crumpled sheet about one unit wide. */
function scrapShape(seed: number): THREE.BufferGeometry {
  const rng = createRng(seed);
  const noise = spaceNoise(rng);
  const geometry = new THREE.PlaneGeometry(1, 1, 6, 6);
  geometry.rotateX(-Math.PI / 2);
  const at = geometry.getAttribute('position');
  const bend = rng.range(0.3, 1.1);
  for (let i = 0; i < at.count; i += 1) {
    const x = at.getX(i);
    const z = at.getZ(i);
    const y = bend * (0.35 + noise(x * 2.5 + 3, seed, z * 2.5) * 0.55 + noise(x * 6, 2, z * 6) * 0.25) * 0.5;
    at.setXYZ(i, x * (1 - 0.3 * bend), Math.max(0.02, y), z * rng.range(0.8, 1) * (1 - 0.2 * bend));
  }
  geometry.computeVertexNormals();
  return geometry;
}

/** Where a scrap may lie: gives x, y and z in metres. */
export type Spot = () => readonly [number, number, number];

/** Many crumpled papers and films at once; sizes in metres. */
export function createScraps(kit: Kit, count: number, small: number, large: number, spot: Spot): THREE.Group {
  const { rng, lib } = kit;
  const material = lib.material(
    'scrap',
    () => new THREE.MeshStandardMaterial({ roughness: 0.65, side: THREE.DoubleSide }),
  );
  const made = new THREE.Group();
  const kinds = 4;
  const dummy = new THREE.Object3D();
  const color = new THREE.Color();
  for (let kind = 0; kind < kinds; kind += 1) {
    const part = Math.ceil(count / kinds);
    const mesh = new THREE.InstancedMesh(
      lib.geometry(`scrap ${kind}`, () => scrapShape(kind * 13 + 5)),
      material,
      part,
    );
    for (let i = 0; i < part; i += 1) {
      const [x, y, z] = spot();
      dummy.position.set(x, y, z);
      dummy.rotation.set(rng.range(-0.5, 0.5), rng.range(0, 6.28), rng.range(-0.5, 0.5));
      const s = rng.range(small, large);
      dummy.scale.set(s, s * rng.range(0.5, 1.3), s * rng.range(0.5, 1.2));
      dummy.updateMatrix();
      mesh.setMatrixAt(i, dummy.matrix);
      color.setHex(rng.pick(SCRAP_COLORS)).multiplyScalar(rng.range(0.7, 1.05));
      mesh.setColorAt(i, color);
    }
    mesh.castShadow = true;
    mesh.receiveShadow = true;
    mesh.frustumCulled = false;
    made.add(mesh);
  }
  return made;
}

/** Drink bottle, about 0.24 m long, lying on its side. */
export function createBottle(kit: Kit): THREE.Group {
  const { rng, lib } = kit;
  const film = lib.plain(rng.pick([0xbfd6dc, 0x9fc7a6, 0xd6c08a, 0xdadfdf]), { roughness: 0.15 });
  const label = lib.plain(rng.pick([0xb52a2a, 0x2a5fb5, 0x2f8f4a, 0xd88a22]), { roughness: 0.5 });
  const bottle = group(
    tube(lib, 0.035, 0.035, 0.15, film),
    tube(lib, 0.014, 0.035, 0.05, film, [0, 0.1, 0]),
    tube(lib, 0.015, 0.015, 0.02, label, [0, 0.135, 0]),
    tube(lib, 0.0365, 0.0365, 0.06, label),
  );
  bottle.rotation.set(Math.PI / 2, 0, rng.range(0, 6.28));
  bottle.position.y = 0.036;
  return group(bottle);
}

/** White take-away box, about 0.2 m wide, sometimes open. */
export function createFoodBox(kit: Kit): THREE.Group {
  const { rng, lib } = kit;
  const foam = lib.plain(rng.pick([0xefeeea, 0xe2ddd0, 0x2b2b2b]), { roughness: 0.6, doubleSided: true });
  const tray = lib.geometry('tray', () =>
    shell(
      [
        { w: 0.14, d: 0.1, y: 0, sharp: true },
        { w: 0.19, d: 0.15, y: 0.06 },
      ],
      0.03,
    ),
  );
  const body = new THREE.Mesh(tray, foam);
  body.castShadow = true;
  const food = box(
    lib,
    [0.14, 0.01, 0.1],
    lib.plain(rng.pick([0xa0622a, 0xb03a22, 0xc9a04a]), { roughness: 0.5 }),
    [0, 0.03, 0],
  );
  const made = group(body, food);
  if (rng.chance(0.5)) {
    const lid = box(lib, [0.19, 0.01, 0.15], foam, [0, 0.1, -0.11]);
    lid.rotation.x = -1.2;
    made.add(lid);
  }
  return made;
}

/** Paper cup, 0.1 m high, lying or standing. */
export function createCup(kit: Kit): THREE.Group {
  const { rng, lib } = kit;
  const paper = lib.plain(rng.pick([0xf2efe8, 0xc98a5a, 0xb8433a, 0xe8d8a8]), { roughness: 0.6 });
  const cup = tube(lib, 0.045, 0.03, 0.11, paper, [0, 0.055, 0]);
  if (rng.chance(0.6)) {
    cup.rotation.z = Math.PI / 2;
    cup.position.y = 0.042;
  }
  return group(cup);
}

function cartonParts(lib: Library, w: number, h: number, d: number, tint: number): THREE.Group {
  const board = lib.surface('cardboard', { tint });
  return group(box(lib, [w, h, d], board, [0, h / 2, 0]));
}

/** Carton up to 0.6 m wide: whole, with open flaps, or trodden flat. */
export function createCarton(kit: Kit, form: 'whole' | 'open' | 'flat'): THREE.Group {
  const { rng, lib } = kit;
  const tint = rng.pick([0xffffff, 0xe8dccb, 0xd9c7ad, 0xf4efe6]);
  const w = rng.range(0.28, 0.6);
  const d = rng.range(0.24, 0.45);
  if (form === 'flat') {
    const sheet = cartonParts(lib, w * 1.5, 0.03, d * 1.5, tint);
    sheet.rotation.set(rng.range(-0.06, 0.1), 0, rng.range(-0.06, 0.1));
    return group(sheet);
  }
  const h = rng.range(0.18, 0.4);
  const carton = cartonParts(lib, w, h, d, tint);
  if (form === 'open') {
    const board = lib.surface('cardboard', { tint });
    for (const side of [-1, 1]) {
      const flap = box(lib, [w, 0.012, d * 0.5], board, [0, h + d * 0.1, side * d * 0.66]);
      flap.rotation.x = side * rng.range(-0.8, 0.8);
      carton.add(flap);
      const small = box(lib, [w * 0.4, 0.012, d], board, [side * w * 0.66, h + 0.02, 0]);
      small.rotation.z = side * rng.range(-0.6, 0.6);
      carton.add(small);
    }
    carton.add(box(lib, [w * 0.92, 0.01, d * 0.9], lib.plain(0x3a2c1e), [0, h + 0.004, 0]));
  }
  return carton;
}
