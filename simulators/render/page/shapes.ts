import * as THREE from 'three';
import { RoundedBoxGeometry } from 'three/addons/geometries/RoundedBoxGeometry.js';
import type { Library } from './library.ts';

/** Point or size in metres: x along the street, y up, z towards the carriageway. */
export type Vec = readonly [x: number, y: number, z: number];

function solid(geometry: THREE.BufferGeometry, material: THREE.Material, at: Vec): THREE.Mesh {
  const mesh = new THREE.Mesh(geometry, material);
  mesh.position.set(at[0], at[1], at[2]);
  mesh.castShadow = true;
  mesh.receiveShadow = true;
  return mesh;
}

/** Stretches texture coordinates so that one painting covers its true size. */
function scaleUv(geometry: THREE.BufferGeometry, size: Vec, metres: number): void {
  const uv = geometry.getAttribute('uv');
  const normal = geometry.getAttribute('normal');
  for (let i = 0; i < uv.count; i += 1) {
    const flatX = Math.abs(normal.getX(i)) > 0.5;
    const flatY = Math.abs(normal.getY(i)) > 0.5;
    const across = flatX ? size[2] : size[0];
    const up = flatY ? size[2] : size[1];
    uv.setXY(i, (uv.getX(i) * across) / metres, (uv.getY(i) * up) / metres);
  }
}

function paintedMetres(material: THREE.Material): number | undefined {
  const metres: unknown = material.userData.metres;
  return typeof metres === 'number' ? metres : undefined;
}

/** Box with its middle at `at`; a painted material keeps its true scale. */
export function box(lib: Library, size: Vec, material: THREE.Material, at: Vec = [0, 0, 0]): THREE.Mesh {
  const metres = paintedMetres(material);
  if (metres === undefined) {
    const unit = lib.geometry('box', () => new THREE.BoxGeometry(1, 1, 1));
    const mesh = solid(unit, material, at);
    mesh.scale.set(size[0], size[1], size[2]);
    return mesh;
  }
  const geometry = new THREE.BoxGeometry(size[0], size[1], size[2]);
  scaleUv(geometry, size, metres);
  return solid(geometry, material, at);
}

/** Box with rounded edges (`radius` in metres). */
export function roundBox(
  lib: Library,
  size: Vec,
  radius: number,
  material: THREE.Material,
  at: Vec = [0, 0, 0],
): THREE.Mesh {
  // Of a small part seen from afar the edges cannot be told from sharp ones.
  if (lib.coarse && Math.max(...size) < 0.3) return box(lib, size, material, at);
  const key = `round ${size.map((s) => s.toFixed(2)).join(' ')} ${radius}`;
  const geometry = lib.geometry(
    key,
    () => new RoundedBoxGeometry(size[0], size[1], size[2], lib.coarse ? 1 : 2, radius),
  );
  return solid(geometry, material, at);
}

/** Upright cylinder or cone, its middle at `at`; radii and height in metres. */
export function tube(
  lib: Library,
  top: number,
  bottom: number,
  height: number,
  material: THREE.Material,
  at: Vec = [0, 0, 0],
): THREE.Mesh {
  const ratio = bottom === 0 ? 0 : Math.round((top / bottom) * 20) / 20;
  const geometry = lib.geometry(
    `tube ${ratio}`,
    () => new THREE.CylinderGeometry(ratio, 1, 1, lib.coarse ? 9 : 12),
  );
  const mesh = solid(geometry, material, at);
  mesh.scale.set(bottom, height, bottom);
  return mesh;
}

/** Ball, or an egg when the radii differ. */
export function ball(lib: Library, radii: Vec, material: THREE.Material, at: Vec = [0, 0, 0]): THREE.Mesh {
  const coarse = Math.max(...radii) < 0.12;
  const geometry = lib.geometry(`ball ${coarse}`, () =>
    lib.coarse
      ? new THREE.SphereGeometry(1, coarse ? 5 : 9, coarse ? 4 : 6)
      : coarse
        ? new THREE.SphereGeometry(1, 9, 6)
        : new THREE.SphereGeometry(1, 14, 9),
  );
  const mesh = solid(geometry, material, at);
  mesh.scale.set(radii[0], radii[1], radii[2]);
  return mesh;
}

/** Ring lying around the z axis (a wheel seen from the side). */
export function ring(
  lib: Library,
  radius: number,
  thickness: number,
  material: THREE.Material,
  at: Vec = [0, 0, 0],
): THREE.Mesh {
  const key = `ring ${radius.toFixed(3)} ${thickness.toFixed(3)}`;
  return solid(
    lib.geometry(key, () =>
      lib.coarse
        ? new THREE.TorusGeometry(radius, thickness, 4, 12)
        : new THREE.TorusGeometry(radius, thickness, 8, 22),
    ),
    material,
    at,
  );
}

