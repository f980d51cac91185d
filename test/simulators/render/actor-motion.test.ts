import * as THREE from 'three';
import { expect, it } from 'vitest';
import { faceAhead, followProgress, noseAhead } from '../../../simulators/render/page/actor-motion.ts';

function aheadOf(thing: THREE.Object3D, front: THREE.Vector3): number[] {
  thing.updateMatrixWorld(true);
  const inner = thing.children[0] ?? thing;
  return front
    .transformDirection(inner.matrixWorld)
    .toArray()
    .map((n) => Math.round(n) + 0);
}

it('turns noses and faces to -z', () => {
  expect(aheadOf(noseAhead(new THREE.Group()), new THREE.Vector3(1, 0, 0))).toEqual([0, 0, -1]);
  expect(aheadOf(faceAhead(new THREE.Group()), new THREE.Vector3(0, 0, 1))).toEqual([0, 0, -1]);
});

it('tells walking from standing, and the way along the heading', () => {
  const object = new THREE.Group();
  const progress = followProgress(object);
  expect(progress(0).moving).toBe(false);
  object.position.z = -1.2;
  const after = progress(1);
  expect(after.moving).toBe(true);
  expect(after.way_m).toBeCloseTo(1.2);
  expect(progress(2).moving).toBe(false);
});
