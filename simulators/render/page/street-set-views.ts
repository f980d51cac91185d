import * as THREE from 'three';
import type { Rng } from './random.ts';
import type { StreetPlan } from './street.ts';
import type { StreetClass } from './street-classes.ts';
import type { StreetLife } from './street-set-life.ts';

/** Where a camera of a street picture hangs and looks. */
export interface PoleView {
  readonly eye: THREE.Vector3;
  readonly target: THREE.Vector3;
  /** Across, in degrees. */
  readonly hfov_deg: number;
  readonly roll: number;
}

/** What a sight of one thing of a class is worth when views are chosen. */
const WORTH: Record<StreetClass, number> = {
  person: 0.5,
  'two-wheeler': 0.6,
  tricycle: 2,
  car: 0.5,
  truck: 1.2,
  'muck-truck': 2.5,
  stall: 3,
  canopy: 1.5,
  goods: 2,
};

/** Views drawn for each one that is taken. */
const DRAWS = 9;

/** View from a pole at the street's edge, mostly along it, sometimes across. */
function poleView(rng: Rng, plan: StreetPlan): PoleView {
  const height = rng.range(4, 9);
  const down = THREE.MathUtils.degToRad(rng.chance(0.75) ? rng.range(15, 32) : rng.range(32, 42));
  const nearSide = rng.chance(0.5);
  const depth = nearSide ? plan.pavement : plan.farPavement;
  // Most poles stand at the kerb, a few cameras hang at a front.
  const back = rng.chance(0.75) ? rng.range(0.1, 0.9) : rng.range(0.1, 0.9) * depth;
  const z = nearSide ? -back : plan.carriageway + back;
  const forward = rng.chance(0.5) ? 1 : -1;
  // Zero looks along the street, a quarter turn across it.
  const across = rng.chance(0.65) ? rng.range(-0.1, 0.6) : rng.range(0.5, 1.5);
  const turn = across * (nearSide ? 1 : -1);
  const x = forward * rng.range(-36, 6);
  const reach = height / Math.tan(down);
  return {
    eye: new THREE.Vector3(x, height, z),
    target: new THREE.Vector3(x + Math.cos(turn) * forward * reach, 0, z + Math.sin(turn) * reach),
    hfov_deg: rng.range(50, 90),
    roll: rng.chance(0.3) ? rng.gauss() * 0.03 : 0,
  };
}

/** A street as far as the choice of views goes. */
interface Sights extends StreetLife {
  /** Feet of lamp posts. */
  readonly posts: readonly THREE.Vector3[];
}

/** How much a camera would see; a tree before it spoils the view. */
function worthOf(view: PoleView, life: Sights): number {
  const ahead = view.target.clone().sub(view.eye).setY(0).normalize();
  const half = THREE.MathUtils.degToRad(view.hfov_deg) * 0.46;
  const offset = new THREE.Vector3();
  const sight = (at: THREE.Vector3): number => {
    offset.copy(at).sub(view.eye).setY(0);
    return offset.angleTo(ahead) < half ? offset.length() : Number.POSITIVE_INFINITY;
  };
  const near = Math.max(2, view.eye.y * 0.7);
  let worth = 0;
  for (const { object, labelClass } of life.labelled) {
    if (object.parent === null) continue;
    const metres = sight(object.getWorldPosition(new THREE.Vector3()));
    if (metres > near && metres < 34) worth += WORTH[labelClass] * (metres < 18 ? 1 : 0.5);
  }
  const hidden = life.trees.some(
    (tree) => tree.distanceTo(view.eye.clone().setY(0)) < 3.2 || sight(tree) < 8,
  );
  const barred = life.posts.some((post) => sight(post) < 5);
  return hidden || barred ? -1 : worth;
}

/** Views that show something, each from a pole of its own; a few are taken whatever they show. */
export function chooseViews(rng: Rng, plan: StreetPlan, life: Sights, count: number): PoleView[] {
  return Array.from({ length: count }, () => {
    const drawn = Array.from({ length: DRAWS }, () => poleView(rng, plan));
    const ranked = drawn.map((view) => ({ view, worth: worthOf(view, life) }));
    // A few views are taken whatever they show, as long as nothing hangs before the lens.
    const any = rng.chance(0.1) ? ranked.find(({ worth }) => worth >= 0) : undefined;
    ranked.sort((a, b) => b.worth - a.worth);
    return (any ?? ranked[0] ?? { view: poleView(rng, plan) }).view;
  });
}