/** Round bar from one point to another. */
export function beam(lib: Library, from: Vec, to: Vec, radius: number, material: THREE.Material): THREE.Mesh {
  const a = new THREE.Vector3(from[0], from[1], from[2]);
  const b = new THREE.Vector3(to[0], to[1], to[2]);
  const sides = radius < 0.03 ? (lib.coarse ? 3 : 4) : lib.coarse ? 5 : 8;
  const geometry = lib.geometry(`beam ${sides}`, () => new THREE.CylinderGeometry(1, 1, 1, sides));
  const mesh = solid(geometry, material, [0, 0, 0]);
  mesh.position.copy(a).add(b).multiplyScalar(0.5);
  mesh.scale.set(radius, Math.max(0.001, a.distanceTo(b)), radius);
  mesh.quaternion.setFromUnitVectors(new THREE.Vector3(0, 1, 0), b.clone().sub(a).normalize());
  return mesh;
}

/** Flat ground of size x by z metres at height `y`; a painted material keeps its true scale. */
export function floor(material: THREE.Material, x: number, z: number, at: Vec): THREE.Mesh {
  const geometry = new THREE.PlaneGeometry(x, z);
  const metres = paintedMetres(material) ?? 1;
  const uv = geometry.getAttribute('uv');
  for (let i = 0; i < uv.count; i += 1) uv.setXY(i, (uv.getX(i) * x) / metres, (uv.getY(i) * z) / metres);
  geometry.rotateX(-Math.PI / 2);
  const mesh = solid(geometry, material, at);
  mesh.castShadow = false;
  return mesh;
}

/** Upright picture facing +z, `width` by `height` metres. */
export function panel(
  lib: Library,
  width: number,
  height: number,
  material: THREE.Material,
  at: Vec,
): THREE.Mesh {
  const geometry = lib.geometry('panel', () => new THREE.PlaneGeometry(1, 1));
  const mesh = solid(geometry, material, at);
  mesh.scale.set(width, height, 1);
  mesh.castShadow = false;
  return mesh;
}

/** Shape pulled out along z with soft edges, centred on z; the outline is in metres. */
export function extruded(
  lib: Library,
  key: string,
  outline: readonly (readonly [number, number])[],
  depth: number,
  bevel: number,
  material: THREE.Material,
): THREE.Mesh {
  const geometry = lib.geometry(`extruded ${key} ${depth.toFixed(2)} ${bevel}`, () => {
    const shape = new THREE.Shape(outline.map(([x, y]) => new THREE.Vector2(x, y)));
    const made = new THREE.ExtrudeGeometry(shape, {
      depth: depth - 2 * bevel,
      bevelEnabled: bevel > 0,
      bevelSize: bevel,
      bevelThickness: bevel,
      bevelSegments: lib.coarse ? 1 : 3,
      curveSegments: lib.coarse ? 3 : 6,
    });
    made.translate(0, 0, -(depth - 2 * bevel) / 2);
    return made;
  });
  return solid(geometry, material, [0, 0, 0]);
}

/** Group of parts. */
export function group(...parts: readonly THREE.Object3D[]): THREE.Group {
  const made = new THREE.Group();
  for (const part of parts) made.add(part);
  return made;
}

/** Puts a thing somewhere, turned about the upright axis (radians). */
export function place<T extends THREE.Object3D>(thing: T, x: number, z: number, turn = 0, y = 0): T {
  thing.position.set(x, y, z);
  thing.rotation.y = turn;
  return thing;
}

/** Soft dark patch under a thing: without it everything seems to float under an overcast sky. */
export function contactShadow(lib: Library, x: number, z: number, strength = 0.5): THREE.Mesh {
  const material = lib.material(`contact ${strength}`, () => {
    const map = lib.texture('contact', paintContact);
    const made = new THREE.MeshStandardMaterial({
      color: 0x000000,
      alphaMap: map,
      transparent: true,
      opacity: strength,
    });
    made.depthWrite = false;
    made.polygonOffset = true;
    made.polygonOffsetFactor = -2;
    return made;
  });
  const mesh = floor(material, 1, 1, [0, 0.012, 0]);
  mesh.scale.set(x, 1, z);
  mesh.receiveShadow = false;
  mesh.userData.intangible = true;
  return mesh;
}

function paintContact(): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = 64;
  canvas.height = 64;
  const ctx = canvas.getContext('2d');
  if (!ctx) throw new Error('no 2d canvas in this browser');
  const g = ctx.createRadialGradient(32, 32, 6, 32, 32, 32);
  g.addColorStop(0, '#ffffff');
  g.addColorStop(0.55, '#909090');
  g.addColorStop(1, '#000000');
  ctx.fillStyle = g;
  ctx.fillRect(0, 0, 64, 64);
  return canvas;
}
