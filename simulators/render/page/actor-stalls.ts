import * as THREE from 'three';
import type { Actor, ActorPlan } from './actor.ts';
import { followProgress } from './actor-motion.ts';
import { CANOPY_FORMS, createCanopy } from './canopies.ts';
import type { Kit } from './library.ts';
import { mergeParts } from './merging.ts';
import { group } from './shapes.ts';
import { createStallOf, STALL_FORMS, type StallForm } from './stalls.ts';

/** Steps in which goods are laid out. */
const STEPS = 4;

/** Stalls on wheels look ahead while they are moved, and to their customers where they stand. */
const ON_WHEELS: readonly StallForm[] = ['cart', 'glass-cart', 'tricycle', 'van'];

function formOf(kit: Kit, plan: ActorPlan): StallForm {
  const known = STALL_FORMS.find((form) => form === plan.form);
  // Where a table is asked for, what stands on the pavement may be any of the stands without wheels.
  if (known === 'table') return kit.rng.pick(['table', 'table', 'table', 'board', 'grill', 'crates']);
  if (known === 'cart') return kit.rng.pick(['cart', 'glass-cart', 'glass-cart']);
  return known ?? kit.rng.pick(STALL_FORMS);
}

/** Divides goods into parts that are laid out after each other, each joined. */
function steps(wares: THREE.Group): THREE.Group[] {
  const pieces: THREE.Object3D[] = [];
  wares.updateMatrixWorld(true);
  const collect = (node: THREE.Object3D): void => {
    for (const child of node.children) {
      if (child instanceof THREE.Mesh) pieces.push(child);
      collect(child);
    }
  };
  collect(wares);
  const parts = Array.from({ length: STEPS }, () => group());
  wares.add(...parts);
  pieces.forEach((piece, i) => {
    parts[Math.floor((i / pieces.length) * STEPS)]?.attach(piece);
  });
  for (const part of parts) mergeParts(part, new Set());
  return parts;
}

/** Stall with its goods, without a roof: a roof is an actor of its own. */
export function createStallActor(kit: Kit, plan: ActorPlan): Actor {
  const form = formOf(kit, plan);
  const stall = createStallOf(kit, form, false);
  const parts = steps(stall.wares);
  mergeParts(stall.root, new Set([stall.wares]));
  const object = group(stall.root);
  const progress = followProgress(object);
  const onWheels = ON_WHEELS.includes(form);
  return {
    object,
    labelClass: 'stall',
    boxes: [{ object, labelClass: 'stall' }],
    set: ({ wares = 1 }, t_s) => {
      const { moving } = progress(t_s);
      stall.root.rotation.y = onWheels && moving ? Math.PI / 2 : Math.PI;
      parts.forEach((part, i) => {
        part.visible = wares * STEPS > i + 0.05;
      });
    },
  };
}

/** Tent, parasol or tarp set up on the ground. */
export function createCanopyActor(kit: Kit, plan: ActorPlan): Actor {
  const form = CANOPY_FORMS.find((known) => known === plan.form) ?? kit.rng.pick(CANOPY_FORMS);
  const canopy = createCanopy(kit, form, kit.rng.range(2.4, 3.1));
  mergeParts(canopy, new Set());
  canopy.rotation.y = Math.PI;
  const object = group(canopy);
  return {
    object,
    labelClass: 'canopy',
    boxes: [{ object, labelClass: 'canopy' }],
    set: () => undefined,
  };
}
