import * as THREE from 'three';
import type { Rng } from './random.ts';

interface Circle {
  readonly x: number;
  readonly z: number;
  readonly r: number;
}

/** Remembers what ground is taken, so that things do not stand in each other. Metres throughout. */
export class Ground {
  readonly #taken: Circle[] = [];

  /** True if a circle touches nothing placed so far. */
  free(x: number, z: number, r: number): boolean {
    return this.#taken.every((c) => Math.hypot(c.x - x, c.z - z) > c.r + r);
  }

  /** Takes a circle of ground. */
  take(x: number, z: number, r: number): void {
    this.#taken.push({ x, z, r });
  }

  /** Keeps the line of sight between two points clear. */
  takeLine(a: THREE.Vector3, b: THREE.Vector3, r: number): void {
    for (let t = 0; t <= 1.001; t += 0.1) this.take(a.x + (b.x - a.x) * t, a.z + (b.z - a.z) * t, r);
  }

  /** Looks for a free circle in a rectangle and takes it; undefined if there is no room. */
  find(
    rng: Rng,
    xs: readonly [number, number],
    zs: readonly [number, number],
    r: number,
  ): THREE.Vector3 | undefined {
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const x = rng.range(xs[0], xs[1]);
      const z = rng.range(zs[0], zs[1]);
      if (!this.free(x, z, r)) continue;
      this.take(x, z, r);
      return new THREE.Vector3(x, 0, z);
    }
    return undefined;
  }
}
