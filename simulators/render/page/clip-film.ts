import * as THREE from 'three';
import type { CameraFaults } from './camera-effects.ts';
import type { Actor } from './clip-actors.ts';
import { type ClipScene, createClipScene } from './clip-scene.ts';
import { CLIP_MOMENTS, CLIP_SECONDS, createCast, setStages } from './clip-script.ts';
import type { Box } from './labelling.ts';
import type { Kit } from './library.ts';
import { applyLighting } from './lighting.ts';
import { mergeParts } from './merging.ts';
import { createRng, type Rng } from './random.ts';
import type { Studio } from './studio.ts';
import { cameraOf } from './viewpoints.ts';

/** Truth about one incident of the clip; the box is in pixels: left, top, right, bottom. */
export interface ClipEvent {
  readonly type: 'exposed-garbage' | 'overflowing-bin';
  readonly from_s: number;
  readonly to_s: number;
  readonly box: readonly [number, number, number, number];
}

const FAULTS: CameraFaults = {
  blur: 0,
  noise: 1.1,
  colorNoise: 0.4,
  vignette: 0.14,
  cast: [1.0, 1.0, 0.985],
  contrast: 1.0,
  lift: 4,
  quality: 0.93,
  rainStreaks: 0,
  caption: '',
};

/** The standing picture is rendered this much larger, which costs little since it is rendered seldom. */
const STILL_OVERSAMPLING = 1.5;

/** The camera hangs over the far kerb. */
const CLIP_EYE_Z = 7.0;

/** Shows a stored picture together with its stored depths, so that actors can pass behind things. */
function stillMaterial(color: THREE.Texture, depth: THREE.Texture): THREE.ShaderMaterial {
  return new THREE.ShaderMaterial({
    uniforms: { color: { value: color }, depth: { value: depth } },
    vertexShader: 'varying vec2 spot; void main() { spot = uv; gl_Position = vec4(position.xy, 0.0, 1.0); }',
    fragmentShader:
      'uniform sampler2D color; uniform sampler2D depth; varying vec2 spot;' +
      'void main() { gl_FragColor = texture2D(color, spot); gl_FragDepth = texture2D(depth, spot).r; }',
    depthFunc: THREE.AlwaysDepth,
    toneMapped: false,
  });
}

/**
 * Films the clip. The street is rendered once per state and kept as picture and depth;
 * for each frame only the actors are rendered into it, which makes a software renderer fast enough.
 */
export class ClipFilm {
  readonly #studio: Studio;
  readonly #street = new THREE.Scene();
  readonly #stageScene = new THREE.Scene();
  readonly #backdrop = new THREE.Scene();
  readonly #camera: THREE.PerspectiveCamera;
  readonly #set: ClipScene;
  readonly #cast: readonly Actor[];
  readonly #width: number;
  readonly #height: number;
  readonly #noise: Rng;
  readonly #still: HTMLCanvasElement;
  readonly #color: THREE.CanvasTexture;
  readonly #depth: THREE.WebGLRenderTarget;
  #state = '';

