import type { Actor, ActorPlan } from './actor.ts';
import { faceAhead } from './actor-motion.ts';
import { createFruitStand, createStall } from './goods.ts';
import type { Kit } from './library.ts';

/** Stall with its goods laid out. */
export function createStallActor(kit: Kit, _plan: ActorPlan): Actor {
  const object = faceAhead(createFruitStand(kit));
  return { object, labelClass: 'stall', boxes: [{ object, labelClass: 'stall' }], set: () => undefined };
}

/** Tent or parasol set up on the ground. */
export function createCanopyActor(kit: Kit, _plan: ActorPlan): Actor {
  const object = faceAhead(createStall(kit));
  return { object, labelClass: 'canopy', boxes: [{ object, labelClass: 'canopy' }], set: () => undefined };
}
