import * as THREE from 'three';
import type { StageScene } from '../../city/stage/stage-scene.ts';
import { pavementField } from './film-field.ts';
import type { Kit, Library } from './library.ts';
import type { Rng } from './random.ts';
import { box, group } from './shapes.ts';

/** One painting shows so many metres of a tower's side. */
const PAINTED_M = 12;
const FLOORS = 4;
const COLUMNS = 5;

function paintSide(wall: string, lit: boolean) {
  return (rng: Rng): HTMLCanvasElement => {
    const canvas = document.createElement('canvas');
    canvas.width = 128;
    canvas.height = 128;
    const ctx = canvas.getContext('2d');
    if (!ctx) throw new Error('no 2d canvas in this browser');
    ctx.fillStyle = lit ? '#000000' : wall;
    ctx.fillRect(0, 0, 128, 128);
    const w = 128 / COLUMNS;
    const h = 128 / FLOORS;
    for (let row = 0; row < FLOORS; row += 1) {
      for (let col = 0; col < COLUMNS; col += 1) {
        const on = rng.chance(0.42);
        const glass = lit
          ? on
            ? rng.pick(['#ffd89a', '#fff0d0', '#d8e6ff'])
            : '#000000'
          : rng.pick(['#39434c', '#46525c', '#2c343b']);
        ctx.fillStyle = glass;
        ctx.fillRect(col * w + 5, row * h + 8, w - 10, h - 14);
        if (lit) continue;
        ctx.fillStyle = 'rgba(255,255,255,0.35)';
        ctx.fillRect(col * w + 5, row * h + h - 7, w - 10, 2);
      }
    }
    return canvas;
  };
}

const WALLS = ['#b9b2a6', '#c8beb0', '#a89a8c', '#b5a090', '#9ea4a8', '#c4b49c'] as const;

function towerSkin(lib: Library, wall: string): THREE.MeshStandardMaterial {
  return lib.material(`tower ${wall}`, () => {
    const material = new THREE.MeshStandardMaterial({
      map: lib.texture(`tower ${wall}`, paintSide(wall, false)),
      roughness: 0.8,
    });
    material.emissive = new THREE.Color(0xffffff);
    material.emissiveMap = lib.texture(`tower lit ${wall}`, paintSide(wall, true));
    material.emissiveIntensity = 0.55;
    material.userData.metres = PAINTED_M;
    return material;
  });
}

/** Housing blocks far behind the fronts, where neither road nor front stands. */
export function createSkyline(kit: Kit, scene: StageScene, eye: THREE.Vector3): THREE.Group {
  const { rng, lib } = kit;
  const made = group();
  const free = scene.roads.length > 0 ? pavementField(scene.roads) : () => 1e9;
  const fronts = scene.frontages.flatMap(({ line }) => line.map(([x, y]) => [x, y] as const));
  for (let i = 0; i < 40; i += 1) {
    const heading = THREE.MathUtils.degToRad(scene.camera.heading_deg + rng.range(-75, 75));
    const far = rng.range(70, 170);
    const [w, d, h] = [rng.range(14, 30), rng.range(12, 16), rng.pick([18, 18, 33, 54, 66, 87])];
    const x = eye.x + Math.sin(heading) * far;
    const y = -eye.z + Math.cos(heading) * far;
    const reach = Math.hypot(w, d) / 2;
    const clear =
      free(x, y) > reach + 4 && fronts.every(([fx, fy]) => Math.hypot(fx - x, fy - y) > reach + 6);
    const wall = rng.pick(WALLS);
    if (!clear) continue;
    const tower = box(lib, [w, h, d], towerSkin(lib, wall), [x, h / 2, -y]);
    tower.rotation.y = rng.pick([0, 0, 0, 0.3]);
    tower.castShadow = false;
    made.add(tower);
  }
  return made;
}
