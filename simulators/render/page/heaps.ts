import * as THREE from 'three';
import { type BagColor, createBag, createSack } from './bags.ts';
import { mattress, oldArmchair, oldCabinet, plank, rubbleCore } from './bulky.ts';
import type { Kit } from './library.ts';
import { createBottle, createCarton, createCup, createFoodBox, createScraps } from './litter.ts';
import { contactShadow, group, place } from './shapes.ts';

/** Kinds of rubbish lying about. */
export type HeapKind =
  | 'bags'
  | 'black-bags'
  | 'mixed'
  | 'cartons'
  | 'sacks'
  | 'rubble'
  | 'furniture'
  | 'litter';

/** Frequent kinds stand more often in the list. */
export const HEAP_KINDS: readonly HeapKind[] = [
  'bags',
  'bags',
  'mixed',
  'mixed',
  'mixed',
  'black-bags',
  'cartons',
  'sacks',
  'rubble',
  'furniture',
  'litter',
  'litter',
];

/** A heap of `radius` metres; with `wall` it leans at a wall along z = 0 and spreads to +z. */
export interface HeapPlan {
  readonly kind: HeapKind;
  readonly radius: number;
  readonly wall: boolean;
}

interface Mound {
  readonly radius: number;
  readonly height: number;
  readonly wall: boolean;
}

/** Random place on the mound, `lift` metres above its surface. */
function onMound(kit: Kit, m: Mound, lift: number): readonly [number, number, number] {
  const { rng } = kit;
  const angle = m.wall ? rng.range(0, Math.PI) : rng.range(0, Math.PI * 2);
  const share = Math.sqrt(rng.next());
  const surface = m.height * Math.max(0, 1 - share ** 1.4);
  const squash = m.wall ? 0.75 : 0.85;
  return [Math.cos(angle) * share * m.radius, surface + lift, Math.sin(angle) * share * m.radius * squash];
}

function scatter(
  kit: Kit,
  heap: THREE.Group,
  m: Mound,
  count: number,
  make: () => THREE.Object3D,
  tilt: number,
  sink: number,
): void {
  for (let i = 0; i < count; i += 1) {
    const [x, y, z] = onMound(kit, m, 0);
    const thing = make();
    thing.position.set(x, Math.max(0, y - sink), z);
    const slack = Math.min(1, y / 0.2);
    thing.rotation.set(
      kit.rng.gauss() * tilt * slack,
      kit.rng.range(0, 6.28),
      kit.rng.gauss() * tilt * slack,
    );
    heap.add(thing);
  }
}

/** Loose rubbish around and on a mound. */
function crumbs(kit: Kit, heap: THREE.Group, m: Mound, density: number): void {
  const { rng } = kit;
  const area = m.radius * m.radius;
  const spread = { ...m, radius: m.radius * 1.08 };
  heap.add(
    createScraps(kit, Math.ceil(density * (14 + 34 * area)), 0.07, 0.3, () => onMound(kit, spread, 0.01)),
  );
  const few = Math.ceil(density * (2 + 4 * area));
  scatter(kit, heap, spread, rng.int(1, few), () => createBottle(kit), 0.5, 0);
  scatter(kit, heap, spread, rng.int(1, few), () => createFoodBox(kit), 0.5, 0);
  scatter(kit, heap, spread, rng.int(0, few), () => createCup(kit), 0.5, 0);
}

/** Dark filling, so that the ground does not shine through between the bags. */
function filling(kit: Kit, m: Mound): THREE.Mesh {
  const core = rubbleCore(
    kit,
    m.radius * 0.82,
    m.height * 0.85,
    kit.lib.plain(0x4c463f, { roughness: 1 }),
    m.wall,
  );
  return core;
}

function bagHeap(kit: Kit, m: Mound, color: BagColor): THREE.Group {
  const { rng } = kit;
  const heap = new THREE.Group();
  const area = m.radius * m.radius;
  const size = Math.min(0.62, 0.34 + m.radius * 0.14);
  const count = Math.max(2, Math.round((area * 9 * (m.wall ? 0.6 : 1) * 0.16) / (size * size)));
  if (m.radius > 0.75) heap.add(filling(kit, m));
  for (let i = 0; i < Math.min(70, count); i += 1) {
    const [x, y, z] = onMound(kit, m, 0);
    const bag = createBag(
      kit,
      size * rng.range(0.55, 1.15),
      color === 'any' || rng.chance(0.8) ? color : 'any',
    );
    const lying = y > 0.1 || rng.chance(0.35);
    bag.position.set(x, Math.max(0, y - size * 0.35), z);
    bag.rotation.set(lying ? rng.gauss() * 0.5 : 0, rng.range(0, 6), lying ? rng.gauss() * 0.5 : 0);
    heap.add(bag);
  }
  return heap;
}

