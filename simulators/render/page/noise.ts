import type { Rng } from './random.ts';

/** Smooth noise over the plane, between 0 and 1. */
export type Noise2 = (x: number, y: number) => number;

/** Smooth noise in space, between -1 and 1. */
export type Noise3 = (x: number, y: number, z: number) => number;

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}

/**
 * Value noise that repeats after `period` units in both directions, summed over octaves.
 * Repeating matters because the textures are tiled over the ground.
 */
export function tilingNoise(rng: Rng, period: number, octaves: number): Noise2 {
  const grids = Array.from({ length: octaves }, (_, octave) => {
    const size = period << octave;
    return { size, values: Float32Array.from({ length: size * size }, () => rng.next()) };
  });
  return (x, y) => {
    let sum = 0;
    let weight = 0;
    grids.forEach(({ size, values }, octave) => {
      const amplitude = 0.55 ** octave;
      const scale = size / period;
      const px = x * scale;
      const py = y * scale;
      const x0 = Math.floor(px);
      const y0 = Math.floor(py);
      const fx = smooth(px - x0);
      const fy = smooth(py - y0);
      const at = (ix: number, iy: number): number =>
        values[(((iy % size) + size) % size) * size + (((ix % size) + size) % size)] ?? 0;
      const top = at(x0, y0) * (1 - fx) + at(x0 + 1, y0) * fx;
      const bottom = at(x0, y0 + 1) * (1 - fx) + at(x0 + 1, y0 + 1) * fx;
      sum += amplitude * (top * (1 - fy) + bottom * fy);
      weight += amplitude;
    });
    return sum / weight;
  };
}

/** Value noise in space, for pushing the skin of bags and stones in and out. */
export function spaceNoise(rng: Rng): Noise3 {
  const size = 16;
  const values = Float32Array.from({ length: size ** 3 }, () => rng.range(-1, 1));
  const at = (x: number, y: number, z: number): number =>
    values[((x & 15) * size + (y & 15)) * size + (z & 15)] ?? 0;
  return (x, y, z) => {
    const x0 = Math.floor(x);
    const y0 = Math.floor(y);
    const z0 = Math.floor(z);
    const fx = smooth(x - x0);
    const fy = smooth(y - y0);
    const fz = smooth(z - z0);
    const row = (dy: number, dz: number): number =>
      at(x0, y0 + dy, z0 + dz) * (1 - fx) + at(x0 + 1, y0 + dy, z0 + dz) * fx;
    const slab = (dz: number): number => row(0, dz) * (1 - fy) + row(1, dz) * fy;
    return slab(0) * (1 - fz) + slab(1) * fz;
  };
}
