import type * as THREE from 'three';
import { CANOPY_FORMS, type CanopyForm, createCanopy } from './canopies.ts';
import type { Kit } from './library.ts';
import { group, place, tube } from './shapes.ts';
import {
  boardStand,
  cartStand,
  clothStand,
  cratesStand,
  glassCartStand,
  grillStand,
  rackStand,
  type Stand,
  standShadow,
  tableStand,
} from './stall-stands.ts';
import { createTricycleMachine } from './tricycles.ts';
import { createVan } from './vans.ts';
import { createWares } from './wares.ts';

/** Forms of stall. */
export const STALL_FORMS = [
  'table',
  'cart',
  'glass-cart',
  'grill',
  'rack',
  'board',
  'cloth',
  'crates',
  'tricycle',
  'van',
] as const;

/** Name of a form of stall. */
export type StallForm = (typeof STALL_FORMS)[number];

/** Stall with its front to +z. */
export interface Stall {
  readonly root: THREE.Group;
  /** What the seller packs away at the end of the day. */
  readonly wares: THREE.Group;
  readonly canopy: THREE.Group | undefined;
  /** Radius of the ground it takes, in metres. */
  readonly reach: number;
}

function tricycleStand(kit: Kit): Stand {
  const { rng } = kit;
  const machine = createTricycleMachine(kit, rng.pick(['cargo', 'cargo', 'cabin']));
  const bed = machine.bed ?? { y: 0.64, x: -0.8, w: 1.4, d: 1 };
  const w = bed.w + 0.15;
  const d = bed.d + rng.range(0.05, 0.3);
  const wares = createWares(
    kit,
    rng.pick(['fruit', 'fruit', 'vegetables', 'melons', 'flowers', 'snacks']),
    w,
    d,
  );
  wares.position.set(bed.x + 0.8, bed.y + 0.3, 0.05);
  wares.rotation.x = rng.chance(0.5) ? 0.14 : 0;
  machine.root.position.x = 0.8;
  return { base: group(machine.root), wares: group(wares), w: 2.8, d: 1.2 };
}

function vanStand(kit: Kit): Stand {
  const { rng } = kit;
  const van = createVan(kit);
  const side = rng.chance(0.5);
  van.setDoors(1);
  const wares = group();
  const ware = rng.pick(['fruit', 'vegetables', 'melons', 'clothes', 'shoes'] as const);
  const load = createWares(kit, ware, 1.0, 1.2);
  const ground = createWares(kit, ware, side ? 1.8 : 1.4, 0.8);
  if (side) {
    load.position.set(-0.35, 0.62, 0.1);
    ground.position.set(-0.2, 0.02, 1.55);
  } else {
    load.rotation.y = Math.PI / 2;
    load.position.set(-1.3, 0.72, 0);
    ground.rotation.y = Math.PI / 2;
    ground.position.set(-2.75, 0.02, 0);
  }
  wares.add(load, ground);
  return { base: group(van.root), wares, w: 4.6, d: 2.2 };
}

function standOf(kit: Kit, form: StallForm): Stand {
  switch (form) {
    case 'table':
      return tableStand(kit);
    case 'cart':
      return cartStand(kit);
    case 'glass-cart':
      return glassCartStand(kit);
    case 'grill':
      return grillStand(kit);
    case 'rack':
      return rackStand(kit);
    case 'board':
      return boardStand(kit);
    case 'cloth':
      return clothStand(kit);
    case 'crates':
      return cratesStand(kit);
    case 'tricycle':
      return tricycleStand(kit);
    case 'van':
      return vanStand(kit);
  }
}

const ROOF_CHANCE: Record<StallForm, number> = {
  table: 0.6,
  cart: 0.45,
  'glass-cart': 0.15,
  grill: 0.5,
  rack: 0.3,
  board: 0.25,
  cloth: 0.2,
  crates: 0.45,
  tricycle: 0.4,
  van: 0.1,
};

function roofOver(kit: Kit, stand: Stand, form: CanopyForm): THREE.Group {
  const { rng } = kit;
  const roof = createCanopy(kit, form, Math.max(rng.range(2, 3.2), Math.min(3.4, stand.w + 0.5)));
  const aside = form === 'parasol' ? rng.range(0.2, 0.5) * rng.pick([-1, 1]) : rng.gauss() * 0.15;
  return place(roof, aside, form === 'parasol' ? -stand.d / 2 - 0.1 : -0.35, rng.gauss() * 0.06);
}

/** Stall with its goods; with a roof, without one (`false`), or as such stalls usually are. */
export function createStallOf(kit: Kit, form: StallForm, roof?: CanopyForm | false): Stall {
  const { rng, lib } = kit;
  const stand = standOf(kit, form);
  const wants =
    roof ?? (rng.chance(ROOF_CHANCE[form]) ? rng.pick([...CANOPY_FORMS, 'parasol', 'tent'] as const) : false);
  const canopy = wants === false ? undefined : roofOver(kit, stand, wants);
  const root = group(stand.base, stand.wares, standShadow(kit, stand));
  if (canopy) root.add(canopy);
  if (rng.chance(0.4) && form !== 'van') {
    const stool = lib.plain(rng.pick([0xb8332a, 0x2a6fa8, 0xd8a82a, 0x8a5a3a]), { roughness: 0.6 });
    root.add(
      tube(lib, 0.13, 0.16, 0.4, stool, [rng.range(-stand.w / 2, stand.w / 2), 0.2, -stand.d / 2 - 0.55]),
    );
  }
  return { root, wares: stand.wares, canopy, reach: Math.max(stand.w, canopy ? 2.6 : stand.d) / 2 };
}
