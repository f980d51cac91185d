import * as THREE from 'three';
import { mergeGeometries } from 'three/addons/utils/BufferGeometryUtils.js';
import type { Kit, Library } from './library.ts';
import { createRng, seedOfText } from './random.ts';
import { group } from './shapes.ts';

interface Piece {
  readonly mesh: THREE.Mesh;
  readonly material: THREE.MeshStandardMaterial;
  readonly toRoot: THREE.Matrix4;
  /** Colour of one instance. */
  readonly tint: THREE.Color | undefined;
}

interface Bucket {
  readonly material: THREE.Material;
  readonly sample: THREE.Mesh;
  readonly parts: THREE.BufferGeometry[];
}

/** Below this roughness a surface shines. */
const GLOSSY = 0.4;

/** Sky, fronts and ground as they show in paint and glass: one side of a cube. */
function mirrored(side: 'up' | 'down' | 'around'): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = 32;
  canvas.height = 32;
  const ctx = canvas.getContext('2d');
  if (!ctx) throw new Error('no 2d canvas in this browser');
  const g = ctx.createLinearGradient(0, 0, 0, 32);
  const stops =
    side === 'up'
      ? (['#c8d8ea', '#c8d8ea'] as const)
      : side === 'down'
        ? (['#4a4a4a', '#4a4a4a'] as const)
        : (['#c8d8ea', '#e4e8ea', '#6a6a68', '#4a4a4a'] as const);
  stops.forEach((color, i) => {
    g.addColorStop(i / (stops.length - 1), color);
  });
  ctx.fillStyle = g;
  ctx.fillRect(0, 0, 32, 32);
  if (side === 'around') {
    ctx.fillStyle = '#8a8680';
    for (let x = 0; x < 32; x += 8) ctx.fillRect(x, 10 + ((x * 5) % 6), 7, 9);
  }
  return canvas;
}

/** What paint and glass are drawn with; its `reflectivity` is to follow the light. */
export function sheen(lib: Library): THREE.MeshPhongMaterial {
  const made = lib.finish('baked sheen', () => {
    const around = mirrored('around');
    const sky = new THREE.CubeTexture([around, around, mirrored('up'), mirrored('down'), around, around]);
    sky.colorSpace = THREE.SRGBColorSpace;
    sky.needsUpdate = true;
    return new THREE.MeshPhongMaterial({
      vertexColors: true,
      specular: 0x4a4a4a,
      shininess: 60,
      envMap: sky,
      combine: THREE.AddOperation,
      reflectivity: 0.08,
    });
  });
  if (!(made instanceof THREE.MeshPhongMaterial)) throw new Error('the sheen is another material');
  return made;
}

/** What a part is drawn with after joining: one material for all plain colours, one for each picture. */
function finishOf(lib: Library, m: THREE.MeshStandardMaterial): THREE.Material {
  if (m.emissiveIntensity > 0 && m.emissive.getHex() !== 0 && m.emissiveMap === null)
    return lib.finish(
      `baked glow ${m.emissiveIntensity.toFixed(1)}`,
      () =>
        new THREE.MeshLambertMaterial({
          vertexColors: true,
          emissive: m.emissive,
          emissiveIntensity: m.emissiveIntensity,
        }),
    );
  if (m.map === null && !m.transparent)
    return m.roughness < GLOSSY
      ? sheen(lib)
      : lib.finish('baked matte', () => new THREE.MeshLambertMaterial({ vertexColors: true }));
  return lib.finish(`baked ${m.uuid}`, () => {
    const made = new THREE.MeshLambertMaterial({
      vertexColors: true,
      map: m.map,
      alphaMap: m.alphaMap,
      alphaTest: m.alphaTest,
      transparent: m.transparent,
      opacity: m.opacity,
      depthWrite: m.depthWrite,
      emissive: m.emissive,
      emissiveMap: m.emissiveMap,
      emissiveIntensity: m.emissiveIntensity,
      polygonOffset: m.polygonOffset,
      polygonOffsetFactor: m.polygonOffsetFactor,
      side: m.side,
    });
    return made;
  });
}

function piecesUnder(
  node: THREE.Object3D,
  back: THREE.Matrix4,
  stop: ReadonlySet<THREE.Object3D>,
  found: Piece[],
): void {
  for (const child of node.children) {
    if (stop.has(child)) continue;
    if (child instanceof THREE.Mesh && child.material instanceof THREE.MeshStandardMaterial) {
      const mesh: THREE.Mesh = child;
      const { material } = child;
      const toRoot = back.clone().multiply(child.matrixWorld);
      if (!(mesh instanceof THREE.InstancedMesh)) found.push({ mesh, material, toRoot, tint: undefined });
      else
        for (let i = 0; i < mesh.count; i += 1) {
          const at = new THREE.Matrix4();
          mesh.getMatrixAt(i, at);
          const tint = new THREE.Color();
          if (mesh.instanceColor) mesh.getColorAt(i, tint);
          found.push({ mesh, material, toRoot: toRoot.clone().multiply(at), tint });
        }
    }
    piecesUnder(child, back, stop, found);
  }
}

