import type * as THREE from 'three';
import type { Kit } from './library.ts';
import { ball, beam, box, contactShadow, group, ring, roundBox, tube } from './shapes.ts';

function spokedWheel(kit: Kit, radius: number, x: number, fat: number): THREE.Group {
  const { lib } = kit;
  const rubber = lib.plain(0x141414, { roughness: 0.9 });
  const steel = lib.plain(0x8c8f92, { roughness: 0.4, metalness: 0.5 });
  const made = group(ring(lib, radius - fat, fat, rubber));
  if (fat > 0.04) {
    const disc = tube(lib, radius * 0.55, radius * 0.55, 0.05, steel);
    disc.rotation.x = Math.PI / 2;
    made.add(disc);
  } else {
    for (let i = 0; i < 5; i += 1) {
      const a = (i / 5) * Math.PI;
      const r = radius - fat;
      made.add(
        beam(
          lib,
          [-Math.cos(a) * r, -Math.sin(a) * r, 0],
          [Math.cos(a) * r, Math.sin(a) * r, 0],
          0.004,
          steel,
        ),
      );
    }
  }
  made.position.set(x, radius, 0);
  return made;
}

/** Electric scooter, 1.7 m long, nose to +x. */
export function createScooter(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const paint = lib.plain(rng.pick([0xb02a2a, 0x2a5fa8, 0xe2e2de, 0x24272c, 0x3a8a6a, 0xd8a83a, 0xd98a9a]), {
    roughness: 0.3,
  });
  const dark = lib.plain(0x1a1a1c, { roughness: 0.8 });
  const shield = roundBox(lib, [0.1, 0.62, 0.34], 0.04, paint, [0.5, 0.62, 0]);
  shield.rotation.z = 0.25;
  const made = group(
    spokedWheel(kit, 0.24, 0.66, 0.06),
    spokedWheel(kit, 0.24, -0.58, 0.06),
    shield,
    roundBox(lib, [0.62, 0.08, 0.3], 0.03, dark, [0.12, 0.32, 0]),
    roundBox(lib, [0.75, 0.34, 0.32], 0.1, paint, [-0.45, 0.52, 0]),
    roundBox(lib, [0.72, 0.1, 0.28], 0.045, dark, [-0.4, 0.74, 0]),
    beam(lib, [0.42, 0.8, 0], [0.66, 0.26, 0], 0.028, dark),
    beam(lib, [0.4, 1.0, -0.33], [0.4, 1.0, 0.33], 0.018, dark),
    beam(lib, [0.42, 0.8, 0], [0.4, 1.0, 0], 0.025, dark),
    ball(lib, [0.07, 0.07, 0.08], lib.plain(0xf0efe6, { glow: 0.15 }), [0.53, 0.9, 0]),
    box(lib, [0.04, 0.07, 0.16], lib.plain(0xa81818), [-0.84, 0.6, 0]),
  );
  for (const side of [-1, 1])
    made.add(
      beam(lib, [0.4, 1.0, side * 0.25], [0.36, 1.2, side * 0.3], 0.006, dark),
      ball(lib, [0.01, 0.04, 0.06], dark, [0.36, 1.22, side * 0.3]),
    );
  if (rng.chance(0.45))
    made.add(
      roundBox(
        lib,
        [0.36, 0.32, 0.38],
        0.04,
        lib.plain(rng.pick([0x2a2a2c, 0xd8b02a, 0x2a6fc0])),
        [-0.72, 0.96, 0],
      ),
    );
  if (rng.chance(0.35)) made.add(box(lib, [0.22, 0.2, 0.3], dark, [0.72, 0.7, 0]));
  made.add(contactShadow(lib, 1.9, 0.7, 0.55));
  return made;
}

/** Shared bicycle, 1.6 m long, nose to +x. */
export function createBicycle(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const paint = lib.plain(rng.pick([0xd8b02a, 0x2a8ac0, 0x3aa86a, 0x2b2e33]), { roughness: 0.4 });
  const dark = lib.plain(0x1a1a1c, { roughness: 0.8 });
  const made = group(
    spokedWheel(kit, 0.33, 0.52, 0.022),
    spokedWheel(kit, 0.33, -0.52, 0.022),
    beam(lib, [-0.1, 0.33, 0], [0.38, 0.78, 0], 0.026, paint),
    beam(lib, [-0.1, 0.33, 0], [-0.2, 0.82, 0], 0.024, paint),
    beam(lib, [-0.2, 0.66, 0], [0.38, 0.74, 0], 0.02, paint),
    beam(lib, [-0.52, 0.33, 0], [-0.1, 0.33, 0], 0.016, paint),
    beam(lib, [-0.52, 0.33, 0], [-0.18, 0.7, 0], 0.014, paint),
    beam(lib, [0.52, 0.33, 0], [0.36, 0.98, 0], 0.022, paint),
    beam(lib, [0.34, 1.0, -0.28], [0.34, 1.0, 0.28], 0.016, dark),
    roundBox(lib, [0.26, 0.06, 0.16], 0.025, dark, [-0.22, 0.87, 0]),
    box(lib, [0.26, 0.2, 0.32], dark, [0.6, 0.8, 0]),
  );
  made.add(contactShadow(lib, 1.7, 0.5, 0.4));
  return made;
}

/** Cargo tricycle with an open bed, 2.6 m long, nose to +x. */
export function createTricycle(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const paint = lib.plain(rng.pick([0x2a6fa8, 0x2f7a4a, 0xa8382e]), { roughness: 0.45 });
  const dark = lib.plain(0x1a1a1c, { roughness: 0.8 });
  const made = group(
    spokedWheel(kit, 0.27, 1.05, 0.05),
    box(lib, [1.4, 0.06, 1.0], paint, [-0.55, 0.55, 0]),
    box(lib, [1.4, 0.32, 0.04], paint, [-0.55, 0.72, 0.48]),
    box(lib, [1.4, 0.32, 0.04], paint, [-0.55, 0.72, -0.48]),
    box(lib, [0.04, 0.32, 1.0], paint, [-1.24, 0.72, 0]),
    box(lib, [0.04, 0.32, 1.0], paint, [0.14, 0.72, 0]),
    roundBox(lib, [0.4, 0.12, 0.36], 0.05, dark, [0.36, 0.78, 0]),
    box(lib, [0.4, 0.3, 0.3], paint, [0.36, 0.55, 0]),
    beam(lib, [0.85, 0.95, 0], [1.05, 0.27, 0], 0.03, dark),
    beam(lib, [0.8, 1.05, -0.34], [0.8, 1.05, 0.34], 0.02, dark),
    roundBox(lib, [0.1, 0.5, 0.3], 0.04, paint, [0.92, 0.68, 0]),
  );
  for (const side of [-1, 1]) {
    const back = spokedWheel(kit, 0.27, -0.75, 0.05);
    back.position.z = side * 0.56;
    made.add(back);
  }
  made.add(contactShadow(lib, 2.9, 1.5, 0.6));
  return made;
}
