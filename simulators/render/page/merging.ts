import * as THREE from 'three';
import { mergeGeometries } from 'three/addons/utils/BufferGeometryUtils.js';

/** Side of the squares within which parts are joined, in metres; what lies out of view can still be skipped. */
const CELL = 9;

interface Bundle {
  readonly material: THREE.Material;
  readonly sample: THREE.Mesh;
  readonly parts: THREE.BufferGeometry[];
}

function plainCopy(mesh: THREE.Mesh, toRoot: THREE.Matrix4): THREE.BufferGeometry {
  const source: THREE.BufferGeometry = mesh.geometry;
  const copy = new THREE.BufferGeometry();
  for (const name of ['position', 'normal', 'uv']) copy.setAttribute(name, source.getAttribute(name).clone());
  copy.applyMatrix4(toRoot);
  const index = source.getIndex();
  // Some shapes come without an index; joining needs all of a kind.
  copy.setIndex(
    index ? index.clone() : Array.from({ length: source.getAttribute('position').count }, (_, i) => i),
  );
  return copy;
}

function collect(node: THREE.Object3D, stop: ReadonlySet<THREE.Object3D>, found: THREE.Mesh[]): void {
  for (const child of node.children) {
    if (stop.has(child)) continue;
    if (child instanceof THREE.Mesh && !(child instanceof THREE.InstancedMesh)) found.push(child);
    collect(child, stop, found);
  }
}

/**
 * Joins all parts of one material under `root`, except below the nodes of `stop`.
 * A software renderer spends more time on the number of parts than on their triangles.
 */
export function mergeParts(root: THREE.Object3D, stop: ReadonlySet<THREE.Object3D>): void {
  root.updateMatrixWorld(true);
  const back = root.matrixWorld.clone().invert();
  const meshes: THREE.Mesh[] = [];
  collect(root, stop, meshes);
  const bundles = new Map<string, Bundle>();
  const at = new THREE.Vector3();
  for (const mesh of meshes) {
    if (Array.isArray(mesh.material)) continue;
    at.setFromMatrixPosition(mesh.matrixWorld);
    const flags = `${mesh.castShadow} ${mesh.receiveShadow} ${mesh.userData.intangible === true}`;
    const key = `${mesh.material.uuid} ${flags} ${Math.round(at.x / CELL)} ${Math.round(at.z / CELL)}`;
    const bundle = bundles.get(key) ?? { material: mesh.material, sample: mesh, parts: [] };
    bundles.set(key, bundle);
    bundle.parts.push(plainCopy(mesh, back.clone().multiply(mesh.matrixWorld)));
  }
  for (const mesh of meshes) mesh.removeFromParent();
  for (const { material, sample, parts } of bundles.values()) {
    const joined = parts.length === 1 ? parts[0] : mergeGeometries(parts);
    if (!joined) throw new Error('parts of one material do not fit together');
    const mesh = new THREE.Mesh(joined, material);
    mesh.castShadow = sample.castShadow;
    mesh.receiveShadow = sample.receiveShadow;
    Object.assign(mesh.userData, sample.userData);
    root.add(mesh);
  }
}
