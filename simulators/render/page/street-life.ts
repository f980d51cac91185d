import * as THREE from 'three';
import {
  createChairStack,
  createDog,
  createFruitStand,
  createGoodsStack,
  createHandCart,
  createStall,
  createStandSign,
  createSuitcase,
  createTable,
} from './goods.ts';
import type { Kit } from './library.ts';
import { createPerson, poseStanding, poseWalking } from './people.ts';
import type { Ground } from './placing.ts';
import { createPottedPlant, createTree } from './plants.ts';
import { place } from './shapes.ts';
import { KERB, type StreetPlan } from './street.ts';
import {
  createBench,
  createBollards,
  createCabinet,
  createCone,
  createLampPost,
  createManhole,
  createPostBox,
  createRailing,
} from './street-furniture.ts';
import { createBicycle, createScooter, createTricycle } from './two-wheelers.ts';
import { createCar, createTruck } from './vehicles.ts';

/** Things of daily life that stand on a pavement and are not rubbish. */
function pavementThing(kit: Kit): { thing: THREE.Object3D; r: number } {
  const { rng } = kit;
  const makers: readonly [() => THREE.Object3D, number][] = [
    [() => createScooter(kit), 0.8],
    [() => createScooter(kit), 0.8],
    [() => createBicycle(kit), 0.75],
    [() => createPottedPlant(kit), 0.4],
    [() => createPottedPlant(kit), 0.4],
    [() => createGoodsStack(kit), 0.6],
    [() => createFruitStand(kit), 0.9],
    [() => createHandCart(kit), 0.8],
    [() => createChairStack(kit), 0.4],
    [() => createTable(kit), 1.0],
    [() => createStandSign(kit), 0.4],
    [() => createCabinet(kit), 0.8],
    [() => createBench(kit), 0.9],
    [() => createSuitcase(kit), 0.35],
    [() => createDog(kit), 0.5],
    [() => createStall(kit), 1.2],
    [() => createCone(kit), 0.3],
  ];
  if (rng.chance(0.025)) return { thing: createPostBox(kit), r: 0.4 };
  const [make, r] = rng.pick(makers);
  return { thing: make(), r };
}

function addPeople(
  kit: Kit,
  root: THREE.Group,
  ground: Ground,
  count: number,
  zs: readonly [number, number],
  y: number,
): void {
  const { rng } = kit;
  for (let i = 0; i < count; i += 1) {
    const at = ground.find(rng, [-8, 8], zs, 0.35);
    if (!at) continue;
    const carries = rng.pick(['nothing', 'nothing', 'bag', 'bag', 'umbrella', 'suitcase', 'broom'] as const);
    const person = createPerson(kit, { carries, cleaner: carries === 'broom' });
    if (rng.chance(0.75)) poseWalking(person, rng.range(0, 6.28));
    else poseStanding(person, rng.chance(0.2) ? rng.range(0.2, 1) : 0);
    root.add(
      place(
        person.root,
        at.x,
        at.z,
        rng.chance(0.7) ? rng.pick([0, Math.PI]) + rng.gauss() * 0.2 : rng.range(0, 6.28),
        y,
      ),
    );
  }
}

/** Fills a pavement with things of daily life and people. */
export function addPavementLife(kit: Kit, root: THREE.Group, ground: Ground, plan: StreetPlan): void {
  const { rng } = kit;
  const busy = rng.int(3, 13);
  for (let i = 0; i < busy; i += 1) {
    const { thing, r } = pavementThing(kit);
    const atWall = rng.chance(0.7);
    const zs: readonly [number, number] = atWall
      ? [-plan.pavement + r * 0.8, -plan.pavement + r + 0.3]
      : [-0.9, -0.5];
    const at = ground.find(rng, [-8, 8], zs, r);
    if (at)
      root.add(
        place(
          thing,
          at.x,
          at.z,
          rng.chance(0.3) ? rng.pick([1.57, -1.57]) + rng.gauss() * 0.15 : rng.gauss() * 0.15,
          KERB,
        ),
      );
  }
  if (rng.chance(0.5)) {
    for (let i = 0; i < rng.int(3, 7); i += 1) {
      const x = rng.range(-5, 5) + i * 0.65;
      if (!ground.free(x, -0.95, 0.35)) continue;
      root.add(
        place(
          rng.chance(0.6) ? createScooter(kit) : createBicycle(kit),
          x,
          -0.95,
          1.57 + rng.gauss() * 0.1,
          KERB,
        ),
      );
      ground.take(x, -0.95, 0.35);
    }
  }
  addPeople(kit, root, ground, rng.int(0, 5), [-plan.pavement + 0.4, -0.3], KERB);
}

