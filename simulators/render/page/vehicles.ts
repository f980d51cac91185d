import * as THREE from 'three';
import type { Kit, Library } from './library.ts';
import { beam, box, contactShadow, extruded, group, panel, ring, roundBox, tube } from './shapes.ts';
import { numberPlate, wordSign } from './sign-textures.ts';

const PAINTS = [
  0xe8e8e6, 0xdcdcda, 0x1b1d21, 0x24272c, 0x8f9499, 0xb9bcbf, 0x7a1f22, 0x1f3a6a, 0x5a4a3a, 0x2f4a3a,
  0xc9b48a, 0x3a5a8a,
] as const;

interface CarForm {
  readonly key: string;
  readonly length: number;
  readonly width: number;
  readonly belt: number;
  readonly height: number;
  readonly lower: readonly (readonly [number, number])[];
  /** Feet and head of the windscreen and the rear window along the car. */
  readonly cabin: readonly [number, number, number, number];
  readonly wheel: number;
  readonly axles: readonly [number, number];
}

const FORMS: readonly CarForm[] = [
  {
    key: 'sedan',
    length: 4.5,
    width: 1.78,
    belt: 0.92,
    height: 1.45,
    wheel: 0.32,
    axles: [-1.35, 1.4],
    cabin: [-1.75, -1.0, 0.45, 1.15],
    lower: [
      [-2.2, 0.3],
      [-2.2, 0.75],
      [-2.1, 0.9],
      [-1.6, 0.95],
      [1.0, 0.92],
      [2.0, 0.78],
      [2.22, 0.62],
      [2.22, 0.3],
    ],
  },
  {
    key: 'suv',
    length: 4.6,
    width: 1.86,
    belt: 1.02,
    height: 1.7,
    wheel: 0.36,
    axles: [-1.35, 1.4],
    cabin: [-2.1, -1.8, 0.3, 1.0],
    lower: [
      [-2.25, 0.36],
      [-2.25, 0.98],
      [-2.15, 1.04],
      [0.95, 1.04],
      [1.95, 0.94],
      [2.25, 0.75],
      [2.25, 0.36],
    ],
  },
  {
    key: 'minivan',
    length: 3.9,
    width: 1.6,
    belt: 1.0,
    height: 1.85,
    wheel: 0.29,
    axles: [-1.2, 1.25],
    cabin: [-1.88, -1.8, 1.0, 1.7],
    lower: [
      [-1.92, 0.3],
      [-1.92, 1.02],
      [1.68, 1.02],
      [1.9, 0.78],
      [1.92, 0.3],
    ],
  },
];

/** Front wheels look along +x. */
function wheel(lib: Library, radius: number, x: number, z: number): THREE.Group {
  const rubber = lib.plain(0x151517, { roughness: 0.9 });
  const rim = lib.plain(0x9a9da0, { roughness: 0.35, metalness: 0.6 });
  const disc = tube(lib, radius * 0.62, radius * 0.62, 0.16, rim);
  disc.rotation.x = Math.PI / 2;
  const hub = tube(lib, radius * 0.2, radius * 0.2, 0.18, rubber);
  hub.rotation.x = Math.PI / 2;
  const tyre = ring(lib, radius * 0.78, radius * 0.22, rubber);
  const made = group(disc, hub, tyre);
  made.position.set(x, radius, z);
  return made;
}

/** Draws the cabin in towards the roof, as on a real car. */
function taper(geometry: THREE.BufferGeometry, belt: number, height: number): void {
  const at = geometry.getAttribute('position');
  for (let i = 0; i < at.count; i += 1) {
    const share = Math.max(0, (at.getY(i) - belt) / (height - belt));
    at.setZ(i, at.getZ(i) * (1 - 0.2 * share));
  }
  geometry.computeVertexNormals();
}

function cabin(lib: Library, form: CarForm, paint: THREE.Material): THREE.Group {
  const glass = lib.plain(0x12161a, { roughness: 0.12, metalness: 0.1 });
  const [rearFoot, rearHead, frontHead, frontFoot] = form.cabin;
  const inner = form.width * 0.93;
  const house = extruded(
    lib,
    `cabin ${form.key}`,
    [
      [rearFoot, form.belt - 0.05],
      [rearHead, form.height - 0.04],
      [frontHead, form.height - 0.04],
      [frontFoot, form.belt - 0.05],
    ],
    inner,
    0.05,
    glass,
  );
  if (!house.geometry.userData.tapered) {
    taper(house.geometry, form.belt, form.height);
    house.geometry.userData.tapered = true;
  }
  const half = inner / 2;
  const top = half * 0.82;
  const made = group(house);
  const y = form.height + 0.005;
  const roof = roundBox(lib, [frontHead - rearHead + 0.1, 0.07, top * 2 + 0.04], 0.03, paint, [
    (frontHead + rearHead) / 2,
    y,
    0,
  ]);
  made.add(roof);
  for (const side of [-1, 1]) {
    const middle = (rearHead + frontHead) / 2;
    made.add(beam(lib, [rearFoot, form.belt, side * half], [rearHead, y, side * top], 0.06, paint));
    made.add(beam(lib, [frontFoot, form.belt, side * half], [frontHead, y, side * top], 0.045, paint));
    made.add(beam(lib, [middle, form.belt, side * half], [middle - 0.05, y, side * top], 0.04, paint));
    if (form.key !== 'sedan')
      made.add(
        beam(lib, [rearHead + 0.55, form.belt, side * half], [rearHead + 0.55, y, side * top], 0.07, paint),
      );
  }
  return made;
}

