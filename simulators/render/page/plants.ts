import * as THREE from 'three';
import type { Kit, Library } from './library.ts';
import type { Rng } from './random.ts';
import { ball, beam, box, contactShadow, group, roundBox, tube } from './shapes.ts';

function paintLeaves(rng: Rng): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = 128;
  canvas.height = 128;
  const ctx = canvas.getContext('2d');
  if (!ctx) throw new Error('no 2d canvas in this browser');
  for (let i = 0; i < 60; i += 1) {
    const light = rng.int(55, 100);
    ctx.fillStyle = `hsl(${rng.int(75, 115)},${rng.int(12, 34)}%,${light * 0.9}%)`;
    ctx.save();
    ctx.translate(rng.range(14, 114), rng.range(14, 114));
    ctx.rotate(rng.range(0, 6.28));
    ctx.beginPath();
    ctx.ellipse(0, 0, rng.range(8, 14), rng.range(4, 7), 0, 0, 7);
    ctx.fill();
    ctx.restore();
  }
  return canvas;
}

/** Many small cards of leaves filling an egg of the given radii (metres) around a middle. */
function leafCloud(
  kit: Kit,
  count: number,
  middles: readonly THREE.Vector3[],
  radii: THREE.Vector3,
  card: number,
  hue: number,
): THREE.InstancedMesh {
  const { rng, lib } = kit;
  const material = lib.material(
    'leaves',
    () =>
      new THREE.MeshStandardMaterial({
        map: lib.texture('leaves', paintLeaves),
        alphaTest: 0.5,
        side: THREE.DoubleSide,
        roughness: 0.85,
      }),
  );
  const geometry = lib.geometry('leaf card', () => new THREE.PlaneGeometry(1, 1));
  const mesh = new THREE.InstancedMesh(geometry, material, count);
  const dummy = new THREE.Object3D();
  const color = new THREE.Color();
  for (let i = 0; i < count; i += 1) {
    const middle = rng.pick(middles);
    const dir = new THREE.Vector3(rng.gauss(), rng.gauss(), rng.gauss()).normalize();
    const reach = rng.range(0.6, 1) ** 0.5;
    dummy.position.copy(dir).multiply(radii).multiplyScalar(reach).add(middle);
    dummy.rotation.set(rng.range(0, 6.28), rng.range(0, 6.28), rng.range(0, 6.28));
    dummy.scale.setScalar(card * rng.range(0.7, 1.3));
    dummy.updateMatrix();
    mesh.setMatrixAt(i, dummy.matrix);
    // Leaves inside and underneath get less light than the shading alone would give.
    const shade = 0.45 + 0.55 * Math.max(0, 0.5 + dir.y * 0.5) * reach;
    color.setHSL(hue + rng.range(-0.02, 0.02), 0.42, 0.34 * shade);
    mesh.setColorAt(i, color);
  }
  mesh.castShadow = true;
  mesh.receiveShadow = true;
  mesh.frustumCulled = false;
  return mesh;
}

/** Street tree 4.5 to 8 m high, often with the whitewashed foot seen along Chinese streets. */
export function createTree(kit: Kit): THREE.Group {
  const { rng, lib } = kit;
  const height = rng.range(4.5, 8);
  const bark = lib.plain(rng.pick([0x5a4a3a, 0x6a5a4a, 0x4a4238]), { roughness: 1 });
  const trunkTop = height * 0.5;
  const made = group(tube(lib, 0.1, 0.16, trunkTop, bark, [0, trunkTop / 2, 0]));
  if (rng.chance(0.6))
    made.add(tube(lib, 0.155, 0.168, 1.1, lib.plain(0xdcdad2, { roughness: 1 }), [0, 0.55, 0]));
  const middles: THREE.Vector3[] = [];
  for (let i = 0; i < 6; i += 1) {
    const a = (i / 6) * 6.28 + rng.range(0, 1);
    const middle = new THREE.Vector3(
      Math.cos(a) * height * 0.15,
      height * rng.range(0.58, 0.85),
      Math.sin(a) * height * 0.15,
    );
    middles.push(middle);
    made.add(beam(lib, [0, trunkTop * 0.9, 0], [middle.x, middle.y, middle.z], 0.05, bark));
  }
  made.add(
    leafCloud(
      kit,
      300,
      middles,
      new THREE.Vector3(height * 0.17, height * 0.14, height * 0.17),
      0.68,
      rng.range(0.2, 0.3),
    ),
  );
  made.add(box(lib, [1.3, 0.04, 1.3], lib.surface('soil'), [0, 0.0, 0]));
  return made;
}

