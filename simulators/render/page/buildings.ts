import * as THREE from 'three';
import type { Kit } from './library.ts';
import { createHedge, createTree } from './plants.ts';
import { beam, box, group, panel, place, roundBox } from './shapes.ts';
import { notice, shopSign, wallSlogan } from './sign-textures.ts';
import type { SurfaceName } from './surface-textures.ts';

/** Kinds of street edge. */
export type FacadeKind = 'shops' | 'housing' | 'wall' | 'hoarding' | 'hedge' | 'fence';

/** Stretch of the street's edge; its face lies in z = 0 and looks to +z, its middle at x = 0. */
export interface FacadePlan {
  readonly kind: FacadeKind;
  /** Metres along the street. */
  readonly length: number;
  readonly night: boolean;
}

const HOUSE_SURFACES: readonly SurfaceName[] = [
  'facadeWhite',
  'facadePink',
  'plasterYellow',
  'plasterGrey',
  'brickRed',
  'plasterWhite',
  'plasterTeal',
  'stoneWall',
];
const WALL_SURFACES: readonly SurfaceName[] = [
  'plasterGrey',
  'plasterWhite',
  'brickRed',
  'brickGrey',
  'stoneWall',
  'plasterYellow',
  'facadePink',
  'concrete',
];

function glassOf(kit: Kit, night: boolean): THREE.MeshStandardMaterial {
  if (night && kit.rng.chance(0.55))
    return kit.lib.plain(kit.rng.pick([0xffd9a0, 0xf6e8d0, 0xcfe0ff]), { glow: 0.8 });
  return kit.lib.plain(kit.rng.pick([0x232b31, 0x2b353a, 0x1b2126]), { roughness: 0.15, metalness: 0.2 });
}

function windowUnit(kit: Kit, w: number, h: number, night: boolean): THREE.Group {
  const { lib, rng } = kit;
  const frame = lib.plain(rng.pick([0xd8d8d4, 0x6a6e70, 0x8a6a4a]), { roughness: 0.6 });
  const made = group(
    box(lib, [w, h, 0.06], frame),
    box(lib, [w - 0.12, h - 0.12, 0.02], glassOf(kit, night), [0, 0, 0.03]),
    box(lib, [0.05, h, 0.03], frame, [0, 0, 0.045]),
  );
  if (rng.chance(0.35)) {
    const bar = lib.plain(0x8a8d8f, { roughness: 0.5, metalness: 0.4 });
    for (let x = -w / 2; x <= w / 2; x += 0.14)
      made.add(beam(lib, [x, -h / 2, 0.12], [x, h / 2, 0.12], 0.01, bar));
  }
  return made;
}

function airConditioner(kit: Kit): THREE.Group {
  const { lib } = kit;
  const fan = box(lib, [0.4, 0.4, 0.01], lib.plain(0x4a4c4e), [-0.12, 0, 0.166]);
  return group(roundBox(lib, [0.8, 0.55, 0.32], 0.03, lib.plain(0xdcdcd6, { roughness: 0.6 })), fan);
}

function upperFloors(
  kit: Kit,
  length: number,
  from: number,
  surface: SurfaceName,
  night: boolean,
): THREE.Group {
  const { lib, rng } = kit;
  const floors = rng.int(1, 3);
  const height = floors * 3;
  const made = group(box(lib, [length, height, 4], lib.surface(surface), [0, from + height / 2, -2]));
  for (let level = 0; level < floors; level += 1) {
    for (let x = -length / 2 + 1.2; x < length / 2 - 0.8; x += 2.2) {
      made.add(place(windowUnit(kit, 1.3, 1.4, night), x, 0.02, 0, from + level * 3 + 1.6));
      if (rng.chance(0.4)) made.add(place(airConditioner(kit), x + 0.9, 0.2, 0, from + level * 3 + 0.6));
    }
  }
  return made;
}

