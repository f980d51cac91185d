import type * as THREE from 'three';
import type { Kit } from './library.ts';
import { beam, box, contactShadow, group, panel, roundBox, tube } from './shapes.ts';
import { plateSign, wordSign } from './sign-textures.ts';

/** Forms of large vehicle that are no muck truck. */
export const TRUCK_FORMS = ['box', 'flatbed', 'mixer', 'bus', 'tanker'] as const;

/** Name of a form of large vehicle. */
export type TruckForm = (typeof TRUCK_FORMS)[number];

/** Large vehicle, nose to +x. */
export interface Truck {
  readonly root: THREE.Group;
  readonly wheels: readonly THREE.Group[];
}

const PAINTS = [0xe4e4e2, 0x2a5fa8, 0xb8382e, 0x2f7a4a, 0xd8a02a, 0xc8cbce] as const;

function axle(kit: Kit, x: number, half: number, r: number): THREE.Group {
  const { lib } = kit;
  const made = group();
  for (const z of [-half, half]) {
    const tyre = tube(lib, r, r, 0.32, lib.plain(0x161618, { roughness: 0.95 }), [0, 0, z]);
    const rim = tube(lib, r * 0.58, r * 0.58, 0.34, lib.plain(0x9a9c9e, { roughness: 0.6 }), [0, 0, z]);
    tyre.rotation.x = Math.PI / 2;
    rim.rotation.x = Math.PI / 2;
    made.add(tyre, rim, box(lib, [r, 0.06, 0.36], lib.plain(0x5a5c5e), [0, 0, z]));
  }
  made.position.set(x, r, 0);
  return made;
}

function cabAt(kit: Kit, x: number, w: number, h: number, paint: THREE.Material): THREE.Group {
  const { lib } = kit;
  const glass = lib.plain(0x12181d, { roughness: 0.12 });
  const dark = lib.plain(0x1b1c1e, { roughness: 0.8 });
  const made = group(
    roundBox(lib, [1.6, h, w], 0.14, paint, [x, 0.65 + h / 2, 0]),
    box(lib, [0.06, h * 0.42, w * 0.88], glass, [x + 0.79, 0.65 + h * 0.68, 0]),
    box(lib, [0.75, h * 0.36, w + 0.03], glass, [x + 0.2, 0.65 + h * 0.68, 0]),
    box(lib, [0.2, 0.34, w * 0.98], dark, [x + 0.72, 0.62, 0]),
  );
  for (const z of [-1, 1]) {
    made.add(
      roundBox(lib, [0.08, 0.18, 0.34], 0.04, lib.plain(0xf4f2e6, { roughness: 0.2 }), [
        x + 0.82,
        0.9,
        z * w * 0.36,
      ]),
    );
    made.add(roundBox(lib, [0.1, 0.4, 0.18], 0.04, dark, [x + 0.75, 0.65 + h * 0.66, z * (w / 2 + 0.18)]));
  }
  const front = panel(lib, 0.46, 0.15, plateSign(kit), [x + 0.83, 0.62, 0]);
  front.rotation.y = Math.PI / 2;
  made.add(front);
  return made;
}

function boxBody(kit: Kit, length: number, w: number, h: number): THREE.Group {
  const { lib, rng } = kit;
  const color = rng.pick([0xe2e2de, 0xe2e2de, 0x2a5fa8, 0x3a7a5a, 0xd8a02a, 0xb8bbbd]);
  const skin = lib.plain(color, { roughness: 0.5 });
  const made = group(box(lib, [length, h, w], skin, [0, h / 2, 0]));
  const words = wordSign(
    kit,
    rng.pick(['同城货运', '蔬菜配送', '搬家', '冷链物流', '城市配送']),
    `#${color.toString(16).padStart(6, '0')}`,
    color === 0xe2e2de ? '#a82a22' : '#ffffff',
  );
  for (const z of [-1, 1]) {
    const sign = panel(lib, length * 0.6, h * 0.5, words, [0, h * 0.55, (z * w) / 2 + z * 0.012]);
    sign.rotation.y = z === 1 ? 0 : Math.PI;
    made.add(sign);
    for (const x of [-length / 2, length / 2])
      made.add(box(lib, [0.06, h, 0.06], lib.plain(0x8a8d8f), [x, h / 2, (z * w) / 2]));
  }
  made.add(box(lib, [0.02, h * 0.9, 0.03], lib.plain(0x3a3c3e), [-length / 2 - 0.01, h / 2, 0]));
  return made;
}

