import * as THREE from 'three';
import { createBag } from './bags.ts';
import type { Kit } from './library.ts';
import {
  createPerson,
  type Person,
  type PersonPlan,
  poseRiding,
  poseStanding,
  poseWalking,
} from './people.ts';
import { group } from './shapes.ts';
import { createScooter } from './two-wheelers.ts';

/** Moment and place on a path: seconds into the clip, metres along and across the street. */
export type Stop = readonly [seconds: number, x: number, z: number];

/** Something that moves through the clip. */
export interface Actor {
  readonly root: THREE.Object3D;
  /** Sets place, pose and visibility for a moment of the clip in seconds. */
  readonly update: (seconds: number) => void;
}

interface PathPoint {
  readonly x: number;
  readonly z: number;
  /** Direction of travel, as a turn about the upright axis. */
  readonly turn: number;
  /** Metres since the start. */
  readonly walked: number;
  readonly moving: boolean;
}

/** Point of a path at a moment; undefined before its start and after its end. */
function along(path: readonly Stop[], seconds: number): PathPoint | undefined {
  let walked = 0;
  let turn = 0;
  for (let i = 0; i + 1 < path.length; i += 1) {
    const from = path[i];
    const to = path[i + 1];
    if (!from || !to || seconds < from[0]) return undefined;
    const dx = to[1] - from[1];
    const dz = to[2] - from[2];
    const length = Math.hypot(dx, dz);
    if (length > 0.01) turn = Math.atan2(-dz, dx);
    if (seconds < to[0]) {
      const share = (seconds - from[0]) / (to[0] - from[0]);
      return {
        x: from[1] + dx * share,
        z: from[2] + dz * share,
        turn,
        walked: walked + length * share,
        moving: length > 0.01,
      };
    }
    walked += length;
  }
  return undefined;
}

/** Metres covered by two steps. */
const STRIDE = 1.35;

/** What a walker does on the way. */
export interface WalkerPlan extends PersonPlan {
  readonly path: readonly Stop[];
  /** Height of the ground in metres. */
  readonly ground: number;
  /** Rubbish bags in the hands until this second. */
  readonly bagsUntil?: number;
  /** Stoops when standing still (to put something down). */
  readonly stoops?: boolean;
}

function bagsInHands(kit: Kit, person: Person): THREE.Group {
  const bags = new THREE.Group();
  for (const side of [-1, 1]) {
    const bag = createBag(kit, 0.4, kit.rng.pick(['black', 'white', 'red']));
    bag.position.set(0.06, 0.28, side * 0.34);
    bags.add(bag);
  }
  person.root.add(bags);
  return bags;
}

/** Person walking along a path. */
export function walker(kit: Kit, plan: WalkerPlan): Actor {
  const person = createPerson(kit, plan);
  const bags = plan.bagsUntil === undefined ? undefined : bagsInHands(kit, person);
  return {
    root: person.root,
    update: (seconds) => {
      const point = along(plan.path, seconds);
      person.root.visible = point !== undefined;
      if (!point) return;
      person.root.position.set(point.x, plan.ground, point.z);
      person.root.rotation.y = point.turn;
      if (bags) {
        bags.visible = seconds < (plan.bagsUntil ?? 0);
        if (point.moving) bags.position.set(0, 0, 0);
        else bags.position.set(0.45, plan.stoops ? -0.22 : 0.35, 0);
      }
      if (point.moving) poseWalking(person, (point.walked / STRIDE) * Math.PI * 2);
      else poseStanding(person, plan.stoops ? 0.9 : 0.1);
    },
  };
}

/** Vehicle along a path; its nose is at +x of the thing. */
export function driver(vehicle: THREE.Object3D, path: readonly Stop[]): Actor {
  const root = group(vehicle);
  return {
    root,
    update: (seconds) => {
      const point = along(path, seconds);
      root.visible = point !== undefined;
      if (!point) return;
      root.position.set(point.x, 0, point.z);
      root.rotation.y = point.turn;
    },
  };
}

/** Scooter with a rider. */
export function rider(kit: Kit, path: readonly Stop[]): Actor {
  const person = createPerson(kit);
  poseRiding(person);
  person.root.position.set(-0.32, -0.08, 0);
  return driver(group(createScooter(kit), person.root), path);
}
