import * as THREE from 'three';
import { sheen } from './baking.ts';
import { jpegOf, photograph, pickFaults } from './camera-effects.ts';
import { type Kit, Library } from './library.ts';
import { createRng, type Rng } from './random.ts';
import { StreetLabeller, streetLines, worthyBoxes } from './street-labels.ts';
import { type StreetSet, stageStreetSet } from './street-set.ts';
import { isDark, lightStreet, type StreetMood } from './street-set-light.ts';
import type { PoleView } from './street-set-views.ts';
import type { Picture } from './studio.ts';

const WIDTH = 640;
const HEIGHT = 360;

/** Pictures of one street: building it costs more than looking at it once more. */
const VIEWS = 5;

/** Some pictures are rendered finer, so that not all of them have the same edges. */
const FINER = 1.5;
const FINER_SHARE = 0.12;

function cameraOf(view: PoleView): THREE.PerspectiveCamera {
  const across = Math.tan(THREE.MathUtils.degToRad(view.hfov_deg) / 2);
  const fov = THREE.MathUtils.radToDeg(Math.atan((across * HEIGHT) / WIDTH)) * 2;
  const camera = new THREE.PerspectiveCamera(fov, WIDTH / HEIGHT, 0.3, 400);
  camera.position.copy(view.eye);
  camera.lookAt(view.target);
  camera.rotateZ(view.roll);
  camera.updateMatrixWorld();
  return camera;
}

/** How bright the sky mirrors itself in paint and glass. */
const SHINE: Record<StreetMood, number> = {
  sun: 0.16,
  'low-sun': 0.13,
  overcast: 0.16,
  haze: 0.12,
  fog: 0.1,
  rain: 0.12,
  dusk: 0.05,
  night: 0.015,
};

function shineIn(lib: Library, mood: StreetMood): void {
  sheen(lib).reflectivity = SHINE[mood];
}

function dispose(scene: THREE.Scene): void {
  scene.traverse((node) => {
    if (node instanceof THREE.Mesh && node.geometry.userData.shared !== true) node.geometry.dispose();
    if (node instanceof THREE.DirectionalLight) node.dispose();
  });
}

/** Renders streets for the street detector, with materials cheap enough for a renderer in software. */
export class StreetStudio {
  readonly #renderer: THREE.WebGLRenderer;
  readonly #labeller: StreetLabeller;
  readonly #lib = new Library(true);
  readonly #negative = document.createElement('canvas');
  readonly #paper = document.createElement('canvas');

  constructor() {
    this.#renderer = new THREE.WebGLRenderer({ preserveDrawingBuffer: true });
    this.#renderer.setPixelRatio(1);
    this.#renderer.shadowMap.enabled = true;
    this.#renderer.shadowMap.type = THREE.PCFShadowMap;
    this.#renderer.shadowMap.autoUpdate = false;
    this.#labeller = new StreetLabeller(this.#renderer, WIDTH, HEIGHT);
    for (const canvas of [this.#negative, this.#paper]) {
      canvas.width = WIDTH;
      canvas.height = HEIGHT;
    }
  }

  /**
   * What the lens throws on the sensor: edges are soft, since the renderer leaves them jagged to be quick; some cameras see less
   * sharply than they send, and some see no colours in the dark.
   */
  #expose(dark: boolean, rng: Rng): void {
    const ctx = this.#negative.getContext('2d');
    if (!ctx) throw new Error('no 2d canvas in this browser');
    const source = this.#renderer.domElement;
    const sharp = rng.chance(0.8) ? 1 : rng.range(0.5, 0.9);
    const width = Math.round(WIDTH * sharp);
    const height = Math.round(HEIGHT * sharp);
    const offset = rng.range(0.45, 0.8);
    ctx.filter = dark && rng.chance(0.2) ? 'grayscale(1)' : 'none';
    ctx.imageSmoothingQuality = 'high';
    ctx.drawImage(source, 0, 0, width, height);
    ctx.globalAlpha = 0.5;
    ctx.drawImage(source, offset, offset, width, height);
    ctx.globalAlpha = 1;
    ctx.filter = 'none';
    if (sharp < 1) ctx.drawImage(this.#negative, 0, 0, width, height, 0, 0, WIDTH, HEIGHT);
  }

  #picture(scene: THREE.Scene, set: StreetSet, view: PoleView, rng: Rng): Picture {
    const camera = cameraOf(view);
    const finer = rng.chance(FINER_SHARE) ? FINER : 1;
    this.#renderer.setSize(WIDTH * finer, HEIGHT * finer, false);
    this.#renderer.render(scene, camera);
    const dark = isDark(set.mood);
    this.#expose(dark, rng);
    const faults = pickFaults(rng, dark ? 'night' : set.mood === 'rain' ? 'rain' : 'overcast');
    photograph(this.#negative, this.#paper, faults, rng);
    const jpeg = jpegOf(this.#paper, faults.quality);
    const boxes = this.#labeller.measure(scene, camera, set.labelled);
    return { jpeg, labels: streetLines(worthyBoxes(boxes, WIDTH, HEIGHT), WIDTH, HEIGHT) };
  }

  /** Pictures of the street that belongs to a seed. */
  pictures(seed: number): Picture[] {
    const rng = createRng(seed);
    const kit: Kit = { rng, lib: this.#lib };
    const set = stageStreetSet(kit, VIEWS);
    const scene = new THREE.Scene();
    scene.add(set.root);
    const middle = new THREE.Vector3(0, 0, 3);
    const light = lightStreet(scene, this.#renderer, rng, { mood: set.mood, middle, reach: 40 });
    shineIn(this.#lib, set.mood);
    scene.updateMatrixWorld(true);
    this.#renderer.shadowMap.needsUpdate = true;
    const made = set.views.map((view) => {
      light.aim(set.lamps, view.target);
      return this.#picture(scene, set, view, rng.fork());
    });
    dispose(scene);
    return made;
  }
}
