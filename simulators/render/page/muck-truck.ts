import * as THREE from 'three';
import { rubbleCore } from './bulky.ts';
import type { Kit } from './library.ts';
import { beam, box, contactShadow, group, panel, roundBox, tube } from './shapes.ts';
import { plateSign, wordSign } from './sign-textures.ts';

/** Four-axle tipper, as carries muck out of Chinese building sites; nose to +x. */
export interface MuckTruck {
  readonly root: THREE.Group;
  /** Parts that move against each other: to be joined each for itself. */
  readonly moving: readonly THREE.Group[];
  readonly wheels: readonly THREE.Group[];
  /** 0 down, 50 up. */
  setBody(degrees: number): void;
  /** 0 empty, 1 heaped. */
  setLoad(load: number): void;
  /** 0 open, 1 covered. */
  setCover(cover: number): void;
}

const CABS = [0x2f8f3a, 0xd8701f, 0xe0b020, 0x1f5fae, 0xb8282a, 0x5aa83a, 0xe4e4e2] as const;
const LENGTH = 6.0;
const WIDTH = 2.4;
const HEIGHT = 1.5;

/** Rear end of the frame, about which the body turns, and height of the body's floor. */
const HINGE_X = -4.2;
const FLOOR_Y = 1.3;
const WHEEL = 0.52;

function wheelPair(kit: Kit, x: number): THREE.Group {
  const { lib } = kit;
  const made = group();
  for (const z of [-0.98, 0.98]) {
    const tyre = tube(lib, WHEEL, WHEEL, 0.42, lib.plain(0x161618, { roughness: 0.95 }), [0, 0, z]);
    const rim = tube(lib, 0.3, 0.3, 0.44, lib.plain(0x9a9c9e, { roughness: 0.6 }), [0, 0, z]);
    tyre.rotation.x = Math.PI / 2;
    rim.rotation.x = Math.PI / 2;
    made.add(tyre, rim, box(lib, [0.5, 0.07, 0.46], lib.plain(0x5a5c5e), [0, 0, z]));
  }
  made.position.set(x, WHEEL, 0);
  return made;
}

function cab(kit: Kit, color: number, sign: string, plate: string | undefined): THREE.Group {
  const { lib, rng } = kit;
  const paint = lib.plain(color, { roughness: 0.38 });
  const glass = lib.plain(0x12181d, { roughness: 0.12 });
  const dark = lib.plain(0x1b1c1e, { roughness: 0.8 });
  const made = group(
    roundBox(lib, [1.75, 1.75, 2.4], 0.12, paint, [3.75, 1.98, 0]),
    roundBox(lib, [1.6, 0.3, 2.2], 0.1, paint, [3.65, 2.92, 0]),
    box(lib, [0.06, 0.78, 2.1], glass, [4.62, 2.35, 0]),
    box(lib, [0.8, 0.62, 2.43], glass, [3.95, 2.35, 0]),
    box(lib, [0.08, 0.42, 1.9], dark, [4.62, 1.55, 0]),
    roundBox(lib, [0.5, 0.55, 2.45], 0.08, dark, [4.45, 0.85, 0]),
    box(lib, [0.1, 0.05, 1.4], lib.plain(0xc8cacb, { roughness: 0.3 }), [4.67, 1.62, 0]),
  );
  for (const z of [-1, 1]) {
    made.add(
      roundBox(lib, [0.1, 0.2, 0.42], 0.04, lib.plain(0xf4f2e6, { roughness: 0.2 }), [4.7, 0.92, z * 0.92]),
    );
    made.add(
      beam(lib, [4.5, 2.85, z * 1.2], [4.85, 2.75, z * 1.42], 0.02, dark),
      roundBox(lib, [0.1, 0.5, 0.22], 0.04, dark, [4.82, 2.4, z * 1.42]),
    );
  }
  // The lit sign on the roof tells the truck's company and number.
  const words = wordSign(kit, sign, rng.pick(['#e0b020', '#1f5fae', '#b8282a', '#1d7a43']), '#ffffff', 0.5);
  const board = panel(lib, 1.5, 0.34, words, [4.06, 3.28, 0]);
  board.rotation.y = Math.PI / 2;
  made.add(board, box(lib, [0.2, 0.38, 1.55], lib.plain(0x2a2b2d), [3.94, 3.28, 0]));
  const front = panel(lib, 0.5, 0.16, plateSign(kit, plate), [4.72, 0.68, 0]);
  front.rotation.y = Math.PI / 2;
  made.add(front);
  return made;
}

