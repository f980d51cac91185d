import * as THREE from 'three';
import type { Light, Rgb } from './film-light.ts';
import type { MaterialStock } from './film-materials.ts';
import type { SkyStock } from './lighting.ts';

/** Sun, sky, haze and lamps of a film, set to the light of any moment. */
export interface LightRig {
  readonly sky: THREE.Object3D;
  /** Sets all lights; `sunShare` 0 leaves the sun out, as in the shade. */
  readonly apply: (light: Light, sunShare?: number) => void;
  /** Moves the sun with its shadows; separate, because shadows are drawn seldom. */
  readonly aimSun: (light: Light) => void;
}

/** Where lamps hang and what is in view, in metres. */
export interface RigPlan {
  readonly lamps: readonly THREE.Vector3[];
  readonly shopLights: readonly THREE.Vector3[];
  /** Middle of what the camera sees, on the ground, and how far shadows reach around it. */
  readonly around: THREE.Vector3;
  readonly reach_m: number;
  readonly wet: boolean;
  /** Whether it is ever dark: lamps cost time even where they do not shine. */
  readonly dark: boolean;
}

const SHADOW_PX = 2048;
const LAMPS_MAX = 4;
const SHOP_LIGHTS_MAX = 2;
const LAMP_TINT = 0xffd09a;
const SHOP_TINT = 0xfff0d8;

function colorOf(rgb: Rgb): THREE.Color {
  return new THREE.Color().setRGB(rgb[0], rgb[1], rgb[2], THREE.SRGBColorSpace);
}

function createSun(plan: RigPlan): THREE.DirectionalLight {
  const sun = new THREE.DirectionalLight();
  sun.castShadow = true;
  sun.shadow.mapSize.set(SHADOW_PX, SHADOW_PX);
  const cam = sun.shadow.camera;
  cam.left = -plan.reach_m;
  cam.right = plan.reach_m;
  cam.top = plan.reach_m;
  cam.bottom = -plan.reach_m;
  cam.near = 5;
  cam.far = 220;
  sun.shadow.bias = -0.0008;
  sun.shadow.normalBias = 0.05;
  sun.shadow.radius = 2;
  sun.target.position.copy(plan.around);
  return sun;
}

function nearest(list: readonly THREE.Vector3[], to: THREE.Vector3, count: number): THREE.Vector3[] {
  return [...list].sort((a, b) => a.distanceTo(to) - b.distanceTo(to)).slice(0, count);
}

/** Dome that fades from the horizon's colour to the zenith's and beyond all haze. */
function createDome(): { readonly mesh: THREE.Mesh; readonly paint: (light: Light) => void } {
  const [zenith, horizon] = [new THREE.Color(), new THREE.Color()];
  const material = new THREE.ShaderMaterial({
    uniforms: { zenith: { value: zenith }, horizon: { value: horizon } },
    vertexShader:
      'varying float up; void main() { up = normalize(position).y;' +
      ' gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }',
    fragmentShader: `uniform vec3 zenith; uniform vec3 horizon; varying float up;
      void main() {
        gl_FragColor = vec4(mix(horizon, zenith, smoothstep(0.0, 0.55, up)), 1.0);
        #include <tonemapping_fragment>
        #include <colorspace_fragment>
      }`,
    side: THREE.BackSide,
    depthWrite: false,
  });
  const mesh = new THREE.Mesh(new THREE.SphereGeometry(380, 24, 12), material);
  mesh.renderOrder = -1;
  mesh.userData.intangible = true;
  return {
    mesh,
    paint: (light) => {
      zenith.copy(colorOf(light.zenith));
      horizon.copy(colorOf(light.horizon));
    },
  };
}

/** Puts lights into a scene. */
export function rigLights(
  scene: THREE.Scene,
  renderer: THREE.WebGLRenderer,
  skies: SkyStock,
  materials: MaterialStock,
  plan: RigPlan,
): LightRig {
  const sun = createSun(plan);
  const sky = new THREE.HemisphereLight();
  const dome = createDome();
  const fog = new THREE.Fog(0xffffff, 1, 2);
  scene.environment = skies.environment('overcast');
  scene.fog = fog;
  dome.mesh.position.copy(plan.around);
  scene.add(sun, sun.target, sky, dome.mesh);
  const lamps = plan.dark
    ? nearest(plan.lamps, plan.around, LAMPS_MAX).map((at) => ({ at, power: 70, tint: LAMP_TINT, far_m: 26 }))
    : [];
  const shops = plan.dark
    ? nearest(plan.shopLights, plan.around, SHOP_LIGHTS_MAX).map((at) => ({
        at,
        power: 13,
        tint: SHOP_TINT,
        far_m: 12,
      }))
    : [];
  const lit = [...lamps, ...shops].map(({ at, power, tint, far_m }) => {
    const light = new THREE.PointLight(tint, 0, far_m, 1.7);
    light.position.copy(at);
    scene.add(light);
    return { light, power };
  });
  renderer.toneMapping = THREE.ACESFilmicToneMapping;
  return {
    sky: dome.mesh,
    apply: (light, sunShare = 1) => {
      sun.color.copy(colorOf(light.sun));
      sun.intensity = light.sunPower * sunShare;
      sky.color.copy(colorOf(light.zenith)).lerp(colorOf(light.horizon), 0.4);
      sky.groundColor.copy(colorOf(light.ground));
      sky.intensity = light.fill * 1.05;
      scene.environmentIntensity = light.fill * (1 - 0.72 * light.lamps) * (plan.wet ? 0.75 : 0.5);
      materials.setAmbient(scene.environmentIntensity);
      fog.color.copy(colorOf(light.horizon));
      [fog.near, fog.far] = light.haze_m;
      dome.paint(light);
      for (const { light: lamp, power } of lit) lamp.intensity = power * light.lamps;
      renderer.toneMappingExposure = light.exposure;
    },
    aimSun: (light) => {
      const [x, y, z] = light.toSun;
      // A sun below the horizon shines on nothing; its shadows are kept from above.
      sun.position
        .copy(plan.around)
        .addScaledVector(new THREE.Vector3(x, Math.max(0.05, y), z).normalize(), 100);
      sun.updateMatrixWorld();
    },
  };
}
