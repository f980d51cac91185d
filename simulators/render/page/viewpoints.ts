import * as THREE from 'three';
import type { Rng } from './random.ts';

/** Where the camera stands and looks; metres and degrees. */
export interface View {
  readonly eye: THREE.Vector3;
  readonly target: THREE.Vector3;
  readonly fov: number;
  readonly roll: number;
}

/** The thing to be looked at and the room for the camera. */
export interface ViewPlan {
  readonly focus: THREE.Vector3;
  /** Width of the thing in metres. */
  readonly width: number;
  /** Largest z the camera may take. */
  readonly maxZ: number;
  /** "hand" is a picture taken by a walker, "pole" one from a mast. */
  readonly style: 'hand' | 'pole';
}

/** Chooses a view that shows the focus at a believable size, seldom exactly in the middle. */
export function chooseView(rng: Rng, plan: ViewPlan): View {
  const fov = plan.style === 'pole' ? rng.range(34, 60) : rng.range(45, 70);
  const height = plan.style === 'pole' ? rng.range(3.5, 7) : rng.range(1.4, 3);
  const spread = Math.tan(THREE.MathUtils.degToRad(fov) / 2) * 2.4;
  let distance: number;
  if (plan.style === 'pole') {
    distance = height / Math.tan(THREE.MathUtils.degToRad(rng.range(20, 48)));
  } else {
    const share = Math.exp(rng.range(Math.log(0.17), Math.log(0.8)));
    distance = plan.width / (share * spread);
  }
  distance = Math.min(17, Math.max(plan.width * 0.55 + 1.3, distance));
  const room = plan.maxZ - plan.focus.z;
  // Along the street there is more room than across it, so far views turn sideways.
  const leastTurn = distance > room ? Math.acos(Math.max(0.15, room / distance)) : 0;
  const turn = rng.pick([-1, 1]) * Math.max(leastTurn, Math.abs(rng.gauss()) * 0.5);
  const clamped = Math.max(-1.25, Math.min(1.25, turn));
  const eye = new THREE.Vector3(
    plan.focus.x + Math.sin(clamped) * distance,
    height,
    plan.focus.z + Math.cos(clamped) * distance,
  );
  eye.z = Math.min(eye.z, plan.maxZ);
  const slack = distance * spread * 0.22;
  const target = plan.focus.clone();
  target.x += rng.range(-slack, slack) * Math.cos(clamped);
  target.z += rng.range(-slack, slack) * -Math.sin(clamped);
  target.y += rng.range(-0.12, plan.style === 'pole' ? 0.16 : 0.2) * distance * spread * 0.6;
  return { eye, target, fov, roll: rng.chance(0.3) ? rng.gauss() * 0.04 : 0 };
}

/** Camera of a view for a picture of the given shape (width divided by height). */
export function cameraOf(view: View, aspect: number): THREE.PerspectiveCamera {
  // Upright pictures keep the width of view, or the things would grow out of the picture.
  const fov = aspect < 1 ? view.fov * 1.15 : view.fov;
  const camera = new THREE.PerspectiveCamera(fov, aspect, 0.15, 200);
  camera.position.copy(view.eye);
  camera.lookAt(view.target);
  camera.rotateZ(view.roll);
  camera.updateMatrixWorld();
  return camera;
}
