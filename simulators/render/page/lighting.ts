import * as THREE from 'three';
import type { Rng } from './random.ts';

/** Weather and time of day. */
export type Mood = 'sunny' | 'warm' | 'overcast' | 'haze' | 'rain' | 'dusk' | 'night' | 'indoor';

interface MoodLight {
  readonly sky: number;
  readonly horizon: number;
  readonly ground: number;
  readonly sun: number;
  readonly sunPower: number;
  readonly fill: number;
  /** Height of the sun above the horizon in degrees, from and to. */
  readonly height: readonly [number, number];
  /** Distance in metres at which haze has swallowed everything. */
  readonly fog: number;
  readonly exposure: readonly [number, number];
}

const MOODS: Record<Mood, MoodLight> = {
  sunny: {
    sky: 0x6f9fd8,
    horizon: 0xcfdbe6,
    ground: 0x7a7468,
    sun: 0xfff1dc,
    sunPower: 3.4,
    fill: 0.75,
    height: [35, 70],
    fog: 160,
    exposure: [0.96, 1.38],
  },
  warm: {
    sky: 0x7f9fc8,
    horizon: 0xf0d6b0,
    ground: 0x7a6a58,
    sun: 0xffd29a,
    sunPower: 3.2,
    fill: 0.6,
    height: [16, 32],
    fog: 140,
    exposure: [0.96, 1.44],
  },
  overcast: {
    sky: 0xb4bcc4,
    horizon: 0xd4d8da,
    ground: 0x6f6d68,
    sun: 0xe8eef4,
    sunPower: 0.8,
    fill: 1.5,
    height: [55, 80],
    fog: 120,
    exposure: [0.96, 1.44],
  },
  haze: {
    sky: 0xb8b4a8,
    horizon: 0xcfc8b8,
    ground: 0x757066,
    sun: 0xf4e6cc,
    sunPower: 1.3,
    fill: 1.3,
    height: [35, 65],
    fog: 55,
    exposure: [0.96, 1.38],
  },
  rain: {
    sky: 0x8a949e,
    horizon: 0xaab2b8,
    ground: 0x4c4c4c,
    sun: 0xd8e2ee,
    sunPower: 0.4,
    fill: 1.3,
    height: [60, 80],
    fog: 70,
    exposure: [0.96, 1.38],
  },
  dusk: {
    sky: 0x3f4f78,
    horizon: 0xc08a6a,
    ground: 0x3a3638,
    sun: 0xffb27a,
    sunPower: 0.7,
    fill: 0.6,
    height: [10, 20],
    fog: 110,
    exposure: [1.08, 1.75],
  },
  night: {
    sky: 0x0a0d16,
    horizon: 0x1a1c26,
    ground: 0x101010,
    sun: 0x8a9ac8,
    sunPower: 0.1,
    fill: 0.2,
    height: [50, 70],
    fog: 90,
    exposure: [1.2, 2.12],
  },
  indoor: {
    sky: 0xe8e6e0,
    horizon: 0xd8d4cc,
    ground: 0x8a8680,
    sun: 0xfff4e4,
    sunPower: 0.9,
    fill: 1.2,
    height: [65, 85],
    fog: 400,
    exposure: [0.84, 1.38],
  },
};

const OUTDOOR: readonly Mood[] = [
  'sunny',
  'sunny',
  'sunny',
  'warm',
  'warm',
  'overcast',
  'overcast',
  'overcast',
  'haze',
  'rain',
  'dusk',
  'night',
  'night',
];

/** Weather for a picture outdoors. */
export function pickMood(rng: Rng): Mood {
  return rng.pick(OUTDOOR);
}

/** Sky seen in glass, paint and puddles, as a small panorama. */
function paintSky(light: MoodLight): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = 128;
  canvas.height = 64;
  const ctx = canvas.getContext('2d');
  if (!ctx) throw new Error('no 2d canvas in this browser');
  const css = (hex: number): string => `#${hex.toString(16).padStart(6, '0')}`;
  const g = ctx.createLinearGradient(0, 0, 0, 64);
  g.addColorStop(0, css(light.sky));
  g.addColorStop(0.46, css(light.horizon));
  g.addColorStop(0.5, css(light.ground));
  g.addColorStop(1, css(light.ground));
  ctx.fillStyle = g;
  ctx.fillRect(0, 0, 128, 64);
  ctx.fillStyle = 'rgba(40,42,46,0.65)';
  for (let x = 0; x < 128; x += 9) ctx.fillRect(x, 22 + ((x * 7) % 8), 8, 12);
  return canvas;
}

