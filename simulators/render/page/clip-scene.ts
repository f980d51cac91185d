import type * as THREE from 'three';
import { createBag } from './bags.ts';
import { createBin, toppings } from './bins.ts';
import { createFacade } from './buildings.ts';
import type { Kit } from './library.ts';
import { createCarton, createScraps } from './litter.ts';
import { createFallenLeaves, createHedge, createPottedPlant, createTree } from './plants.ts';
import { box, contactShadow, group, panel, place } from './shapes.ts';
import { wallSlogan } from './sign-textures.ts';
import { createStreet, KERB } from './street.ts';
import {
  createBench,
  createBollards,
  createCabinet,
  createLampPost,
  createManhole,
} from './street-furniture.ts';
import { createBicycle, createScooter } from './two-wheelers.ts';
import { createCar } from './vehicles.ts';

/** Depth of the pavement of the clip's street in metres; the wall stands at its back. */
export const CLIP_PAVEMENT = 3.6;

/** Width of the clip's carriageway in metres. */
export const CLIP_ROAD = 6.6;

/** Where the heap grows and where the bins stand, along the street in metres. */
export const CLIP_HEAP_X = 2.1;
export const CLIP_BINS_X = -4.3;
const BIN_STEP = 0.72;

/** Parts of the street that change during the clip. */
export interface ClipStages {
  /** First bags at the wall. */
  readonly heapStart: THREE.Group;
  /** More bags and the carton. */
  readonly heapRest: THREE.Group;
  /** The last bin of the row: shut, half full, overfull. */
  readonly binShut: THREE.Group;
  readonly binOpen: THREE.Group;
  readonly binOver: THREE.Group;
}

/** The clip's street without anything that moves. */
export interface ClipScene {
  readonly root: THREE.Group;
  readonly stages: ClipStages;
}

function corner(kit: Kit): THREE.Group {
  const { lib } = kit;
  const wall = lib.surface('plasterWhite');
  const made = group(
    place(createFacade(kit, { kind: 'shops', length: 11, night: false }), -11.2, -CLIP_PAVEMENT),
    box(lib, [11.0, 2.5, 0.3], wall, [-0.2, 1.25, -CLIP_PAVEMENT - 0.15]),
    box(lib, [11.1, 0.14, 0.44], lib.surface('concreteDark'), [-0.2, 2.55, -CLIP_PAVEMENT - 0.15]),
    box(lib, [11.0, 0.45, 0.04], lib.plain(0x6f7478, { roughness: 0.9 }), [-0.2, 0.3, -CLIP_PAVEMENT + 0.01]),
    box(lib, [0.4, 2.9, 0.5], lib.surface('stoneWall'), [5.3, 1.45, -CLIP_PAVEMENT - 0.2]),
    box(lib, [0.3, 2.5, 10], wall, [5.25, 1.25, -CLIP_PAVEMENT - 5]),
    panel(lib, 3.6, 0.72, wallSlogan(kit, '爱护环境 人人有责'), [0.2, 1.85, -CLIP_PAVEMENT + 0.02]),
    place(createFacade(kit, { kind: 'housing', length: 16, night: false }), -1, -CLIP_PAVEMENT - 8),
    box(lib, [5, 0.06, 16], lib.surface('asphaltLight'), [8, KERB - 0.02, -CLIP_PAVEMENT - 6]),
    place(createFacade(kit, { kind: 'shops', length: 12, night: false }), 16.6, -CLIP_PAVEMENT),
    place(
      createFacade(kit, { kind: 'housing', length: 12, night: false }),
      10.5,
      -CLIP_PAVEMENT - 6,
      -Math.PI / 2,
    ),
    place(createFacade(kit, { kind: 'housing', length: 14, night: false }), 8, -CLIP_PAVEMENT - 14),
  );
  for (const x of [-4.4, -0.6, 3.2]) made.add(place(createTree(kit), x, -CLIP_PAVEMENT - 2.4));
  return made;
}

function furniture(kit: Kit): THREE.Group {
  const made = group(
    place(createLampPost(kit, false), 6.3, -0.4, 0, KERB),
    place(createCabinet(kit), -6.6, -CLIP_PAVEMENT + 0.4, 0, KERB),
    place(createPottedPlant(kit), 4.6, -CLIP_PAVEMENT + 0.4, 0, KERB),
    place(createBollards(kit, 3), 6.4, -0.3, 0, KERB),
    place(createManhole(kit), 0.9, 2.6),
    place(createManhole(kit), -3.6, -1.3, 0, KERB),
    place(createHedge(kit, 4, 0.6, 0.7), -9.2, -0.7, 0, KERB),
  );
  made.add(
    place(createTree(kit), 5.6, -0.8, 0, KERB),
    place(createCar(kit), 8.6, -CLIP_PAVEMENT - 7, 1.57),
    place(createTree(kit), 11.2, -0.8, 0, KERB),
  );
  made.add(
    place(createScooter(kit), 4.1, -0.95, 1.5, KERB),
    place(createBicycle(kit), 4.75, -0.95, 1.6, KERB),
    place(createBench(kit), -0.4, -CLIP_PAVEMENT + 0.45, 0, KERB),
  );
  made.add(place(createFallenLeaves(kit, 2.6, 60), 5, -1.6, 0, KERB + 0.01));
  for (const x of [-7.0, -6.35, -5.7]) {
    made.add(place(x === -6.35 ? createBicycle(kit) : createScooter(kit), x, -0.95, 1.5, KERB));
  }
  return made;
}

