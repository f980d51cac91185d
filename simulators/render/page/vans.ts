import type * as THREE from 'three';
import type { Kit } from './library.ts';
import { box, contactShadow, group, panel, roundBox, tube } from './shapes.ts';
import { numberPlate } from './sign-textures.ts';

/** Small van whose tailgate and right-hand sliding door open; nose to +x, that door at +z. */
export interface Van {
  readonly root: THREE.Group;
  readonly moving: readonly THREE.Group[];
  readonly wheels: readonly THREE.Group[];
  /** 0 shut, 1 open. */
  setDoors(open: number): void;
}

const PAINTS = [0xe4e4e2, 0xc8cbce, 0xdcdcda, 0x9aa0a6, 0xb8a888, 0x2a3f5a, 0x7a1f22] as const;

function roadWheel(kit: Kit, x: number, z: number): THREE.Group {
  const { lib } = kit;
  const tyre = tube(lib, 0.31, 0.31, 0.18, lib.plain(0x151517, { roughness: 0.9 }));
  const rim = tube(lib, 0.18, 0.18, 0.19, lib.plain(0x9a9da0, { roughness: 0.35 }));
  tyre.rotation.x = Math.PI / 2;
  rim.rotation.x = Math.PI / 2;
  const made = group(tyre, rim, box(lib, [0.3, 0.05, 0.2], lib.plain(0x4a4c4e)));
  made.position.set(x, 0.31, z);
  return made;
}

/** Shell of the van as flat panels, so that one sees into it through open doors. */
function shell(kit: Kit, paint: THREE.Material): THREE.Group {
  const { lib } = kit;
  const dark = lib.plain(0x1c1d1f, { roughness: 0.9 });
  const glass = lib.plain(0x12161a, { roughness: 0.15 });
  const made = group(
    roundBox(lib, [3.9, 0.07, 1.6], 0.03, paint, [-0.15, 1.92, 0]),
    box(lib, [4.2, 0.1, 1.6], dark, [0, 0.5, 0]),
    box(lib, [2.6, 1.45, 0.05], paint, [-0.78, 1.22, -0.8]),
    box(lib, [1.05, 1.45, 0.05], paint, [-1.55, 1.22, 0.8]),
    box(lib, [0.3, 1.45, 0.05], paint, [0.4, 1.22, 0.8]),
    box(lib, [1.4, 0.7, 1.62], paint, [1.35, 0.82, 0]),
    box(lib, [0.08, 1.4, 1.5], lib.plain(0x3a3c3e), [0.55, 1.2, 0]),
    roundBox(lib, [0.3, 0.62, 1.6], 0.08, paint, [2.02, 0.78, 0]),
  );
  const screen = box(lib, [0.05, 0.86, 1.46], glass, [1.78, 1.5, 0]);
  screen.rotation.z = 0.38;
  made.add(screen);
  for (const z of [-0.8, 0.8]) {
    made.add(
      box(lib, [0.9, 0.55, 0.05], glass, [1.05, 1.5, z]),
      box(lib, [1.1, 0.1, 0.06], paint, [1.05, 1.84, z]),
    );
    if (z < 0) made.add(box(lib, [1.9, 0.5, 0.06], glass, [-0.9, 1.52, z]));
    else made.add(box(lib, [0.75, 0.5, 0.06], glass, [-1.5, 1.52, z]));
    made.add(
      box(lib, [0.08, 0.9, 0.06], paint, [0.58, 1.5, z]),
      box(lib, [0.1, 1.0, 0.06], paint, [1.58, 1.4, z]),
    );
    made.add(
      roundBox(lib, [0.1, 0.14, 0.3], 0.04, lib.plain(0xf4f2e6, { roughness: 0.2 }), [2.13, 0.82, z * 0.75]),
    );
    made.add(box(lib, [0.06, 0.5, 0.12], lib.plain(0xa81818, { roughness: 0.3 }), [-2.1, 1.1, z * 0.94]));
    made.add(box(lib, [0.06, 1.45, 0.1], paint, [-2.07, 1.22, z * 0.95]));
  }
  const plate = panel(lib, 0.44, 0.14, numberPlate(kit), [2.19, 0.55, 0]);
  plate.rotation.y = Math.PI / 2;
  made.add(
    plate,
    box(lib, [0.1, 0.18, 1.6], dark, [2.12, 0.45, 0]),
    box(lib, [0.1, 0.18, 1.6], dark, [-2.1, 0.45, 0]),
  );
  return made;
}

/** Delivery van, 4.3 m long. */
export function createVan(kit: Kit): Van {
  const { lib, rng } = kit;
  const paint = lib.plain(rng.pick(PAINTS), { roughness: 0.35 });
  const glass = lib.plain(0x12161a, { roughness: 0.15 });
  const slide = group(
    box(lib, [1.25, 1.4, 0.05], paint, [-0.38, 1.22, 0.81]),
    box(lib, [0.95, 0.5, 0.06], glass, [-0.4, 1.52, 0.81]),
  );
  const gate = group(
    box(lib, [0.05, 1.4, 1.5], paint, [0, -0.7, 0]),
    box(lib, [0.06, 0.5, 1.3], glass, [0, -0.42, 0]),
  );
  gate.position.set(-2.1, 1.92, 0);
  const wheels = [-1.35, 1.4].flatMap((x) => [-0.74, 0.74].map((z) => roadWheel(kit, x, z)));
  const root = group(shell(kit, paint), slide, gate, ...wheels, contactShadow(lib, 4.9, 2.4, 0.75));
  return {
    root,
    moving: [slide, gate],
    wheels,
    setDoors: (open) => {
      gate.rotation.z = -1.75 * open;
      slide.position.set(-1.15 * open, 0, 0.07 * Math.min(1, open * 4));
    },
  };
}
