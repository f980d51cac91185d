import * as THREE from 'three';
import { createBag } from './bags.ts';
import { readyMade } from './baking.ts';
import { BIN_COLORS, createBin } from './bins.ts';
import { createChairStack, createDog, createStandSign, createTable } from './goods.ts';
import { createHeap, HEAP_KINDS } from './heaps.ts';
import type { Kit } from './library.ts';
import { createCarton } from './litter.ts';
import {
  createBooth,
  createBusShelter,
  createDryingRail,
  createParcelRows,
  createVendingMachine,
} from './look-alikes.ts';
import { createPottedPlant, createTree } from './plants.ts';
import { group, place } from './shapes.ts';
import { KERB } from './street.ts';
import {
  createBench,
  createBollards,
  createCabinet,
  createCone,
  createManhole,
  createPostBox,
} from './street-furniture.ts';
import { put, REACH, type Site } from './street-set-site.ts';
import { stockFigure, stockGoods } from './street-set-stock.ts';

/** Things of the pavement that are neither stalls nor anything else to be found. */
function pavementThing(kit: Kit): { readonly name: string; readonly thing: THREE.Group; readonly r: number } {
  const { rng } = kit;
  const makers: readonly (readonly [string, (own: Kit) => THREE.Object3D, number])[] = [
    ['plant', createPottedPlant, 0.45],
    ['shelter', createBusShelter, 1.9],
    ['booth', createBooth, 1.3],
    ['parcels', createParcelRows, 1.4],
    ['drying', createDryingRail, 1.3],
    ['drinks', createVendingMachine, 0.6],
    ['plant', createPottedPlant, 0.45],
    ['chairs', createChairStack, 0.4],
    ['table', createTable, 1.0],
    ['board', createStandSign, 0.4],
    ['cabinet', createCabinet, 0.8],
    ['bench', createBench, 0.9],
    ['dog', createDog, 0.5],
    ['post box', createPostBox, 0.4],
    ['cone', createCone, 0.3],
    [
      'bin',
      (own) =>
        createBin(own, {
          state: own.rng.pick(['closed', 'open', 'closed']),
          color: own.rng.pick(BIN_COLORS),
          sorting: own.rng.int(0, 3),
          form: own.rng.pick(['cart', 'cart', 'container']),
        }),
      0.6,
    ],
    [
      'bin',
      (own) =>
        createBin(own, {
          state: 'overflowing',
          color: own.rng.pick(BIN_COLORS),
          sorting: own.rng.int(0, 3),
          form: 'cart',
        }),
      0.6,
    ],
    ['bag', (own) => createBag(own, own.rng.range(0.35, 0.6)), 0.35],
    ['carton', (own) => createCarton(own, own.rng.pick(['whole', 'open'])), 0.4],
    [
      'heap',
      (own) =>
        createHeap(own, { kind: own.rng.pick(HEAP_KINDS), radius: own.rng.range(0.5, 1.1), wall: false }),
      1.1,
    ],
    ['bollards', (own) => createBollards(own, 4), 0.5],
  ];
  const [name, make, r] = rng.pick(makers);
  return { name, thing: readyMade(kit, name, 12, (own) => group(make(own))), r };
}

/** People who sit at a table to eat or to play chess. */
function sitAround(site: Site, at: THREE.Vector3): void {
  const { rng } = site.kit;
  for (let i = 0; i < rng.int(1, 4); i += 1) {
    const a = (i / 4) * Math.PI * 2 + 0.3;
    const figure = stockFigure(site.kit, { pose: 'sitting', outfit: 'everyday' });
    put(site, figure, at.x + Math.cos(a) * 0.8, at.z + Math.sin(a) * 0.8, Math.PI - a);
  }
}

/** Crates and cartons that shops have put out, mostly several side by side, each boxed by itself. */
export function addShopGoods(site: Site): void {
  const { kit, plan, ground } = site;
  const { rng } = kit;
  const far = plan.carriageway + plan.farPavement;
  for (let i = 0; i < rng.int(0, 9); i += 1) {
    const near = rng.chance(0.5);
    const off = rng.range(0.5, rng.chance(0.3) ? 2.2 : 1);
    const z = near ? -plan.pavement + off : far - off;
    const step = rng.range(0.9, 1.6);
    const x = rng.range(-REACH, REACH);
    for (let pile = 0; pile < rng.pick([1, 1, 2, 3, 3, 4]); pile += 1) {
      const at = { x: x + pile * step, z: z + rng.gauss() * 0.08 };
      if (!ground.free(at.x, at.z, 0.5)) continue;
      ground.take(at.x, at.z, 0.5);
      put(site, stockGoods(kit), at.x, at.z, (near ? 0 : Math.PI) + rng.gauss() * 0.12);
    }
  }
}

/** Things that stand about on the pavements. */
export function addFurniture(site: Site): void {
  const { kit, plan, ground } = site;
  const { rng } = kit;
  const far = plan.carriageway + plan.farPavement;
  for (let i = 0; i < rng.int(8, 34); i += 1) {
    const { name, thing, r } = pavementThing(kit);
    const near = rng.chance(0.5);
    const wall = rng.chance(0.65);
    const z = near ? (wall ? -plan.pavement + r * 0.8 : -0.7) : wall ? far - r * 0.8 : plan.carriageway + 0.7;
    const at = ground.find(rng, [-REACH, REACH], [z - 0.1, z + 0.2], r);
    if (at && name === 'table' && rng.chance(0.6)) sitAround(site, at);
    if (at)
      site.root.add(
        place(
          thing,
          at.x,
          at.z,
          (near ? 0 : Math.PI) + (rng.chance(0.2) ? rng.range(0, 6) : rng.gauss() * 0.1),
          KERB,
        ),
      );
  }
  for (let i = 0; i < rng.int(0, 5); i += 1)
    site.root.add(
      place(
        readyMade(kit, 'manhole', 4, createManhole),
        rng.range(-REACH, REACH),
        rng.range(0.6, plan.carriageway - 0.6),
      ),
    );
}

/** Trees along the kerbs. */
export function addTrees(site: Site): void {
  const { kit, plan, ground } = site;
  const { rng } = kit;
  if (plan.pavement < 1.8 || rng.chance(0.35)) return;
  const step = rng.range(6, 11);
  for (const z of plan.farPavement > 1.8 ? [-0.8, plan.carriageway + 0.8] : [-0.8])
    for (let x = -REACH + rng.range(0, 4); x < REACH; x += step) {
      if (!ground.free(x, z, 0.4)) continue;
      ground.take(x, z, 0.4);
      site.trees.push(new THREE.Vector3(x, 0, z));
      site.root.add(place(readyMade(kit, 'tree', 10, createTree), x, z, rng.range(0, 6), KERB));
    }
}