/** Cut hedge; sizes in metres, its length along x. */
export function createHedge(kit: Kit, length: number, height: number, depth: number): THREE.Group {
  const { rng, lib } = kit;
  const core = box(lib, [length, height * 0.9, depth * 0.8], lib.plain(0x1f2f17, { roughness: 1 }), [
    0,
    height * 0.45,
    0,
  ]);
  const middles = Array.from(
    { length: Math.ceil(length * 2) },
    (_, i) => new THREE.Vector3(-length / 2 + (i + 0.5) * 0.5, height * 0.5, 0),
  );
  const leaves = leafCloud(
    kit,
    Math.round(length * 90 * (0.4 + height)),
    middles,
    new THREE.Vector3(0.45, height * 0.52, depth * 0.55),
    0.32,
    rng.range(0.2, 0.3),
  );
  return group(core, leaves);
}

/** Flower pot or planter with a plant, 0.5 to 1.2 m high. */
export function createPottedPlant(kit: Kit): THREE.Group {
  const { rng, lib } = kit;
  const clay = lib.plain(rng.pick([0x9a5a3a, 0x6a6a68, 0xd8d4cc, 0x3a4a5a, 0x7a3f2a]), { roughness: 0.8 });
  const size = rng.range(0.22, 0.4);
  const made = group(
    rng.chance(0.6)
      ? tube(lib, size * 0.6, size * 0.42, size, clay, [0, size / 2, 0])
      : roundBox(lib, [0.8, 0.4, 0.35], 0.03, clay, [0, 0.2, 0]),
  );
  made.add(
    leafCloud(
      kit,
      46,
      [new THREE.Vector3(0, size * 1.6, 0)],
      new THREE.Vector3(size * 0.8, size * 0.8, size * 0.8),
      0.22,
      rng.range(0.2, 0.32),
    ),
  );
  if (rng.chance(0.4)) {
    const petal = lib.plain(rng.pick([0xd83a5a, 0xe8c23a, 0xd88ac0, 0xf0e8e0]), { roughness: 0.7 });
    for (let i = 0; i < 9; i += 1)
      made.add(
        ball(lib, [0.035, 0.03, 0.035], petal, [
          rng.range(-0.22, 0.22),
          size * rng.range(1.5, 2.4),
          rng.range(-0.22, 0.22),
        ]),
      );
  }
  made.add(contactShadow(lib, size * 2.4, size * 2.4, 0.5));
  return made;
}

/** Fallen leaves lying singly on the ground within `radius` metres; not rubbish in the sense of the labels. */
export function createFallenLeaves(kit: Kit, radius: number, count: number): THREE.InstancedMesh {
  const { rng, lib } = kit;
  const mesh = new THREE.InstancedMesh(lib.geometry('leaf', leafShape), leafMaterial(lib), count);
  const dummy = new THREE.Object3D();
  const color = new THREE.Color();
  for (let i = 0; i < count; i += 1) {
    const a = rng.range(0, 6.28);
    const r = radius * Math.sqrt(rng.next());
    dummy.position.set(Math.cos(a) * r, 0.015, Math.sin(a) * r);
    dummy.rotation.set(-Math.PI / 2 + rng.range(-0.2, 0.2), 0, rng.range(0, 6.28));
    dummy.scale.setScalar(rng.range(0.05, 0.11));
    dummy.updateMatrix();
    mesh.setMatrixAt(i, dummy.matrix);
    mesh.setColorAt(i, color.setHSL(rng.range(0.06, 0.16), rng.range(0.3, 0.6), rng.range(0.2, 0.42)));
  }
  mesh.receiveShadow = true;
  mesh.frustumCulled = false;
  return mesh;
}

function leafShape(): THREE.BufferGeometry {
  return new THREE.CircleGeometry(0.5, 6);
}

function leafMaterial(lib: Library): THREE.MeshStandardMaterial {
  return lib.material(
    'leaf',
    () => new THREE.MeshStandardMaterial({ roughness: 0.9, side: THREE.DoubleSide }),
  );
}
