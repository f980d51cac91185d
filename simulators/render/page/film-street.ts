import * as THREE from 'three';
import type { StageFixture, StageFrontage, StageScene } from '../../city/stage/stage-scene.ts';
import { createFacade } from './buildings.ts';
import { distanceToLine, type Extent, type Spot } from './film-field.ts';
import { type FilmGround, layGround } from './film-ground.ts';
import { paintMarkings } from './film-markings.ts';
import { createSkyline } from './film-skyline.ts';
import type { Kit } from './library.ts';
import { createStreetLitterBin } from './litter-bins.ts';
import { createTree } from './plants.ts';
import { createRng } from './random.ts';
import { beam, box, group, place } from './shapes.ts';
import { createBench, createBollards, createCabinet, createLampPost } from './street-furniture.ts';
import { createBicycle, createScooter } from './two-wheelers.ts';

/** The street of a film without anything that comes or goes. */
export interface FilmStreet {
  readonly object: THREE.Group;
  readonly ground: FilmGround;
  /** Where street lamps hang, and where shops throw light onto the pavement. */
  readonly lamps: readonly THREE.Vector3[];
  readonly shopLights: readonly THREE.Vector3[];
}

/** Fronts farther away than this are not built, in metres; the skyline hides that. */
const BUILD_M = 110;
const STRETCH_M = 11;

/** Turns of things that look to +z, for a heading in degrees clockwise from north. */
function turnOf(heading_deg: number): number {
  return Math.PI - THREE.MathUtils.degToRad(heading_deg);
}

/** A camera this near to the back of a front would see little else, in metres. */
const BACK_M = 6;

