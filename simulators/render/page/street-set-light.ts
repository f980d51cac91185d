import * as THREE from 'three';
import type { Rng } from './random.ts';

/** Weather and time of day of a street picture. */
export type StreetMood = 'sun' | 'low-sun' | 'overcast' | 'haze' | 'fog' | 'rain' | 'dusk' | 'night';

interface MoodLight {
  readonly sky: number;
  readonly ground: number;
  readonly haze: number;
  readonly sun: number;
  readonly sunPower: readonly [number, number];
  readonly fill: readonly [number, number];
  /** Height of the sun above the horizon in degrees. */
  readonly height: readonly [number, number];
  /** Metres at which everything has turned to haze. */
  readonly sight: readonly [number, number];
  readonly exposure: readonly [number, number];
}

const MOODS: Record<StreetMood, MoodLight> = {
  sun: {
    sky: 0xa8c8f0,
    ground: 0x8a8072,
    haze: 0xc4d4e2,
    sun: 0xfff0d8,
    sunPower: [2.2, 3.6],
    fill: [1.0, 1.6],
    height: [38, 72],
    sight: [150, 400],
    exposure: [0.75, 1.15],
  },
  'low-sun': {
    sky: 0x9ab0d0,
    ground: 0x8a7a66,
    haze: 0xe0ccaa,
    sun: 0xffc88a,
    sunPower: [2.0, 3.4],
    fill: [0.8, 1.3],
    height: [14, 34],
    sight: [120, 300],
    exposure: [0.8, 1.25],
  },
  overcast: {
    sky: 0xd0d6dc,
    ground: 0x7a7772,
    haze: 0xccd0d2,
    sun: 0xeef2f6,
    sunPower: [0.3, 0.9],
    fill: [2.0, 3.0],
    height: [55, 80],
    sight: [120, 350],
    exposure: [0.75, 1.15],
  },
  haze: {
    sky: 0xd0c8b4,
    ground: 0x7c766a,
    haze: 0xccc4b2,
    sun: 0xf6e6c8,
    sunPower: [0.8, 1.6],
    fill: [1.6, 2.4],
    height: [30, 65],
    sight: [60, 110],
    exposure: [0.75, 1.15],
  },
  fog: {
    sky: 0xccd0d2,
    ground: 0x848482,
    haze: 0xc6cacc,
    sun: 0xf0f2f4,
    sunPower: [0.2, 0.5],
    fill: [2.0, 2.8],
    height: [40, 70],
    sight: [32, 60],
    exposure: [0.75, 1.1],
  },
  rain: {
    sky: 0xa8b2bc,
    ground: 0x5a5a5a,
    haze: 0xa4acb2,
    sun: 0xdce6f0,
    sunPower: [0.2, 0.5],
    fill: [1.6, 2.4],
    height: [55, 80],
    sight: [55, 140],
    exposure: [0.7, 1.15],
  },
  dusk: {
    sky: 0x5a6a98,
    ground: 0x4a4244,
    haze: 0x8a7a88,
    sun: 0xffa870,
    sunPower: [0.3, 0.9],
    fill: [0.7, 1.2],
    height: [8, 18],
    sight: [110, 260],
    exposure: [0.9, 1.5],
  },
  night: {
    sky: 0x2a3350,
    ground: 0x1c1a18,
    haze: 0x14161e,
    sun: 0x8a9ac8,
    sunPower: [0.05, 0.2],
    fill: [0.35, 0.9],
    height: [45, 70],
    sight: [80, 200],
    exposure: [1.0, 1.9],
  },
};

const DRAW: readonly StreetMood[] = [
  'sun',
  'sun',
  'sun',
  'low-sun',
  'low-sun',
  'overcast',
  'overcast',
  'overcast',
  'haze',
  'fog',
  'rain',
  'rain',
  'dusk',
  'dusk',
  'night',
  'night',
  'night',
];

/** Weather and time of day of a picture. */
export function pickStreetMood(rng: Rng): StreetMood {
  return rng.pick(DRAW);
}

/** True where lamps, windows and headlights shine. */
export function isDark(mood: StreetMood): boolean {
  return mood === 'night' || mood === 'dusk';
}

/** How many lamps light a dark scene; a fixed number, since each number needs shaders of its own. */
export const LAMPS = 5;

/** Where the light is needed, in metres. */
export interface StreetLightPlan {
  readonly mood: StreetMood;
  readonly middle: THREE.Vector3;
  /** Half the side of the square in which things cast shadows. */
  readonly reach: number;
  readonly lamps: readonly THREE.Vector3[];
}

function sunOf(rng: Rng, light: MoodLight, plan: StreetLightPlan): THREE.DirectionalLight {
  const sun = new THREE.DirectionalLight(light.sun, rng.range(...light.sunPower));
  const height = THREE.MathUtils.degToRad(rng.range(...light.height));
  const azimuth = rng.range(0, Math.PI * 2);
  sun.position
    .set(Math.cos(azimuth) * Math.cos(height), Math.sin(height), Math.sin(azimuth) * Math.cos(height))
    .multiplyScalar(60)
    .add(plan.middle);
  sun.target.position.copy(plan.middle);
  sun.castShadow = true;
  sun.shadow.mapSize.set(1536, 1536);
  const cam = sun.shadow.camera;
  cam.left = -plan.reach;
  cam.right = plan.reach;
  cam.top = plan.reach;
  cam.bottom = -plan.reach;
  cam.near = 5;
  cam.far = 130;
  sun.shadow.bias = -0.0008;
  sun.shadow.normalBias = 0.05;
  return sun;
}

/** Lights a scene and sets the exposure; the fog stands for haze in the distance. */
export function lightStreet(
  scene: THREE.Scene,
  renderer: THREE.WebGLRenderer,
  rng: Rng,
  plan: StreetLightPlan,
): void {
  const light = MOODS[plan.mood];
  const haze = new THREE.Color(light.haze).multiplyScalar(rng.range(0.85, 1.1));
  const sight = rng.range(...light.sight);
  scene.background = haze;
  scene.fog = new THREE.Fog(haze, sight * 0.12, sight);
  const sun = sunOf(rng, light, plan);
  scene.add(sun, sun.target, new THREE.HemisphereLight(light.sky, light.ground, rng.range(...light.fill)));
  if (isDark(plan.mood)) {
    const tint = rng.pick([0xffd9a0, 0xffb860, 0xe8f0ff, 0xffe8cc, 0xffc070]);
    const power = plan.mood === 'night' ? rng.range(60, 190) : rng.range(15, 60);
    for (let i = 0; i < LAMPS; i += 1) {
      const at = plan.lamps[i];
      const lamp = new THREE.PointLight(tint, at ? power * rng.range(0.7, 1.2) : 0, 26, 1.9);
      lamp.position.copy(at ?? plan.middle);
      scene.add(lamp);
    }
  }
  renderer.toneMapping = THREE.ACESFilmicToneMapping;
  renderer.toneMappingExposure = rng.range(...light.exposure);
}
