import type * as THREE from 'three';
import type { Kit } from './library.ts';
import type { Ground } from './placing.ts';
import type { StreetPlan } from './street.ts';
import type { StreetLabelled } from './street-labels.ts';
import type { StreetLamp } from './street-set-light.ts';
import { person, REACH, type Site, type StreetBusyness } from './street-set-site.ts';
import { addStalls } from './street-set-stalls.ts';
import { addFurniture, addShopGoods, addTrees } from './street-set-things.ts';
import { addMoving, addParked, addTrucks } from './street-set-traffic.ts';

/** Who stoops looks small and is who leaves things behind: it must be seen often enough to be learnt. */
const RESTING = ['standing', 'standing', 'sitting', 'stooping', 'stooping', 'squatting'] as const;

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
      walking ? 'walking' : rng.pick(RESTING),
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
  addTrucks(site);
  addStalls(site, busy);
  addParked(site, busy.traffic);
  addMoving(site, busy.traffic);
  addTrees(site);
  addShopGoods(site);
  addFurniture(site);
  addWalkers(site, busy.crowd);
  return site;
}
