import * as THREE from 'three';
import { addGrain, startPainting } from './canvas-tools.ts';
import type { Kit, Library } from './library.ts';
import { spaceNoise, tilingNoise } from './noise.ts';
import { createRng, type Rng } from './random.ts';
import { group } from './shapes.ts';

const BAG_SHAPES = 10;

interface BagLook {
  readonly name: string;
  readonly color: string;
  readonly roughness: number;
  /** Chance to be taken, relative to the others. */
  readonly weight: number;
  /** Things showing through the film. */
  readonly content: boolean;
}

const LOOKS: readonly BagLook[] = [
  { name: 'black', color: '#17181b', roughness: 0.33, weight: 5, content: false },
  { name: 'black2', color: '#24262b', roughness: 0.42, weight: 3, content: false },
  { name: 'white', color: '#dcdcda', roughness: 0.42, weight: 4, content: false },
  { name: 'clear', color: '#c9cac6', roughness: 0.35, weight: 5, content: true },
  { name: 'clear2', color: '#b4b3a8', roughness: 0.35, weight: 3, content: true },
  { name: 'red', color: '#b8212b', roughness: 0.4, weight: 3, content: false },
  { name: 'pink', color: '#d97f93', roughness: 0.42, weight: 2, content: true },
  { name: 'blue', color: '#2d57a8', roughness: 0.42, weight: 2, content: false },
  { name: 'green', color: '#3d7f4c', roughness: 0.42, weight: 1, content: false },
  { name: 'yellow', color: '#d8b23a', roughness: 0.42, weight: 2, content: false },
  { name: 'orange', color: '#d4702c', roughness: 0.42, weight: 1, content: false },
];

/** Names of the ways a bag can look. */
export type BagColor = 'black' | 'white' | 'clear' | 'red' | 'blue' | 'yellow' | 'any';

function paintCreases(rng: Rng): HTMLCanvasElement {
  const p = startPainting(256, '#808080', rng);
  const long = tilingNoise(rng, 8, 4);
  const short = tilingNoise(rng, 8, 4);
  const image = p.ctx.getImageData(0, 0, 256, 256);
  for (let y = 0, i = 0; y < 256; y += 1) {
    for (let x = 0; x < 256; x += 1, i += 4) {
      // Creases run down from the knot, so the noise is stretched along the height.
      const a = 1 - Math.abs(long((x / 256) * 24, (y / 256) * 5) - 0.5) * 4;
      const b = 1 - Math.abs(short((x / 256) * 16, (y / 256) * 16) - 0.5) * 4;
      const v = 90 + 90 * Math.max(0, a) + 60 * Math.max(0, b);
      image.data[i] = v;
      image.data[i + 1] = v;
      image.data[i + 2] = v;
    }
  }
  p.ctx.putImageData(image, 0, 0);
  return p.canvas;
}

function paintFilm(look: BagLook) {
  return (rng: Rng): HTMLCanvasElement => {
    const p = startPainting(128, look.color, rng);
    if (look.content) {
      for (let i = 0; i < 34; i += 1) {
        p.ctx.fillStyle = `hsla(${rng.pick([10, 25, 40, 50, 90, 210, 340])},${rng.int(20, 65)}%,${rng.int(18, 60)}%,0.4)`;
        p.ctx.beginPath();
        p.ctx.ellipse(
          rng.range(0, 128),
          rng.range(30, 128),
          rng.range(5, 18),
          rng.range(5, 16),
          rng.range(0, 3),
          0,
          7,
        );
        p.ctx.fill();
      }
    } else if (rng.chance(0.6) && look.roughness > 0.35) {
      p.ctx.fillStyle = look.name === 'white' ? 'rgba(190,40,40,0.75)' : 'rgba(255,255,255,0.55)';
      p.ctx.font = "bold 26px 'Noto Sans CJK SC', sans-serif";
      p.ctx.fillText(rng.pick(['超市', '鲜果', '谢谢惠顾', '平价']), 16, 84);
      p.ctx.fillText('○', 84, 70);
    }
    addGrain(p, 16, 5, 4);
    return p.canvas;
  };
}

function filmMaterial(lib: Library, look: BagLook): THREE.MeshStandardMaterial {
  return lib.material(`bag ${look.name}`, () => {
    const material = new THREE.MeshStandardMaterial({
      map: lib.texture(`film ${look.name}`, paintFilm(look)),
      bumpMap: lib.texture('creases', paintCreases),
      bumpScale: 4,
      roughness: look.roughness,
    });
    material.side = THREE.DoubleSide;
    return material;
  });
}

function pickLook(rng: Rng, color: BagColor): BagLook {
  const options = color === 'any' ? LOOKS : LOOKS.filter((look) => look.name.startsWith(color));
  const total = options.reduce((sum, look) => sum + look.weight, 0);
  let left = rng.range(0, total);
  for (const look of options) {
    left -= look.weight;
    if (left <= 0) return look;
  }
  return rng.pick(options);
}

