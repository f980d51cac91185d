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
    sky: 0xb4d0f4,
    ground: 0x9a9082,
    haze: 0xc8d8e6,
    sun: 0xfff0d8,
    sunPower: [2.4, 3.8],
    fill: [1.5, 2.3],
    height: [38, 72],
    sight: [150, 400],
    exposure: [0.95, 1.45],
  },
  'low-sun': {
    sky: 0xa8bcdc,
    ground: 0x9a8a76,
    haze: 0xe4d0b0,
    sun: 0xffc88a,
    sunPower: [2.2, 3.6],
    fill: [1.3, 2.0],
    height: [16, 34],
    sight: [120, 300],
    exposure: [0.95, 1.5],
  },
  overcast: {
    sky: 0xd8dee4,
    ground: 0x8a8782,
    haze: 0xd0d4d6,
    sun: 0xeef2f6,
    sunPower: [0.3, 0.9],
    fill: [2.8, 4.0],
    height: [55, 80],
    sight: [120, 350],
    exposure: [0.9, 1.4],
  },
  haze: {
    sky: 0xd8d0bc,
    ground: 0x8c867a,
    haze: 0xd0c8b6,
    sun: 0xf6e6c8,
    sunPower: [0.8, 1.6],
    fill: [2.2, 3.2],
    height: [30, 65],
    sight: [60, 110],
    exposure: [0.9, 1.4],
  },
  fog: {
    sky: 0xccd0d2,
    ground: 0x8c8c8a,
    haze: 0xc6cacc,
    sun: 0xf0f2f4,
    sunPower: [0.2, 0.5],
    fill: [2.6, 3.6],
    height: [40, 70],
    sight: [32, 60],
    exposure: [0.85, 1.3],
  },
  rain: {
    sky: 0xb4bec8,
    ground: 0x6a6a6a,
    haze: 0xacb4ba,
    sun: 0xdce6f0,
    sunPower: [0.2, 0.5],
    fill: [2.4, 3.6],
    height: [55, 80],
    sight: [55, 140],
    exposure: [0.9, 1.4],
  },
  dusk: {
    sky: 0x7080b0,
    ground: 0x5a5254,
    haze: 0x8a7a88,
    sun: 0xffa870,
    sunPower: [0.3, 0.9],
    fill: [1.3, 2.2],
    height: [8, 18],
    sight: [110, 260],
    exposure: [1.0, 1.7],
  },
  night: {
    sky: 0x3a4668,
    ground: 0x2c2824,
    haze: 0x14161e,
    sun: 0x8a9ac8,
    sunPower: [0.05, 0.2],
    fill: [0.8, 2.0],
    height: [45, 70],
    sight: [80, 200],
    exposure: [1.2, 2.3],
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

/** A lamp over the street or a bulb at a stall. */
export interface StreetLamp {
  readonly at: THREE.Vector3;
  /** 1 is a street lamp. */
  readonly power: number;
  readonly color: number | undefined;
}

/** How many lamps light a dark scene; a fixed number, since each number needs shaders of its own. */
const LAMPS = 6;

/** Where the light is needed, in metres. */
export interface StreetLightPlan {
  readonly mood: StreetMood;
  readonly middle: THREE.Vector3;
  /** Half the side of the square in which things cast shadows. */
  readonly reach: number;
}

/** Light of a scene that can be turned to what a camera sees. */
export interface StreetLight {
  /** Lights the lamps that matter around a place. */
  aim(lamps: readonly StreetLamp[], around: THREE.Vector3): void;
}

/** In flat light shadows are faint, and without them rendering is much faster. */
function castsShadows(mood: StreetMood): boolean {
  return mood === 'sun' || mood === 'low-sun' || mood === 'haze';
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
  sun.castShadow = castsShadows(plan.mood);
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
): StreetLight {
  const light = MOODS[plan.mood];
  const haze = new THREE.Color(light.haze).multiplyScalar(rng.range(0.85, 1.1));
  const sight = rng.range(...light.sight);
  scene.background = haze;
  scene.fog = new THREE.Fog(haze, sight * 0.12, sight);
  const sun = sunOf(rng, light, plan);
  scene.add(sun, sun.target, new THREE.HemisphereLight(light.sky, light.ground, rng.range(...light.fill)));
  renderer.toneMapping = THREE.ACESFilmicToneMapping;
  renderer.toneMappingExposure = rng.range(...light.exposure);
  if (!isDark(plan.mood)) return { aim: () => undefined };
  const tint = rng.pick([0xffd9a0, 0xffb860, 0xe8f0ff, 0xffe8cc, 0xffc070]);
  const power = plan.mood === 'night' ? rng.range(90, 260) : rng.range(20, 70);
  const bulbs = Array.from({ length: LAMPS }, () => new THREE.PointLight(tint, 0, 28, 1.8));
  scene.add(...bulbs);
  return {
    aim: (lamps, around) => {
      const near = [...lamps].sort((a, b) => a.at.distanceTo(around) - b.at.distanceTo(around));
      bulbs.forEach((bulb, i) => {
        const lamp = near[i];
        bulb.intensity = lamp ? power * lamp.power : 0;
        bulb.color.setHex(lamp?.color ?? tint);
        if (lamp) bulb.position.copy(lamp.at);
      });
    },
  };
}
