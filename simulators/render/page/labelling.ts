import * as THREE from 'three';
import { type Extent, readExtents, yoloLine } from './id-mask.ts';

/** Number of a class: 0 garbage, 1 garbage_bin, 2 overflow. */
export type ClassId = 0 | 1 | 2;

/** A thing to be boxed. */
export interface Labelled {
  readonly object: THREE.Object3D;
  readonly classId: ClassId;
}

/** Visible extent of a thing in pixels of the picture. */
export interface Box {
  readonly classId: ClassId;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  /** Visible pixels divided by those of the thing standing alone. */
  readonly visible: number;
  readonly pixels: number;
}

interface Swap {
  readonly mesh: THREE.Mesh;
  readonly material: THREE.Material | THREE.Material[];
  readonly visible: boolean;
  readonly tints: THREE.InstancedBufferAttribute | null;
}

const STEP = 8;

function flat(id: number, like: THREE.Material): THREE.MeshBasicMaterial {
  const material = new THREE.MeshBasicMaterial({ fog: false, toneMapped: false, side: THREE.DoubleSide });
  material.color.setRGB((id * STEP) / 255, 0, 0, THREE.LinearSRGBColorSpace);
  if (like instanceof THREE.MeshStandardMaterial && like.alphaTest > 0) {
    material.alphaMap = null;
    material.map = like.map;
    material.alphaTest = like.alphaTest;
    // The leaves' own colour would falsify the number, so leaves may only hide, never be numbered.
    material.color.setRGB(0, 0, 0);
  }
  return material;
}

/** Draws number masks with the same depth test as the picture and measures them. */
export class Labeller {
  readonly #renderer: THREE.WebGLRenderer;
  readonly #flats = new Map<string, THREE.MeshBasicMaterial>();

  constructor(renderer: THREE.WebGLRenderer) {
    this.#renderer = renderer;
  }

  #flat(id: number, like: THREE.Material): THREE.MeshBasicMaterial {
    const leafy = like instanceof THREE.MeshStandardMaterial && like.alphaTest > 0;
    const key = leafy ? `leaf ${like.uuid}` : `${id}`;
    const known = this.#flats.get(key);
    if (known) return known;
    const made = flat(id, like);
    this.#flats.set(key, made);
    return made;
  }

  #paintNumbers(scene: THREE.Scene, labelled: readonly Labelled[]): Swap[] {
    const swaps: Swap[] = [];
    const visit = (node: THREE.Object3D, id: number): void => {
      const found = labelled.findIndex((item) => item.object === node);
      const own = found >= 0 ? found + 1 : id;
      if (node instanceof THREE.Mesh) {
        const mesh: THREE.Mesh = node;
        const first = Array.isArray(mesh.material) ? mesh.material[0] : mesh.material;
        const tints = mesh instanceof THREE.InstancedMesh ? mesh.instanceColor : null;
        swaps.push({ mesh, material: mesh.material, visible: mesh.visible, tints });
        // Tints of single pieces would be multiplied into the number.
        if (mesh instanceof THREE.InstancedMesh) mesh.instanceColor = null;
        if (!first || mesh.userData.intangible === true || first.transparent) mesh.visible = false;
        else mesh.material = this.#flat(own, first);
        mesh.layers.set(0);
        if (own > 0) mesh.layers.enable(own);
      }
      for (const child of node.children) visit(child, own);
    };
    visit(scene, 0);
    return swaps;
  }

  #extents(target: THREE.WebGLRenderTarget, count: number): Extent[] {
    const data = new Uint8Array(target.width * target.height * 4);
    return readExtents(this.#renderer, target, data, count, STEP);
  }

  /** Boxes of all things that show at least one pixel; picture size in pixels. */
  measure(
    scene: THREE.Scene,
    camera: THREE.PerspectiveCamera,
    labelled: readonly Labelled[],
    width: number,
    height: number,
  ): Box[] {
    const renderer = this.#renderer;
    const target = new THREE.WebGLRenderTarget(width, height);
    const background = scene.background;
    scene.background = null;
    const swaps = this.#paintNumbers(scene, labelled);
    renderer.shadowMap.autoUpdate = false;
    const tone = renderer.toneMapping;
    renderer.toneMapping = THREE.NoToneMapping;
    renderer.setRenderTarget(target);
    renderer.setClearColor(0x000000, 1);
    renderer.render(scene, camera);
    const seen = this.#extents(target, labelled.length);
    const boxes: Box[] = [];
    labelled.forEach((item, i) => {
      const e = seen[i + 1];
      if (!e || e.count === 0) return;
      camera.layers.set(i + 1);
      renderer.render(scene, camera);
      const alone = this.#extents(target, labelled.length)[i + 1]?.count ?? e.count;
      boxes.push({
        classId: item.classId,
        x1: e.x1,
        y1: e.y1,
        x2: e.x2,
        y2: e.y2,
        visible: e.count / Math.max(1, alone),
        pixels: e.count,
      });
    });
    camera.layers.set(0);
    for (const { mesh, material, visible, tints } of swaps) {
      if (mesh instanceof THREE.InstancedMesh) mesh.instanceColor = tints;
      mesh.material = material;
      mesh.visible = visible;
      mesh.layers.set(0);
    }
    renderer.setRenderTarget(null);
    renderer.toneMapping = tone;
    renderer.shadowMap.autoUpdate = true;
    scene.background = background;
    target.dispose();
    return boxes;
  }
}

/** What comes of the boxes of one picture. */
export interface Verdict {
  readonly kept: readonly Box[];
  /** A large part of something is in the picture without a box: better not to train on it. */
  readonly doubtful: boolean;
}

/** Keeps boxes of things at least 35 % visible and not too small at a detector input 320 pixels wide. */
export function judgeBoxes(boxes: readonly Box[], width: number, height: number): Verdict {
  const scale = 320 / Math.max(width, height);
  const kept: Box[] = [];
  let doubtful = false;
  for (const box of boxes) {
    const w = (box.x2 - box.x1) * scale;
    const h = (box.y2 - box.y1) * scale;
    if (box.visible >= 0.35 && Math.min(w, h) >= 8) kept.push(box);
    else if (box.pixels > width * height * 0.006) doubtful = true;
  }
  return { kept, doubtful };
}

/** Lines of a YOLO label file: class, middle and size as shares of the picture. */
export function yoloLines(boxes: readonly Box[], width: number, height: number): string {
  return boxes.map((box) => yoloLine(box.classId, box, width, height)).join('');
}
