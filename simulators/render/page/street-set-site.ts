import type * as THREE from 'three';
import type { Outfit, Pose } from './figures.ts';
import type { Kit } from './library.ts';
import type { Ground } from './placing.ts';
import { place } from './shapes.ts';
import { KERB, type StreetPlan } from './street.ts';
import type { StreetLabelled } from './street-labels.ts';
import type { StreetLamp } from './street-set-light.ts';
import { type Stocked, stockFigure } from './street-set-stock.ts';

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
export interface Site {
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

/** Half the length of the street that is filled, in metres. */
export const REACH = 42;

/** Height of the ground at a place across the street. */
export function levelAt(plan: StreetPlan, z: number): number {
  return z < 0 || z > plan.carriageway ? KERB : 0;
}

/** Puts a thing with its boxes somewhere. */
export function put(site: Site, thing: Stocked, x: number, z: number, turn: number): void {
  site.root.add(place(thing.object, x, z, turn, levelAt(site.plan, z)));
  site.labelled.push(...thing.labelled);
}

/** Puts somebody where there is room. */
export function person(
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