function shopFront(kit: Kit, width: number, night: boolean): THREE.Group {
  const { lib, rng } = kit;
  const made = new THREE.Group();
  const kind = rng.pick(['glass', 'glass', 'shutter', 'open'] as const);
  const inner = width - 0.5;
  if (kind === 'shutter')
    made.add(box(lib, [inner, 2.6, 0.06], lib.surface(rng.pick(['shutter', 'shutterBlue'])), [0, 1.3, 0.0]));
  else {
    const depth =
      kind === 'open'
        ? lib.plain(night ? 0xd8c49a : 0x2a2521, night ? { glow: 0.5 } : { roughness: 1 })
        : glassOf(kit, night);
    made.add(box(lib, [inner, 2.6, 0.04], depth, [0, 1.3, 0.0]));
    const frame = lib.plain(rng.pick([0x8a8d8f, 0x2b2d2f, 0x7a5a3a]), { roughness: 0.5 });
    const parts = rng.int(2, 4);
    for (let i = 0; i <= parts; i += 1)
      made.add(box(lib, [0.07, 2.6, 0.09], frame, [-inner / 2 + (inner * i) / parts, 1.3, 0.03]));
    made.add(
      box(lib, [inner, 0.07, 0.09], frame, [0, 0.08, 0.03]),
      box(lib, [inner, 0.07, 0.09], frame, [0, 2.1, 0.03]),
    );
    for (let i = 0; i < 2; i += 1)
      if (rng.chance(0.5))
        made.add(panel(lib, 0.45, 0.6, notice(kit), [rng.range(-inner / 2.5, inner / 2.5), 1.45, 0.06]));
  }
  const sign = panel(lib, width - 0.15, 0.85, shopSign(kit, night ? 0.7 : 0), [0, 3.05, 0.27]);
  made.add(sign, box(lib, [width - 0.1, 0.9, 0.24], lib.plain(0x5a5c5e), [0, 3.05, 0.13]));
  if (rng.chance(0.25)) {
    const awning = box(
      lib,
      [width - 0.3, 0.04, 1.1],
      lib.plain(rng.pick([0xa8332a, 0x2f6a9a, 0x3a7a4a]), { roughness: 0.85 }),
      [0, 2.52, 0.55],
    );
    awning.rotation.x = 0.28;
    made.add(awning);
  }
  if (rng.chance(0.7)) made.add(box(lib, [inner, 0.14, 0.35], lib.surface('concrete'), [0, 0.07, 0.17]));
  return made;
}

function shopRow(kit: Kit, plan: FacadePlan): THREE.Group {
  const { rng, lib } = kit;
  const surface = rng.pick(HOUSE_SURFACES);
  const made = group(
    box(lib, [plan.length, 3.6, 3.9], lib.surface(surface), [0, 1.8, -1.98]),
    upperFloors(kit, plan.length, 3.6, surface, plan.night),
  );
  const count = Math.max(1, Math.round(plan.length / 3.8));
  const width = plan.length / count;
  for (let i = 0; i < count; i += 1)
    made.add(place(shopFront(kit, width, plan.night), -plan.length / 2 + width * (i + 0.5), 0));
  return made;
}

function housing(kit: Kit, plan: FacadePlan): THREE.Group {
  const { rng, lib } = kit;
  const surface = rng.pick(HOUSE_SURFACES);
  const made = group(
    box(lib, [plan.length, 3, 4], lib.surface(surface), [0, 1.5, -2]),
    upperFloors(kit, plan.length, 3, surface, plan.night),
  );
  made.add(
    box(
      lib,
      [plan.length, 0.5, 0.06],
      lib.surface(rng.pick(['concreteDark', 'stoneWall', 'brickGrey'])),
      [0, 0.25, 0.0],
    ),
  );
  for (let x = -plan.length / 2 + 1.6; x < plan.length / 2 - 1; x += 3.1) {
    const choice = rng.next();
    if (choice < 0.45) made.add(place(windowUnit(kit, 1.4, 1.3, plan.night), x, 0.02, 0, 1.75));
    else if (choice < 0.7) {
      const door = lib.plain(rng.pick([0x5a3a2a, 0x3a4a5a, 0x6a2a22, 0x8a8d8f]), { roughness: 0.5 });
      made.add(
        box(lib, [1.0, 2.1, 0.08], door, [x, 1.05, 0.02]),
        box(lib, [1.16, 2.18, 0.05], lib.plain(0x4a4744), [x, 1.09, 0.0]),
        panel(lib, 0.16, 1.3, lib.plain(0xb02a22), [x - 0.72, 1.3, 0.05]),
        panel(lib, 0.16, 1.3, lib.plain(0xb02a22), [x + 0.72, 1.3, 0.05]),
      );
    } else if (choice < 0.85) made.add(panel(lib, 0.4, 0.54, notice(kit), [x, 1.5, 0.012]));
    else made.add(place(airConditioner(kit), x, 0.2, 0, 2.3));
  }
  for (const x of [-plan.length / 2 + 0.3, plan.length / 2 - 0.3])
    made.add(beam(lib, [x, 0, 0.08], [x, 8, 0.08], 0.05, lib.plain(0xc8c8c2)));
  return made;
}