function furnitureHeap(kit: Kit, m: Mound): THREE.Group {
  const { rng } = kit;
  const heap = new THREE.Group();
  if (rng.chance(0.55))
    heap.add(place(mattress(kit), rng.range(-0.3, 0.3), m.wall ? 0.3 : 0, rng.range(-0.15, 0.15)));
  else heap.add(place(oldArmchair(kit), rng.range(-0.3, 0.3), 0.5, rng.range(-0.6, 0.6)));
  if (rng.chance(0.6)) heap.add(place(oldCabinet(kit), m.radius * 0.8, 0.35, rng.range(-0.3, 0.3)));
  scatter(kit, heap, { ...m, height: 0.1 }, rng.int(2, 6), () => plank(kit), 0.15, 0);
  scatter(kit, heap, { ...m, height: 0.1 }, rng.int(1, 4), () => createBag(kit, rng.range(0.3, 0.5)), 0.2, 0);
  return heap;
}

function cartonHeap(kit: Kit, m: Mound): THREE.Group {
  const { rng } = kit;
  const heap = new THREE.Group();
  const count = Math.round(3 + m.radius * m.radius * 9);
  const form = (): 'whole' | 'open' | 'flat' => rng.pick(['open', 'open', 'flat', 'flat', 'whole']);
  scatter(kit, heap, m, count, () => createCarton(kit, form()), 0.35, 0.1);
  scatter(kit, heap, m, rng.int(0, 4), () => createBag(kit, rng.range(0.25, 0.5)), 0.3, 0.1);
  return heap;
}

function looseHeap(kit: Kit, kind: 'sacks' | 'rubble', m: Mound): THREE.Group {
  const { rng } = kit;
  const heap = new THREE.Group();
  if (kind === 'rubble') {
    heap.add(
      rubbleCore(
        kit,
        m.radius,
        m.height,
        kit.lib.surface('rubble', { tint: rng.pick([0xffffff, 0xd9b8a0, 0xc8c8c8]) }),
        m.wall,
      ),
    );
    const stone = (): THREE.Object3D =>
      rubbleCore(
        kit,
        rng.range(0.06, 0.16),
        rng.range(0.08, 0.18),
        kit.lib.surface(rng.pick(['rubble', 'brickRed', 'concrete'])),
        false,
      );
    scatter(kit, heap, { ...m, radius: m.radius * 1.1 }, Math.round(20 + 22 * m.radius), stone, 0.8, 0.02);
    scatter(kit, heap, m, rng.int(0, 4), () => plank(kit), 0.3, 0);
  }
  const sacks = kind === 'sacks' ? Math.round(3 + m.radius * m.radius * 7) : rng.int(0, 3);
  scatter(
    kit,
    heap,
    kind === 'sacks' ? m : { ...m, height: 0 },
    sacks,
    () => createSack(kit, rng.range(0.45, 0.7)),
    0.5,
    0.12,
  );
  return heap;
}

function heapBody(kit: Kit, plan: HeapPlan, m: Mound): THREE.Group {
  switch (plan.kind) {
    case 'bags':
      return bagHeap(kit, m, 'any');
    case 'black-bags':
      return bagHeap(kit, m, kit.rng.pick(['black', 'black', 'clear', 'white']));
    case 'mixed': {
      const heap = bagHeap(kit, m, 'any');
      scatter(
        kit,
        heap,
        m,
        kit.rng.int(1, 2 + Math.round(m.radius * 2)),
        () => createCarton(kit, kit.rng.pick(['open', 'flat', 'whole'])),
        0.5,
        0.1,
      );
      return heap;
    }
    case 'cartons':
      return cartonHeap(kit, m);
    case 'furniture':
      return furnitureHeap(kit, m);
    case 'sacks':
    case 'rubble':
      return looseHeap(kit, plan.kind, m);
    case 'litter':
      return new THREE.Group();
  }
}

const CRUMB_DENSITY: Record<HeapKind, number> = {
  bags: 0.7,
  'black-bags': 0.35,
  mixed: 1.3,
  cartons: 0.6,
  sacks: 0.4,
  rubble: 0.5,
  furniture: 0.5,
  litter: 1.6,
};

/** Heap of rubbish around the origin (or in front of a wall at z = 0). */
export function createHeap(kit: Kit, plan: HeapPlan): THREE.Group {
  const steep = plan.kind === 'litter' ? 0.05 : kit.rng.range(0.35, 0.75);
  const m: Mound = { radius: plan.radius, height: Math.min(1.3, plan.radius * steep), wall: plan.wall };
  const heap = heapBody(kit, plan, m);
  // Loose pieces lie at the feet of furniture, not on an imagined mound over it.
  const loose = plan.kind === 'furniture' ? { ...m, height: 0.04 } : m;
  crumbs(kit, heap, loose, CRUMB_DENSITY[plan.kind] * kit.rng.range(0.5, 1.4));
  const dirt = contactShadow(kit.lib, plan.radius * 2.5, plan.radius * (plan.wall ? 1.9 : 2.3), 0.55);
  dirt.position.z = plan.wall ? plan.radius * 0.35 : 0;
  return group(heap, dirt);
}
