import * as THREE from 'three';
import type { Kit } from './library.ts';
import { beam, box, contactShadow, group, panel, tube } from './shapes.ts';
import { wordSign } from './sign-textures.ts';

/** Forms of a roof set up on the ground. */
export const CANOPY_FORMS = ['tent', 'parasol', 'tarp'] as const;

/** Name of a form of canopy. */
export type CanopyForm = (typeof CANOPY_FORMS)[number];

const TENT_COLORS = [0xc0282a, 0x1f5fae, 0x1d7a43, 0xe8e6e0, 0xd8701f, 0xe0b82a, 0x2a2d33, 0x5a2a7a] as const;
const ADVERTS = [
  '中国移动',
  '体育彩票',
  '冰红茶',
  '鲜榨果汁',
  '特价',
  '烧烤',
  '新店开业',
  '便民服务',
] as const;

/** Sheet through the given corners, as a fan of triangles around its first corner. */
function sheet(
  corners: readonly (readonly [number, number, number])[],
  material: THREE.Material,
): THREE.Mesh {
  const positions: number[] = [];
  const uvs: number[] = [];
  for (let i = 1; i + 1 < corners.length; i += 1)
    for (const corner of [corners[0], corners[i], corners[i + 1]]) {
      if (!corner) continue;
      positions.push(...corner);
      uvs.push(corner[0], corner[2]);
    }
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute('position', new THREE.Float32BufferAttribute(positions, 3));
  geometry.setAttribute('uv', new THREE.Float32BufferAttribute(uvs, 2));
  geometry.computeVertexNormals();
  const mesh = new THREE.Mesh(geometry, material);
  mesh.castShadow = true;
  mesh.receiveShadow = true;
  return mesh;
}

/** Pop-up tent on four legs, w by d metres. */
function tent(kit: Kit, w: number, d: number): THREE.Group {
  const { lib, rng } = kit;
  const color = rng.pick(TENT_COLORS);
  const cloth = lib.plain(color, { roughness: 0.8, doubleSided: true });
  const second = rng.chance(0.3)
    ? lib.plain(rng.pick([0xe8e6e0, 0xe0b82a]), { roughness: 0.8, doubleSided: true })
    : cloth;
  const leg = lib.plain(rng.pick([0xd8dadb, 0x6a6c6e, 0xe8e8e6]), { roughness: 0.5 });
  const eave = rng.range(1.95, 2.2);
  const ridge = eave + rng.range(0.45, 0.9);
  const drop = rng.range(0.18, 0.32);
  const made = group();
  const corners = [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ] as const;
  const flat = rng.chance(0.3) ? 0.25 : 0;
  corners.forEach(([a, b], i) => {
    const next = corners[(i + 1) % 4] ?? corners[0];
    const p = [(a * w) / 2, eave, (b * d) / 2] as const;
    const q = [(next[0] * w) / 2, eave, (next[1] * d) / 2] as const;
    const top = [a * w * flat, ridge, b * d * flat] as const;
    const topNext = [next[0] * w * flat, ridge, next[1] * d * flat] as const;
    made.add(
      sheet([q, p, top, topNext], i % 2 === 0 ? cloth : second),
      sheet(
        [
          [p[0], eave, p[2]],
          [q[0], eave, q[2]],
          [q[0], eave - drop, q[2]],
          [p[0], eave - drop, p[2]],
        ],
        second,
      ),
      beam(lib, [p[0] * 0.98, 0, p[2] * 0.98], [p[0] * 0.98, eave, p[2] * 0.98], 0.022, leg),
      beam(lib, [p[0] * 0.96, eave - 0.3, p[2] * 0.96], [q[0] * 0.96, eave - 0.3, q[2] * 0.96], 0.01, leg),
    );
    // Half of each side hangs askew a little: legs are seldom set up straight.
    if (rng.chance(0.5)) made.add(box(lib, [0.22, 0.03, 0.22], leg, [p[0], 0.015, p[2]]));
  });
  if (flat > 0)
    made.add(
      sheet(
        [
          [-w * flat, ridge, d * flat],
          [w * flat, ridge, d * flat],
          [w * flat, ridge, -d * flat],
          [-w * flat, ridge, -d * flat],
        ],
        cloth,
      ),
    );
  if (rng.chance(0.45)) {
    const css = `#${color.toString(16).padStart(6, '0')}`;
    const light = color === 0xe8e6e0 || color === 0xe0b82a;
    const words = wordSign(kit, rng.pick(ADVERTS), css, light ? '#b3201f' : '#ffffff');
    for (const turn of [0, Math.PI / 2, Math.PI, -Math.PI / 2]) {
      const side = Math.abs(Math.sin(turn)) > 0.5 ? w : d;
      const banner = panel(lib, drop * 3.4, drop * 0.95, words, [0, eave - drop / 2, side / 2 + 0.012]);
      made.add(group(banner));
      banner.parent?.rotateY(turn);
    }
  }
  if (rng.chance(0.2))
    made.add(
      sheet(
        [
          [-w / 2, eave, -d / 2],
          [w / 2, eave, -d / 2],
          [w / 2, 0.1, -d / 2],
          [-w / 2, 0.1, -d / 2],
        ],
        second,
      ),
    );
  return made;
}