function compoundWall(kit: Kit, plan: FacadePlan): THREE.Group {
  const { rng, lib } = kit;
  const h = rng.range(1.8, 2.9);
  const made = group(
    box(lib, [plan.length, h, 0.3], lib.surface(rng.pick(WALL_SURFACES), { variant: rng.int(0, 1) }), [
      0,
      h / 2,
      -0.15,
    ]),
  );
  made.add(box(lib, [plan.length, 0.12, 0.42], lib.surface('concreteDark'), [0, h + 0.05, -0.15]));
  if (rng.chance(0.5))
    made.add(
      box(
        lib,
        [plan.length, 0.4, 0.04],
        lib.plain(rng.pick([0x6a6a68, 0x8a4a3a, 0x4a5a6a]), { roughness: 0.9 }),
        [0, 0.2, 0.005],
      ),
    );
  if (rng.chance(0.45))
    made.add(
      panel(lib, Math.min(plan.length - 1, 4.5), 0.8, wallSlogan(kit), [rng.range(-1, 1), h * 0.62, 0.02]),
    );
  for (let i = 0; i < rng.int(0, 3); i += 1)
    made.add(panel(lib, 0.35, 0.47, notice(kit), [rng.range(-plan.length / 2, plan.length / 2), 1.4, 0.015]));
  for (let x = -plan.length / 2 + 1; x < plan.length / 2; x += 4.5) made.add(place(createTree(kit), x, -2.2));
  made.add(place(upperFloors(kit, plan.length, 0, rng.pick(HOUSE_SURFACES), plan.night), 0, -7));
  return made;
}

function greenEdge(kit: Kit, plan: FacadePlan): THREE.Group {
  const { rng, lib } = kit;
  const made = group(
    box(lib, [plan.length, 0.06, 6], lib.surface(rng.pick(['grass', 'soil'])), [0, 0.0, -3]),
  );
  made.add(box(lib, [plan.length, 0.16, 0.14], lib.surface('concrete'), [0, 0.08, 0]));
  if (plan.kind === 'hedge')
    made.add(place(createHedge(kit, plan.length, rng.range(0.6, 1.4), rng.range(0.7, 1.2)), 0, -0.75));
  else {
    const paint = lib.plain(rng.pick([0x2a2d2f, 0xdfe2e2, 0x2f5a48]), { roughness: 0.5 });
    for (let x = -plan.length / 2; x < plan.length / 2; x += 0.15)
      made.add(beam(lib, [x, 0.1, -0.1], [x, 1.8, -0.1], 0.011, paint));
    for (const y of [0.3, 1.6])
      made.add(beam(lib, [-plan.length / 2, y, -0.1], [plan.length / 2, y, -0.1], 0.02, paint));
  }
  for (let x = -plan.length / 2 + 1.5; x < plan.length / 2; x += rng.range(3, 4.5))
    made.add(place(createTree(kit), x, -rng.range(2, 4)));
  made.add(place(upperFloors(kit, plan.length, 0, rng.pick(HOUSE_SURFACES), plan.night), 0, -9));
  return made;
}

/** One stretch of street edge. */
export function createFacade(kit: Kit, plan: FacadePlan): THREE.Group {
  switch (plan.kind) {
    case 'shops':
      return shopRow(kit, plan);
    case 'housing':
      return housing(kit, plan);
    case 'wall':
      return compoundWall(kit, plan);
    case 'hoarding': {
      const h = 2.4;
      const made = group(
        box(
          kit.lib,
          [plan.length, h, 0.08],
          kit.lib.surface(kit.rng.pick(['hoardingBlue', 'hoardingWhite'])),
          [0, h / 2, -0.04],
        ),
      );
      if (kit.rng.chance(0.5)) made.add(panel(kit.lib, 4, 0.75, wallSlogan(kit), [0, 1.5, 0.02]));
      made.add(place(upperFloors(kit, plan.length, 0, 'concrete', plan.night), 0, -6));
      return made;
    }
    case 'hedge':
    case 'fence':
      return greenEdge(kit, plan);
  }
}
