import * as THREE from 'three';
import type { StageRoad } from '../../city/stage/stage-scene.ts';
import { addCracks, addGrain, addStains, rgb, startPainting } from './canvas-tools.ts';
import {
  type Area,
  carriagewayField,
  type Extent,
  type Field,
  pavementField,
  type Spot,
  traceArea,
} from './film-field.ts';
import type { Kit } from './library.ts';
import { createRng, type Rng } from './random.ts';
import { group } from './shapes.ts';
import { KERB } from './street.ts';
import type { SurfaceName } from './surface-textures.ts';

/** Side of the squares on which kerbs are traced, in metres. */
const CELL_M = 0.5;
const KERB_WIDTH_M = 0.16;

/** The ground of a film and how high it lies. */
export interface FilmGround {
  readonly object: THREE.Group;
  /** Height of the ground at a spot of the plan, in metres. */
  readonly heightAt: (x_m: number, y_m: number) => number;
  /** Negative on a carriageway, else metres to the next. */
  readonly carriageway: Field;
}

function metresOf(material: THREE.Material): number {
  const metres: unknown = material.userData.metres;
  return typeof metres === 'number' ? metres : 1;
}

/** Flat triangles of the plan at a height; the painting lies turned with the streets. */
export function flatMesh(
  corners: readonly Spot[],
  y: number,
  material: THREE.Material,
  turn_rad = 0,
): THREE.Mesh {
  const metres = metresOf(material);
  const cos = Math.cos(turn_rad) / metres;
  const sin = Math.sin(turn_rad) / metres;
  const geometry = new THREE.BufferGeometry();
  const at = corners.flatMap(([east, north]) => [east, y, -north]);
  const uv = corners.flatMap(([e, n]) => [e * cos + n * sin, n * cos - e * sin]);
  geometry.setAttribute('position', new THREE.Float32BufferAttribute(at, 3));
  geometry.setAttribute(
    'normal',
    new THREE.Float32BufferAttribute(
      corners.flatMap(() => [0, 1, 0]),
      3,
    ),
  );
  geometry.setAttribute('uv', new THREE.Float32BufferAttribute(uv, 2));
  const mesh = new THREE.Mesh(geometry, material);
  mesh.receiveShadow = true;
  return mesh;
}

/** Kerb stones along the outline of the pavements: an upright face and a strip on top. */
function kerbMesh(edges: Area['edges'], material: THREE.Material): THREE.Mesh {
  const at: number[] = [];
  const normal: number[] = [];
  const uv: number[] = [];
  for (const [a, b] of edges) {
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    if (length < 1e-4) continue;
    // The pavement lies on the left of the edge.
    const inX = (-(b[1] - a[1]) / length) * KERB_WIDTH_M;
    const inY = ((b[0] - a[0]) / length) * KERB_WIDTH_M;
    const top = KERB + 0.006;
    const quad = (points: readonly (readonly [number, number, number])[], n: readonly number[]): void => {
      for (const i of [0, 1, 2, 0, 2, 3]) {
        const p = points[i];
        if (!p) continue;
        at.push(p[0], p[1], -p[2]);
        normal.push(n[0] ?? 0, n[1] ?? 0, -(n[2] ?? 0));
        uv.push((p[0] + p[1]) / 2, (p[2] + p[1]) / 2);
      }
    };
    const out = [-inX / KERB_WIDTH_M, 0, -inY / KERB_WIDTH_M];
    quad(
      [
        [b[0], 0, b[1]],
        [a[0], 0, a[1]],
        [a[0], top, a[1]],
        [b[0], top, b[1]],
      ],
      out,
    );
    quad(
      [
        [a[0], top, a[1]],
        [b[0], top, b[1]],
        [b[0] + inX, top, b[1] + inY],
        [a[0] + inX, top, a[1] + inY],
      ],
      [0, 1, 0],
    );
  }
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute('position', new THREE.Float32BufferAttribute(at, 3));
  geometry.setAttribute('normal', new THREE.Float32BufferAttribute(normal, 3));
  geometry.setAttribute('uv', new THREE.Float32BufferAttribute(uv, 2));
  const mesh = new THREE.Mesh(geometry, material);
  mesh.receiveShadow = true;
  return mesh;
}