  constructor(studio: Studio, seed: number, width: number, height: number) {
    this.#studio = studio;
    this.#width = width;
    this.#height = height;
    const rng = createRng(seed);
    this.#noise = rng.fork();
    const kit: Kit = { rng, lib: studio.lib };
    this.#set = createClipScene(kit);
    this.#cast = createCast(kit);
    const stages = Object.values(this.#set.stages) as THREE.Group[];
    for (const stage of stages) mergeParts(stage, new Set());
    mergeParts(this.#set.root, new Set(stages));
    this.#street.add(this.#set.root);
    for (const actor of this.#cast) this.#stageScene.add(actor.root);
    const view = {
      eye: new THREE.Vector3(-5.2, 4.9, CLIP_EYE_Z),
      target: new THREE.Vector3(0.35, 0.35, -2.1),
      fov: 36,
      roll: 0,
    };
    this.#camera = cameraOf(view, width / height);
    this.#light(rng.fork());
    this.#still = document.createElement('canvas');
    this.#still.width = width;
    this.#still.height = height;
    this.#color = new THREE.CanvasTexture(this.#still);
    this.#color.generateMipmaps = false;
    this.#color.minFilter = THREE.LinearFilter;
    this.#depth = new THREE.WebGLRenderTarget(width, height, {
      depthTexture: new THREE.DepthTexture(width, height, THREE.FloatType),
    });
    const quad = new THREE.Mesh(
      new THREE.PlaneGeometry(2, 2),
      stillMaterial(this.#color, this.#depth.depthTexture ?? this.#color),
    );
    quad.frustumCulled = false;
    this.#backdrop.add(quad);
  }

  /** The actors stand in the same light as the street, but cast no shadows besides the soft ones at their feet. */
  #light(rng: Rng): void {
    const { renderer, skies } = this.#studio;
    const plan = {
      mood: 'overcast' as const,
      around: new THREE.Vector3(0, 0, -2),
      reach: 12,
      lamps: [],
      shadowSize: 2048,
    };
    const seed = Math.floor(rng.next() * 1e9);
    applyLighting(this.#street, renderer, skies, createRng(seed), plan);
    applyLighting(this.#stageScene, renderer, skies, createRng(seed), plan);
    this.#stageScene.background = null;
    this.#stageScene.traverse((node) => {
      if (node instanceof THREE.DirectionalLight) node.castShadow = false;
    });
    renderer.toneMappingExposure = 1.4;
  }

  #bakeStill(): void {
    const { renderer } = this.#studio;
    renderer.autoClear = true;
    renderer.setSize(this.#width * STILL_OVERSAMPLING, this.#height * STILL_OVERSAMPLING, false);
    renderer.render(this.#street, this.#camera);
    const ctx = this.#still.getContext('2d');
    if (!ctx) throw new Error('no 2d canvas in this browser');
    ctx.imageSmoothingQuality = 'high';
    ctx.drawImage(renderer.domElement, 0, 0, this.#width, this.#height);
    this.#color.needsUpdate = true;
    renderer.setRenderTarget(this.#depth);
    renderer.render(this.#street, this.#camera);
    renderer.setRenderTarget(null);
  }

  /** JPEG of the frame at a moment (seconds), as base64. */
  frame(seconds: number): string {
    const { renderer } = this.#studio;
    const state = setStages(this.#set.stages, seconds);
    if (state !== this.#state) {
      this.#bakeStill();
      this.#state = state;
    }
    for (const actor of this.#cast) actor.update(seconds);
    renderer.setSize(this.#width, this.#height, false);
    renderer.autoClear = false;
    renderer.clear();
    renderer.render(this.#backdrop, this.#camera);
    return this.#studio.develop(
      this.#stageScene,
      this.#camera,
      this.#width,
      this.#height,
      FAULTS,
      this.#noise,
    );
  }

  #truth(seconds: number, type: ClipEvent['type'], from: number): ClipEvent {
    setStages(this.#set.stages, seconds);
    const { stages } = this.#set;
    const objects = type === 'exposed-garbage' ? [stages.heapStart, stages.heapRest] : [stages.binOver];
    this.#studio.renderer.autoClear = true;
    const labelled = objects.map((object) => ({ object, classId: 0 as const }));
    const boxes: Box[] = this.#studio.labeller.measure(
      this.#street,
      this.#camera,
      labelled,
      this.#width,
      this.#height,
    );
    const box = [
      Math.min(...boxes.map((b) => b.x1)),
      Math.min(...boxes.map((b) => b.y1)),
      Math.max(...boxes.map((b) => b.x2)),
      Math.max(...boxes.map((b) => b.y2)),
    ] as const;
    return {
      type,
      from_s: from,
      to_s: type === 'exposed-garbage' ? CLIP_MOMENTS.heapCleaned : CLIP_MOMENTS.binCleaned,
      box,
    };
  }

  /** What truly lies about, when and where. */
  events(): ClipEvent[] {
    const late = CLIP_SECONDS / 2;
    const events = [
      this.#truth(late, 'exposed-garbage', CLIP_MOMENTS.firstBags),
      this.#truth(late, 'overflowing-bin', CLIP_MOMENTS.binOver),
    ];
    this.#state = '';
    return events;
  }
}