/** Big parasol over a stand of stone or water. */
function parasol(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const radius = rng.range(1.0, 1.6);
  const height = rng.range(2.2, 2.7);
  const rise = rng.range(0.35, 0.6);
  const sides = rng.pick([6, 8, 8, 10]);
  const a = lib.plain(rng.pick(TENT_COLORS), { roughness: 0.8, doubleSided: true });
  const b = rng.chance(0.5)
    ? lib.plain(rng.pick([0xe8e6e0, 0xe0b82a, 0xc0282a, 0x1f5fae]), { roughness: 0.8, doubleSided: true })
    : a;
  const canopy = new THREE.Group();
  for (let i = 0; i < sides; i += 1) {
    const from = (i / sides) * Math.PI * 2;
    const to = ((i + 1) / sides) * Math.PI * 2;
    const p = [Math.cos(from) * radius, 0, Math.sin(from) * radius] as const;
    const q = [Math.cos(to) * radius, 0, Math.sin(to) * radius] as const;
    const mp = [p[0] * 0.55, rise * 0.66, p[2] * 0.55] as const;
    const mq = [q[0] * 0.55, rise * 0.66, q[2] * 0.55] as const;
    const cloth = i % 2 === 0 ? a : b;
    canopy.add(
      sheet([q, p, mp, mq], cloth),
      sheet([mq, mp, [0, rise, 0]], cloth),
      sheet([p, q, [q[0], -0.16, q[2]], [p[0], -0.16, p[2]]], cloth),
    );
  }
  canopy.position.y = height - rise;
  canopy.rotation.set(rng.gauss() * 0.06, rng.range(0, 1), rng.gauss() * 0.06);
  const steel = lib.plain(0xb8bbbd, { roughness: 0.4 });
  return group(
    canopy,
    tube(lib, 0.025, 0.025, height, steel, [0, height / 2, 0]),
    tube(lib, 0.22, 0.27, 0.16, lib.plain(rng.pick([0x8a8780, 0x2a5f9a, 0xe8e6e0])), [0, 0.08, 0]),
  );
}

/** Plastic sheet over poles, hanging through. */
function tarp(kit: Kit, w: number, d: number): THREE.Group {
  const { lib, rng } = kit;
  const striped = rng.chance(0.45);
  const colors = striped
    ? [0xc0383a, 0xe8e6e0, 0x2a5fae]
    : [rng.pick([0x2a6fb8, 0x3a7a5a, 0xd8701f, 0xb8bbbd])];
  const back = rng.range(2.2, 2.6);
  const front = back - rng.range(0.1, 0.5);
  const strips = 9;
  const made = group();
  const sag = (u: number): number => Math.sin(u * Math.PI) * 0.16;
  for (let i = 0; i < strips; i += 1) {
    const u = i / strips;
    const v = (i + 1) / strips;
    const cloth = lib.plain(colors[i % colors.length] ?? 0x2a6fb8, { roughness: 0.6, doubleSided: true });
    const at = (s: number, y: number, z: number): [number, number, number] => [(s - 0.5) * w, y - sag(s), z];
    made.add(
      sheet([at(u, back, -d / 2), at(u, front, d / 2), at(v, front, d / 2), at(v, back, -d / 2)], cloth),
    );
  }
  const pole = lib.plain(rng.pick([0xb08a5a, 0x8a8d8f, 0x5a4a3a]), { roughness: 0.9 });
  for (const x of [-w / 2, w / 2])
    made.add(
      beam(lib, [x * 1.02, 0, -d / 2], [x, back + 0.05, -d / 2], 0.025, pole),
      beam(lib, [x * 1.02, 0, d / 2], [x, front + 0.05, d / 2], 0.025, pole),
    );
  return made;
}

/** Roof set up on the ground, its open side to +z; `reach` is about its width in metres. */
export function createCanopy(kit: Kit, form: CanopyForm, reach = 3): THREE.Group {
  const { rng, lib } = kit;
  const shade = contactShadow(lib, reach * 1.2, reach * 1.1, 0.3);
  if (form === 'parasol') return group(parasol(kit), shade);
  if (form === 'tarp') return group(tarp(kit, reach, rng.range(1.8, 2.6)), shade);
  const deep = reach * rng.pick([1, 1, 0.7, 1]);
  return group(tent(kit, reach, deep), shade);
}