function flatBody(kit: Kit, length: number, w: number): THREE.Group {
  const { lib, rng } = kit;
  const paint = lib.plain(rng.pick(PAINTS), { roughness: 0.5 });
  const made = group(box(lib, [length, 0.12, w], paint, [0, 0.06, 0]));
  for (const z of [-1, 1]) made.add(box(lib, [length, 0.42, 0.05], paint, [0, 0.32, (z * w) / 2]));
  for (const x of [-1, 1])
    made.add(box(lib, [0.05, x > 0 ? 0.9 : 0.42, w], paint, [(x * length) / 2, x > 0 ? 0.55 : 0.32, 0]));
  if (rng.chance(0.7)) {
    const cargo = rng.pick(['cartons', 'pipes', 'sheet'] as const);
    if (cargo === 'cartons')
      for (let i = 0; i < 8; i += 1)
        made.add(
          box(lib, [0.7, 0.55, 0.7], lib.surface('cardboard'), [
            -length * 0.35 + (i % 4) * 0.85,
            0.4 + (i % 3 === 0 ? 0.55 : 0),
            i < 4 ? -0.4 : 0.4,
          ]),
        );
    else if (cargo === 'pipes')
      for (let i = 0; i < 9; i += 1)
        made.add(
          beam(
            lib,
            [-length * 0.48, 0.25 + Math.floor(i / 5) * 0.2, -0.6 + (i % 5) * 0.28],
            [length * 0.46, 0.25 + Math.floor(i / 5) * 0.2, -0.6 + (i % 5) * 0.28],
            0.09,
            lib.plain(0x8a8d8f, { roughness: 0.45 }),
          ),
        );
    else
      made.add(
        roundBox(
          lib,
          [length * 0.85, 0.9, w * 0.9],
          0.2,
          lib.plain(rng.pick([0x3a6a4a, 0x2a5fa8, 0x6a6d70]), { roughness: 0.9 }),
          [0, 0.6, 0],
        ),
      );
  }
  return made;
}

function drum(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const skin = lib.plain(rng.pick([0xe4e4e2, 0x2f8f3a, 0xe0b020, 0x2a5fa8]), { roughness: 0.45 });
  const stripe = lib.plain(rng.pick([0xb8282a, 0x1f5fae, 0x1d7a43]), { roughness: 0.45 });
  const barrel = group(
    tube(lib, 0.85, 1.15, 1.7, skin, [0, 1.0, 0]),
    tube(lib, 1.15, 0.75, 1.3, skin, [0, -0.5, 0]),
    tube(lib, 0.4, 0.85, 0.9, skin, [0, 2.25, 0]),
    tube(lib, 1.12, 1.17, 0.25, stripe, [0, 0.3, 0]),
  );
  barrel.rotation.z = Math.PI / 2 - 0.22;
  barrel.position.set(0.6, 1.5, 0);
  return group(
    barrel,
    box(lib, [0.7, 1.1, 1.2], lib.plain(0x5a5c5e), [-2.2, 1.1, 0]),
    box(lib, [0.5, 0.5, 0.6], lib.plain(0x8a8d8f), [-2.6, 0.5, 0]),
  );
}

