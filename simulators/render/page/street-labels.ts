import * as THREE from 'three';
import { type Extent, emptyExtent, readExtents, yoloLine } from './id-mask.ts';
import { UNBOXED } from './people.ts';
import { STREET_CLASSES, type StreetClass } from './street-classes.ts';

/** A thing to be boxed: all that shows of the object and what hangs on it, things boxed by themselves included. */
export interface StreetLabelled {
  readonly object: THREE.Object3D;
  readonly labelClass: StreetClass;
}

/** Visible extent of a thing in pixels of the picture. */
export interface StreetBox {
  readonly labelClass: StreetClass;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly pixels: number;
  /** Visible pixels divided by those of the thing standing alone. */
  readonly visible: number;
}

interface Swap {
  readonly mesh: THREE.Mesh;
  readonly material: THREE.Material | THREE.Material[];
  readonly visible: boolean;
  readonly layers: number;
}

/** Numbers are single red levels, so there can be this many things in a picture. */
const MOST_THINGS = 254;

/** Layers of three.js that can hold things drawn alone. */
const ALONE_LAYERS = 31;

function grow(into: Extent, by: Extent): void {
  into.x1 = Math.min(into.x1, by.x1);
  into.y1 = Math.min(into.y1, by.y1);
  into.x2 = Math.max(into.x2, by.x2);
  into.y2 = Math.max(into.y2, by.y2);
  into.count += by.count;
}

/** Draws number masks with the depth test of the picture and measures boxes in them. */
export class StreetLabeller {
  readonly #renderer: THREE.WebGLRenderer;
  readonly #flats = new Map<string, THREE.MeshBasicMaterial>();
  readonly #target: THREE.WebGLRenderTarget;
  readonly #data: Uint8Array;

  constructor(renderer: THREE.WebGLRenderer, width: number, height: number) {
    this.#renderer = renderer;
    this.#target = new THREE.WebGLRenderTarget(width, height);
    this.#data = new Uint8Array(width * height * 4);
  }

