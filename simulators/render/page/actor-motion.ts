import * as THREE from 'three';
import { group } from './shapes.ts';

/** Turns a thing that looks to +x so that it looks to -z, as actors do. */
export function noseAhead(thing: THREE.Object3D): THREE.Group {
  thing.rotation.y += Math.PI / 2;
  return group(thing);
}

/** Turns a thing that looks to +z so that it looks to -z, as actors do. */
export function faceAhead(thing: THREE.Object3D): THREE.Group {
  thing.rotation.y += Math.PI;
  return group(thing);
}

/** How far an actor has come along its own heading, and whether it moves. */
export interface Progress {
  /** Metres along the heading; steady while the heading is. */
  readonly way_m: number;
  readonly moving: boolean;
}

/** Slower than this is standing. */
const STANDING_MPS = 0.08;

/** Follows the place of an object from call to call. */
export function followProgress(object: THREE.Object3D): (t_s: number) => Progress {
  const last = new THREE.Vector3();
  const ahead = new THREE.Vector3();
  let last_s: number | undefined;
  let moving = false;
  return (t_s) => {
    const passed_s = last_s === undefined ? 0 : Math.abs(t_s - last_s);
    if (passed_s > 0) moving = object.position.distanceTo(last) / passed_s > STANDING_MPS;
    if (passed_s > 0 || last_s === undefined) {
      last.copy(object.position);
      last_s = t_s;
    }
    ahead.set(0, 0, -1).applyQuaternion(object.quaternion);
    return { way_m: object.position.dot(ahead), moving };
  };
}
