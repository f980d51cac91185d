import { poseAt, sizeOfKind } from '../life/sight.ts';
import { groundAt, project } from '../life/view.ts';
import type { ActorKind, StageActor, StageScene } from './stage-scene.ts';

const COLORS: Record<ActorKind, string> = {
  person: '#2060c0',
  'two-wheeler': '#20a0a0',
  tricycle: '#108060',
  car: '#808890',
  van: '#606870',
  bus: '#405080',
  truck: '#504840',
  'muck-truck': '#b06010',
  stall: '#d02020',
  canopy: '#e08080',
  goods: '#c0a020',
  bag: '#303030',
  heap: '#604020',
  bin: '#208020',
  umbrella: '#a040c0',
};
const REACH_M = 70;
/** Pixels for a metre. */
const SCALE = 8;

type Point = readonly [number, number];

/** A stage seen from above at a second, as SVG; what lies within the camera's picture is framed in yellow. */
export function stagePlan(scene: StageScene, t_s: number): string {
  const { camera } = scene;
  const at = ([x, y]: Point): string =>
    `${((x - camera.x_m + REACH_M) * SCALE).toFixed(1)},${((camera.y_m - y + REACH_M) * SCALE).toFixed(1)}`;
  const line = (points: readonly Point[], width_m: number, color: string): string =>
    `<polyline points="${points.map(at).join(' ')}" fill="none" stroke="${color}" stroke-width="${width_m * SCALE}"/>`;
  const outline = (points: readonly Point[], style: string): string =>
    `<polygon points="${points.map(at).join(' ')}" ${style}/>`;
  const dot = (point: Point, radius_m: number, color: string): string => {
    const [x = '0', y = '0'] = at(point).split(',');
    return `<circle cx="${x}" cy="${y}" r="${radius_m * SCALE}" fill="${color}"/>`;
  };
  const present = scene.actors.filter(({ from_s, to_s }) => from_s <= t_s && t_s <= to_s);
  const corners = [
    [0, 1],
    [1, 1],
    [1, 0.3],
    [0, 0.3],
  ] as const;
  const ground = corners.flatMap(([x, y]): Point[] => {
    const point = groundAt(camera, x, y);
    return point === undefined ? [] : [point];
  });
  const size = 2 * REACH_M * SCALE;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" width="${size}" height="${size}">`,
    `<rect width="${size}" height="${size}" fill="#d8d4c8"/>`,
    ...scene.roads.map(({ line: way, carriageway_m, pavement_m }) =>
      line(way, carriageway_m + 2 * pavement_m, '#f4f0e8'),
    ),
    ...scene.roads.map(({ line: way, carriageway_m }) => line(way, carriageway_m, '#b8bcc0')),
    ...scene.paint.map(({ outline: ring }) => outline(ring, 'fill="none" stroke="#d0a000" stroke-width="3"')),
    ...scene.frontages.map(({ line: front, kind }) =>
      line(front, 0.4, kind === 'shops' ? '#c04080' : '#504840'),
    ),
    ...scene.fixtures.map(({ x_m, y_m, kind }) =>
      dot([x_m, y_m], kind === 'tree' ? 1.6 : 0.3, kind === 'tree' ? '#60a04080' : '#909000'),
    ),
    outline(ground, 'fill="#ffff0018" stroke="#e0c000" stroke-width="2"'),
    ...present.map((actor) => shape(actor, t_s, outline)),
    ...present.flatMap((actor) => label(scene, actor, t_s, at)),
    dot([camera.x_m, camera.y_m], 0.6, '#e0c000'),
    `<text x="10" y="24" font-size="20" font-family="sans-serif">${camera.id} ${t_s} s</text>`,
    '</svg>',
  ].join('\n');
}

function shape(
  actor: StageActor,
  t_s: number,
  outline: (points: readonly Point[], style: string) => string,
): string {
  const { x_m, y_m, heading_deg } = poseAt(actor.path, t_s);
  const rad = (heading_deg * Math.PI) / 180;
  const [width, length] = sizeOfKind(actor.kind).map((metres) => metres * 0.9) as [number, number];
  const corner = (across: number, along: number): Point => [
    x_m + Math.cos(rad) * across * width + Math.sin(rad) * along * length,
    y_m - Math.sin(rad) * across * width + Math.cos(rad) * along * length,
  ];
  const ring = [corner(-0.5, -0.5), corner(-0.5, 0.35), corner(0, 0.5), corner(0.5, 0.35), corner(0.5, -0.5)];
  return outline(ring, `fill="${COLORS[actor.kind]}"`);
}

/** Ids of what is scripted, with its width in the picture. */
function label(scene: StageScene, actor: StageActor, t_s: number, at: (point: Point) => string): string[] {
  if (!['stall', 'heap', 'bin', 'goods', 'muck-truck'].includes(actor.kind)) return [];
  const { x_m, y_m } = poseAt(actor.path, t_s);
  const seen = project(scene.camera, [x_m, y_m], 0.5);
  const [x = '0', y = '0'] = at([x_m, y_m]).split(',');
  const where =
    seen === undefined
      ? 'behind'
      : `${seen.x.toFixed(2)}, ${seen.y.toFixed(2)}, ${seen.depth_m.toFixed(0)} m`;
  return [
    `<text x="${x}" y="${y}" dx="10" font-size="12" font-family="sans-serif">${actor.id} (${where})</text>`,
  ];
}
