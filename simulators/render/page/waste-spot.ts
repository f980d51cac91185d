import * as THREE from 'three';
import { BIN_COLORS, type BinPlan, type BinState, createBin } from './bins.ts';
import { createHeap, HEAP_KINDS } from './heaps.ts';
import type { Labelled } from './labelling.ts';
import type { Kit } from './library.ts';
import { createRoundBin, createSkip, createStreetLitterBin } from './litter-bins.ts';
import { place } from './shapes.ts';
import { SORTING } from './sign-textures.ts';

/** Kinds of places where bins stand or rubbish lies. */
export type SpotKind = 'row' | 'heap' | 'bins-and-heap' | 'overflow' | 'skip' | 'litter-bin' | 'two-heaps';

/** Frequent kinds stand more often in the list. */
export const SPOT_KINDS: readonly SpotKind[] = [
  'row',
  'row',
  'heap',
  'heap',
  'heap',
  'bins-and-heap',
  'bins-and-heap',
  'bins-and-heap',
  'overflow',
  'overflow',
  'skip',
  'litter-bin',
  'two-heaps',
];

/** A finished place: its things, their classes, its width and depth in metres. */
export interface WasteSpot {
  readonly root: THREE.Group;
  readonly labelled: readonly Labelled[];
  readonly width: number;
  readonly depth: number;
}

interface Draft {
  readonly root: THREE.Group;
  readonly labelled: Labelled[];
}

function addLabelled(draft: Draft, object: THREE.Object3D, classId: Labelled['classId']): void {
  draft.root.add(object);
  draft.labelled.push({ object, classId });
}

function pickState(kit: Kit, overflow: number): BinState {
  if (kit.rng.chance(overflow)) return 'overflowing';
  return kit.rng.chance(0.12) ? 'open' : 'closed';
}

/** Row of bins along x starting at `from`; returns where it ends. */
function addBins(kit: Kit, draft: Draft, count: number, from: number, overflow: number): number {
  const { rng } = kit;
  const sorted = rng.chance(0.35);
  const common = rng.pick(BIN_COLORS);
  const form: BinPlan['form'] = rng.chance(0.15) ? 'container' : 'cart';
  const gap = rng.chance(0.7) ? rng.range(0.02, 0.15) : rng.range(0.15, 0.6);
  const step = (form === 'cart' ? 0.6 : 1.4) + gap;
  let x = from;
  for (let i = 0; i < count; i += 1) {
    const state = pickState(kit, overflow);
    const sorting = sorted ? i % SORTING.length : rng.int(0, 3);
    const color = sorted
      ? (SORTING[sorting]?.color ?? common)
      : rng.chance(0.8)
        ? common
        : rng.pick(BIN_COLORS);
    const bin = createBin(kit, { state, color, sorting, form });
    const turn = rng.gauss() * 0.12 + (rng.chance(0.06) ? 1.5 : 0);
    addLabelled(
      draft,
      place(bin, x + step / 2, 0.45 + rng.range(-0.08, 0.08), turn),
      state === 'overflowing' ? 2 : 1,
    );
    x += step;
  }
  return x;
}

function addHeap(kit: Kit, draft: Draft, x: number, radius: number, wall: boolean): void {
  const plan = { kind: kit.rng.pick(HEAP_KINDS), radius, wall };
  const heap = createHeap(kit, plan);
  addLabelled(draft, place(heap, x, wall ? 0.05 : radius * 0.9), 0);
}

function heapRadius(kit: Kit): number {
  return Math.exp(kit.rng.range(Math.log(0.42), Math.log(2.1)));
}

function fillSpot(kit: Kit, draft: Draft, kind: SpotKind, wall: boolean): number {
  const { rng } = kit;
  switch (kind) {
    case 'row':
      return addBins(kit, draft, rng.int(1, 6), 0, 0.08);
    case 'overflow': {
      return addBins(kit, draft, rng.int(1, 3), 0, 0.75);
    }
    case 'heap': {
      const radius = heapRadius(kit);
      addHeap(kit, draft, radius, radius, wall);
      return radius * 2;
    }
    case 'two-heaps': {
      const a = rng.range(0.4, 0.8);
      const b = rng.range(0.4, 0.9);
      addHeap(kit, draft, a, a, wall);
      addHeap(kit, draft, 2 * a + 1 + b, b, wall);
      return 2 * a + 1 + 2 * b;
    }
    case 'bins-and-heap': {
      const end = addBins(kit, draft, rng.int(1, 4), 0, 0.5);
      const radius = rng.range(0.4, 1.1);
      const right = rng.chance(0.5);
      // In front of the bins or beside them: both are usual.
      const heap = createHeap(kit, {
        kind: rng.pick(['bags', 'mixed', 'mixed', 'litter', 'black-bags', 'cartons']),
        radius,
        wall: false,
      });
      const beside = rng.chance(0.6);
      const x = beside ? (right ? end + radius : -radius) : rng.range(0, end);
      addLabelled(draft, place(heap, x, beside ? radius * 0.9 : 0.95 + radius * 0.75), 0);
      return end + (beside ? radius * 2 : 0);
    }
    case 'skip': {
      const full = rng.chance(0.5);
      addLabelled(draft, place(createSkip(kit, full), 1.2, 0.85), full ? 2 : 1);
      if (full && rng.chance(0.5)) addHeap(kit, draft, 3.1, rng.range(0.4, 0.8), false);
      return 2.4;
    }
    case 'litter-bin': {
      const full = rng.chance(0.4);
      const bin = rng.chance(0.75) ? createStreetLitterBin(kit, full) : createRoundBin(kit, full);
      addLabelled(draft, place(bin, 0.6, 0.4, rng.gauss() * 0.3), full ? 2 : 1);
      if (full && rng.chance(0.4)) addHeap(kit, draft, 1.7, rng.range(0.35, 0.6), false);
      return 1.2;
    }
  }
}

/** Builds a place with its back at z = 0 and its middle at x = 0. */
export function createWasteSpot(kit: Kit, kind: SpotKind, wall: boolean): WasteSpot {
  const draft: Draft = { root: new THREE.Group(), labelled: [] };
  const width = fillSpot(kit, draft, kind, wall);
  for (const child of draft.root.children) child.position.x -= width / 2;
  return { root: draft.root, labelled: draft.labelled, width: Math.max(0.6, width), depth: 1.4 };
}