function clipBin(kit: Kit, index: number, state: 'closed' | 'open'): THREE.Group {
  const colors = [0x1f5aa6, 0x1f7a3d, 0x2b2e33, 0x1f7a3d];
  const sorting = [0, 1, 3, 1];
  const bin = createBin(kit, {
    state,
    color: colors[index] ?? 0x1f7a3d,
    sorting: sorting[index] ?? 3,
    form: 'cart',
  });
  return place(bin, CLIP_BINS_X + index * BIN_STEP, -CLIP_PAVEMENT + 0.5, (index - 1.5) * 0.03, KERB);
}

function bagAt(
  kit: Kit,
  size: number,
  x: number,
  y: number,
  z: number,
  color: 'black' | 'white' | 'red' | 'clear' | 'any',
): THREE.Group {
  const bag = createBag(kit, size, color);
  bag.position.set(x, y, z);
  bag.rotation.set(kit.rng.gauss() * 0.12, kit.rng.range(0, 6), kit.rng.gauss() * 0.12);
  return bag;
}

function heapStart(kit: Kit): THREE.Group {
  const heap = group(
    bagAt(kit, 0.62, -0.2, 0, 0.36, 'black'),
    bagAt(kit, 0.56, 0.36, 0, 0.38, 'white'),
    bagAt(kit, 0.48, 0.06, 0, 0.8, 'red'),
    contactShadow(kit.lib, 1.6, 1.3, 0.6),
  );
  return place(heap, CLIP_HEAP_X, -CLIP_PAVEMENT, 0, KERB);
}

function heapRest(kit: Kit): THREE.Group {
  const carton = createCarton(kit, 'open');
  carton.scale.setScalar(1.15);
  const heap = group(
    place(carton, 0.95, 0.42, 0.3),
    bagAt(kit, 0.6, -0.72, 0, 0.42, 'clear'),
    bagAt(kit, 0.5, -0.42, 0, 0.86, 'black'),
    bagAt(kit, 0.5, 0.1, 0.36, 0.34, 'clear'),
    createScraps(kit, 14, 0.08, 0.24, () => [kit.rng.range(-0.9, 1.2), 0.005, kit.rng.range(0.5, 1.25)]),
    contactShadow(kit.lib, 2.9, 1.6, 0.55),
  );
  return place(heap, CLIP_HEAP_X, -CLIP_PAVEMENT, 0, KERB);
}

function fullBin(kit: Kit, over: boolean): THREE.Group {
  const bin = clipBin(kit, 3, 'open');
  const top = toppings(kit, 0.28, 0.32, over ? 0.4 : 0);
  top.position.y = over ? 0.98 : 0.84;
  bin.add(top);
  if (over) {
    bin.add(
      bagAt(kit, 0.44, 0.1, 1.14, 0.0, 'white'),
      bagAt(kit, 0.42, -0.24, 0.98, 0.14, 'clear'),
      bagAt(kit, 0.4, 0.3, 0.9, 0.2, 'red'),
    );
    bin.add(bagAt(kit, 0.46, 0.06, 0, 0.56, 'black'));
  }
  return bin;
}

/** Builds the street corner of the clip. */
export function createClipScene(kit: Kit): ClipScene {
  const street = createStreet(kit, {
    pavement: CLIP_PAVEMENT,
    carriageway: CLIP_ROAD,
    farPavement: 2.5,
    length: 60,
    wet: false,
    zebra: 7.2,
    surfaces: ['asphaltDark', 'paveGrey'],
  });
  const stages: ClipStages = {
    heapStart: heapStart(kit),
    heapRest: heapRest(kit),
    binShut: clipBin(kit, 3, 'closed'),
    binOpen: fullBin(kit, false),
    binOver: fullBin(kit, true),
  };
  const root = group(
    street,
    corner(kit),
    furniture(kit),
    clipBin(kit, 0, 'closed'),
    clipBin(kit, 1, 'closed'),
    clipBin(kit, 2, 'closed'),
  );
  for (const stage of Object.values(stages) as THREE.Group[]) root.add(stage);
  return { root, stages };
}
