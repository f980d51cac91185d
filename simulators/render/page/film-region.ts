import * as THREE from 'three';

/** Part of the picture in pixels, from its lower left corner. */
export interface Region {
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly top: number;
}

/** Shadows and soft patches reach farther than what throws them; pixels. */
const MARGIN_PX = 6;

/** How far a thing's soft patch on the ground may reach beyond it, in metres. */
const PATCH_M = 0.6;

/** Part of the picture that things and, where `toSun` is given, their shadows on the ground can cover. */
export function regionOf(
  things: readonly THREE.Object3D[],
  camera: THREE.PerspectiveCamera,
  width: number,
  height: number,
  toSun: THREE.Vector3 | undefined,
): Region {
  const region = { left: width, bottom: height, right: 0, top: 0 };
  const bounds = new THREE.Box3();
  const at = new THREE.Vector3();
  const cover = (): void => {
    const behind = at.clone().applyMatrix4(camera.matrixWorldInverse).z > -camera.near;
    at.project(camera);
    const [x, y] = [((at.x + 1) / 2) * width, ((at.y + 1) / 2) * height];
    region.left = behind ? 0 : Math.min(region.left, x - MARGIN_PX);
    region.right = behind ? width : Math.max(region.right, x + MARGIN_PX);
    region.bottom = behind ? 0 : Math.min(region.bottom, y - MARGIN_PX);
    region.top = behind ? height : Math.max(region.top, y + MARGIN_PX);
  };
  for (const thing of things) {
    bounds.setFromObject(thing).expandByScalar(PATCH_M);
    for (let i = 0; i < 8; i += 1) {
      const corner = new THREE.Vector3(
        i & 1 ? bounds.max.x : bounds.min.x,
        i & 2 ? bounds.max.y : bounds.min.y,
        i & 4 ? bounds.max.z : bounds.min.z,
      );
      at.copy(corner);
      cover();
      if (!toSun || corner.y <= 0) continue;
      at.copy(corner).addScaledVector(toSun, -corner.y / toSun.y);
      cover();
    }
  }
  return {
    left: Math.max(0, Math.floor(region.left)),
    bottom: Math.max(0, Math.floor(region.bottom)),
    right: Math.min(width, Math.ceil(region.right)),
    top: Math.min(height, Math.ceil(region.top)),
  };
}

/** The least part of the picture that holds both; parts without extent are passed over. */
export function joinRegions(a: Region, b: Region): Region {
  if (a.right <= a.left || a.top <= a.bottom) return b;
  if (b.right <= b.left || b.top <= b.bottom) return a;
  return {
    left: Math.min(a.left, b.left),
    bottom: Math.min(a.bottom, b.bottom),
    right: Math.max(a.right, b.right),
    top: Math.max(a.top, b.top),
  };
}