/** Side of one painting of a carriageway in metres: large, or its stains would be seen to repeat. */
const ROAD_PAINTING_M = 17;

function paintRoad(grey: number) {
  return (rng: Rng): HTMLCanvasElement => {
    const p = startPainting(1024, rgb(grey, grey, grey + 3), rng);
    addGrain(p, 13, 12, 6);
    addStains(p, 9, '25,25,28', 0.14, 0.11);
    addStains(p, 9, '150,148,140', 0.12, 0.16);
    addStains(p, 26, '20,20,22', 0.3, 0.012);
    addCracks(p, 5, 'rgba(22,22,24,0.4)');
    return p.canvas;
  };
}

function roadMaterial(kit: Kit, grey: number, wet: boolean): THREE.Material {
  return kit.lib.material(`film road ${grey} ${wet}`, () => {
    const material = new THREE.MeshStandardMaterial({
      map: kit.lib.texture(`film road ${grey}`, paintRoad(grey)),
      color: wet ? 0x8c8f94 : 0xffffff,
      roughness: wet ? 0.28 : 0.93,
    });
    material.userData.metres = ROAD_PAINTING_M;
    return material;
  });
}

const PAVINGS: readonly SurfaceName[] = ['paveGrey', 'paveRed', 'paveMix', 'paveSlab', 'paveGrey'];
const PLOTS: readonly SurfaceName[] = ['concrete', 'paveGrey', 'soil', 'concreteDark'];

function headingOf(road: StageRoad | undefined): number {
  const a = road?.line[0];
  const b = road?.line.at(-1);
  return a && b ? Math.atan2(b[1] - a[1], b[0] - a[0]) : 0;
}

function rectangle({ x1, y1, x2, y2 }: Extent): Spot[] {
  return [
    [x1, y1],
    [x2, y1],
    [x2, y2],
    [x1, y1],
    [x2, y2],
    [x1, y2],
  ];
}

/** Lays carriageways, kerbs, pavements and the plots behind them within an extent. */
export function layGround(kit: Kit, roads: readonly StageRoad[], extent: Extent, wet: boolean): FilmGround {
  const { lib } = kit;
  const rng = createRng(Math.floor(kit.rng.next() * 1e9));
  const carriageway: Field = roads.length > 0 ? carriagewayField(roads) : () => 1;
  const widest = [...roads].sort((a, b) => b.carriageway_m - a.carriageway_m)[0];
  const turn = headingOf(widest);
  const only = roads.every((road) => road.class === 'lane');
  const asphalt = roadMaterial(kit, only ? 118 : rng.pick([92, 104, 116]), wet);
  const paving = lib.surface(rng.pick(PAVINGS), { variant: rng.int(0, 1), wet });
  const plot = lib.surface(rng.pick(PLOTS), { wet });
  const kerb = lib.surface('concrete', { tint: 0xdcdad4, wet });
  const pavements = traceArea(carriageway, extent, CELL_M);
  const plots = roads.length > 0 ? traceArea(pavementField(roads), extent, CELL_M * 2) : undefined;
  const object = group(
    flatMesh(rectangle(extent), 0, asphalt, turn),
    flatMesh(pavements.corners, KERB, paving, turn),
    kerbMesh(pavements.edges, kerb),
  );
  if (plots) object.add(flatMesh(plots.corners, KERB + 0.008, plot, turn));
  const far = 400;
  const beyond = flatMesh(rectangle({ x1: -far, y1: -far, x2: far, y2: far }), -0.03, plot, turn);
  beyond.position.set((extent.x1 + extent.x2) / 2, 0, -(extent.y1 + extent.y2) / 2);
  object.add(beyond);
  return {
    object,
    carriageway,
    heightAt: (x, y) => KERB * Math.min(1, Math.max(0, carriageway(x, y) / 0.3 + 0.5)),
  };
}
