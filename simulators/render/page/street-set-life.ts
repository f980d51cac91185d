import * as THREE from 'three';
import { createBag } from './bags.ts';
import { readyMade } from './baking.ts';
import { BIN_COLORS, createBin } from './bins.ts';
import type { Outfit, Pose } from './figures.ts';
import { createChairStack, createDog, createGoodsStack, createStandSign, createTable } from './goods.ts';
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
import type { Ground } from './placing.ts';
import { createPottedPlant, createTree } from './plants.ts';
import { ball, group, place } from './shapes.ts';
import { STALL_FORMS, type StallForm } from './stalls.ts';
import { KERB, type StreetPlan } from './street.ts';
import {
  createBench,
  createBollards,
  createCabinet,
  createCone,
  createManhole,
  createPostBox,
} from './street-furniture.ts';
import type { StreetLabelled } from './street-labels.ts';
import type { StreetLamp } from './street-set-light.ts';
import {
  type Stocked,
  stockCanopy,
  stockCar,
  stockFigure,
  stockMuckTruck,
  stockOpenVan,
  stockStall,
  stockTricycle,
  stockTruck,
  stockTwoWheeler,
} from './street-set-stock.ts';

/** How much happens in a street. */
export interface StreetBusyness {
  readonly stalls: number;
  /** Neither stalls nor roofs, to teach what none is. */
  readonly bare: boolean;
  /** 1 is an ordinary street. */
  readonly crowd: number;
  /** Where along the street most of the stalls are, in metres. */
  readonly middle: number;
  readonly traffic: number;
}

/** Everything that adds to a street needs these. */
interface Site {
  readonly kit: Kit;
  readonly root: THREE.Group;
  readonly ground: Ground;
  readonly plan: StreetPlan;
  readonly labelled: StreetLabelled[];
  readonly lamps: StreetLamp[];
  readonly trees: THREE.Vector3[];
  readonly night: boolean;
  readonly rain: boolean;
}

const REACH = 42;

/** Height of the ground at a place across the street. */
function levelAt(plan: StreetPlan, z: number): number {
  return z < 0 || z > plan.carriageway ? KERB : 0;
}

function put(site: Site, thing: Stocked, x: number, z: number, turn: number): void {
  site.root.add(place(thing.object, x, z, turn, levelAt(site.plan, z)));
  site.labelled.push(...thing.labelled);
}

function person(
  site: Site,
  x: number,
  z: number,
  turn: number,
  pose: Pose,
  outfit: Outfit = 'everyday',
): void {
  if (!site.ground.free(x, z, 0.22)) return;
  site.ground.take(x, z, 0.22);
  const { rng } = site.kit;
  const umbrella =
    pose !== 'sitting' && pose !== 'squatting' && pose !== 'stooping' && rng.chance(site.rain ? 0.5 : 0.05);
  put(site, stockFigure(site.kit, { pose, outfit, umbrella }), x, z, turn);
}

/** Strips of the street in which stalls stand, each with the way that their front looks. */
function stallStrips(site: Site): readonly { readonly z: number; readonly turn: number }[] {
  const { plan } = site;
  const far = plan.carriageway + plan.farPavement;
  const strips = [
    { z: 0.9, turn: Math.PI },
    { z: plan.carriageway - 0.9, turn: 0 },
    { z: 1.0, turn: 0 },
  ];
  if (plan.pavement > 2.2) strips.push({ z: -0.9, turn: Math.PI }, { z: -0.8, turn: 0 });
  if (plan.pavement > 1.5) strips.push({ z: -plan.pavement + 0.9, turn: 0 });
  if (plan.farPavement > 2.2) strips.push({ z: plan.carriageway + 0.9, turn: 0 });
  if (plan.farPavement > 1.5) strips.push({ z: far - 0.9, turn: Math.PI });
  return strips;
}

/** Point beside a thing in its own directions: `ahead` to its front, `aside` to its left. */
function beside(x: number, z: number, turn: number, aside: number, ahead: number): readonly [number, number] {
  return [
    x + Math.cos(turn) * aside + Math.sin(turn) * ahead,
    z - Math.sin(turn) * aside + Math.cos(turn) * ahead,
  ];
}

