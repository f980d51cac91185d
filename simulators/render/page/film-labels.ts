import * as THREE from 'three';
import { SOLID_LAYER } from './film-still.ts';

/** Something to be boxed: a whole actor or a part of it. */
export interface Target {
  readonly id: string;
  readonly object: THREE.Object3D;
  readonly className: () => string | undefined;
}

/** An actor with its boxes. */
export interface Tagged {
  readonly object: THREE.Object3D;
  readonly targets: readonly Target[];
}

/** A box of a frame's labels. */
export interface FilmBox {
  readonly id: string;
  readonly class: string;
  /** Left, top, right, bottom as shares of the picture. */
  readonly box: readonly [number, number, number, number];
  /** Share of what lies within the picture that nothing hides, 0 to 1. */
  readonly visible: number;
}

interface Extent {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  count: number;
}

/** Measures boxes by drawing each solid mesh in a number with the depths of the picture. */
export interface FilmLabeller {
  /** Gives the meshes of an actor their numbers; to be called once for each actor. */
  readonly tag: (tagged: Tagged) => void;
  readonly untag: (tagged: Tagged) => void;
  /** Keeps the numbers of what stands in the standing picture, behind its depths. */
  readonly bakeStanding: (standing: readonly Tagged[]) => void;
  readonly measure: (standing: readonly Tagged[], moving: readonly Tagged[]) => FilmBox[];
}

const NUMBERS_MAX = 65_535;

/** Boxes with fewer visible pixels than this are left out: nobody could tell what they show. */
const PIXELS_MIN = 12;

function numberMaterial(number: THREE.Vector2): THREE.ShaderMaterial {
  return new THREE.ShaderMaterial({
    uniforms: { number: { value: number } },
    vertexShader: `void main() {
        vec4 at = vec4(position, 1.0);
        #ifdef USE_INSTANCING
          at = instanceMatrix * at;
        #endif
        gl_Position = projectionMatrix * modelViewMatrix * at;
        gl_Position.z -= 0.0002 * gl_Position.w;
      }`,
    fragmentShader: 'uniform vec2 number; void main() { gl_FragColor = vec4(number, 0.0, 1.0); }',
    side: THREE.DoubleSide,
    toneMapped: false,
  });
}

function numbersBackdrop(numbers: THREE.Texture, depth: THREE.Texture): THREE.Scene {
  const material = new THREE.ShaderMaterial({
    uniforms: { numbers: { value: numbers }, depth: { value: depth } },
    vertexShader: 'varying vec2 spot; void main() { spot = uv; gl_Position = vec4(position.xy, 0.0, 1.0); }',
    fragmentShader: `uniform sampler2D numbers; uniform sampler2D depth; varying vec2 spot;
      void main() { gl_FragColor = texture2D(numbers, spot); gl_FragDepth = texture2D(depth, spot).r; }`,
    depthFunc: THREE.AlwaysDepth,
    toneMapped: false,
  });
  const quad = new THREE.Mesh(new THREE.PlaneGeometry(2, 2), material);
  quad.frustumCulled = false;
  const scene = new THREE.Scene();
  scene.add(quad);
  return scene;
}

function emptyExtent(): Extent {
  return { x1: Number.POSITIVE_INFINITY, y1: Number.POSITIVE_INFINITY, x2: 0, y2: 0, count: 0 };
}

function join(extents: readonly (Extent | undefined)[]): Extent {
  const made = emptyExtent();
  for (const e of extents) {
    if (!e) continue;
    made.x1 = Math.min(made.x1, e.x1);
    made.y1 = Math.min(made.y1, e.y1);
    made.x2 = Math.max(made.x2, e.x2);
    made.y2 = Math.max(made.y2, e.y2);
    made.count += e.count;
  }
  return made;
}

