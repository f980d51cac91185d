import * as THREE from 'three';
import { createRng, type Rng, seedOfText } from './random.ts';
import { SURFACES, type SurfaceName, type SurfaceRecipe } from './surface-textures.ts';

/** Extra properties of a plain material. */
export interface PlainOptions {
  /** 0 mirror, 1 chalk; 0.7 by default. */
  readonly roughness?: number;
  readonly metalness?: number;
  /** Glow in the colour of the material, 0 by default. */
  readonly glow?: number;
  /** 1 solid, less is see-through. */
  readonly opacity?: number;
  readonly doubleSided?: boolean;
}

/**
 * Keeps textures, materials and shapes over all pictures of one page:
 * painting textures and compiling shaders costs far more than rendering a picture.
 */
export class Library {
  /** Shapes with few faces, for pictures in which everything is far away: faces are what a software renderer pays for. */
  readonly coarse: boolean;
  readonly #textures = new Map<string, THREE.Texture>();
  readonly #materials = new Map<string, THREE.MeshStandardMaterial>();
  readonly #geometries = new Map<string, THREE.BufferGeometry>();
  readonly #finishes = new Map<string, THREE.Material>();
  readonly #prefabs = new Map<string, THREE.Group>();

  constructor(coarse = false) {
    this.coarse = coarse;
  }

  /** Texture painted once per key, with chance that depends on the key only. */
  texture(key: string, paint: (rng: Rng) => HTMLCanvasElement): THREE.Texture {
    const known = this.#textures.get(key);
    if (known) return known;
    const texture = new THREE.CanvasTexture(paint(createRng(seedOfText(key))));
    texture.colorSpace = THREE.SRGBColorSpace;
    texture.wrapS = THREE.RepeatWrapping;
    texture.wrapT = THREE.RepeatWrapping;
    texture.anisotropy = 4;
    this.#textures.set(key, texture);
    return texture;
  }

  /** Material made once per key. */
  material(key: string, make: () => THREE.MeshStandardMaterial): THREE.MeshStandardMaterial {
    const known = this.#materials.get(key);
    if (known) return known;
    const material = make();
    this.#materials.set(key, material);
    return material;
  }

  /** Material of one colour (0xrrggbb). */
  plain(color: number, options: PlainOptions = {}): THREE.MeshStandardMaterial {
    const { roughness = 0.7, metalness = 0, glow = 0, opacity = 1, doubleSided = false } = options;
    return this.material(`plain ${color} ${roughness} ${metalness} ${glow} ${opacity} ${doubleSided}`, () => {
      const material = new THREE.MeshStandardMaterial({
        color,
        roughness,
        metalness,
        opacity,
        transparent: opacity < 1,
      });
      if (glow > 0) {
        material.emissive = new THREE.Color(color);
        material.emissiveIntensity = glow;
      }
      if (doubleSided) material.side = THREE.DoubleSide;
      return material;
    });
  }

  /** Painted surface, tinted; `variant` gives another painting of the same kind, `wet` the look after rain. */
  surface(
    name: SurfaceName,
    options: { tint?: number; variant?: number; wet?: boolean } = {},
  ): THREE.MeshStandardMaterial {
    const { tint = 0xffffff, variant = 0, wet = false } = options;
    const recipe: SurfaceRecipe = SURFACES[name];
    return this.material(`surface ${name} ${tint} ${variant} ${wet}`, () => {
      const map = this.texture(`surface ${name} ${variant}`, recipe.paint);
      const color = new THREE.Color(tint);
      if (wet) color.multiplyScalar(0.55);
      const material = new THREE.MeshStandardMaterial({
        map,
        color,
        roughness: wet ? Math.min(recipe.roughness, 0.32) : recipe.roughness,
      });
      if (recipe.relief > 0) {
        material.bumpMap = map;
        material.bumpScale = recipe.relief * (wet ? 0.4 : 1);
      }
      material.userData.metres = recipe.metres;
      return material;
    });
  }

  /** Material of any sort made once per key: those that joined parts share. */
  finish(key: string, make: () => THREE.Material): THREE.Material {
    const known = this.#finishes.get(key);
    if (known) return known;
    const made = make();
    this.#finishes.set(key, made);
    return made;
  }

  /** Another copy of a thing that is built once per key; copies share shapes and materials. */
  prefab(key: string, make: () => THREE.Group): THREE.Group {
    const known = this.#prefabs.get(key);
    if (known) return known.clone();
    const made = make();
    this.#prefabs.set(key, made);
    return made.clone();
  }

  /** Shape made once per key and never thrown away. */
  geometry(key: string, make: () => THREE.BufferGeometry): THREE.BufferGeometry {
    const known = this.#geometries.get(key);
    if (known) return known;
    const geometry = make();
    geometry.userData.shared = true;
    this.#geometries.set(key, geometry);
    return geometry;
  }
}

/** What every builder of a thing gets: chance and the common stock. */
export interface Kit {
  readonly rng: Rng;
  readonly lib: Library;
}
