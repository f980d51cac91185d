import * as THREE from 'three';

/** Meshes on this layer are solid: they cast shadows and have numbers. All are on layer 0 besides. */
export const SOLID_LAYER = 1;

/** What lies in the shade is rendered this much smaller: only shadows on the ground show it. */
const SHADE_SCALE = 0.5;

/** The street in one light: as it is and, for the shadows of what moves, without the sun. */
interface StreetStill {
  readonly lit: THREE.CanvasTexture;
  readonly shaded: THREE.CanvasTexture;
}

/** Which of the two lights between which a picture fades. */
export type Side = 'first' | 'second';

/**
 * The standing pictures of a film. Rendering a whole street is slow, so it is done once for each light that is needed; what
 * stands in the street is then drawn into copies of that, and what moves into each frame.
 */
export interface Stills {
  /** Renders the street as it is now as the second picture; the second one of before becomes the first. */
  readonly bakeStreet: (setSun: (share: number) => void, withShade: boolean) => void;
  /** Renders the depths of the street as it is now. */
  readonly bakeStreetDepth: () => void;
  /** Begins the picture of street and standing things on one side; they are drawn next, and then it is kept. */
  readonly beginStanding: (side: Side) => void;
  readonly keepStanding: (side: Side) => void;
  /** Begins and ends the depths of street and standing things likewise. */
  readonly beginStandingDepth: () => void;
  readonly endStandingDepth: () => void;
  /** Draws the standing picture, `share` of the way from the first to the second, with its depths. */
  readonly draw: (share: number) => void;
  /** Draws flat shadows of all solid things of the scene onto the ground at a height, in metres. */
  readonly drawShadows: (scene: THREE.Scene, toSun: THREE.Vector3, ground_m: number) => void;
  /** Depths of street and standing things. */
  readonly depth: THREE.Texture;
}

function createTexture(width: number, height: number): THREE.CanvasTexture {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const texture = new THREE.CanvasTexture(canvas);
  texture.generateMipmaps = false;
  texture.minFilter = THREE.LinearFilter;
  return texture;
}

function contextOf(texture: THREE.CanvasTexture): CanvasRenderingContext2D {
  const ctx = texture.image.getContext('2d');
  if (!ctx) throw new Error('no 2d canvas in this browser');
  return ctx;
}

const BACKDROP_VERTEX =
  'varying vec2 spot; void main() { spot = uv; gl_Position = vec4(position.xy, 0.0, 1.0); }';

function backdropMaterial(uniforms: Record<string, THREE.IUniform>): THREE.ShaderMaterial {
  return new THREE.ShaderMaterial({
    uniforms,
    vertexShader: BACKDROP_VERTEX,
    fragmentShader: `uniform sampler2D litA; uniform sampler2D litB; uniform sampler2D depth; uniform float share;
      varying vec2 spot;
      void main() {
        gl_FragColor = mix(texture2D(litA, spot), texture2D(litB, spot), share);
        gl_FragDepth = texture2D(depth, spot).r;
      }`,
    depthFunc: THREE.AlwaysDepth,
    toneMapped: false,
  });
}

/** Presses a thing flat onto the ground along the sun's rays and shows there what the ground looks like in the shade. */
function shadowMaterial(uniforms: Record<string, THREE.IUniform>): THREE.ShaderMaterial {
  return new THREE.ShaderMaterial({
    uniforms,
    vertexShader: `uniform vec3 toSun; uniform float ground;
      void main() {
        vec4 at = vec4(position, 1.0);
        #ifdef USE_INSTANCING
          at = instanceMatrix * at;
        #endif
        at = modelMatrix * at;
        float up = max(0.0, at.y - ground);
        at.xyz -= toSun * (up / toSun.y);
        at.y = ground + 0.02;
        gl_Position = projectionMatrix * viewMatrix * at;
        gl_Position.z -= 0.0004 * gl_Position.w;
      }`,
    fragmentShader: `uniform sampler2D shadedA; uniform sampler2D shadedB; uniform vec2 size; uniform float share;
      void main() {
        vec2 spot = gl_FragCoord.xy / size;
        gl_FragColor = mix(texture2D(shadedA, spot), texture2D(shadedB, spot), share);
      }`,
    side: THREE.DoubleSide,
    toneMapped: false,
  });
}

