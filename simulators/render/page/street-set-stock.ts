import type * as THREE from 'three';
import { readyMade } from './baking.ts';
import { createFacade, type FacadeKind } from './buildings.ts';
import { CANOPY_FORMS, createCanopy } from './canopies.ts';
import { createFigure, type FigurePlan } from './figures.ts';
import { createGoodsStack } from './goods.ts';
import type { Kit } from './library.ts';
import { createCarton } from './litter.ts';
import { createMuckTruck } from './muck-truck.ts';
import { group } from './shapes.ts';
import { createStallOf, type StallForm } from './stalls.ts';
import type { StreetLabelled } from './street-labels.ts';
import { createTricycleMachine, TRICYCLE_FORMS } from './tricycles.ts';
import { createLargeVehicle, TRUCK_FORMS } from './trucks.ts';
import { createBicycle, createScooter } from './two-wheelers.ts';
import { createVan } from './vans.ts';
import { createCar } from './vehicles.ts';

/** A thing with its boxes. */
export interface Stocked {
  readonly object: THREE.Group;
  readonly labelled: readonly StreetLabelled[];
}

const BOXED = 'boxed';

function stocked(object: THREE.Group, labelClass: StreetLabelled['labelClass']): Stocked {
  return { object, labelled: [{ object, labelClass }] };
}

/** Somebody posed. */
export function stockFigure(kit: Kit, plan: FigurePlan): Stocked {
  const name = `figure ${plan.pose} ${plan.outfit} ${plan.umbrella === true}`;
  return stocked(
    readyMade(kit, name, plan.pose === 'walking' ? 40 : 14, (own) => group(createFigure(own, plan).root)),
    'person',
  );
}

/** Car or closed delivery van. */
export function stockCar(kit: Kit, lit: boolean): Stocked {
  if (kit.rng.chance(0.22))
    return stocked(
      readyMade(kit, 'van', 10, (own) => createVan(own).root),
      'car',
    );
  return stocked(
    readyMade(kit, `car ${lit}`, 36, (own) => createCar(own, lit)),
    'car',
  );
}

/** Delivery van that unloads cartons with its doors open, and sells nothing. */
export function stockOpenVan(kit: Kit): Stocked {
  const van = readyMade(kit, 'open van', 8, (own) => {
    const made = createVan(own);
    made.setDoors(own.rng.range(0.6, 1));
    for (let i = 0; i < own.rng.int(0, 4); i += 1) {
      const carton = createCarton(own, 'whole');
      carton.position.set(-1.2 + i * 0.35, 0.56, own.rng.range(-0.4, 0.3));
      made.root.add(carton);
    }
    return made.root;
  });
  return stocked(van, 'car');
}

/** Truck of any sort but a muck truck, or a bus. */
export function stockTruck(kit: Kit): Stocked {
  return stocked(
    readyMade(kit, 'truck', 30, (own) => createLargeVehicle(own, own.rng.pick(TRUCK_FORMS)).root),
    'truck',
  );
}

/** Muck truck in some state of its work. */
export function stockMuckTruck(kit: Kit): Stocked {
  return stocked(
    readyMade(kit, 'muck truck', 30, (own) => {
      const { rng } = own;
      const truck = createMuckTruck(own);
      truck.setLoad(rng.chance(0.35) ? 0 : rng.range(0.5, 1));
      truck.setCover(rng.chance(0.5) ? 1 : rng.chance(0.7) ? 0 : rng.next());
      truck.setBody(rng.chance(0.22) ? rng.range(8, 50) : 0);
      return truck.root;
    }),
    'muck-truck',
  );
}

function withRider(
  kit: Kit,
  machine: THREE.Group,
  labelClass: StreetLabelled['labelClass'],
  seat: readonly [number, number],
): Stocked {
  const rider = stockFigure(kit, {
    pose: 'riding',
    outfit: kit.rng.pick(['everyday', 'everyday', 'courier', 'vendor']),
    umbrella: kit.rng.chance(0.03),
  });
  rider.object.position.set(seat[0], seat[1], 0);
  return {
    object: group(machine, rider.object),
    labelled: [{ object: machine, labelClass }, ...rider.labelled],
  };
}

/** Scooter or bicycle, ridden or parked. */
export function stockTwoWheeler(kit: Kit, ridden: boolean): Stocked {
  const bicycle = kit.rng.chance(0.3);
  const machine = bicycle
    ? readyMade(kit, 'bicycle', 10, createBicycle)
    : readyMade(kit, 'scooter', 24, createScooter);
  return ridden
    ? withRider(kit, machine, 'two-wheeler', bicycle ? [-0.22, 0.06] : [-0.32, -0.08])
    : stocked(machine, 'two-wheeler');
}

/** Tricycle, ridden or parked. */
export function stockTricycle(kit: Kit, ridden: boolean): Stocked {
  const form = kit.rng.pick(TRICYCLE_FORMS);
  const machine = readyMade(kit, `tricycle ${form}`, 12, (own) => createTricycleMachine(own, form).root);
  return ridden && form !== 'passenger'
    ? withRider(kit, machine, 'tricycle', [0.3, -0.02])
    : stocked(machine, 'tricycle');
}

/** Marks the roof of a copied stall, since copies keep their names only. */
function boxesOf(object: THREE.Group): StreetLabelled[] {
  const found: StreetLabelled[] = [{ object, labelClass: 'stall' }];
  object.traverse((node) => {
    if (node.name === BOXED) found.push({ object: node, labelClass: 'canopy' });
  });
  return found;
}

/** Stall with its goods and, often, its roof. */
export function stockStall(kit: Kit, form: StallForm): Stocked & { readonly reach: number } {
  const object = readyMade(kit, `stall ${form}`, 26, (own) => {
    const stall = createStallOf(own, form);
    if (stall.canopy) stall.canopy.name = BOXED;
    stall.root.userData.reach = stall.reach;
    return stall.root;
  });
  const reach: unknown = object.userData.reach;
  return { object, labelled: boxesOf(object), reach: typeof reach === 'number' ? reach : 1.5 };
}

/** A pile of crates or cartons, as shops put them out. */
export function stockGoods(kit: Kit): Stocked {
  return stocked(
    readyMade(kit, 'goods', 30, (own) => group(createGoodsStack(own))),
    'goods',
  );
}

/** Roof without a stall. */
export function stockCanopy(kit: Kit): Stocked {
  return stocked(
    readyMade(kit, 'canopy', 30, (own) =>
      createCanopy(own, own.rng.pick(CANOPY_FORMS), own.rng.range(2.2, 3.4)),
    ),
    'canopy',
  );
}

/** Stretch of the street's edge. */
export function stockFacade(kit: Kit, kind: FacadeKind, length: number, night: boolean): THREE.Group {
  return readyMade(kit, `facade ${kind} ${length} ${night}`, 7, (own) =>
    createFacade(own, { kind, length, night }),
  );
}
