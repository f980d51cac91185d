import * as THREE from 'three';

/** One level of a shell: a rounded rectangle of `w` by `d` metres at height `y`. */
export interface ShellLevel {
  readonly w: number;
  readonly d: number;
  readonly y: number;
  /** Shift of the level along z in metres. */
  readonly z?: number;
  /** Sharp edge here instead of a smooth one. */
  readonly sharp?: boolean;
}

const POINTS_PER_CORNER = 5;

/** Outline of a rounded rectangle, without its closing point. */
function outline(w: number, d: number, corner: number): [number, number][] {
  const r = Math.min(corner, w / 2, d / 2);
  const points: [number, number][] = [];
  for (let quarter = 0; quarter < 4; quarter += 1) {
    const cx = (w / 2 - r) * (quarter === 0 || quarter === 3 ? 1 : -1);
    const cz = (d / 2 - r) * (quarter < 2 ? 1 : -1);
    for (let i = 0; i < POINTS_PER_CORNER; i += 1) {
      const angle = (quarter + i / (POINTS_PER_CORNER - 1)) * (Math.PI / 2);
      points.push([cx + Math.cos(angle) * r, cz + Math.sin(angle) * r]);
    }
  }
  return points;
}

/**
 * Skin over stacked rounded rectangles, from the first level to the last.
 * Bins, lids, litter baskets and cups are all of this kind.
 */
export function shell(levels: readonly ShellLevel[], corner: number): THREE.BufferGeometry {
  const rings = levels.flatMap((level) => (level.sharp ? [level, level] : [level]));
  const positions: number[] = [];
  const uvs: number[] = [];
  const index: number[] = [];
  const stride = POINTS_PER_CORNER * 4 + 1;
  rings.forEach((level, row) => {
    const points = outline(level.w, level.d, corner);
    const first = points[0];
    if (first) points.push(first);
    points.forEach(([x, z], col) => {
      positions.push(x, level.y, z + (level.z ?? 0));
      uvs.push(col / (stride - 1), row / Math.max(1, rings.length - 1));
    });
  });
  for (let row = 0; row + 1 < rings.length; row += 1) {
    for (let col = 0; col + 1 < stride; col += 1) {
      const a = row * stride + col;
      index.push(a, a + stride, a + 1, a + 1, a + stride, a + stride + 1);
    }
  }
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute('position', new THREE.Float32BufferAttribute(positions, 3));
  geometry.setAttribute('uv', new THREE.Float32BufferAttribute(uvs, 2));
  geometry.setIndex(index);
  geometry.computeVertexNormals();
  return geometry;
}