/** Trees, bollards and railings along the kerb. */
export function addKerbside(kit: Kit, root: THREE.Group, ground: Ground): void {
  const { rng } = kit;
  if (rng.chance(0.55)) {
    const step = rng.range(5, 8);
    for (let x = -24 + rng.range(0, 4); x < 26; x += step) {
      if (!ground.free(x, -0.75, 0.5)) continue;
      root.add(place(createTree(kit), x, -0.75, 0, KERB));
      ground.take(x, -0.75, 0.45);
    }
  }
  if (rng.chance(0.25)) root.add(place(createBollards(kit, 6), rng.range(-6, 2), -0.35, 0, KERB));
  else if (rng.chance(0.12))
    root.add(place(createRailing(kit, 6), rng.range(3, 8) * rng.pick([-1, 1]), -0.3, 0, KERB));
}

/** Parked and moving vehicles and what else is on the carriageway. */
export function addTraffic(
  kit: Kit,
  root: THREE.Group,
  ground: Ground,
  plan: StreetPlan,
  night: boolean,
): void {
  const { rng } = kit;
  const near = rng.chance(0.6);
  for (let i = 0; i < rng.int(0, 4); i += 1) {
    const z = near ? rng.range(1.1, 1.4) : plan.carriageway - 1.3;
    const at = ground.find(rng, [-14, 14], [z, z + 0.05], 2.3);
    if (at)
      root.add(
        place(
          rng.chance(0.88) ? createCar(kit) : createTruck(kit),
          at.x,
          at.z,
          rng.chance(0.9) ? 0 : Math.PI,
        ),
      );
  }
  for (let i = 0; i < rng.int(0, 2); i += 1) {
    const at = ground.find(rng, [-18, 18], [plan.carriageway * 0.45, plan.carriageway * 0.7], 2.4);
    if (at)
      root.add(
        place(
          rng.chance(0.8) ? createCar(kit, night) : createTricycle(kit),
          at.x,
          at.z,
          rng.pick([0, Math.PI]),
        ),
      );
  }
  for (let i = 0; i < rng.int(0, 2); i += 1) {
    const at = ground.find(rng, [-8, 8], [1, plan.carriageway - 1], 1);
    if (!at) continue;
    root.add(
      place(
        rng.pick([createScooter, createBicycle, createTricycle])(kit),
        at.x,
        at.z,
        rng.pick([0, Math.PI]),
      ),
    );
  }
  if (rng.chance(0.25)) addPeople(kit, root, ground, 2, [0.8, plan.carriageway - 0.8], 0);
  for (let i = 0; i < rng.int(0, 3); i += 1)
    root.add(place(createManhole(kit), rng.range(-6, 6), rng.range(0.6, plan.carriageway)));
  for (let i = 0; i < rng.int(0, 2); i += 1) {
    const at = ground.find(rng, [-6, 6], [0.4, plan.carriageway - 0.5], 0.3);
    if (at) root.add(place(createCone(kit), at.x, at.z));
  }
}

/** Lamp posts; returns where their light comes from. */
export function lampPosts(kit: Kit, root: THREE.Group, night: boolean): THREE.Vector3[] {
  const offset = kit.rng.range(-2, 2);
  return [-17, -6.5, 6.5].map((x) => {
    root.add(place(createLampPost(kit, night), x + offset, -0.4, 0, KERB));
    return new THREE.Vector3(x + offset, 5.9, 1.4);
  });
}