function bus(kit: Kit): Truck {
  const { lib, rng } = kit;
  const color = rng.pick([0x2f8f4a, 0x1f6fb8, 0xd8a02a, 0xe4e4e2, 0xc0383a, 0x5ab8a8]);
  const paint = lib.plain(color, { roughness: 0.35 });
  const second = lib.plain(rng.pick([0xe4e4e2, 0x2a2d33, 0x8ac04a]), { roughness: 0.4 });
  const glass = lib.plain(0x141a20, { roughness: 0.12 });
  const length = rng.range(8.5, 11.5);
  const root = group(
    roundBox(lib, [length, 2.6, 2.45], 0.15, paint, [0, 1.75, 0]),
    box(lib, [length * 0.96, 0.95, 2.48], glass, [0, 2.15, 0]),
    box(lib, [length * 0.98, 0.35, 2.48], second, [0, 1.05, 0]),
    box(lib, [0.06, 1.2, 2.2], glass, [length / 2 + 0.01, 2.0, 0]),
    box(lib, [0.06, 0.8, 2.0], glass, [-length / 2 - 0.01, 2.2, 0]),
    roundBox(lib, [length * 0.4, 0.28, 1.6], 0.1, second, [-length * 0.1, 3.12, 0]),
    contactShadow(lib, length + 0.8, 3.4, 0.75),
  );
  for (let x = -length / 2 + 1; x < length / 2; x += 1.35)
    root.add(box(lib, [0.08, 0.95, 2.5], paint, [x, 2.15, 0]));
  const route = panel(lib, 1.4, 0.28, wordSign(kit, `${rng.int(1, 99)}路`, '#1a1a1a', '#ff9a2a', 0.8), [
    length / 2 + 0.05,
    2.78,
    0,
  ]);
  route.rotation.y = Math.PI / 2;
  root.add(route);
  for (const z of [-0.9, 0.9])
    root.add(
      roundBox(lib, [0.08, 0.2, 0.3], 0.04, lib.plain(0xf4f2e6, { roughness: 0.2 }), [
        length / 2 + 0.02,
        0.85,
        z,
      ]),
    );
  const wheels = [length * 0.3, -length * 0.28].map((x) => axle(kit, x, 1.05, 0.48));
  root.add(...wheels);
  return { root, wheels };
}

/** Truck or bus. */
export function createLargeVehicle(kit: Kit, form: TruckForm): Truck {
  if (form === 'bus') return bus(kit);
  const { lib, rng } = kit;
  const paint = lib.plain(rng.pick(PAINTS), { roughness: 0.38 });
  const heavy = form === 'mixer' || form === 'tanker' || rng.chance(0.25);
  const w = heavy ? 2.35 : 1.95;
  const length = form === 'mixer' ? 5.4 : rng.range(3.6, heavy ? 6.2 : 4.4);
  const cabX = length / 2 + 0.95;
  const dark = lib.plain(0x1f2022, { roughness: 0.9 });
  const root = group(
    cabAt(kit, cabX, w, heavy ? 2.0 : 1.6, paint),
    box(lib, [length + 2.2, 0.22, w * 0.45], dark, [0.5, 0.75, 0]),
  );
  const load =
    form === 'box'
      ? boxBody(kit, length, w + 0.1, heavy ? 2.4 : 1.95)
      : form === 'flatbed'
        ? flatBody(kit, length, w + 0.05)
        : form === 'mixer'
          ? drum(kit)
          : tankBody(kit, length);
  load.position.set(0, 0.88, 0);
  const r = heavy ? 0.5 : 0.4;
  const wheels = [axle(kit, cabX - 0.1, w / 2 - 0.2, r), axle(kit, -length * 0.3, w / 2 - 0.2, r)];
  if (heavy) wheels.push(axle(kit, -length * 0.3 + 1.15, w / 2 - 0.2, r));
  root.add(load, ...wheels, contactShadow(lib, length + 2.8, w * 1.45, 0.75));
  return { root, wheels };
}

/** Tank of a water cart. */
function tankBody(kit: Kit, length: number): THREE.Group {
  const { lib, rng } = kit;
  const skin = lib.plain(rng.pick([0x2a6fc0, 0x2f8f52, 0xe4e4e2]), { roughness: 0.35 });
  const tank = tube(lib, 0.95, 0.95, length * 0.95, skin, [0, 0.95, 0]);
  tank.rotation.z = Math.PI / 2;
  const words = panel(lib, length * 0.5, 0.5, wordSign(kit, '洒水车', '#e4e4e2', '#1f5fae'), [0, 1.0, 0.97]);
  return group(tank, words, box(lib, [length, 0.15, 1.4], lib.plain(0x3a3c3e), [0, 0.05, 0]));
}
