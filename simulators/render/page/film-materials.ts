import * as THREE from 'three';

/**
 * Materials of a film. What glows gets materials of its own, so that it can be switched; what is rough gets materials that are
 * much cheaper to draw, for a software renderer spends most of its time in them.
 */
export interface MaterialStock {
  /** Replaces the materials of a street, also those that glow; to be called before parts are joined. */
  readonly takeStreet: (root: THREE.Object3D) => void;
  /** Replaces the rough materials of an actor, whose lights are its own business. */
  readonly takeActor: (root: THREE.Object3D) => void;
  /** How far windows, signs and lamps of the street are on, 0 to 1. */
  readonly setGlow: (level: number) => void;
  /** Strength of the light from all around, as of a scene's environment. */
  readonly setAmbient: (intensity: number) => void;
}

/** Colour of a window without light behind it. */
const DARK_GLASS = new THREE.Color(0x272e34);

/** Cameras open wide at night, so lit windows and signs are held back lest they be mere white. */
const GLOW_SHARE = 0.45;

/** Rougher than this a surface shows no reflections worth their price. */
const ROUGH = 0.5;

/** What a surface gets of the environment's light on the average. */
const AMBIENT_SHARE = 0.42;

function glows(material: THREE.MeshStandardMaterial): boolean {
  return material.emissiveIntensity > 0 && material.emissive.getHex() !== 0;
}

function matt(material: THREE.MeshStandardMaterial, tinted: boolean): THREE.MeshLambertMaterial {
  const made = new THREE.MeshLambertMaterial({
    color: material.color,
    map: material.map,
    side: material.side,
    alphaTest: material.alphaTest,
    vertexColors: material.vertexColors,
  });
  // The light from all around is added as a glow in the surface's own colour; tints of single pieces would be lost in it.
  if (!tinted) {
    made.emissive = material.color.clone();
    made.emissiveMap = material.map;
  }
  made.userData.metres = material.userData.metres;
  return made;
}

/** Makes the stock of a film. */
export function createMaterialStock(): MaterialStock {
  const glowing = new Map<THREE.MeshStandardMaterial, THREE.MeshStandardMaterial>();
  const rough = new Map<string, THREE.MeshLambertMaterial>();
  let ambient = 0;
  const replace = (
    material: THREE.MeshStandardMaterial,
    tinted: boolean,
    street: boolean,
  ): THREE.Material => {
    if (glows(material)) {
      if (!street) return material;
      const own = glowing.get(material) ?? material.clone();
      own.userData.metres = material.userData.metres;
      glowing.set(material, own);
      return own;
    }
    if (material.roughness < ROUGH || material.metalness > 0.3 || material.transparent) return material;
    const key = `${material.uuid} ${tinted}`;
    const own = rough.get(key) ?? matt(material, tinted);
    own.emissiveIntensity = ambient;
    rough.set(key, own);
    return own;
  };
  const take = (root: THREE.Object3D, street: boolean): void =>
    root.traverse((node) => {
      if (!(node instanceof THREE.Mesh)) return;
      const material: unknown = node.material;
      if (!(material instanceof THREE.MeshStandardMaterial)) return;
      node.material = replace(material, node instanceof THREE.InstancedMesh, street);
    });
  return {
    takeStreet: (root) => take(root, true),
    takeActor: (root) => take(root, false),
    setGlow: (level) => {
      for (const [original, own] of glowing) {
        own.emissiveIntensity = original.emissiveIntensity * level * GLOW_SHARE;
        if (!own.emissiveMap) own.color.copy(DARK_GLASS).lerp(original.color, level);
      }
    },
    setAmbient: (intensity) => {
      ambient = intensity * AMBIENT_SHARE;
      for (const own of rough.values()) own.emissiveIntensity = ambient;
    },
  };
}