/** Lumpy sack about 2 units wide: flat underneath, folded, drawn in towards the knot. */
function bagSkin(seed: number, coarse: boolean): THREE.BufferGeometry {
  const rng = createRng(seed);
  const noise = spaceNoise(rng);
  const geometry = coarse ? new THREE.SphereGeometry(1, 18, 12) : new THREE.SphereGeometry(1, 28, 19);
  const at = geometry.getAttribute('position');
  const ox = rng.range(0, 16);
  const tall = rng.range(0.8, 1.15);
  const v = new THREE.Vector3();
  for (let i = 0; i < at.count; i += 1) {
    v.fromBufferAttribute(at, i);
    const lump = noise(v.x * 1.5 + ox, v.y * 1.5, v.z * 1.5) * 0.26;
    const fold = (0.5 - Math.abs(noise(v.x * 3.6 + ox, v.y * 2.2 + 5, v.z * 3.6))) * 0.17;
    const crease = (0.5 - Math.abs(noise(v.x * 8, v.y * 4 + 9, v.z * 8 + ox))) * 0.07;
    const angle = Math.atan2(v.z, v.x);
    const neck = Math.max(0, v.y - 0.55) / 0.45;
    const radius = 1 + lump + fold + crease + neck * 0.1 * Math.sin(angle * 9 + ox);
    const narrow = 1 - 0.72 * neck ** 0.8 * (v.y > 0.55 ? 1 : 0);
    const y = v.y < -0.55 ? -0.55 - (-0.55 - v.y) * 0.2 : v.y;
    at.setXYZ(
      i,
      v.x * radius * narrow,
      (y + neck * neck * 0.28) * tall * (0.9 + lump),
      v.z * radius * narrow,
    );
  }
  geometry.computeVertexNormals();
  return geometry;
}

/** Frayed film above the knot. */
function bagEars(seed: number): THREE.BufferGeometry {
  const rng = createRng(seed);
  const noise = spaceNoise(rng);
  const geometry = new THREE.CylinderGeometry(0.42, 0.08, 0.5, 14, 3, true);
  const at = geometry.getAttribute('position');
  for (let i = 0; i < at.count; i += 1) {
    const x = at.getX(i);
    const y = at.getY(i) + 0.25;
    const z = at.getZ(i);
    const flap = 1 + 0.8 * noise(x * 5, y * 3, z * 5) * y * 2;
    at.setXYZ(i, x * flap, y * (1 + 0.8 * noise(x * 4 + 3, 1, z * 4)), z * flap);
  }
  geometry.computeVertexNormals();
  return geometry;
}

/** Tied plastic bag standing on the ground; `size` is about its width in metres. */
export function createBag(kit: Kit, size: number, color: BagColor = 'any'): THREE.Group {
  const { rng, lib } = kit;
  const shape = rng.int(1, BAG_SHAPES);
  const material = filmMaterial(lib, pickLook(rng, color));
  const coarse = lib.coarse || size < 0.36;
  const skin = new THREE.Mesh(
    lib.geometry(`bag ${shape} ${coarse}`, () => bagSkin(shape * 77, coarse)),
    material,
  );
  const ears = new THREE.Mesh(
    lib.geometry(`ears ${shape}`, () => bagEars(shape * 31)),
    material,
  );
  ears.position.y = rng.range(0.95, 1.1);
  ears.rotation.set(rng.range(-0.3, 0.3), rng.range(0, 6), rng.range(-0.3, 0.3));
  for (const mesh of [skin, ears]) {
    mesh.castShadow = true;
    mesh.receiveShadow = true;
  }
  const bag = group(skin, ears);
  bag.position.y = 0.6;
  bag.rotation.y = rng.range(0, 6.28);
  const stand = group(bag);
  const s = size / 2;
  stand.scale.set(s * rng.range(0.85, 1.15), s * rng.range(0.85, 1.15), s * rng.range(0.85, 1.15));
  return stand;
}

function paintWeave(stripes: boolean) {
  return (rng: Rng): HTMLCanvasElement => {
    const p = startPainting(128, stripes ? '#d6d4cc' : '#c9c5b8', rng);
    if (stripes) {
      ['#b83a3a', '#3a5ca8', '#b83a3a'].forEach((color, i) => {
        p.ctx.fillStyle = color;
        for (let y = 0; y < 128; y += 32) p.ctx.fillRect(0, y + i * 9, 128, 6);
      });
    } else {
      p.ctx.fillStyle = 'rgba(40,90,60,0.6)';
      p.ctx.font = "bold 30px 'Noto Sans CJK SC', sans-serif";
      p.ctx.fillText(rng.pick(['水泥', '大米', '化肥', '腻子粉']), 10, 80);
    }
    p.ctx.fillStyle = 'rgba(0,0,0,0.12)';
    for (let i = 0; i < 128; i += 4) p.ctx.fillRect(i, 0, 1.5, 128);
    for (let i = 0; i < 128; i += 4) p.ctx.fillRect(0, i, 128, 1.5);
    addGrain(p, 22, 8, 4);
    return p.canvas;
  };
}

/** Woven sack as used for rubble and old things; `size` is about its width in metres. */
export function createSack(kit: Kit, size: number): THREE.Group {
  const { rng, lib } = kit;
  const kind = rng.int(0, 3);
  const material = lib.material(
    `sack ${kind}`,
    () =>
      new THREE.MeshStandardMaterial({
        map: lib.texture(`weave ${kind}`, paintWeave(kind === 0)),
        bumpMap: lib.texture('creases', paintCreases),
        bumpScale: 2,
        roughness: 0.85,
      }),
  );
  const shape = rng.int(1, BAG_SHAPES);
  const skin = new THREE.Mesh(
    lib.geometry(`bag ${shape} false`, () => bagSkin(shape * 77, false)),
    material,
  );
  skin.castShadow = true;
  skin.receiveShadow = true;
  skin.position.y = 0.6;
  skin.rotation.y = rng.range(0, 6.28);
  const sack = group(skin);
  sack.scale.set(size * 0.42, size * rng.range(0.5, 0.75), size * 0.42);
  return sack;
}