function fullQuad(material: THREE.Material): THREE.Scene {
  const scene = new THREE.Scene();
  const quad = new THREE.Mesh(new THREE.PlaneGeometry(2, 2), material);
  quad.frustumCulled = false;
  scene.add(quad);
  return scene;
}

function depthTarget(
  width: number,
  height: number,
): { target: THREE.WebGLRenderTarget; depth: THREE.Texture } {
  const target = new THREE.WebGLRenderTarget(width, height, {
    depthTexture: new THREE.DepthTexture(width, height, THREE.FloatType),
  });
  if (!target.depthTexture) throw new Error('this browser keeps no depths');
  return { target, depth: target.depthTexture };
}

/** Makes the standing pictures of a scene; size in pixels of the film. */
export function createStills(
  renderer: THREE.WebGLRenderer,
  scene: THREE.Scene,
  camera: THREE.PerspectiveCamera,
  width: number,
  height: number,
): Stills {
  const [shadeWidth, shadeHeight] = [Math.round(width * SHADE_SCALE), Math.round(height * SHADE_SCALE)];
  const empty = (): StreetStill => ({
    lit: createTexture(width, height),
    shaded: createTexture(shadeWidth, shadeHeight),
  });
  const street = { first: empty(), second: empty() };
  const standing = { first: createTexture(width, height), second: createTexture(width, height) };
  const streetDepth = depthTarget(width, height);
  const standingDepth = depthTarget(width, height);
  const share = { value: 0 };
  const alone = { value: street.first.lit };
  const onStreet = fullQuad(
    backdropMaterial({ litA: alone, litB: alone, depth: { value: streetDepth.depth }, share: { value: 0 } }),
  );
  const backdrop = fullQuad(
    backdropMaterial({
      litA: { value: standing.first },
      litB: { value: standing.second },
      depth: { value: standingDepth.depth },
      share,
    }),
  );
  const shadows = {
    shadedA: { value: street.first.shaded },
    shadedB: { value: street.second.shaded },
    share,
    size: { value: new THREE.Vector2(width, height) },
    toSun: { value: new THREE.Vector3(0, 1, 0) },
    ground: { value: 0 },
  };
  const shadow = shadowMaterial(shadows);
  const keep = (texture: THREE.CanvasTexture, shown_px: readonly [number, number]): void => {
    const { canvas } = contextOf(texture);
    contextOf(texture).drawImage(
      renderer.domElement,
      0,
      height - shown_px[1],
      shown_px[0],
      shown_px[1],
      0,
      0,
      canvas.width,
      canvas.height,
    );
    texture.needsUpdate = true;
  };
  const begin = (behind: THREE.Scene): void => {
    renderer.autoClear = false;
    renderer.clear();
    renderer.render(behind, camera);
  };
  return {
    depth: standingDepth.depth,
    bakeStreet: (setSun, withShade) => {
      [street.first, street.second] = [street.second, street.first];
      shadows.shadedA.value = street.first.shaded;
      shadows.shadedB.value = street.second.shaded;
      renderer.autoClear = true;
      setSun(1);
      renderer.shadowMap.needsUpdate = true;
      renderer.render(scene, camera);
      keep(street.second.lit, [width, height]);
      if (!withShade) return;
      setSun(0);
      renderer.setViewport(0, 0, shadeWidth, shadeHeight);
      renderer.render(scene, camera);
      keep(street.second.shaded, [shadeWidth, shadeHeight]);
      renderer.setViewport(0, 0, width, height);
      setSun(1);
    },
    bakeStreetDepth: () => {
      renderer.autoClear = true;
      renderer.setRenderTarget(streetDepth.target);
      renderer.render(scene, camera);
      renderer.setRenderTarget(null);
    },
    beginStanding: (side) => {
      alone.value = street[side].lit;
      share.value = side === 'first' ? 0 : 1;
      begin(onStreet);
    },
    keepStanding: (side) => keep(standing[side], [width, height]),
    beginStandingDepth: () => {
      renderer.setRenderTarget(standingDepth.target);
      begin(onStreet);
    },
    endStandingDepth: () => renderer.setRenderTarget(null),
    draw: (at) => {
      share.value = at;
      begin(backdrop);
    },
    drawShadows: (things, toSun, ground_m) => {
      shadows.toSun.value.copy(toSun);
      shadows.ground.value = ground_m;
      things.overrideMaterial = shadow;
      camera.layers.set(SOLID_LAYER);
      renderer.render(things, camera);
      camera.layers.set(0);
      things.overrideMaterial = null;
    },
  };
}