/** Keeps the reflections per weather, because filtering them is slow. */
export class SkyStock {
  readonly #pmrem: THREE.PMREMGenerator;
  readonly #ready = new Map<Mood, THREE.Texture>();

  constructor(renderer: THREE.WebGLRenderer) {
    this.#pmrem = new THREE.PMREMGenerator(renderer);
  }

  /** Filtered panorama for a weather. Two skies serve for all: making one takes seconds, and its brightness is set apart. */
  environment(weather: Mood): THREE.Texture {
    const mood: Mood = weather === 'sunny' || weather === 'warm' || weather === 'dusk' ? 'sunny' : 'overcast';
    const known = this.#ready.get(mood);
    if (known) return known;
    const panorama = new THREE.CanvasTexture(paintSky(MOODS[mood]));
    panorama.mapping = THREE.EquirectangularReflectionMapping;
    panorama.colorSpace = THREE.SRGBColorSpace;
    const filtered = this.#pmrem.fromEquirectangular(panorama).texture;
    panorama.dispose();
    this.#ready.set(mood, filtered);
    return filtered;
  }
}

/** Where light is needed and how wide the shadows must reach, in metres. */
export interface LightPlan {
  readonly mood: Mood;
  readonly around: THREE.Vector3;
  readonly reach: number;
  /** Lamps that shine at night. */
  readonly lamps: readonly THREE.Vector3[];
  readonly shadowSize: number;
}

function sunlight(rng: Rng, light: MoodLight, plan: LightPlan): THREE.DirectionalLight {
  const sun = new THREE.DirectionalLight(light.sun, light.sunPower);
  const height = THREE.MathUtils.degToRad(rng.range(light.height[0], light.height[1]));
  // The sun stands on the street's side, else the facades would lie in the shade in every picture.
  const azimuth = rng.range(0.1, Math.PI - 0.1) + (rng.chance(0.2) ? Math.PI : 0);
  const dir = new THREE.Vector3(
    Math.cos(azimuth) * Math.cos(height),
    Math.sin(height),
    Math.sin(azimuth) * Math.cos(height),
  );
  sun.position.copy(plan.around).addScaledVector(dir, 45);
  sun.target.position.copy(plan.around);
  sun.castShadow = true;
  sun.shadow.mapSize.set(plan.shadowSize, plan.shadowSize);
  const cam = sun.shadow.camera;
  cam.left = -plan.reach;
  cam.right = plan.reach;
  cam.top = plan.reach;
  cam.bottom = -plan.reach;
  cam.near = 5;
  cam.far = 90;
  sun.shadow.bias = -0.0006;
  sun.shadow.normalBias = 0.03;
  sun.shadow.radius = light.sunPower > 2 ? 2 : 6;
  return sun;
}

/** Sets sky, sun, fill light, lamps and exposure of a scene. */
export function applyLighting(
  scene: THREE.Scene,
  renderer: THREE.WebGLRenderer,
  skies: SkyStock,
  rng: Rng,
  plan: LightPlan,
): void {
  const light = MOODS[plan.mood];
  scene.background = new THREE.Color(light.horizon);
  scene.fog = new THREE.Fog(light.horizon, light.fog * 0.15, light.fog);
  scene.environment = skies.environment(plan.mood);
  scene.environmentIntensity = light.fill * (plan.mood === 'night' ? 0.25 : 0.55);
  const sun = sunlight(rng, light, plan);
  scene.add(sun, sun.target, new THREE.HemisphereLight(light.sky, light.ground, light.fill * 0.75));
  if (plan.mood === 'night' || plan.mood === 'dusk') {
    const tint = rng.pick([0xffd9a0, 0xffc070, 0xe8f0ff, 0xffe8cc]);
    for (let i = 0; i < 3; i += 1) {
      const at = plan.lamps[i] ?? plan.around;
      const lamp = new THREE.PointLight(
        tint,
        plan.lamps[i] ? (plan.mood === 'night' ? rng.range(45, 90) : 22) : 0,
        22,
        1.8,
      );
      lamp.position.copy(at);
      scene.add(lamp);
    }
  }
  renderer.toneMapping = THREE.ACESFilmicToneMapping;
  renderer.toneMappingExposure = rng.range(light.exposure[0], light.exposure[1]);
}
