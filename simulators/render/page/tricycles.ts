import type * as THREE from 'three';
import type { Kit } from './library.ts';
import { beam, box, contactShadow, extruded, group, panel, ring, roundBox, tube } from './shapes.ts';
import { wordSign } from './sign-textures.ts';

/** Forms of tricycle. */
export const TRICYCLE_FORMS = ['cargo', 'cargo', 'cabin', 'passenger', 'parcel'] as const;

/** Name of a form of tricycle. */
export type TricycleForm = (typeof TRICYCLE_FORMS)[number];

const PAINTS = [0x2a6fa8, 0x2f7a4a, 0xa8382e, 0xc0282a, 0x1f4f8a, 0xd8701f, 0x8a9096] as const;

function wheel(kit: Kit, r: number, x: number, z: number, turning: THREE.Group[]): THREE.Group {
  const { lib } = kit;
  const rubber = lib.plain(0x141414, { roughness: 0.9 });
  const steel = lib.plain(0x8c8f92, { roughness: 0.45 });
  const disc = tube(lib, r * 0.55, r * 0.55, 0.05, steel);
  disc.rotation.x = Math.PI / 2;
  const made = group(
    ring(lib, r - 0.05, 0.05, rubber),
    disc,
    box(lib, [r * 1.1, 0.03, 0.06], rubber),
    box(lib, [0.03, r * 1.1, 0.06], rubber),
  );
  made.position.set(x, r, z);
  turning.push(made);
  return made;
}

function front(kit: Kit, paint: THREE.Material, turning: THREE.Group[]): THREE.Group {
  const { lib } = kit;
  const dark = lib.plain(0x1a1a1c, { roughness: 0.8 });
  const shield = roundBox(lib, [0.1, 0.6, 0.42], 0.04, paint, [0.86, 0.72, 0]);
  shield.rotation.z = 0.2;
  return group(
    wheel(kit, 0.27, 1.12, 0, turning),
    roundBox(lib, [0.42, 0.06, 0.16], 0.03, paint, [1.12, 0.58, 0]),
    shield,
    beam(lib, [0.85, 1.0, 0], [1.1, 0.3, 0], 0.03, dark),
    beam(lib, [0.82, 1.08, -0.36], [0.82, 1.08, 0.36], 0.02, dark),
    tube(lib, 0.08, 0.08, 0.08, lib.plain(0xf4f2e6, { roughness: 0.2 }), [0.98, 0.92, 0]),
    box(lib, [0.75, 0.06, 0.5], dark, [0.5, 0.36, 0]),
    roundBox(lib, [0.42, 0.14, 0.5], 0.05, dark, [0.3, 0.72, 0]),
    box(lib, [0.4, 0.32, 0.44], paint, [0.3, 0.5, 0]),
  );
}

/** Roof on four thin posts over the driver. */
function rainRoof(kit: Kit, from: number, to: number, half: number): THREE.Group {
  const { lib, rng } = kit;
  const cloth = lib.plain(rng.pick([0x2a5f9a, 0xb8333a, 0x3a3f4a, 0xe0b82a]), { roughness: 0.7 });
  const steel = lib.plain(0x8a8d8f, { roughness: 0.5 });
  const made = group(
    roundBox(lib, [to - from + 0.2, 0.08, half * 2 + 0.1], 0.03, cloth, [(from + to) / 2, 1.78, 0]),
  );
  for (const x of [from, to])
    for (const z of [-half, half]) made.add(beam(lib, [x, 0.55, z], [x, 1.76, z], 0.016, steel));
  return made;
}

/** Parts of a tricycle; its nose looks to +x. */
export interface Tricycle {
  readonly root: THREE.Group;
  readonly wheels: readonly THREE.Group[];
  /** Height and middle of the load bed, in metres; undefined where it carries people or a box. */
  readonly bed:
    | { readonly y: number; readonly x: number; readonly w: number; readonly d: number }
    | undefined;
}

function cargoBed(kit: Kit, paint: THREE.Material, w: number): THREE.Group {
  const { lib } = kit;
  const x = -0.1 - w / 2;
  const made = group(
    box(lib, [w, 0.06, 1.06], paint, [x, 0.6, 0]),
    box(lib, [w + 0.5, 0.08, 0.4], lib.plain(0x1a1a1c), [x + 0.2, 0.5, 0]),
  );
  for (const z of [-0.52, 0.52]) made.add(box(lib, [w, 0.34, 0.03], paint, [x, 0.78, z]));
  for (const end of [-0.1, -0.1 - w]) made.add(box(lib, [0.03, 0.34, 1.06], paint, [end, 0.78, 0]));
  for (let i = 0; i < 4; i += 1)
    for (const z of [-0.54, 0.54])
      made.add(box(lib, [0.03, 0.34, 0.02], lib.plain(0x1d1d20), [-0.1 - (w * (i + 0.5)) / 4, 0.78, z]));
  return made;
}

