import type { Actor, ActorPlan } from './actor.ts';
import { faceAhead } from './actor-motion.ts';
import { createBag } from './bags.ts';
import { BIN_COLORS, createBin, toppings } from './bins.ts';
import { rubbleCore } from './bulky.ts';
import { createGoodsStack } from './goods.ts';
import { createHeap } from './heaps.ts';
import type { Kit } from './library.ts';
import { group } from './shapes.ts';

/** Crates and cartons in front of a shop. */
export function createGoodsActor(kit: Kit): Actor {
  const object = faceAhead(createGoodsStack(kit));
  return { object, labelClass: 'goods', boxes: [{ object, labelClass: 'goods' }], set: () => undefined };
}

/** Rubbish bag. */
export function createBagActor(kit: Kit): Actor {
  return { object: group(createBag(kit, kit.rng.range(0.4, 0.6))), boxes: [], set: () => undefined };
}

/** Heap of muck, rubble or bags that grows with its state `size`. */
export function createHeapActor(kit: Kit, plan: ActorPlan): Actor {
  const heap =
    plan.form === 'bags'
      ? createHeap(kit, { kind: 'mixed', radius: kit.rng.range(0.7, 1.1), wall: false })
      : plan.form === 'rubble'
        ? createHeap(kit, { kind: 'rubble', radius: kit.rng.range(1, 1.6), wall: false })
        : group(
            rubbleCore(kit, kit.rng.range(1.8, 2.4), kit.rng.range(1.1, 1.5), kit.lib.surface('soil'), false),
          );
  const object = group(heap);
  return {
    object,
    boxes: [],
    set: ({ size = 1 }) => {
      heap.visible = size > 0.02;
      heap.scale.setScalar(Math.cbrt(Math.max(0.02, size)));
    },
  };
}

/** Wheeled bin; above a `fill` of 1 rubbish towers out of it. */
export function createBinActor(kit: Kit): Actor {
  const { rng } = kit;
  const plan = { color: rng.pick(BIN_COLORS), sorting: rng.int(0, 3), form: 'cart' as const };
  const closed = createBin(kit, { ...plan, state: 'closed' });
  const open = createBin(kit, { ...plan, state: 'open' });
  const content = toppings(kit, 0.24, 0.28, 0.7);
  const object = faceAhead(group(closed, open, content));
  return {
    object,
    boxes: [],
    set: ({ fill = 0 }) => {
      closed.visible = fill < 0.85;
      open.visible = !closed.visible;
      content.visible = open.visible;
      content.position.y = 0.55 + 0.44 * Math.min(1, Math.max(0, (fill - 0.6) / 0.6));
    },
  };
}