/** Makes the labeller of a film; `depth` are the depths of its standing picture. */
export function createFilmLabeller(
  renderer: THREE.WebGLRenderer,
  camera: THREE.PerspectiveCamera,
  depth: THREE.Texture,
  width: number,
  height: number,
): FilmLabeller {
  const options = { minFilter: THREE.NearestFilter, magFilter: THREE.NearestFilter };
  const standingNumbers = new THREE.WebGLRenderTarget(width, height, options);
  const nothing = new THREE.DataTexture(new Uint8Array(4), 1, 1);
  nothing.needsUpdate = true;
  const target = new THREE.WebGLRenderTarget(width, height, options);
  const shownNumber = new THREE.Vector2();
  const material = numberMaterial(shownNumber);
  const backdrop = numbersBackdrop(standingNumbers.texture, depth);
  const blank = numbersBackdrop(nothing, depth);
  const stage = new THREE.Scene();
  stage.overrideMaterial = material;
  const pixels = new Uint8Array(width * height * 4);
  const numbersOf = new Map<THREE.Object3D, number[]>();
  const wholes = new Map<Tagged, Map<Target, number>>();
  let next = 0;

  /** One number for all meshes that belong to the same boxes. */
  const newNumber = (owners: readonly Target[]): number => {
    next = (next % NUMBERS_MAX) + 1;
    for (const { object } of owners) numbersOf.set(object, [...(numbersOf.get(object) ?? []), next]);
    return next;
  };

  const mark = (mesh: THREE.Mesh, own: number): void => {
    mesh.onBeforeRender = (_renderer, _scene, _camera, _geometry, used) => {
      if (used !== material) return;
      shownNumber.set((own & 255) / 255, (own >> 8) / 255);
      material.uniformsNeedUpdate = true;
    };
  };

  const drawNumbers = (
    into: THREE.WebGLRenderTarget,
    behind: THREE.Scene | undefined,
    shown: readonly Tagged[],
  ): void => {
    const places = shown.map(({ object }) => ({ object, parent: object.parent }));
    for (const { object } of shown) stage.add(object);
    renderer.setRenderTarget(into);
    renderer.autoClear = false;
    renderer.setClearColor(0x000000, 0);
    renderer.clear();
    if (behind) renderer.render(behind, camera);
    camera.layers.set(SOLID_LAYER);
    if (shown.length > 0) renderer.render(stage, camera);
    camera.layers.set(0);
    renderer.setRenderTarget(null);
    for (const { object, parent } of places) {
      if (parent) parent.add(object);
      else object.removeFromParent();
    }
  };

  const read = (from: THREE.WebGLRenderTarget): Map<number, Extent> => {
    renderer.readRenderTargetPixels(from, 0, 0, width, height, pixels);
    const found = new Map<number, Extent>();
    let last = 0;
    let e = emptyExtent();
    for (let row = 0, i = 0; row < height; row += 1) {
      const y = height - 1 - row;
      for (let x = 0; x < width; x += 1, i += 4) {
        const id = (pixels[i] ?? 0) + ((pixels[i + 1] ?? 0) << 8);
        if (id === 0) continue;
        if (id !== last) {
          e = found.get(id) ?? emptyExtent();
          found.set(id, e);
          last = id;
        }
        e.count += 1;
        if (x < e.x1) e.x1 = x;
        if (x >= e.x2) e.x2 = x + 1;
        if (y < e.y1) e.y1 = y;
        if (y >= e.y2) e.y2 = y + 1;
      }
    }
    return found;
  };

  const seen = (target: Target, found: ReadonlyMap<number, Extent>): Extent =>
    join((numbersOf.get(target.object) ?? []).map((id) => found.get(id)));

  const countAlone = (tagged: Tagged): Map<Target, number> => {
    drawNumbers(target, undefined, [tagged]);
    const found = read(target);
    return new Map(tagged.targets.map((item) => [item, seen(item, found).count]));
  };

  return {
    tag: ({ object, targets }) => {
      const owned = new Map<THREE.Object3D, Target[]>();
      for (const item of targets) owned.set(item.object, [...(owned.get(item.object) ?? []), item]);
      const visit = (node: THREE.Object3D, above: readonly Target[], known: number): void => {
        const here = owned.get(node);
        const owners = here ? [...above, ...here] : above;
        const own = here ? newNumber(owners) : known;
        if (node instanceof THREE.Mesh && node.layers.isEnabled(SOLID_LAYER)) mark(node, own);
        for (const child of node.children) visit(child, owners, own);
      };
      visit(object, [], 0);
    },
    untag: (tagged) => {
      for (const { object } of tagged.targets) numbersOf.delete(object);
      wholes.delete(tagged);
    },
    bakeStanding: (standing) => {
      drawNumbers(standingNumbers, blank, standing);
      wholes.clear();
    },
    measure: (standing, moving) => {
      drawNumbers(target, backdrop, moving);
      const found = read(target);
      const boxes: FilmBox[] = [];
      for (const tagged of [...standing, ...moving]) {
        const shown = tagged.targets.map((item) => ({ item, extent: seen(item, found) }));
        if (shown.every(({ extent }) => extent.count < PIXELS_MIN)) continue;
        const known = wholes.get(tagged);
        const alone = known ?? countAlone(tagged);
        if (!known && standing.includes(tagged)) wholes.set(tagged, alone);
        for (const { item, extent } of shown) {
          const className = item.className();
          if (extent.count < PIXELS_MIN || className === undefined) continue;
          const whole = Math.max(extent.count, alone.get(item) ?? 0);
          boxes.push({
            id: item.id,
            class: className,
            box: [extent.x1 / width, extent.y1 / height, extent.x2 / width, extent.y2 / height],
            visible: Math.round((extent.count / whole) * 1000) / 1000,
          });
        }
      }
      return boxes;
    },
  };
}
