import * as THREE from 'three';
import { createFacade, type FacadeKind } from './buildings.ts';
import type { Labelled } from './labelling.ts';
import type { Kit } from './library.ts';
import { type Mood, pickMood } from './lighting.ts';
import { Ground } from './placing.ts';
import { createFallenLeaves } from './plants.ts';
import { group, place } from './shapes.ts';
import { createStreet, KERB, type StreetPlan } from './street.ts';
import { addKerbside, addPavementLife, addTraffic, lampPosts } from './street-life.ts';
import { chooseView, type View } from './viewpoints.ts';
import { createWasteSpot, SPOT_KINDS } from './waste-spot.ts';

/** A scene ready to be lit and photographed. */
export interface Staging {
  readonly root: THREE.Group;
  readonly labelled: readonly Labelled[];
  readonly views: readonly View[];
  readonly mood: Mood;
  readonly lamps: readonly THREE.Vector3[];
}

/** What a street picture shall show. */
export interface StreetWish {
  readonly waste: boolean;
  readonly style: 'hand' | 'pole';
  readonly views: number;
}

const LENGTH = 56;
const EDGES: readonly FacadeKind[] = [
  'shops',
  'shops',
  'housing',
  'wall',
  'wall',
  'hoarding',
  'hedge',
  'fence',
];

function edgeRow(kit: Kit, middle: FacadeKind, night: boolean): THREE.Group {
  const { rng } = kit;
  const made = new THREE.Group();
  const centre = rng.range(7, 12);
  made.add(createFacade(kit, { kind: middle, length: centre, night }));
  for (const side of [-1, 1]) {
    let x = centre / 2;
    while (x < LENGTH / 2) {
      const length = rng.range(7, 12);
      made.add(
        place(createFacade(kit, { kind: rng.pick(EDGES), length, night }), side * (x + length / 2), 0),
      );
      x += length;
    }
  }
  return made;
}

/** Builds a street with or without bins and rubbish, seen by one or more cameras. */
export function stageStreet(kit: Kit, wish: StreetWish): Staging {
  const { rng } = kit;
  const mood = pickMood(rng);
  const night = mood === 'night' || mood === 'dusk';
  const plan: StreetPlan = {
    pavement: rng.range(2.2, 4.8),
    carriageway: rng.range(5.5, 9.5),
    farPavement: 2.5,
    length: LENGTH + 20,
    wet: mood === 'rain' || rng.chance(0.08),
    zebra: rng.chance(0.3) ? rng.range(-8, 8) : undefined,
  };
  const middle = rng.pick(EDGES);
  const far = edgeRow(kit, rng.pick(EDGES), night);
  const root = group(
    createStreet(kit, plan),
    place(edgeRow(kit, middle, night), 0, -plan.pavement),
    place(far, 0, plan.carriageway + plan.farPavement, Math.PI),
  );
  for (const side of [-1, 1]) {
    root.add(
      place(
        createFacade(kit, { kind: 'housing', length: 30, night }),
        side * (LENGTH / 2 + 6),
        3,
        (side * -Math.PI) / 2,
      ),
    );
  }
  const ground = new Ground();
  const labelled: Labelled[] = [];
  const focus = new THREE.Vector3(rng.range(-3, 3), 0.4, -plan.pavement + 0.6);
  let width = 1.2;
  if (wish.waste) {
    const atWall = rng.chance(0.72);
    const spot = createWasteSpot(kit, rng.pick(SPOT_KINDS), atWall);
    const z = atWall ? -plan.pavement : rng.chance(0.6) ? -1.6 : 0.25;
    root.add(place(spot.root, focus.x, z, atWall ? 0 : rng.gauss() * 0.12, z > 0 ? 0 : KERB));
    labelled.push(...spot.labelled);
    focus.z = z + 0.6;
    width = spot.width;
    for (let x = -width / 2; x <= width / 2; x += 0.5) ground.take(focus.x + x, focus.z, 0.9);
  } else if (rng.chance(0.5)) focus.z = rng.range(-plan.pavement, plan.carriageway);
  const maxZ = plan.carriageway + plan.farPavement - 0.4;
  const views = Array.from({ length: wish.views }, () =>
    chooseView(rng, { focus, width, maxZ, style: wish.style }),
  );
  for (const view of views) {
    ground.take(view.eye.x, view.eye.z, wish.style === 'hand' ? 1.6 : 0.8);
    if (rng.chance(0.75)) ground.takeLine(view.eye, focus, 0.35);
  }
  const lamps = lampPosts(kit, root, night);
  addPavementLife(kit, root, ground, plan);
  addKerbside(kit, root, ground);
  addTraffic(kit, root, ground, plan, night);
  if (rng.chance(0.4))
    root.add(place(createFallenLeaves(kit, 5, rng.int(30, 260)), focus.x, -1.2, 0, KERB + 0.01));
  return { root, labelled, views, mood, lamps };
}
