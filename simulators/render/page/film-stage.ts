import * as THREE from 'three';
import type { StageScene } from '../../city/stage/stage-scene.ts';
import { createCast, type Player } from './film-actors.ts';
import { createFilmLabeller, type FilmBox } from './film-labels.ts';
import { captionAt, createLens, lensAt, shownTime_s } from './film-lens.ts';
import { type Light, lightAt } from './film-light.ts';
import { createMaterialStock } from './film-materials.ts';
import { joinRegions, type Region, regionOf } from './film-region.ts';
import { rigLights } from './film-rig.ts';
import {
  frameCount,
  frameTime_s,
  type KeySpan,
  keyFrameOf,
  type LightKeys,
  planLight,
  planSections,
  type Section,
} from './film-schedule.ts';
import { createStills } from './film-still.ts';
import { buildStreet } from './film-street.ts';
import { mergeParts } from './merging.ts';
import { createRng } from './random.ts';
import { KERB } from './street.ts';
import type { Studio } from './studio.ts';

/** A frame of a film. */
export interface FilmFrame {
  /** Base64. */
  readonly jpeg: string;
  /** Where labels were asked for. */
  readonly boxes?: readonly FilmBox[];
}

/** A film that can be rendered frame by frame, in order. */
export interface Film {
  readonly frames: number;
  readonly frame: (index: number, labels: boolean) => FilmFrame;
  /** How many standing pictures were rendered so far. */
  readonly bakes: () => number;
}

/** How a camera that was knocked out of place looks aside and down, in degrees. */
const MOVED = { heading_deg: 21, pitch_deg: 7 };

/** A sun that is weaker or lower than this throws no shadows that could be drawn flat on the ground. */
const SHADOWS = { power: 0.25, height: 0.12 };

function castsShadows(light: Light): boolean {
  return light.sunPower > SHADOWS.power && light.toSun[1] > SHADOWS.height;
}

function aimCamera(camera: THREE.PerspectiveCamera, scene: StageScene, moved: boolean): void {
  const { x_m, y_m, height_m, heading_deg, pitch_deg } = scene.camera;
  const side = scene.seed % 2 === 0 ? 1 : -1;
  camera.position.set(x_m, height_m, -y_m);
  camera.rotation.order = 'YXZ';
  camera.rotation.y = -THREE.MathUtils.degToRad(heading_deg + (moved ? side * MOVED.heading_deg : 0));
  camera.rotation.x = -THREE.MathUtils.degToRad(pitch_deg + (moved ? MOVED.pitch_deg : 0));
  camera.rotation.z = moved ? side * 0.05 : 0;
  camera.updateMatrixWorld(true);
}

function createCamera(scene: StageScene): THREE.PerspectiveCamera {
  const { hfov_deg, width_px, height_px } = scene.camera;
  const aspect = width_px / height_px;
  const half = Math.tan(THREE.MathUtils.degToRad(hfov_deg) / 2) / aspect;
  const camera = new THREE.PerspectiveCamera(THREE.MathUtils.radToDeg(2 * Math.atan(half)), aspect, 0.3, 420);
  aimCamera(camera, scene, false);
  return camera;
}

/** The whole picture is drawn again so often, in frames, that the fading light is not seen to lag: at each key frame. */
const REFRESH_FRAMES = 10;

/** Middle of what is seen, on the ground, at most 32 m away. */
function focusOf(scene: StageScene): THREE.Vector3 {
  const { x_m, y_m, height_m, heading_deg, pitch_deg } = scene.camera;
  const far = Math.min(32, height_m / Math.tan(THREE.MathUtils.degToRad(Math.max(4, pitch_deg))));
  const heading = THREE.MathUtils.degToRad(heading_deg);
  return new THREE.Vector3(x_m + Math.sin(heading) * far, 0, -y_m - Math.cos(heading) * far);
}