function vendorAndBuyers(
  site: Site,
  form: StallForm,
  x: number,
  z: number,
  turn: number,
  reach: number,
  crowd: number,
): void {
  const { rng } = site.kit;
  // People look to +x of themselves, stalls to +z.
  const toFront = turn - Math.PI / 2;
  if (rng.chance(0.85)) {
    const low = form === 'cloth' || form === 'crates';
    const pose: Pose = low
      ? rng.pick(['squatting', 'sitting', 'standing'])
      : rng.pick(['serving', 'serving', 'standing', 'sitting']);
    const [vx, vz] = beside(x, z, turn, rng.range(-0.5, 0.5) * reach, -rng.range(0.75, 1.1));
    person(site, vx, vz, toFront + rng.gauss() * 0.4, pose, 'vendor');
  }
  const buyers = rng.chance(0.3) ? 0 : Math.min(7, Math.round(rng.range(0, 2.4) * crowd));
  for (let i = 0; i < buyers; i += 1) {
    const [bx, bz] = beside(x, z, turn, rng.range(-1, 1) * reach, rng.range(0.8, 1.7));
    person(
      site,
      bx,
      bz,
      toFront + Math.PI + rng.gauss() * 0.5,
      rng.pick(['standing', 'standing', 'serving', 'stooping', form === 'cloth' ? 'squatting' : 'standing']),
    );
  }
}

/** Bare bulb over a stall, as they shine at night. */
function hangBulb(site: Site, x: number, z: number): void {
  const { lib, rng } = site.kit;
  const y = levelAt(site.plan, z) + rng.range(1.7, 2.0);
  const color = rng.pick([0xffffff, 0xf4f8ff, 0xffe8b8]);
  site.root.add(group(ball(lib, [0.07, 0.09, 0.07], lib.plain(color, { glow: 3 }), [x, y, z])));
  site.lamps.push({ at: new THREE.Vector3(x, y - 0.1, z + 0.3), power: rng.range(0.08, 0.2), color });
}

function addStalls(site: Site, busy: StreetBusyness): void {
  const { rng } = site.kit;
  const strips = stallStrips(site);
  let left = busy.stalls;
  let tries = 0;
  while (left > 0 && tries < 60) {
    tries += 1;
    const strip = rng.pick(strips);
    const form = rng.pick(STALL_FORMS);
    const row = Math.min(left, rng.chance(0.5) ? 1 : rng.int(2, 6));
    let x = busy.middle + rng.gauss() * 11;
    for (let i = 0; i < row; i += 1) {
      const own = rng.chance(0.45) ? form : rng.pick(STALL_FORMS);
      const stall = stockStall(site.kit, own);
      if (!site.ground.free(x, strip.z, stall.reach * 0.8)) break;
      site.ground.take(x, strip.z, stall.reach * 0.8);
      const turn = strip.turn + rng.gauss() * (rng.chance(0.2) ? 0.5 : 0.08);
      const z = strip.z + rng.gauss() * 0.15;
      put(site, stall, x, z, turn);
      if (site.night && rng.chance(0.75)) hangBulb(site, x, z);
      vendorAndBuyers(site, own, x, z, turn, stall.reach, busy.crowd);
      left -= 1;
      x += stall.reach * 2 + rng.range(0.1, 1.2);
    }
  }
  if (busy.bare) return;
  for (let i = 0; i < rng.int(0, 3); i += 1) {
    const strip = rng.pick(strips);
    const at = site.ground.find(rng, [-REACH, REACH], [strip.z - 0.3, strip.z + 0.3], 1.6);
    if (at) put(site, stockCanopy(site.kit), at.x, at.z, strip.turn + rng.gauss() * 0.1);
  }
}

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
    ['goods', createGoodsStack, 0.7],
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