function carEnds(kit: Kit, form: CarForm, lit: boolean): THREE.Group {
  const { lib } = kit;
  const made = new THREE.Group();
  const front = form.length / 2 - 0.02;
  const lampY = form.belt * 0.72;
  const head = lib.plain(0xf4f2e6, { roughness: 0.2, glow: lit ? 2.5 : 0.15 });
  const tail = lib.plain(0xa81818, { roughness: 0.3, glow: lit ? 1.4 : 0.1 });
  const dark = lib.plain(0x1a1b1d, { roughness: 0.5 });
  for (const side of [-1, 1]) {
    made.add(roundBox(lib, [0.12, 0.12, 0.36], 0.05, head, [front - 0.04, lampY, side * form.width * 0.36]));
    made.add(
      roundBox(lib, [0.1, 0.16, 0.28], 0.04, tail, [-front + 0.02, lampY + 0.08, side * form.width * 0.38]),
    );
    made.add(
      roundBox(lib, [0.12, 0.1, 0.16], 0.04, dark, [
        form.cabin[3] - 0.15,
        form.belt + 0.06,
        side * (form.width / 2 + 0.06),
      ]),
    );
    made.add(box(lib, [0.2, 0.03, 0.02], dark, [-0.2, form.belt - 0.12, side * (form.width / 2 + 0.002)]));
    made.add(
      box(lib, [0.012, form.belt * 0.6, 0.012], dark, [0.35, form.belt * 0.66, side * (form.width / 2)]),
    );
    made.add(
      box(lib, [0.012, form.belt * 0.6, 0.012], dark, [-0.75, form.belt * 0.66, side * (form.width / 2)]),
    );
  }
  made.add(box(lib, [0.06, 0.16, form.width * 0.5], dark, [front + 0.01, lampY - 0.12, 0]));
  const plate = panel(lib, 0.44, 0.14, numberPlate(kit), [front + 0.045, 0.45, 0]);
  plate.rotation.y = Math.PI / 2;
  const back = panel(lib, 0.44, 0.14, numberPlate(kit), [-front - 0.05, 0.6, 0]);
  back.rotation.y = -Math.PI / 2;
  made.add(plate, back);
  return made;
}

/** Car with its nose to +x; `lit` switches the lamps on. */
export function createCar(kit: Kit, lit = false): THREE.Group {
  const { lib, rng } = kit;
  const form = rng.pick(FORMS);
  const paint = lib.plain(rng.pick(PAINTS), { roughness: 0.28, metalness: 0.25 });
  const body = extruded(lib, `lower ${form.key}`, form.lower, form.width, 0.09, paint);
  const made = group(body, cabin(lib, form, paint), carEnds(kit, form, lit));
  made.add(
    box(
      lib,
      [form.length * 0.92, 0.16, form.width * 0.9],
      lib.plain(0x17181a, { roughness: 0.9 }),
      [0, 0.28, 0],
    ),
  );
  for (const axle of form.axles) {
    for (const side of [-1, 1]) {
      made.add(wheel(lib, form.wheel, axle, side * (form.width / 2 - 0.015)));
      const arch = tube(
        lib,
        form.wheel * 1.16,
        form.wheel * 1.16,
        0.1,
        lib.plain(0x0c0c0d, { roughness: 1 }),
        [axle, form.wheel, side * (form.width / 2 - 0.03)],
      );
      arch.rotation.x = Math.PI / 2;
      made.add(arch);
    }
  }
  made.add(contactShadow(lib, form.length * 1.15, form.width * 1.5, 0.75));
  return made;
}

/** Light truck or box van, 5.6 m long, nose to +x. */
export function createTruck(kit: Kit, look: 'goods' | 'refuse' = 'goods'): THREE.Group {
  const { lib, rng } = kit;
  const cab = lib.plain(look === 'refuse' ? 0x2f8f52 : rng.pick([0xe4e4e2, 0x2a5fa8, 0xb8382e]), {
    roughness: 0.35,
  });
  const crate =
    look === 'refuse'
      ? lib.plain(0xdfe6df, { roughness: 0.5 })
      : rng.chance(0.6)
        ? lib.plain(0xe2e2de, { roughness: 0.5 })
        : lib.surface('hoardingBlue');
  const glass = lib.plain(0x12161a, { roughness: 0.12 });
  const dark = lib.plain(0x1b1c1e, { roughness: 0.9 });
  const made = group(
    roundBox(lib, [1.5, 1.55, 1.85], 0.14, cab, [1.95, 1.3, 0]),
    box(lib, [0.05, 0.6, 1.6], glass, [2.7, 1.62, 0]),
    box(lib, [0.7, 0.5, 1.88], glass, [2.1, 1.66, 0]),
    box(lib, [3.8, 1.9, 1.95], crate, [-0.75, 1.75, 0]),
    box(lib, [5.3, 0.22, 1.2], dark, [0, 0.62, 0]),
    box(lib, [0.1, 0.25, 1.7], dark, [2.72, 0.62, 0]),
  );
  const text = look === 'refuse' ? '环卫作业' : rng.pick(['同城货运', '蔬菜配送', '搬家']);
  for (const side of [-1, 1]) {
    const words = panel(
      lib,
      2.2,
      1.0,
      wordSign(
        kit,
        text,
        look === 'refuse' ? '#dfe6df' : '#e2e2de',
        look === 'refuse' ? '#1f6f3c' : '#a82a22',
      ),
      [-0.75, 1.85, side * 0.985],
    );
    words.rotation.y = side === 1 ? 0 : Math.PI;
    made.add(words);
    for (const x of [-1.7, 1.75]) made.add(wheel(lib, 0.38, x, side * 0.85));
    made.add(
      roundBox(lib, [0.08, 0.16, 0.3], 0.03, lib.plain(0xf4f2e6, { glow: 0.2 }), [2.71, 0.85, side * 0.7]),
    );
  }
  made.add(contactShadow(lib, 6.4, 2.8, 0.75));
  return made;
}