function chassis(kit: Kit): THREE.Group {
  const { lib } = kit;
  const dark = lib.plain(0x232426, { roughness: 0.9 });
  const made = group(box(lib, [8.4, 0.26, 0.9], dark, [0, 0.98, 0]));
  for (const z of [-1, 1]) {
    made.add(box(lib, [1.0, 0.55, 0.5], lib.plain(0x8a8d8f, { roughness: 0.5 }), [1.05, 0.85, z * 0.95]));
    made.add(box(lib, [3.4, 0.06, 0.5], dark, [-2.6, 1.12, z * 0.98]));
    for (const y of [0.62, 0.8])
      made.add(beam(lib, [0.5, y, z * 1.18], [-1.3, y, z * 1.18], 0.025, lib.plain(0xd8dadb)));
    made.add(box(lib, [0.04, 0.14, 0.36], lib.plain(0xa81818, { roughness: 0.4 }), [-4.25, 0.95, z * 0.85]));
  }
  return made;
}

/** Open box of steel with ribs; its origin is the hinge, it reaches to +x. */
function body(kit: Kit, color: number): { box: THREE.Group; gate: THREE.Group } {
  const { lib, rng } = kit;
  const paint = lib.plain(color, { roughness: 0.55 });
  const rust = lib.plain(0x4a4038, { roughness: 1 });
  const made = group(box(lib, [LENGTH, 0.1, WIDTH - 0.1], rust, [LENGTH / 2, 0.05, 0]));
  for (const z of [-1, 1]) {
    made.add(box(lib, [LENGTH, HEIGHT, 0.06], paint, [LENGTH / 2, HEIGHT / 2, (z * WIDTH) / 2]));
    made.add(box(lib, [LENGTH, 0.14, 0.16], paint, [LENGTH / 2, HEIGHT - 0.05, (z * WIDTH) / 2 + z * 0.04]));
    made.add(box(lib, [LENGTH, 0.14, 0.14], paint, [LENGTH / 2, 0.08, (z * WIDTH) / 2 + z * 0.04]));
    for (let x = 0.1; x < LENGTH; x += 0.72)
      made.add(box(lib, [0.14, HEIGHT, 0.12], paint, [x, HEIGHT / 2, (z * WIDTH) / 2 + z * 0.06]));
    if (rng.chance(0.7)) {
      const text = panel(
        lib,
        2.2,
        0.6,
        wordSign(
          kit,
          rng.pick(['渣土运输', '放大号', '绿色环保', '平安运输']),
          `#${color.toString(16).padStart(6, '0')}`,
          '#ffffff',
        ),
        [LENGTH * 0.55, HEIGHT * 0.55, (z * WIDTH) / 2 + z * 0.13],
      );
      text.rotation.y = z === 1 ? 0 : Math.PI;
      made.add(text);
    }
  }
  made.add(
    box(lib, [0.08, HEIGHT + 0.25, WIDTH], paint, [LENGTH, (HEIGHT + 0.25) / 2, 0]),
    box(lib, [0.7, 0.08, WIDTH], paint, [LENGTH + 0.3, HEIGHT + 0.22, 0]),
  );
  const gate = group(box(lib, [0.08, HEIGHT, WIDTH], paint, [0, -HEIGHT / 2, 0]));
  for (const z of [-0.8, 0, 0.8]) gate.add(box(lib, [0.12, HEIGHT, 0.12], paint, [-0.06, -HEIGHT / 2, z]));
  gate.position.set(0, HEIGHT, 0);
  return { box: made, gate };
}