function addFurniture(site: Site): void {
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

function addTrees(site: Site): void {
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

function addParked(site: Site, traffic: number): void {
  const { kit, plan, ground } = site;
  const { rng } = kit;
  const cars = Math.round(rng.range(0, 9) * Math.min(1, traffic + 0.3));
  for (let i = 0; i < cars; i += 1) {
    const near = rng.chance(0.5);
    const roll = rng.next();
    const thing =
      roll < 0.1
        ? stockOpenVan(kit)
        : roll < 0.76
          ? stockCar(kit, false)
          : roll < 0.86
            ? stockTricycle(kit, false)
            : roll < 0.95
              ? stockTruck(kit)
              : stockMuckTruck(kit);
    const long = thing.labelled[0]?.labelClass === 'truck' || thing.labelled[0]?.labelClass === 'muck-truck';
    const z = near ? rng.range(1.1, 1.4) : plan.carriageway - rng.range(1.1, 1.4);
    const at = ground.find(rng, [-REACH, REACH], [z, z + 0.05], long ? 4.2 : 2.3);
    if (at) put(site, thing, at.x, at.z, (rng.chance(0.85) === near ? 0 : Math.PI) + rng.gauss() * 0.03);
  }
  const rows = rng.int(0, 4);
  for (let r = 0; r < rows; r += 1) {
    const near = rng.chance(0.5);
    const z = near ? -1.0 : plan.carriageway + 1.0;
    if ((near ? plan.pavement : plan.farPavement) < 1.8) continue;
    const turn = rng.pick([1.57, -1.57]);
    let x = rng.range(-REACH, REACH - 5);
    for (let i = 0; i < rng.int(2, 9); i += 1, x += rng.range(0.6, 0.85))
      if (ground.free(x, z, 0.3)) {
        ground.take(x, z, 0.3);
        put(site, stockTwoWheeler(kit, false), x, z, turn + rng.gauss() * 0.12);
      }
  }
}

function addMoving(site: Site, traffic: number): void {
  const { kit, plan, ground } = site;
  const { rng } = kit;
  const count = Math.round(traffic * plan.carriageway * rng.range(0.2, 0.9));
  for (let i = 0; i < count; i += 1) {
    const z = rng.range(
      Math.min(2.6, plan.carriageway * 0.3),
      plan.carriageway - Math.min(2.6, plan.carriageway * 0.3),
    );
    const roll = rng.next();
    const thing =
      roll < 0.42
        ? stockCar(kit, site.night)
        : roll < 0.56
          ? stockTwoWheeler(kit, true)
          : roll < 0.72
            ? stockTricycle(kit, true)
            : roll < 0.84
              ? stockTruck(kit)
              : stockMuckTruck(kit);
    const first = thing.labelled[0]?.labelClass;
    const r = first === 'truck' || first === 'muck-truck' ? 4.6 : first === 'car' ? 2.4 : 1.3;
    const at = ground.find(rng, [-REACH, REACH], [z - 0.2, z + 0.2], plan.carriageway > 6 ? r * 0.85 : r);
    // Traffic keeps to the right.
    if (at) put(site, thing, at.x, at.z, (at.z < plan.carriageway / 2 ? Math.PI : 0) + rng.gauss() * 0.05);
  }
  for (let i = 0; i < rng.int(0, 7); i += 1) {
    const z = rng.chance(0.5) ? rng.range(0.5, 2) : plan.carriageway - rng.range(0.5, 2);
    const at = ground.find(rng, [-REACH, REACH], [z, z + 0.1], 0.9);
    if (at)
      put(
        site,
        stockTwoWheeler(kit, true),
        at.x,
        at.z,
        (at.z < plan.carriageway / 2 ? Math.PI : 0) + rng.gauss() * 0.1,
      );
  }
}

function addWalkers(site: Site, crowd: number): void {
  const { kit, plan } = site;
  const { rng } = kit;
  const far = plan.carriageway + plan.farPavement;
  const count = Math.round(rng.range(10, 40) * crowd);
  for (let i = 0; i < count; i += 1) {
    const roll = rng.next();
    const z =
      roll < 0.4
        ? rng.range(-plan.pavement + 0.3, -0.2)
        : roll < 0.8
          ? rng.range(plan.carriageway + 0.2, far - 0.3)
          : rng.range(0, plan.carriageway);
    const x = rng.range(-REACH, REACH);
    const along = rng.pick([0, Math.PI]) + rng.gauss() * 0.2;
    const walking = rng.chance(0.72);
    const outfit = rng.pick([
      'everyday',
      'everyday',
      'everyday',
      'everyday',
      'everyday',
      'vest',
      'cleaner',
      'courier',
    ] as const);
    person(
      site,
      x,
      z,
      walking && rng.chance(0.8) ? along : rng.range(0, 6.28),
      walking
        ? 'walking'
        : rng.pick(['standing', 'standing', 'standing', 'sitting', 'stooping', 'squatting']),
      outfit,
    );
    // Many go in pairs.
    if (walking && rng.chance(0.3))
      person(site, x + rng.range(-0.3, 0.3), z + rng.pick([-0.55, 0.55]), along, 'walking');
  }
}

/** What came to a street. */
export interface StreetLife {
  readonly labelled: readonly StreetLabelled[];
  readonly lamps: readonly StreetLamp[];
  /** Trees hide everything from a camera that hangs in them. */
  readonly trees: readonly THREE.Vector3[];
}

/** Fills a street with stalls, vehicles, people and things. */
export function fillStreet(
  kit: Kit,
  root: THREE.Group,
  ground: Ground,
  plan: StreetPlan,
  busy: StreetBusyness,
  night: boolean,
  rain: boolean,
): StreetLife {
  const site: Site = { kit, root, ground, plan, labelled: [], lamps: [], trees: [], night, rain };
  addStalls(site, busy);
  addParked(site, busy.traffic);
  addMoving(site, busy.traffic);
  addTrees(site);
  addFurniture(site);
  addWalkers(site, busy.crowd);
  return site;
}
