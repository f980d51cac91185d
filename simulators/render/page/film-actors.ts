import * as THREE from 'three';
import type { StageActor } from '../../city/stage/stage-scene.ts';
import { type Actor, createActor } from './actor.ts';
import type { FilmGround } from './film-ground.ts';
import type { Tagged, Target } from './film-labels.ts';
import { isPresent, placeAt, statesAt } from './film-motion.ts';
import { SOLID_LAYER } from './film-still.ts';
import type { Library } from './library.ts';
import { createRng } from './random.ts';
import { disposeScene } from './studio.ts';

/** An actor on the stage, with the boxes that are measured of it. */
export interface Player {
  readonly actor: Actor;
  readonly plan: StageActor;
  readonly tagged: Tagged;
  /** Puts it where it is at a second of the scenario and shows its states. */
  readonly pose: (t_s: number) => void;
  /** As `pose`, for something that has come to rest. */
  readonly rest: (t_s: number) => void;
  readonly remove: () => void;
}

/** From how full on a bin counts as overflowing. */
const OVERFLOW_FILL = 1;

function targetsOf(actor: Actor, plan: StageActor, fill: () => number): Target[] {
  const { object } = actor;
  if (plan.kind === 'bag' || plan.kind === 'heap')
    return [{ id: plan.id, object, className: () => 'garbage' }];
  if (plan.kind === 'bin')
    return [{ id: plan.id, object, className: () => (fill() > OVERFLOW_FILL ? 'overflow' : 'garbage_bin') }];
  return actor.boxes.map((box) => ({
    id: box.labelClass === actor.labelClass ? plan.id : `${plan.id}/${box.labelClass}`,
    object: box.object,
    className: () => box.labelClass,
  }));
}

/** Shadows and numbers come of solid meshes only, not of glass and soft patches on the ground. */
function markSolid(object: THREE.Object3D): void {
  object.traverse((node) => {
    if (!(node instanceof THREE.Mesh) || node.userData.intangible === true) return;
    const material: unknown = Array.isArray(node.material) ? node.material[0] : node.material;
    if (material instanceof THREE.Material && !material.transparent) node.layers.enable(SOLID_LAYER);
  });
}

/** Nobody stands like a post: turns and shifts a little, differently for everybody. */
function fidget(plan: StageActor, t_s: number): { turn_deg: number; x_m: number; y_m: number } {
  const phase = (plan.look % 1000) / 7;
  const slow = t_s / 17 + phase;
  return {
    turn_deg: 14 * Math.sin(slow) + 9 * Math.sin(slow * 2.7 + phase),
    x_m: 0.05 * Math.sin(slow * 1.3),
    y_m: 0.05 * Math.cos(slow * 0.9),
  };
}

function standsStill(plan: StageActor, t_s: number): boolean {
  const [a, b] = [placeAt(plan.path, t_s - 0.5), placeAt(plan.path, t_s + 0.5)];
  return a !== undefined && b !== undefined && Math.hypot(a.x_m - b.x_m, a.y_m - b.y_m) < 0.02;
}

/** Makes an actor ready to be put on the stage. */
export function createPlayer(lib: Library, plan: StageActor, ground: FilmGround): Player {
  const actor = createActor({ rng: createRng(plan.look), lib }, plan);
  const { object } = actor;
  markSolid(object);
  let fill = 0;
  const pose = (t_s: number): void => {
    const at = placeAt(plan.path, t_s);
    if (!at) return;
    const states = statesAt(plan, t_s);
    fill = states.fill ?? 0;
    const small = plan.kind === 'person' && standsStill(plan, t_s) ? fidget(plan, t_s) : undefined;
    const x = at.x_m + (small?.x_m ?? 0);
    const y = at.y_m + (small?.y_m ?? 0);
    object.position.set(x, ground.heightAt(at.x_m, at.y_m), -y);
    object.rotation.y = -THREE.MathUtils.degToRad(at.heading_deg + (small?.turn_deg ?? 0));
    object.updateMatrixWorld(true);
    actor.set(states, t_s);
  };
  return {
    actor,
    plan,
    tagged: { object, targets: targetsOf(actor, plan, () => fill) },
    pose,
    rest: (t_s) => {
      pose(t_s);
      // Called twice in one place, so that it knows that it no longer moves.
      actor.set(statesAt(plan, t_s), t_s + 0.05);
    },
    remove: () => {
      object.removeFromParent();
      disposeScene(object);
    },
  };
}

/** Keeps the players of those actors that are present. */
export interface Cast {
  /** Creates who has come and removes who has gone; hands out who is there, by place in the scene's list. */
  readonly at: (t_s: number) => ReadonlyMap<number, Player>;
}

/** Makes the cast of a scene; `came` and `went` are told of everybody who does. */
export function createCast(
  lib: Library,
  actors: readonly StageActor[],
  ground: FilmGround,
  came: (player: Player) => void,
  went: (player: Player) => void,
): Cast {
  const present = new Map<number, Player>();
  return {
    at: (t_s) => {
      actors.forEach((plan, i) => {
        const known = present.get(i);
        const here = isPresent(plan, t_s);
        if (here && !known) {
          const player = createPlayer(lib, plan, ground);
          present.set(i, player);
          came(player);
        } else if (!here && known) {
          present.delete(i);
          went(known);
          known.remove();
        }
      });
      return present;
    },
  };
}
