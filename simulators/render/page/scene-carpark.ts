import * as THREE from 'three';
import type { Kit } from './library.ts';
import { pickMood } from './lighting.ts';
import { createPerson, poseWalking } from './people.ts';
import { createHedge, createTree } from './plants.ts';
import type { Staging } from './scene-street.ts';
import { floor, group, place } from './shapes.ts';
import { createCone, createLampPost, createManhole } from './street-furniture.ts';
import { createScooter } from './two-wheelers.ts';
import { createCar, createTruck } from './vehicles.ts';
import type { View } from './viewpoints.ts';

function bays(kit: Kit, root: THREE.Group, z: number, fill: number): void {
  const { rng, lib } = kit;
  const paint = lib.surface('plasterWhite', { tint: 0xf0eee6 });
  for (let x = -16; x <= 16; x += 2.6) {
    root.add(floor(paint, 0.1, 5, [x, 0.006, z]));
    if (!rng.chance(fill)) continue;
    root.add(
      place(
        rng.chance(0.94) ? createCar(kit) : createTruck(kit),
        x + 1.3,
        z + rng.range(-0.3, 0.3),
        rng.pick([1.57, -1.57]) + rng.gauss() * 0.03,
      ),
    );
  }
}

/** Car park seen from a mast or a window, without any rubbish. */
export function stageCarPark(kit: Kit): Staging {
  const { rng, lib } = kit;
  const mood = pickMood(rng);
  const ground = lib.surface(rng.pick(['asphaltDark', 'asphaltLight', 'concrete']), {
    variant: rng.int(0, 2),
    wet: mood === 'rain',
  });
  const root = group(floor(ground, 60, 60, [0, 0, 0]));
  const fill = rng.range(0.1, 0.85);
  for (const z of [-9, 0, 9]) bays(kit, root, z, fill);
  root.add(place(createHedge(kit, 30, 0.8, 0.8), 0, -13));
  for (let x = -12; x <= 12; x += 6) root.add(place(createTree(kit), x, -14.5));
  for (let i = 0; i < rng.int(0, 5); i += 1) {
    const person = createPerson(kit, { carries: rng.pick(['nothing', 'bag', 'umbrella']) });
    poseWalking(person, rng.range(0, 6));
    root.add(
      place(person.root, rng.range(-8, 8), rng.pick([-4.5, 4.5]) + rng.gauss() * 0.5, rng.range(0, 6)),
    );
  }
  for (let i = 0; i < rng.int(0, 3); i += 1)
    root.add(place(createCone(kit), rng.range(-8, 8), rng.pick([-4.5, 4.5])));
  for (let i = 0; i < rng.int(0, 3); i += 1)
    root.add(place(createManhole(kit), rng.range(-8, 8), rng.pick([-4.5, 4.5])));
  if (rng.chance(0.4)) root.add(place(createScooter(kit), rng.range(-6, 6), 4.5, rng.range(0, 6)));
  const night = mood === 'night' || mood === 'dusk';
  for (const x of [-10, 3, 14]) root.add(place(createLampPost(kit, night), x, 4.6));
  const view: View = {
    eye: new THREE.Vector3(rng.range(-9, 9), rng.range(4, 12), rng.range(9, 17)),
    target: new THREE.Vector3(rng.range(-3, 3), 0.3, rng.range(-4, 3)),
    fov: rng.range(38, 65),
    roll: rng.gauss() * 0.02,
  };
  return {
    root,
    labelled: [],
    views: [view],
    mood,
    lamps: [new THREE.Vector3(-10, 6, 6), new THREE.Vector3(3, 6, 6), new THREE.Vector3(14, 6, 6)],
  };
}
