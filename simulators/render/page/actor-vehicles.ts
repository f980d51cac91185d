import type { ActorKind } from '../../city/stage/stage-scene.ts';
import type { Actor, ActorPlan } from './actor.ts';
import { noseAhead } from './actor-motion.ts';
import type { Kit } from './library.ts';
import { createPerson, poseRiding } from './people.ts';
import { group } from './shapes.ts';
import type { StreetClass } from './street-classes.ts';
import { createBicycle, createScooter, createTricycle } from './two-wheelers.ts';
import { createCar, createTruck } from './vehicles.ts';

type VehicleKind = Extract<
  ActorKind,
  'two-wheeler' | 'tricycle' | 'car' | 'van' | 'bus' | 'truck' | 'muck-truck'
>;

const CLASS_OF: Record<VehicleKind, StreetClass> = {
  'two-wheeler': 'two-wheeler',
  tricycle: 'tricycle',
  car: 'car',
  van: 'car',
  bus: 'truck',
  truck: 'truck',
  'muck-truck': 'muck-truck',
};

function machineOf(kit: Kit, kind: VehicleKind, plan: ActorPlan) {
  if (kind === 'two-wheeler') return plan.form === 'bicycle' ? createBicycle(kit) : createScooter(kit);
  if (kind === 'tricycle') return createTricycle(kit);
  if (kind === 'car' || kind === 'van') return createCar(kit);
  return createTruck(kit);
}

/** Anything on wheels; two-wheelers and tricycles come with their rider unless the form says `parked`. */
export function createVehicleActor(kit: Kit, kind: VehicleKind, plan: ActorPlan): Actor {
  const machine = machineOf(kit, kind, plan);
  const labelClass = CLASS_OF[kind];
  if ((kind !== 'two-wheeler' && kind !== 'tricycle') || plan.form === 'parked') {
    const object = noseAhead(machine);
    return { object, labelClass, boxes: [{ object, labelClass }], set: () => undefined };
  }
  const rider = createPerson(kit);
  poseRiding(rider);
  rider.root.position.set(kind === 'tricycle' ? 0.3 : -0.32, -0.08, 0);
  const object = noseAhead(group(machine, rider.root));
  return {
    object,
    labelClass,
    boxes: [
      { object: machine, labelClass },
      { object: rider.root, labelClass: 'person' },
    ],
    set: () => undefined,
  };
}
