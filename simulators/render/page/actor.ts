import type * as THREE from 'three';
import type { ActorKind, StageState } from '../../city/stage/stage-scene.ts';
import { createPersonActor, createUmbrellaActor } from './actor-people.ts';
import { createCanopyActor, createStallActor } from './actor-stalls.ts';
import { createBagActor, createBinActor, createGoodsActor, createHeapActor } from './actor-things.ts';
import { createVehicleActor } from './actor-vehicles.ts';
import type { Kit } from './library.ts';
import { createRng } from './random.ts';
import type { StreetClass } from './street-classes.ts';

/** Name of what may change about an actor. */
export type StateName = StageState['name'];

/** Values of an actor's states at one moment. */
export type ActorStates = Readonly<Partial<Record<StateName, number>>>;

/** A part of an actor that the detector shall box: all that shows of `object` and what hangs on it. */
export interface ActorBox {
  readonly object: THREE.Object3D;
  readonly labelClass: StreetClass;
}

/** What an actor shall look like; `look` is a seed. */
export interface ActorPlan {
  readonly kind: ActorKind;
  readonly form?: string | undefined;
  readonly look: number;
  readonly plate?: string | undefined;
}

/**
 * A thing that a scene moves about. It stands at the origin on the ground with its front to -z, and is placed and turned
 * as a whole.
 */
export interface Actor {
  readonly object: THREE.Group;
  /** Class of the whole; `boxes` holds it too, and the parts that have boxes of their own (a rider, a stall's canopy). */
  readonly labelClass?: StreetClass;
  readonly boxes: readonly ActorBox[];
  /**
   * Shows the states at a second of the scene. To be called after placing: legs and wheels follow the way covered since
   * the call before.
   */
  set(states: ActorStates, t_s: number): void;
}

/** Makes an actor of any kind; the same plan gives the same looks. */
export function createActor(kit: Kit, plan: ActorPlan): Actor {
  const own: Kit = { rng: createRng(plan.look), lib: kit.lib };
  switch (plan.kind) {
    case 'person':
      return createPersonActor(own, plan);
    case 'two-wheeler':
    case 'tricycle':
    case 'car':
    case 'van':
    case 'bus':
    case 'truck':
    case 'muck-truck':
      return createVehicleActor(own, plan.kind, plan);
    case 'stall':
      return createStallActor(own, plan);
    case 'canopy':
      return createCanopyActor(own, plan);
    case 'goods':
      return createGoodsActor(own);
    case 'bag':
      return createBagActor(own);
    case 'heap':
      return createHeapActor(own, plan);
    case 'bin':
      return createBinActor(own);
    case 'umbrella':
      return createUmbrellaActor(own);
  }
}