function parcelBox(kit: Kit, paint: number): THREE.Group {
  const { lib, rng } = kit;
  const skin = lib.plain(paint, { roughness: 0.45 });
  const made = group(roundBox(lib, [1.35, 1.15, 1.06], 0.04, skin, [-0.75, 1.18, 0]));
  const words = wordSign(
    kit,
    rng.pick(['快递', '速运', '邮政', '送水', '外卖']),
    `#${paint.toString(16).padStart(6, '0')}`,
    '#ffffff',
  );
  for (const side of [-1, 1]) {
    const sign = panel(lib, 1.0, 0.5, words, [-0.75, 1.25, side * 0.535]);
    sign.rotation.y = side === 1 ? 0 : Math.PI;
    made.add(sign);
  }
  return made;
}

function passengerCabin(kit: Kit, paint: THREE.Material): THREE.Group {
  const { lib } = kit;
  const glass = lib.plain(0x1a2228, { roughness: 0.15 });
  const shell = extruded(
    lib,
    'trike cabin',
    [
      [-1.35, 0.35],
      [-1.4, 1.1],
      [-1.25, 1.68],
      [0.55, 1.72],
      [1.05, 1.05],
      [1.1, 0.5],
      [0.95, 0.35],
    ],
    1.02,
    0.05,
    paint,
  );
  const made = group(shell, box(lib, [1.5, 0.5, 1.06], glass, [-0.35, 1.32, 0]));
  const screen = box(lib, [0.04, 0.68, 0.86], glass, [0.86, 1.37, 0]);
  screen.rotation.z = 0.62;
  made.add(screen, box(lib, [0.06, 0.4, 0.7], glass, [-1.35, 1.36, 0]));
  for (const x of [-0.35, 0.25, -1.0]) made.add(box(lib, [0.06, 0.52, 1.07], paint, [x, 1.32, 0]));
  made.add(
    roundBox(lib, [0.1, 0.1, 0.16], 0.03, lib.plain(0xf4f2e6, { roughness: 0.2 }), [1.08, 0.75, 0.3]),
    roundBox(lib, [0.1, 0.1, 0.16], 0.03, lib.plain(0xf4f2e6, { roughness: 0.2 }), [1.08, 0.75, -0.3]),
  );
  return made;
}

/** Tricycle 2.4 to 3 m long. */
export function createTricycleMachine(kit: Kit, form: TricycleForm): Tricycle {
  const { lib, rng } = kit;
  const color =
    form === 'parcel' ? rng.pick([0xe0b82a, 0x2a6fc0, 0x1d7a43, 0xc0282a, 0x2a2d33]) : rng.pick(PAINTS);
  const paint = lib.plain(color, { roughness: 0.4 });
  const wheels: THREE.Group[] = [];
  const root = group();
  const w = rng.range(1.25, 1.75);
  const rear = form === 'passenger' ? -0.95 : -0.35 - w / 2;
  for (const side of [-1, 1]) root.add(wheel(kit, 0.27, rear, side * 0.46, wheels));
  if (form === 'passenger') root.add(wheel(kit, 0.25, 1.0, 0, wheels), passengerCabin(kit, paint));
  else root.add(front(kit, paint, wheels));
  if (form === 'cargo' || form === 'cabin') root.add(cargoBed(kit, paint, w));
  if (form === 'parcel') root.add(parcelBox(kit, color));
  if (form === 'cabin' || (form === 'parcel' && rng.chance(0.5))) {
    const glass = lib.plain(0x9ab0b8, { roughness: 0.1, opacity: 0.35 });
    const screen = box(lib, [0.02, 0.75, 0.9], glass, [1.02, 1.36, 0]);
    screen.rotation.z = 0.3;
    root.add(rainRoof(kit, 0.05, 0.85, 0.46), screen);
  }
  root.add(contactShadow(lib, 2.9, 1.5, 0.6));
  return {
    root,
    wheels,
    bed: form === 'cargo' || form === 'cabin' ? { y: 0.64, x: -0.1 - w / 2, w, d: 1.0 } : undefined,
  };
}