/** Whether the camera looks at the back of the `i`-th stretch of a front from close by. */
function standsBehind([a, b]: StageFrontage['line'], count: number, i: number, eye: THREE.Vector3): boolean {
  const along = (share: number): Spot => [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
  const left = (b[0] - a[0]) * (-eye.z - a[1]) - (b[1] - a[1]) * (eye.x - a[0]);
  return left > 0 && distanceToLine([along(i / count), along((i + 1) / count)], eye.x, -eye.z) < BACK_M;
}

function frontStretches(
  kit: Kit,
  frontage: StageFrontage,
  eye: THREE.Vector3,
  into: { readonly object: THREE.Group; readonly lights: THREE.Vector3[] },
  heightAt: FilmGround['heightAt'],
): void {
  const [a, b] = frontage.line;
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
  if (length < 0.5) return;
  const rng = createRng(frontage.look);
  const turn = Math.atan2(b[1] - a[1], b[0] - a[0]);
  const count = Math.max(1, Math.round(length / STRETCH_M));
  for (let i = 0; i < count; i += 1) {
    const own = createRng(Math.floor(rng.next() * 1e9));
    const share = (i + 0.5) / count;
    const x = a[0] + (b[0] - a[0]) * share;
    const y = a[1] + (b[1] - a[1]) * share;
    if (Math.hypot(x - eye.x, -y - eye.z) > BUILD_M) continue;
    if (standsBehind(frontage.line, count, i, eye)) continue;
    const plan = { kind: frontage.kind, length: length / count, night: true };
    const base = heightAt(x, y);
    into.object.add(place(createFacade({ rng: own, lib: kit.lib }, plan), x, -y, turn, base));
    // Fronts face to the right of their line.
    if (frontage.kind === 'shops')
      into.lights.push(new THREE.Vector3(x + Math.sin(turn) * 1.3, base + 2.4, -(y - Math.cos(turn) * 1.3)));
  }
}

function createCrane(kit: Kit): THREE.Group {
  const { lib, rng } = kit;
  const paint = lib.plain(rng.pick([0xd8a020, 0xc84a28]), { roughness: 0.6 });
  const height = rng.range(26, 38);
  const made = group();
  for (const x of [-0.8, 0.8])
    for (const z of [-0.8, 0.8]) made.add(beam(lib, [x, 0, z], [x, height, z], 0.12, paint));
  for (let y = 0; y < height - 3; y += 3)
    made.add(
      beam(lib, [-0.8, y, 0.8], [0.8, y + 3, 0.8], 0.07, paint),
      beam(lib, [0.8, y, -0.8], [0.8, y + 3, 0.8], 0.07, paint),
    );
  made.add(beam(lib, [0, height, -10], [0, height, 28], 0.3, paint));
  made.add(
    beam(lib, [0, height + 4, 0], [0, height + 0.3, 26], 0.06, paint),
    beam(lib, [0, height + 4, 0], [0, height + 0.3, -9], 0.06, paint),
  );
  made.add(beam(lib, [0, height, 0], [0, height + 4, 0], 0.3, paint));
  made.add(
    box(lib, [1.6, 2, 2.4], lib.plain(0x8a8d8f), [0, height - 1.6, -8]),
    box(lib, [1.4, 1.6, 1.4], lib.plain(0xdadcd8), [1, height - 1.4, 0]),
  );
  return made;
}

function parkedBicycles(kit: Kit): THREE.Group {
  const { rng } = kit;
  const made = group();
  const count = rng.int(4, 7);
  for (let i = 0; i < count; i += 1) {
    const cycle = rng.chance(0.6) ? createBicycle(kit) : createScooter(kit);
    made.add(
      place(
        cycle,
        (i - count / 2) * 0.62 + rng.gauss() * 0.05,
        rng.gauss() * 0.08,
        Math.PI / 2 + rng.gauss() * 0.08,
      ),
    );
  }
  return made;
}

function createFixture(kit: Kit, kind: StageFixture['kind']): THREE.Object3D {
  switch (kind) {
    case 'lamp':
      return createLampPost(kit, true);
    case 'tree':
      return createTree(kit);
    case 'bench':
      return createBench(kit);
    case 'cabinet':
      return createCabinet(kit);
    case 'bollards':
      return createBollards(kit, 4);
    case 'litter-bin':
      return createStreetLitterBin(kit, false);
    case 'crane':
      return createCrane(kit);
    case 'parked-bicycles':
      return parkedBicycles(kit);
  }
}

/** Leaves nearer to the camera than this would hide the street, in metres; who puts up a camera sees to that. */
const LEAVES_M = 7;

/** Takes away trees that grow in front of the lens. */
function clearView(root: THREE.Group, eye: THREE.Vector3): void {
  const inTheWay: THREE.Object3D[] = [];
  root.updateMatrixWorld(true);
  root.traverse((node) => {
    if (!(node instanceof THREE.InstancedMesh)) return;
    if (new THREE.Box3().setFromObject(node).distanceToPoint(eye) < LEAVES_M)
      inTheWay.push(node.parent ?? node);
  });
  for (const tree of inTheWay) tree.removeFromParent();
}

/** Ground that the camera may see, in plan metres. */
function extentOf(eye: THREE.Vector3): Extent {
  return { x1: eye.x - BUILD_M, y1: -eye.z - BUILD_M, x2: eye.x + BUILD_M, y2: -eye.z + BUILD_M };
}

/** Builds ground, fronts, fixtures and skyline of a scene around its camera. */
export function buildStreet(kit: Kit, scene: StageScene, eye: THREE.Vector3): FilmStreet {
  const wet = scene.weather.sky === 'rain';
  const extent = extentOf(eye);
  const ground = layGround(kit, scene.roads, extent, wet);
  const object = group(ground.object, paintMarkings(kit, scene.roads, scene.paint, extent, ground));
  const shopLights: THREE.Vector3[] = [];
  for (const frontage of scene.frontages)
    frontStretches(kit, frontage, eye, { object, lights: shopLights }, ground.heightAt);
  const lamps: THREE.Vector3[] = [];
  for (const { kind, x_m, y_m, heading_deg, look } of scene.fixtures) {
    const own: Kit = { rng: createRng(look), lib: kit.lib };
    const turn = turnOf(heading_deg);
    const base = ground.heightAt(x_m, y_m);
    object.add(place(createFixture(own, kind), x_m, -y_m, turn, base));
    if (kind === 'lamp')
      lamps.push(new THREE.Vector3(x_m + Math.sin(turn) * 1.8, base + 5.9, -y_m + Math.cos(turn) * 1.8));
  }
  clearView(object, eye);
  object.add(createSkyline(kit, scene, eye));
  return { object, ground, lamps, shopLights };
}
