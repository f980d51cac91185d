import * as THREE from 'three';
import { bakeParts, readyMade } from './baking.ts';
import type { FacadeKind } from './buildings.ts';
import type { Kit } from './library.ts';
import { Ground } from './placing.ts';
import { floor, group, place } from './shapes.ts';
import { createStreet, KERB, type StreetPlan } from './street.ts';
import { createLampPost } from './street-furniture.ts';
import type { StreetLabelled } from './street-labels.ts';
import { fillStreet } from './street-set-life.ts';
import { isDark, pickStreetMood, type StreetLamp, type StreetMood } from './street-set-light.ts';
import type { StreetBusyness } from './street-set-site.ts';
import { stockFacade } from './street-set-stock.ts';
import { chooseViews, type PoleView } from './street-set-views.ts';

/** A street ready to be lit and photographed. */
export interface StreetSet {
  readonly root: THREE.Group;
  readonly labelled: readonly StreetLabelled[];
  readonly views: readonly PoleView[];
  readonly mood: StreetMood;
  readonly lamps: readonly StreetLamp[];
}

/** Kind of road; it decides the widths. */
export type RoadClass = 'arterial' | 'secondary' | 'lane';

const LENGTH = 96;
const FACADE = 12;

const EDGES: Record<RoadClass, readonly FacadeKind[]> = {
  arterial: ['shops', 'shops', 'shops', 'wall', 'hoarding', 'hedge', 'fence', 'housing'],
  secondary: ['shops', 'shops', 'shops', 'housing', 'wall', 'wall', 'hedge', 'hoarding'],
  lane: ['housing', 'housing', 'shops', 'shops', 'wall', 'wall'],
};

function planOf(kit: Kit, road: RoadClass, mood: StreetMood): StreetPlan {
  const { rng } = kit;
  const lane = road === 'lane';
  return {
    pavement: lane ? rng.range(0.9, 2.2) : rng.range(2.6, road === 'arterial' ? 7 : 5),
    carriageway: lane ? rng.range(3.6, 6) : road === 'arterial' ? rng.range(13, 21) : rng.range(7, 11),
    farPavement: lane ? rng.range(0.9, 2) : rng.range(2.4, 5.5),
    length: LENGTH,
    wet: mood === 'rain' || rng.chance(0.06),
    zebra: rng.chance(0.3) ? rng.range(-25, 25) : undefined,
  };
}

/** Row of fronts along the street, a few of a kind after each other. */
function edgeRow(kit: Kit, road: RoadClass, night: boolean): THREE.Group {
  const { rng } = kit;
  const row = new THREE.Group();
  let kind = rng.pick(EDGES[road]);
  for (let x = -LENGTH / 2; x < LENGTH / 2; x += FACADE) {
    if (rng.chance(0.4)) kind = rng.pick(EDGES[road]);
    row.add(place(stockFacade(kit, kind, FACADE, night), x + FACADE / 2, 0));
  }
  return row;
}

/** Lamp posts along the kerbs; their feet go to `posts`, the lights come back. */
function lampRow(
  kit: Kit,
  root: THREE.Group,
  plan: StreetPlan,
  lit: boolean,
  posts: THREE.Vector3[],
): StreetLamp[] {
  const { rng } = kit;
  const lights: StreetLamp[] = [];
  const step = rng.range(14, 24);
  const both = plan.carriageway > 10;
  for (let x = -LENGTH / 2 + rng.range(2, step); x < LENGTH / 2; x += step) {
    root.add(
      place(
        readyMade(kit, `lamp ${lit}`, 1, (own) => createLampPost(own, lit)),
        x,
        -0.35,
        0,
        KERB,
      ),
    );
    posts.push(new THREE.Vector3(x, 0, -0.35));
    lights.push({ at: new THREE.Vector3(x, 5.9, 1.4), power: 1, color: undefined });
    if (!both) continue;
    root.add(
      place(
        readyMade(kit, `lamp ${lit}`, 1, (own) => createLampPost(own, lit)),
        x + step / 2,
        plan.carriageway + 0.35,
        Math.PI,
        KERB,
      ),
    );
    posts.push(new THREE.Vector3(x + step / 2, 0, plan.carriageway + 0.35));
    lights.push({
      at: new THREE.Vector3(x + step / 2, 5.9, plan.carriageway - 1.4),
      power: 1,
      color: undefined,
    });
  }
  return lights;
}

function busyness(kit: Kit, road: RoadClass): StreetBusyness {
  const { rng } = kit;
  const stalls = rng.chance(0.17) ? 0 : rng.chance(0.45) ? rng.int(8, 18) : rng.int(2, 8);
  return {
    stalls,
    bare: stalls === 0,
    middle: rng.range(-12, 12),
    crowd: rng.pick([0.2, 0.5, 1, 1, 1.6, 2.4]),
    traffic: road === 'lane' ? rng.range(0, 0.7) : rng.range(0, 1.6),
  };
}

/** Builds a street of some kind with its life and the cameras that look at it. */
export function stageStreetSet(kit: Kit, views: number): StreetSet {
  const { rng, lib } = kit;
  const mood = pickStreetMood(rng);
  const night = isDark(mood);
  const road = rng.pick(['arterial', 'secondary', 'secondary', 'lane'] as const);
  const plan = planOf(kit, road, mood);
  const ground = createStreet(kit, plan);
  const soil = floor(lib.surface(rng.pick(['soil', 'grass', 'concrete', 'paveGrey'])), 190, 120, [
    0,
    -0.03,
    plan.carriageway / 2,
  ]);
  const base = group(ground, soil);
  bakeParts(lib, base);
  const root = group(
    base,
    place(edgeRow(kit, road, night), 0, -plan.pavement),
    place(edgeRow(kit, road, night), 0, plan.carriageway + plan.farPavement, Math.PI),
  );
  for (const side of [-1, 1]) {
    const end = stockFacade(kit, 'housing', 30, night);
    root.add(place(end, side * (LENGTH / 2 + rng.range(4, 10)), plan.carriageway / 2, (side * -Math.PI) / 2));
  }
  const taken = new Ground();
  const posts: THREE.Vector3[] = [];
  const lamps = lampRow(kit, root, plan, night, posts);
  for (const { x, z } of posts) taken.take(x, z, 0.2);
  const life = fillStreet(kit, root, taken, plan, busyness(kit, road), night, mood === 'rain');
  return {
    root,
    labelled: life.labelled,
    views: chooseViews(rng, plan, { ...life, posts }, views),
    mood,
    lamps: [...lamps, ...life.lamps],
  };
}
