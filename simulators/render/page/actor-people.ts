import type * as THREE from 'three';
import type { Actor, ActorPlan } from './actor.ts';
import { followProgress, noseAhead } from './actor-motion.ts';
import { createFigure, type Outfit } from './figures.ts';
import type { Kit } from './library.ts';
import { mergeParts } from './merging.ts';
import { createUmbrella, type Person, poseSitting, poseStanding, poseWalking } from './people.ts';
import { beam, group, roundBox, tube } from './shapes.ts';

/** Metres covered by two steps. */
const STRIDE_M = 1.35;

/** Height of the stool that a sitting person brings along, in metres. */
const STOOL_M = 0.34;

const OUTFITS: Readonly<Record<string, Outfit>> = {
  cleaner: 'cleaner',
  vest: 'vest',
  courier: 'courier',
  vendor: 'vendor',
};

/** Joins what moves together, so that a person costs few draw calls and still walks. */
export function joinLimbs(person: Person): void {
  const joints = new Set<THREE.Object3D>([...person.legs, ...person.arms, ...person.shins]);
  for (const limb of [...person.shins, ...person.arms]) mergeParts(limb, new Set());
  for (const hip of person.legs) mergeParts(hip, joints);
  mergeParts(person.body, joints);
}

function shoppingBag(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const cloth = lib.plain(rng.pick([0xe2ddd0, 0xb8333a, 0x1d1d20, 0x2a5f8a]), { roughness: 0.6 });
  return group(
    roundBox(lib, [0.3, 0.34, 0.14], 0.05, cloth, [0.02, 0.6, 0.33]),
    beam(lib, [0.02, 0.75, 0.33], [0.02, 0.86, 0.3], 0.01, cloth),
  );
}

function showPose(person: Person, posture: number, walked: number | undefined): void {
  person.body.position.y = 0;
  if (posture >= 1.5) poseSitting(person, STOOL_M);
  else if (posture >= 0.5) poseStanding(person, 0.9);
  else if (walked !== undefined) poseWalking(person, walked);
  else poseStanding(person, 0.05);
}

/** Person who walks, stands, stoops or sits; forms: bag, cleaner, vest, courier, vendor. */
export function createPersonActor(kit: Kit, plan: ActorPlan): Actor {
  const { rng, lib } = kit;
  const chosen = OUTFITS[plan.form ?? ''] ?? (rng.chance(0.06) ? 'vest' : 'everyday');
  const person = createFigure(kit, { pose: 'standing', outfit: chosen, plain: true });
  if (plan.form === 'bag') person.body.add(shoppingBag(kit));
  joinLimbs(person);
  const stool = group(
    tube(lib, 0.13, 0.16, STOOL_M, lib.plain(rng.pick([0xb8332a, 0x2a6fa8, 0x8a5a3a])), [
      -0.05,
      STOOL_M / 2,
      0,
    ]),
  );
  const umbrella = createUmbrella(kit);
  mergeParts(umbrella, new Set());
  umbrella.visible = false;
  stool.visible = false;
  person.body.add(umbrella);
  person.root.add(stool);
  const object = noseAhead(person.root);
  const progress = followProgress(object);
  const phase = rng.range(0, 6.28);
  return {
    object,
    labelClass: 'person',
    boxes: [{ object, labelClass: 'person' }],
    set: ({ posture = 0, umbrella: open = 0 }, t_s) => {
      const { way_m, moving } = progress(t_s);
      umbrella.visible = open > 0.5;
      stool.visible = posture >= 1.5;
      showPose(person, posture, moving ? phase + (way_m / STRIDE_M) * Math.PI * 2 : undefined);
    },
  };
}

/** An umbrella left open on the ground. */
export function createUmbrellaActor(kit: Kit): Actor {
  const umbrella = createUmbrella(kit);
  mergeParts(umbrella, new Set());
  umbrella.position.y = -1.1;
  return { object: group(umbrella), boxes: [], set: () => undefined };
}
