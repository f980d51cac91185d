import * as THREE from 'three';
import type { ActorKind } from '../../city/stage/stage-scene.ts';
import type { Actor, ActorBox, ActorPlan } from './actor.ts';
import { followProgress, noseAhead } from './actor-motion.ts';
import { joinLimbs } from './actor-people.ts';
import { createFigure } from './figures.ts';
import type { Kit } from './library.ts';
import { mergeParts } from './merging.ts';
import { createMuckTruck } from './muck-truck.ts';
import { group, roundBox } from './shapes.ts';
import type { StreetClass } from './street-classes.ts';
import { createTricycleMachine, TRICYCLE_FORMS } from './tricycles.ts';
import { createLargeVehicle, TRUCK_FORMS } from './trucks.ts';
import { createBicycle, createScooter } from './two-wheelers.ts';
import { createVan } from './vans.ts';
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

/** A vehicle with its nose to +x and what can be done with it. */
interface Machine {
  readonly root: THREE.Group;
  readonly wheels: readonly THREE.Group[];
  readonly wheelRadius_m: number;
  /** Parts that move against the rest, inner ones after those that hold them. */
  readonly moving: readonly THREE.Group[];
  readonly set: (states: Parameters<Actor['set']>[0]) => void;
  /** Where somebody sits on it; undefined where nobody is seen. */
  readonly seat: readonly [x: number, y: number] | undefined;
}

const STILL = { wheels: [], wheelRadius_m: 0.3, moving: [], set: () => undefined, seat: undefined } as const;

function twoWheeler(kit: Kit, form: string | undefined): Machine {
  const bicycle = form === 'bicycle' || (form === undefined && kit.rng.chance(0.25));
  return {
    ...STILL,
    root: bicycle ? createBicycle(kit) : createScooter(kit),
    seat: bicycle ? [-0.22, 0.06] : [-0.32, -0.08],
  };
}

function tricycle(kit: Kit, form: string | undefined): Machine {
  const wanted = TRICYCLE_FORMS.find((known) => known === form) ?? kit.rng.pick(TRICYCLE_FORMS);
  const made = createTricycleMachine(kit, wanted);
  return {
    ...STILL,
    root: made.root,
    wheels: made.wheels,
    wheelRadius_m: 0.27,
    seat: wanted === 'passenger' ? undefined : [0.3, -0.02],
  };
}

function van(kit: Kit): Machine {
  const made = createVan(kit);
  return {
    ...STILL,
    root: made.root,
    wheels: made.wheels,
    moving: made.moving,
    set: ({ doors = 0 }) => made.setDoors(doors),
  };
}

function muckTruck(kit: Kit, plan: ActorPlan): Machine {
  const made = createMuckTruck(kit, plan.plate);
  return {
    ...STILL,
    root: made.root,
    wheels: made.wheels,
    wheelRadius_m: 0.52,
    moving: made.moving,
    set: ({ body_deg = 0, load = 0, cover = 1 }) => {
      made.setBody(body_deg);
      made.setLoad(load);
      made.setCover(cover);
    },
  };
}

function machineOf(kit: Kit, kind: VehicleKind, plan: ActorPlan): Machine {
  switch (kind) {
    case 'two-wheeler':
      return twoWheeler(kit, plan.form);
    case 'tricycle':
      return tricycle(kit, plan.form);
    case 'car':
      return { ...STILL, root: createCar(kit) };
    case 'van':
      return van(kit);
    case 'bus':
      return { ...STILL, ...createLargeVehicle(kit, 'bus'), wheelRadius_m: 0.48 };
    case 'truck': {
      if (plan.form === 'refuse') return { ...STILL, root: createTruck(kit, 'refuse') };
      const form = TRUCK_FORMS.find((known) => known === plan.form);
      return {
        ...STILL,
        ...createLargeVehicle(kit, form ?? kit.rng.pick(['box', 'box', 'flatbed', 'mixer', 'tanker'])),
        wheelRadius_m: 0.45,
      };
    }
    case 'muck-truck':
      return muckTruck(kit, plan);
  }
}

/** Joins what moves together: the whole, each wheel and each moving part. */
function joinMachine({ root, wheels, moving }: Machine): void {
  const apart = new Set<THREE.Object3D>([...wheels, ...moving]);
  for (const part of apart) mergeParts(part, apart);
  mergeParts(root, apart);
}

/** Glowing head and tail lamps at the ends of a machine. */
function lampsOf(kit: Kit, machine: THREE.Object3D): THREE.Group {
  const { lib } = kit;
  const size = new THREE.Box3().setFromObject(machine);
  const half = ((size.max.z - size.min.z) / 2) * 0.68;
  const y = Math.min(0.9, (size.max.y - size.min.y) * 0.45);
  const head = lib.plain(0xfff6e0, { glow: 4 });
  const tail = lib.plain(0xd01818, { glow: 2 });
  const made = group();
  for (const z of half > 0.5 ? [-half, half] : [0])
    made.add(
      roundBox(lib, [0.06, 0.14, 0.22], 0.03, head, [size.max.x, y, z]),
      roundBox(lib, [0.06, 0.12, 0.18], 0.03, tail, [size.min.x, y, z]),
    );
  made.visible = false;
  return made;
}

function riderOf(kit: Kit, machine: Machine, plan: ActorPlan): THREE.Group | undefined {
  if (!machine.seat || plan.form === 'parked') return undefined;
  const { rng } = kit;
  const rider = createFigure(kit, {
    pose: 'riding',
    outfit: plan.form === 'courier' ? 'courier' : rng.pick(['everyday', 'everyday', 'courier', 'vendor']),
    plain: true,
  });
  joinLimbs(rider);
  rider.root.position.set(machine.seat[0], machine.seat[1], 0);
  return rider.root;
}

/** Anything on wheels; two-wheelers and tricycles come with their rider unless the form says `parked`. */
export function createVehicleActor(kit: Kit, kind: VehicleKind, plan: ActorPlan): Actor {
  const machine = machineOf(kit, kind, plan);
  const labelClass = CLASS_OF[kind];
  const lamps = lampsOf(kit, machine.root);
  joinMachine(machine);
  machine.root.add(lamps);
  const rider = riderOf(kit, machine, plan);
  const object = noseAhead(rider ? group(machine.root, rider) : machine.root);
  const boxes: ActorBox[] = [{ object: machine.root, labelClass }];
  if (rider) boxes.push({ object: rider, labelClass: 'person' });
  const progress = followProgress(object);
  return {
    object,
    labelClass,
    boxes,
    set: (states, t_s) => {
      const { way_m } = progress(t_s);
      for (const wheel of machine.wheels) wheel.rotation.z = -way_m / machine.wheelRadius_m;
      lamps.visible = (states.lights ?? 0) > 0.5;
      machine.set(states);
    },
  };
}