  #flat(id: number, like: THREE.Material): THREE.MeshBasicMaterial {
    const leafy = like.alphaTest > 0 && like instanceof THREE.MeshLambertMaterial;
    const key = leafy ? `leaf ${like.uuid}` : `${id}`;
    const known = this.#flats.get(key);
    if (known) return known;
    const made = new THREE.MeshBasicMaterial({ fog: false, toneMapped: false });
    made.color.setRGB(leafy ? 0 : id / 255, 0, 0, THREE.LinearSRGBColorSpace);
    if (leafy) {
      made.map = like.map;
      made.alphaTest = like.alphaTest;
      made.side = like.side;
    }
    this.#flats.set(key, made);
    return made;
  }

  #paintNumbers(scene: THREE.Scene, ids: ReadonlyMap<THREE.Object3D, number>): Swap[] {
    const swaps: Swap[] = [];
    const visit = (node: THREE.Object3D, id: number): void => {
      const own = node.name === UNBOXED ? 0 : (ids.get(node) ?? id);
      if (node instanceof THREE.Mesh) {
        const mesh: THREE.Mesh = node;
        const first = Array.isArray(mesh.material) ? mesh.material[0] : mesh.material;
        swaps.push({ mesh, material: mesh.material, visible: mesh.visible, layers: mesh.layers.mask });
        if (!first || mesh.userData.intangible === true || first.transparent) mesh.visible = false;
        else mesh.material = this.#flat(own, first);
      }
      for (const child of node.children) visit(child, own);
    };
    visit(scene, 0);
    return swaps;
  }

  #extents(count: number): Extent[] {
    return readExtents(this.#renderer, this.#target, this.#data, count, 1);
  }

  /** Pixels of each thing as if nothing stood before it: things that do not overlap are drawn together. */
  #alone(
    scene: THREE.Scene,
    camera: THREE.PerspectiveCamera,
    things: readonly THREE.Object3D[],
    seen: readonly Extent[],
  ): number[] {
    const { width, height } = this.#target;
    const counts = things.map(() => 0);
    const passes: { rects: THREE.Box2[]; members: number[] }[] = [];
    things.forEach((thing, i) => {
      if ((seen[i + 1]?.count ?? 0) === 0) return;
      const rect = screenRect(thing, camera, width, height);
      const pass = passes.find(({ rects }) => rects.every((other) => !other.intersectsBox(rect)));
      if (pass) {
        pass.rects.push(rect);
        pass.members.push(i);
      } else if (passes.length < ALONE_LAYERS) passes.push({ rects: [rect], members: [i] });
    });
    passes.forEach(({ members }, p) => {
      for (const i of members) things[i]?.traverse((node) => node.layers.set(p + 1));
      camera.layers.set(p + 1);
      this.#renderer.render(scene, camera);
      const found = this.#extents(things.length);
      for (const i of members) {
        counts[i] = found[i + 1]?.count ?? 0;
        things[i]?.traverse((node) => node.layers.set(0));
      }
    });
    camera.layers.set(0);
    return counts;
  }

  /** Boxes of all things that show at least one pixel. */
  measure(
    scene: THREE.Scene,
    camera: THREE.PerspectiveCamera,
    labelled: readonly StreetLabelled[],
  ): StreetBox[] {
    const renderer = this.#renderer;
    const { width, height } = this.#target;
    const counted = labelled.slice(0, MOST_THINGS);
    const ids = new Map(counted.map((item, i) => [item.object, i + 1] as const));
    const background = scene.background;
    scene.background = null;
    const swaps = this.#paintNumbers(scene, ids);
    const auto = renderer.shadowMap.autoUpdate;
    const tone = renderer.toneMapping;
    renderer.shadowMap.autoUpdate = false;
    renderer.toneMapping = THREE.NoToneMapping;
    renderer.setRenderTarget(this.#target);
    renderer.setClearColor(0x000000, 1);
    renderer.render(scene, camera);
    const seen = this.#extents(counted.length);
    const alone = this.#alone(
      scene,
      camera,
      counted.map((item) => item.object),
      seen,
    );
    for (const { mesh, material, visible, layers } of swaps) {
      mesh.material = material;
      mesh.visible = visible;
      mesh.layers.mask = layers;
    }
    renderer.setRenderTarget(null);
    renderer.toneMapping = tone;
    renderer.shadowMap.autoUpdate = auto;
    scene.background = background;
    return counted.flatMap((item) => {
      const whole = emptyExtent(width, height);
      let standing = 0;
      item.object.traverse((node) => {
        const id = ids.get(node);
        const part = id === undefined ? undefined : seen[id];
        if (id === undefined || !part) return;
        grow(whole, part);
        standing += alone[id - 1] ?? part.count;
      });
      if (whole.count === 0) return [];
      const { x1, y1, x2, y2, count } = whole;
      return [
        {
          labelClass: item.labelClass,
          x1,
          y1,
          x2,
          y2,
          pixels: count,
          visible: Math.min(1, count / Math.max(1, standing)),
        },
      ];
    });
  }
}

/** Rectangle of the screen that a thing may cover, in pixels. */
function screenRect(
  thing: THREE.Object3D,
  camera: THREE.PerspectiveCamera,
  width: number,
  height: number,
): THREE.Box2 {
  const space = new THREE.Box3().setFromObject(thing);
  const rect = new THREE.Box2();
  const corner = new THREE.Vector3();
  for (let i = 0; i < 8; i += 1) {
    corner.set(
      i & 1 ? space.max.x : space.min.x,
      i & 2 ? space.max.y : space.min.y,
      i & 4 ? space.max.z : space.min.z,
    );
    const behind = corner.clone().applyMatrix4(camera.matrixWorldInverse).z > -camera.near;
    // A corner behind the camera projects to nonsense; such a thing may be anywhere.
    if (behind) return new THREE.Box2(new THREE.Vector2(0, 0), new THREE.Vector2(width, height));
    corner.project(camera);
    rect.expandByPoint(new THREE.Vector2((corner.x * 0.5 + 0.5) * width, (0.5 - corner.y * 0.5) * height));
  }
  return rect.expandByScalar(2);
}

/** Boxes worth learning: enough of the thing shows, or what shows is large. */
export function worthyBoxes(boxes: readonly StreetBox[], width: number, height: number): StreetBox[] {
  return boxes.filter((box) => {
    const w = box.x2 - box.x1;
    const h = box.y2 - box.y1;
    if (Math.min(w, h) < 5 || box.pixels < 36) return false;
    return box.visible >= 0.3 || (box.visible >= 0.12 && box.pixels > width * height * 0.004);
  });
}

/** Lines of a YOLO label file: class, middle and size as shares of the picture. */
export function streetLines(boxes: readonly StreetBox[], width: number, height: number): string {
  return boxes.map((box) => yoloLine(STREET_CLASSES.indexOf(box.labelClass), box, width, height)).join('');
}
