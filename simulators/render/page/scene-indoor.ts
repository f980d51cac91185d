import * as THREE from 'three';
import { BIN_COLORS, createBin } from './bins.ts';
import { createChairStack, createParcel, createSuitcase, createTable } from './goods.ts';
import { createHeap } from './heaps.ts';
import type { Labelled } from './labelling.ts';
import type { Kit } from './library.ts';
import { createRoundBin } from './litter-bins.ts';
import { createPerson, poseStanding, poseWalking } from './people.ts';
import { Ground } from './placing.ts';
import { createPottedPlant } from './plants.ts';
import type { Staging } from './scene-street.ts';
import { box, floor, group, panel, place } from './shapes.ts';
import { notice, wordSign } from './sign-textures.ts';
import type { SurfaceName } from './surface-textures.ts';
import type { View } from './viewpoints.ts';

const FLOORS: readonly SurfaceName[] = [
  'marble',
  'officeTile',
  'carpet',
  'epoxyGreen',
  'epoxyOchre',
  'epoxyGrey',
  'concrete',
];
const WALLS: readonly SurfaceName[] = [
  'plasterWhite',
  'plasterGrey',
  'plasterYellow',
  'plasterOrange',
  'facadeWhite',
  'plasterTeal',
];

interface Room {
  readonly w: number;
  readonly d: number;
  readonly h: number;
}

function walls(kit: Kit, room: Room): THREE.Group {
  const { lib, rng } = kit;
  const paint = lib.surface(rng.pick(WALLS));
  const made = group(
    floor(lib.surface(rng.pick(FLOORS)), room.w, room.d, [0, 0, 0]),
    box(lib, [room.w, room.h, 0.1], paint, [0, room.h / 2, -room.d / 2]),
    box(lib, [0.1, room.h, room.d], paint, [-room.w / 2, room.h / 2, 0]),
    box(lib, [0.1, room.h, room.d], paint, [room.w / 2, room.h / 2, 0]),
    box(lib, [room.w, 0.12, 0.14], lib.plain(rng.pick([0x5a5c60, 0xd0cec8, 0x4a6a9a])), [
      0,
      0.06,
      -room.d / 2 + 0.04,
    ]),
  );
  const ceiling = box(lib, [room.w, 0.1, room.d], lib.plain(0xd8d8d4), [0, room.h + 0.05, 0]);
  ceiling.castShadow = false;
  made.add(ceiling);
  const lamp = lib.plain(0xffffff, { glow: 1.4 });
  for (let x = -room.w / 2 + 1; x < room.w / 2; x += 2.6) {
    for (let z = -room.d / 2 + 1; z < room.d / 2; z += 3) {
      const tube = box(lib, [1.2, 0.04, 0.2], lamp, [x, room.h - 0.02, z]);
      tube.castShadow = false;
      made.add(tube);
    }
  }
  for (let x = -room.w / 2 + 1.4; x < room.w / 2 - 1; x += rng.range(2.2, 4)) {
    const door = lib.plain(rng.pick([0x7a5a3a, 0x8a8d8f, 0x3a4a5a, 0xc8c4ba]), { roughness: 0.4 });
    const kind = rng.next();
    if (kind < 0.5) made.add(box(lib, [1, 2.1, 0.08], door, [x, 1.05, -room.d / 2 + 0.06]));
    else if (kind < 0.75) made.add(panel(lib, 0.5, 0.66, notice(kit), [x, 1.6, -room.d / 2 + 0.06]));
    else
      made.add(
        panel(
          lib,
          0.9,
          0.45,
          wordSign(kit, rng.pick(['出口', '电梯', '服务台', 'A座']), '#1f6f3c', '#ffffff', 0.3),
          [x, 2.2, -room.d / 2 + 0.06],
        ),
      );
  }
  return made;
}

function desk(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const top = lib.plain(rng.pick([0xb89a72, 0xd8d4cc, 0x4a4a4c]), { roughness: 0.5 });
  const dark = lib.plain(0x1d1e20, { roughness: 0.4 });
  return group(
    box(lib, [1.4, 0.04, 0.7], top, [0, 0.74, 0]),
    box(lib, [0.04, 0.74, 0.66], top, [-0.68, 0.37, 0]),
    box(lib, [0.04, 0.74, 0.66], top, [0.68, 0.37, 0]),
    box(lib, [0.55, 0.34, 0.03], dark, [0, 1.02, -0.15]),
    box(lib, [0.2, 0.08, 0.1], dark, [0, 0.8, -0.15]),
    box(lib, [0.44, 0.02, 0.15], dark, [0, 0.77, 0.15]),
    box(lib, [0.45, 0.06, 0.45], lib.plain(0x2a3a5a), [0, 0.46, 0.6]),
    box(lib, [0.45, 0.5, 0.05], lib.plain(0x2a3a5a), [0, 0.75, 0.82]),
    box(lib, [0.06, 0.44, 0.06], dark, [0, 0.22, 0.6]),
  );
}

