import * as THREE from 'three';
import { type CameraFaults, jpegOf, photograph, pickFaults } from './camera-effects.ts';
import { judgeBoxes, Labeller, yoloLines } from './labelling.ts';
import { type Kit, Library } from './library.ts';
import { applyLighting, SkyStock } from './lighting.ts';
import { mergeParts } from './merging.ts';
import { createRng, type Rng } from './random.ts';
import { stageCarPark } from './scene-carpark.ts';
import { stageIndoor } from './scene-indoor.ts';
import { type Staging, stageStreet } from './scene-street.ts';
import { cameraOf, type View } from './viewpoints.ts';

/** One training picture: JPEG as base64 and its label lines. */
export interface Picture {
  readonly jpeg: string;
  readonly labels: string;
}

/** Which kinds of pictures are wanted: the whole variety, or only views from a mast over a street. */
export type Style = 'all' | 'pole';

const SIZES: readonly (readonly [number, number])[] = [
  [448, 336],
  [448, 336],
  [448, 252],
  [336, 448],
];

/** Rendering may be larger than the picture by this factor for smoother edges, at the price of time. */
const OVERSAMPLING = 1;

/** Frees what belongs to one scene only; shared shapes and materials stay. */
export function disposeScene(scene: THREE.Object3D): void {
  scene.traverse((node) => {
    if (node instanceof THREE.InstancedMesh) node.dispose();
    if (node instanceof THREE.Mesh) {
      const geometry: unknown = node.geometry;
      if (geometry instanceof THREE.BufferGeometry && geometry.userData.shared !== true) geometry.dispose();
    }
    if (node instanceof THREE.DirectionalLight) node.dispose();
  });
}

/** The page's renderer with everything that is worth keeping from picture to picture. */
export class Studio {
  readonly renderer: THREE.WebGLRenderer;
  readonly skies: SkyStock;
  readonly labeller: Labeller;
  readonly lib = new Library();
  readonly #paper = document.createElement('canvas');

  constructor() {
    this.renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
    this.renderer.setPixelRatio(1);
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = THREE.PCFShadowMap;
    this.skies = new SkyStock(this.renderer);
    this.labeller = new Labeller(this.renderer);
  }

  /** Renders and spoils one view; the JPEG as base64. */
  shoot(
    scene: THREE.Scene,
    camera: THREE.Camera,
    width: number,
    height: number,
    oversampling: number,
    faults: CameraFaults,
    rng: Rng,
  ): string {
    this.renderer.setSize(Math.round(width * oversampling), Math.round(height * oversampling), false);
    return this.develop(scene, camera, width, height, faults, rng);
  }

  /** Renders at the renderer's present size over what is there already; the spoilt JPEG as base64. */
  develop(
    scene: THREE.Scene,
    camera: THREE.Camera,
    width: number,
    height: number,
    faults: CameraFaults,
    rng: Rng,
  ): string {
    this.renderer.render(scene, camera);
    this.#paper.width = width;
    this.#paper.height = height;
    photograph(this.renderer.domElement, this.#paper, faults, rng);
    return jpegOf(this.#paper, faults.quality);
  }

  #stage(kit: Kit, style: Style): Staging {
    const { rng } = kit;
    const roll = rng.next();
    if (style === 'pole') return stageStreet(kit, { waste: roll < 0.75, style: 'pole', views: 2 });
    if (roll < 0.06) return stageCarPark(kit);
    if (roll < 0.18) return stageIndoor(kit, rng.chance(0.3));
    return stageStreet(kit, { waste: rng.chance(0.68), style: rng.chance(0.5) ? 'hand' : 'pole', views: 2 });
  }

  #picture(
    scene: THREE.Scene,
    staging: Staging,
    view: View,
    rng: Rng,
    shadows: boolean,
  ): Picture | undefined {
    const [width, height] = rng.pick(SIZES);
    const camera = cameraOf(view, width / height);
    const boxes = this.labeller.measure(scene, camera, staging.labelled, width, height);
    const verdict = judgeBoxes(boxes, width, height);
    if (verdict.doubtful) return undefined;
    this.renderer.shadowMap.autoUpdate = shadows;
    const jpeg = this.shoot(scene, camera, width, height, OVERSAMPLING, pickFaults(rng, staging.mood), rng);
    this.renderer.shadowMap.autoUpdate = true;
    return { jpeg, labels: yoloLines(verdict.kept, width, height) };
  }

  /** Pictures of the scene that belongs to a seed; none if the labels would be doubtful. */
  pictures(seed: number, style: Style): Picture[] {
    const rng = createRng(seed);
    const kit: Kit = { rng, lib: this.lib };
    const staging = this.#stage(kit, style);
    const apart = new Set(staging.labelled.map((item) => item.object));
    for (const object of apart) mergeParts(object, new Set());
    mergeParts(staging.root, apart);
    const scene = new THREE.Scene();
    scene.add(staging.root);
    const eye = staging.views[0];
    const around = eye ? eye.target.clone().setY(0) : new THREE.Vector3();
    const farthest = Math.max(...staging.views.map((view) => view.eye.distanceTo(view.target)));
    const reach = Math.min(20, Math.max(8, farthest * 1.3));
    applyLighting(scene, this.renderer, this.skies, rng, {
      mood: staging.mood,
      around,
      reach,
      lamps: staging.lamps,
      shadowSize: 1024,
    });
    scene.updateMatrixWorld(true);
    let shadows = true;
    const made = staging.views.map((view) => {
      const picture = this.#picture(scene, staging, view, rng.fork(), shadows);
      // Sun and things stand still between the views of a scene, so its shadows are drawn once.
      if (picture) shadows = false;
      return picture;
    });
    disposeScene(scene);
    return made.filter((picture) => picture !== undefined);
  }
}