/** Copy of a shape in the root's space, with its colour at every corner. */
function paintedCopy(piece: Piece): THREE.BufferGeometry {
  const source: THREE.BufferGeometry = piece.mesh.geometry;
  const copy = new THREE.BufferGeometry();
  for (const name of ['position', 'normal', 'uv']) copy.setAttribute(name, source.getAttribute(name).clone());
  copy.applyMatrix4(piece.toRoot);
  const { count } = source.getAttribute('position');
  const index = source.getIndex();
  copy.setIndex(index ? Array.from(index.array) : Array.from({ length: count }, (_, i) => i));
  const color = piece.material.color.clone();
  if (piece.tint) color.multiply(piece.tint);
  const colors = new Float32Array(count * 3);
  for (let i = 0; i < count; i += 1) color.toArray(colors, i * 3);
  copy.setAttribute('color', new THREE.BufferAttribute(colors, 3));
  return copy;
}

/** The inner side of a thin sheet, so that no material needs to be drawn from both sides. */
function innerSide(geometry: THREE.BufferGeometry): THREE.BufferGeometry {
  const made = geometry.clone();
  const index = made.getIndex();
  if (index) {
    const turned = Array.from(index.array);
    for (let i = 0; i + 2 < turned.length; i += 3) {
      const second = turned[i + 1] ?? 0;
      turned[i + 1] = turned[i + 2] ?? 0;
      turned[i + 2] = second;
    }
    made.setIndex(turned);
  }
  const normal = made.getAttribute('normal');
  for (let i = 0; i < normal.count; i += 1)
    normal.setXYZ(i, -normal.getX(i), -normal.getY(i), -normal.getZ(i));
  return made;
}

/**
 * Joins everything under `root`, except below the nodes of `stop`, into a few meshes: all plain colours become one. A
 * software renderer spends its time on the number of meshes and materials.
 */
export function bakeParts(
  lib: Library,
  root: THREE.Object3D,
  stop: ReadonlySet<THREE.Object3D> = new Set(),
): void {
  root.updateMatrixWorld(true);
  const pieces: Piece[] = [];
  piecesUnder(root, root.matrixWorld.clone().invert(), stop, pieces);
  const buckets = new Map<string, Bucket>();
  for (const piece of pieces) {
    const material = finishOf(lib, piece.material);
    const key = `${material.uuid} ${piece.mesh.castShadow} ${piece.mesh.userData.intangible === true}`;
    const bucket = buckets.get(key) ?? { material, sample: piece.mesh, parts: [] };
    buckets.set(key, bucket);
    const copy = paintedCopy(piece);
    bucket.parts.push(copy);
    if (piece.material.side === THREE.DoubleSide && material.side !== THREE.DoubleSide)
      bucket.parts.push(innerSide(copy));
  }
  for (const { mesh } of pieces) mesh.removeFromParent();
  for (const { material, sample, parts } of buckets.values()) {
    const joined = mergeGeometries(parts);
    if (!joined) throw new Error('parts of one material do not fit together');
    const mesh = new THREE.Mesh(joined, material);
    mesh.castShadow = sample.castShadow;
    mesh.receiveShadow = sample.receiveShadow;
    Object.assign(mesh.userData, sample.userData);
    root.add(mesh);
  }
}

/** Parts that are to stay apart, because they have boxes of their own. */
function namedBelow(root: THREE.Object3D): THREE.Object3D[] {
  const found: THREE.Object3D[] = [];
  root.traverse((node) => {
    if (node.name !== '') found.push(node);
  });
  return found;
}

/** One of `variants` ready-made things of a name, joined into few meshes; the same one always looks the same. */
export function readyMade(
  kit: Kit,
  name: string,
  variants: number,
  make: (kit: Kit) => THREE.Group,
): THREE.Group {
  const key = `${name} ${kit.rng.int(1, variants)}`;
  return kit.lib.prefab(key, () => {
    const made = group(make({ lib: kit.lib, rng: createRng(seedOfText(key)) }));
    const named = namedBelow(made);
    for (const part of named) bakeParts(kit.lib, part);
    bakeParts(kit.lib, made, new Set(named));
    made.userData = { ...made.children[0]?.userData, kind: name };
    made.traverse((node) => {
      if (node instanceof THREE.Mesh) node.geometry.userData.shared = true;
    });
    return made;
  });
}