function furnish(kit: Kit, root: THREE.Group, room: Room, ground: Ground): void {
  const { rng } = kit;
  const office = rng.chance(0.4);
  const makers = office
    ? [() => desk(kit), () => desk(kit), () => createPottedPlant(kit), () => createParcel(kit)]
    : [
        () => createPottedPlant(kit),
        () => createSuitcase(kit),
        () => createChairStack(kit),
        () => createTable(kit),
        () => createParcel(kit),
      ];
  for (let i = 0; i < rng.int(1, office ? 8 : 5); i += 1) {
    const at = ground.find(
      rng,
      [-room.w / 2 + 0.9, room.w / 2 - 0.9],
      [-room.d / 2 + 0.7, room.d / 2 - 1.5],
      0.9,
    );
    if (at) root.add(place(rng.pick(makers)(), at.x, at.z, rng.pick([0, 0, 1.57, 3.14]) + rng.gauss() * 0.1));
  }
  for (let i = 0; i < rng.int(0, 5); i += 1) {
    const at = ground.find(
      rng,
      [-room.w / 2 + 0.6, room.w / 2 - 0.6],
      [-room.d / 2 + 0.6, room.d / 2 - 1.5],
      0.35,
    );
    if (!at) continue;
    const person = createPerson(kit, { carries: rng.pick(['nothing', 'bag', 'suitcase']) });
    if (rng.chance(0.6)) poseWalking(person, rng.range(0, 6.28));
    else poseStanding(person, rng.chance(0.2) ? 0.7 : 0);
    root.add(place(person.root, at.x, at.z, rng.range(0, 6.28)));
  }
}

function indoorWaste(kit: Kit, root: THREE.Group, ground: Ground, room: Room): Labelled[] {
  const { rng } = kit;
  const at = new THREE.Vector3(rng.range(-room.w / 2 + 1, room.w / 2 - 1), 0, -room.d / 2 + 0.5);
  ground.take(at.x, at.z, 1.1);
  const labelled: Labelled[] = [];
  const full = rng.chance(0.5);
  if (rng.chance(0.75)) {
    const bin = rng.chance(0.5)
      ? createRoundBin(kit, full)
      : createBin(kit, {
          state: full ? 'overflowing' : 'closed',
          color: rng.pick(BIN_COLORS),
          sorting: rng.int(0, 3),
          form: 'cart',
        });
    root.add(place(bin, at.x, at.z, rng.gauss() * 0.3));
    labelled.push({ object: bin, classId: full ? 2 : 1 });
  }
  if (labelled.length === 0 || rng.chance(0.35)) {
    const heap = createHeap(kit, {
      kind: rng.pick(['bags', 'litter', 'cartons', 'mixed']),
      radius: rng.range(0.35, 0.6),
      wall: false,
    });
    root.add(place(heap, at.x + 0.9, at.z + 0.25));
    labelled.push({ object: heap, classId: 0 });
  }
  return labelled;
}

/** Room seen from below its ceiling; mostly empty of rubbish, as halls and offices are. */
export function stageIndoor(kit: Kit, waste: boolean): Staging {
  const { rng } = kit;
  const room: Room = { w: rng.range(4, 10), d: rng.range(5, 13), h: rng.range(2.7, 3.8) };
  const root = walls(kit, room);
  const ground = new Ground();
  const eye = new THREE.Vector3(
    rng.range(-room.w / 2 + 0.5, room.w / 2 - 0.5),
    Math.min(room.h - 0.2, rng.range(1.6, 3.2)),
    room.d / 2 - rng.range(0.2, 1.2),
  );
  ground.take(eye.x, eye.z, 1.3);
  const labelled = waste ? indoorWaste(kit, root, ground, room) : [];
  const first = labelled[0]?.object.position;
  furnish(kit, root, room, ground);
  const target = first
    ? first.clone().add(new THREE.Vector3(rng.range(-0.8, 0.8), 0.5, 0))
    : new THREE.Vector3(rng.range(-1.5, 1.5), rng.range(0, 1), -room.d / 4);
  if (first) eye.z = Math.min(eye.z, first.z + rng.range(1.8, 6));
  const view: View = { eye, target, fov: rng.range(48, 78), roll: rng.gauss() * 0.02 };
  return { root, labelled, views: [view], mood: 'indoor', lamps: [] };
}
