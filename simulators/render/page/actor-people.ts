import type { Actor, ActorPlan } from './actor.ts';
import { followProgress, noseAhead } from './actor-motion.ts';
import type { Kit } from './library.ts';
import { createPerson, poseStanding, poseWalking } from './people.ts';
import { group } from './shapes.ts';

/** Metres covered by two steps. */
const STRIDE_M = 1.35;

/** Person who walks, stands, stoops or sits. */
export function createPersonActor(kit: Kit, plan: ActorPlan): Actor {
  const { rng } = kit;
  const person = createPerson(kit, {
    carries: plan.form === 'bag' ? 'bag' : 'nothing',
    cleaner: plan.form === 'cleaner',
  });
  const object = noseAhead(person.root);
  const progress = followProgress(object);
  const phase = rng.range(0, 6.28);
  return {
    object,
    labelClass: 'person',
    boxes: [{ object, labelClass: 'person' }],
    set: ({ posture = 0 }, t_s) => {
      const { way_m, moving } = progress(t_s);
      if (moving && posture < 0.5) poseWalking(person, phase + (way_m / STRIDE_M) * Math.PI * 2);
      else poseStanding(person, posture >= 0.5 && posture < 1.5 ? 0.9 : 0.05);
    },
  };
}

/** An umbrella standing open on the ground. */
export function createUmbrellaActor(kit: Kit): Actor {
  const person = createPerson(kit, { carries: 'umbrella' });
  const dome = person.body.children.at(-1);
  const object = dome ? group(dome) : group();
  return { object, boxes: [], set: () => undefined };
}
