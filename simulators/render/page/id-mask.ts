import type * as THREE from 'three';

/** Pixels that carry one number: their bounding box, and how many there are. */
export interface Extent {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  count: number;
}

/** The extent of nothing in a picture of this size. */
export function emptyExtent(width: number, height: number): Extent {
  return { x1: width, y1: height, x2: 0, y2: 0, count: 0 };
}

/**
 * Reads the numbers 1 to `count` from the red levels of a target into `data` (four bytes a pixel): the extent of each, by
 * its number. `step` is the distance of two numbers in levels.
 */
export function readExtents(
  renderer: THREE.WebGLRenderer,
  target: THREE.WebGLRenderTarget,
  data: Uint8Array,
  count: number,
  step: number,
): Extent[] {
  const { width, height } = target;
  renderer.readRenderTargetPixels(target, 0, 0, width, height, data);
  const extents = Array.from({ length: count + 1 }, () => emptyExtent(width, height));
  for (let row = 0, i = 0; row < height; row += 1) {
    const y = height - 1 - row;
    for (let x = 0; x < width; x += 1, i += 4) {
      const id = Math.round((data[i] ?? 0) / step);
      const e = extents[id];
      if (id === 0 || !e) continue;
      e.count += 1;
      if (x < e.x1) e.x1 = x;
      if (x + 1 > e.x2) e.x2 = x + 1;
      if (y < e.y1) e.y1 = y;
      if (y + 1 > e.y2) e.y2 = y + 1;
    }
  }
  return extents;
}

/** Line of a YOLO label file: class, middle and size as shares of the picture. */
export function yoloLine(
  classId: number,
  box: { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number },
  width: number,
  height: number,
): string {
  const shares = [
    (box.x1 + box.x2) / 2 / width,
    (box.y1 + box.y2) / 2 / height,
    (box.x2 - box.x1) / width,
    (box.y2 - box.y1) / height,
  ];
  return `${classId} ${shares.map((share) => share.toFixed(6)).join(' ')}\n`;
}