/** Makes the film of a scene's camera. */
export function createFilm(studio: Studio, scene: StageScene): Film {
  const { renderer, lib, skies } = studio;
  const { width_px: width, height_px: height } = scene.camera;
  const camera = createCamera(scene);
  const street = buildStreet({ rng: createRng(scene.seed), lib }, scene, camera.position);
  const materials = createMaterialStock();
  materials.takeStreet(street.object);
  mergeParts(street.object, new Set());
  const lightOf = (frame: number): Light =>
    lightAt(scene.weather.sky, scene.weather.hour + frameTime_s(scene, frame) / 3600);
  const frames = frameCount(scene);
  const sections: readonly Section[] = planSections(scene);
  const keys: LightKeys = planLight(frames, lightOf);
  const world = new THREE.Scene();
  const players = new THREE.Group();
  const shadowStage = new THREE.Scene();
  const rig = rigLights(world, renderer, skies, materials, {
    lamps: street.lamps,
    shopLights: street.shopLights,
    around: focusOf(scene),
    reach_m: 48,
    wet: scene.weather.sky === 'rain',
    dark: keys.frames.some((frame) => lightOf(frame).lamps > 0.05),
  });
  world.add(street.object, players);
  renderer.shadowMap.autoUpdate = false;
  renderer.setSize(width, height, false);
  const stills = createStills(renderer, world, camera, width, height);
  const labeller = createFilmLabeller(renderer, camera, stills.depth, width, height);
  const lens = createLens(scene);
  const cast = createCast(
    lib,
    scene.actors,
    street.ground,
    ({ tagged }) => {
      materials.takeActor(tagged.object);
      labeller.tag(tagged);
    },
    ({ tagged }) => labeller.untag(tagged),
  );
  let streetState = '';
  let standingState = '';
  let baked = 0;
  let standing: readonly Player[] = [];
  let lastRegion: Region = { left: 0, bottom: 0, right: 0, top: 0 };

  const show = (parts: 'street' | 'actors'): void => {
    street.object.visible = parts === 'street';
    rig.sky.visible = parts === 'street';
    players.visible = parts === 'actors';
  };

  const bake = (frame: number): void => {
    const light = lightOf(frame);
    materials.setGlow(light.lamps);
    rig.aimSun(light);
    stills.bakeStreet((share) => rig.apply(light, share), castsShadows(light));
    baked += 1;
  };

  /** Renders the street in the two lights between which a frame lies, where the last frame's do not serve. */
  const prepareStreet = (key: KeySpan, moved: boolean): boolean => {
    const now = `${moved} ${key.from}`;
    if (now === streetState) return false;
    const follows = streetState === `${moved} ${key.before}`;
    const turned = !streetState.startsWith(`${moved} `);
    aimCamera(camera, scene, moved);
    show('street');
    if (!follows) bake(key.from);
    if (!follows || key.to !== key.from) bake(key.to);
    if (turned) stills.bakeStreetDepth();
    streetState = now;
    return true;
  };

  const drawPlayers = (light: Light, shown: readonly Player[], withShadows: boolean): void => {
    rig.apply(light);
    if (withShadows && castsShadows(light)) {
      for (const level of [0, KERB]) {
        const group = shown.filter(({ actor }) => Math.abs(actor.object.position.y - level) <= KERB / 2);
        for (const { actor } of group) shadowStage.add(actor.object);
        if (group.length > 0) stills.drawShadows(shadowStage, new THREE.Vector3(...light.toSun), level);
      }
    }
    for (const { actor } of shown) players.add(actor.object);
    show('actors');
    renderer.render(world, camera);
    players.clear();
  };

  /** Draws what stands for a whole section into the pictures of the street. */
  const prepareStanding = (
    frame: number,
    key: KeySpan,
    present: ReadonlyMap<number, Player>,
    again: boolean,
  ): boolean => {
    const at = sections.findIndex(({ to }) => frame < to);
    const section = sections[at];
    if (!section || (!again && standingState === `${at}`)) return false;
    standingState = `${at}`;
    standing = [...present].flatMap(([i, player]) => (section.standing.has(i) ? [player] : []));
    for (const player of standing) player.rest(frameTime_s(scene, section.from));
    for (const side of ['first', 'second'] as const) {
      stills.beginStanding(side);
      drawPlayers(lightOf(side === 'first' ? key.from : key.to), standing, true);
      stills.keepStanding(side);
    }
    stills.beginStandingDepth();
    drawPlayers(lightOf(key.from), standing, false);
    stills.endStandingDepth();
    labeller.bakeStanding(standing.map(({ tagged }) => tagged));
    return true;
  };

  /** Draws anew only the part of the picture in which something moves or just moved. */
  const drawFrame = (
    frame: number,
    key: KeySpan,
    light: Light,
    movers: readonly Player[],
    fresh: boolean,
  ): void => {
    const things = movers.map(({ actor }) => actor.object);
    const toSun = castsShadows(light) ? new THREE.Vector3(...light.toSun) : undefined;
    const region = regionOf(things, camera, width, height, toSun);
    const whole = fresh || frame % REFRESH_FRAMES === 0;
    const { left, bottom, right, top } = joinRegions(region, lastRegion);
    lastRegion = region;
    if (!whole && (right <= left || top <= bottom)) return;
    renderer.setScissor(left, bottom, Math.max(0, right - left), Math.max(0, top - bottom));
    renderer.setScissorTest(!whole);
    stills.draw(key.share);
    drawPlayers(light, movers, true);
    renderer.setScissorTest(false);
  };

  return {
    frames,
    bakes: () => baked,
    frame: (index, labels) => {
      const t_s = frameTime_s(scene, index);
      const shown_s = shownTime_s(scene.lens, t_s);
      const shown = Math.min(index, Math.round(shown_s / scene.frame_interval_s));
      const lensState = lensAt(scene.lens, t_s);
      const present = cast.at(shown_s);
      const key = keyFrameOf(keys, shown);
      const again = prepareStreet(key, lensState.moved > 0);
      const fresh = prepareStanding(shown, key, present, again);
      const movers = [...present.values()].filter((player) => !standing.includes(player));
      for (const player of movers) player.pose(shown_s);
      const light = lightOf(shown);
      drawFrame(shown, key, light, movers, fresh);
      const moment = { shown, state: lensState, caption: captionAt(scene, t_s), night: light.lamps };
      const jpeg = lens.develop(renderer.domElement, moment);
      if (!labels) return { jpeg };
      const tags = (players: readonly Player[]) => players.map(({ tagged }) => tagged);
      const boxes = labeller.measure(tags(standing), tags(movers)).map((box) => ({
        ...box,
        visible: box.visible * lens.clearShare(box.box, lensState),
      }));
      return { jpeg, boxes };
    },
  };
}