function muck(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const earth = lib.surface('soil', { tint: rng.pick([0xffffff, 0xd8b890, 0xb8b0a8, 0xe0c8a0]) });
  const core = rubbleCore(kit, 1, 1, earth, false);
  core.scale.set(LENGTH * 0.46, 0.75, WIDTH * 0.55);
  const made = group(box(lib, [LENGTH * 0.97, 0.8, WIDTH * 0.95], earth, [0, -0.25, 0]), core);
  made.position.x = LENGTH / 2;
  return made;
}

/** Muck truck with its moving parts. */
export function createMuckTruck(kit: Kit, plate?: string): MuckTruck {
  const { lib, rng } = kit;
  const color = rng.pick(CABS);
  const bodyColor = rng.chance(0.65) ? color : rng.pick([0x8a8d8f, 0x3a6a3a, 0xb8b0a0, 0xb85a20]);
  const sign = `${rng.pick(['渣土', '建安', '宏运', '绿洲', '通达'])}${rng.int(100, 999)}`;
  const load = muck(kit);
  const steel = lib.plain(bodyColor, { roughness: 0.5 });
  const halves = [-1, 1].map((side) => {
    const lid = group(box(lib, [LENGTH, 0.06, WIDTH / 2 + 0.04], steel, [0, 0, (-side * WIDTH) / 4]));
    for (let x = -2.6; x <= 2.6; x += 0.74)
      lid.add(box(lib, [0.1, 0.1, WIDTH / 2], steel, [x, 0.02, (-side * WIDTH) / 4]));
    lid.position.set(LENGTH / 2, HEIGHT + 0.04, (side * WIDTH) / 2);
    return lid;
  });
  const parts = body(kit, bodyColor);
  const tipper = group(parts.box, parts.gate, load, ...halves);
  tipper.position.set(HINGE_X, FLOOR_Y, 0);
  const ram = group(tube(lib, 0.1, 0.13, 1, lib.plain(0xb8bbbd, { roughness: 0.3 }), [0, 0.5, 0]));
  ram.position.set(HINGE_X + LENGTH - 0.3, 1.1, 0);
  const wheels = [3.5, 1.95, -1.9, -3.25].map((x) => wheelPair(kit, x));
  // Covers stand up beside the load or hang down outside.
  const open = rng.pick([1.7, 1.7, 4.35]);
  let carried = 0;
  let covered = 0;
  const settle = (): void => {
    load.visible = carried > 0.02;
    // What lies heaped over the rim is pressed down by the cover.
    load.scale.y = covered > 0.3 ? 0.5 : 1;
    load.position.y = (covered > 0.3 ? 0.35 : 0.35 + (HEIGHT - 0.6) * Math.min(1, carried)) + 0.15;
  };
  const front = cab(kit, color, sign, plate);
  const frame = chassis(kit);
  return {
    root: group(front, frame, tipper, ram, ...wheels, contactShadow(lib, 10.2, 3.6, 0.75)),
    moving: [tipper, parts.gate, load, ...halves, ram],
    wheels,
    setBody: (degrees) => {
      const angle = THREE.MathUtils.degToRad(Math.max(0, Math.min(55, degrees)));
      tipper.rotation.z = angle;
      parts.gate.rotation.z = -angle * 1.25;
      ram.scale.y = Math.max(0.1, Math.sin(angle) * (LENGTH - 0.3) + 0.2);
      ram.rotation.z = angle * 0.3;
      ram.visible = angle > 0.03;
    },
    setLoad: (amount) => {
      carried = amount;
      settle();
    },
    setCover: (cover) => {
      covered = cover;
      settle();
      halves.forEach((lid, i) => {
        lid.rotation.x = (i === 0 ? 1 : -1) * (1 - cover) * -open;
      });
    },
  };
}
