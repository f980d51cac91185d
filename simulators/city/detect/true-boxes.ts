import { poseAt } from '../life/sight.ts';
import { type Block, boxOf, type PictureBox, project } from '../life/view.ts';
import type { ActorKind, StageActor, StageCamera, StageState } from '../stage/stage-scene.ts';

/** What a camera's picture truly shows at an instant. */
export interface TrueBox {
  /** The actor, with the part of it after a slash. */
  readonly id: string;
  /** The class that the shipped detectors have for it, or the closest word. */
  readonly class: string;
  /** Shares of the picture, cut at its edges. */
  readonly box: PictureBox;
  /** Share of what lies within the picture that nothing nearer hides, 0..1. */
  readonly visible: number;
  /** What it could be taken for. */
  readonly resembles?: string;
}

type Size = readonly [width_m: number, depth_m: number, height_m: number];

/** A part of an actor that has a box of its own. */
interface Part {
  readonly name?: string;
  readonly class: string;
  readonly size: Size;
  /** Share of its box that it really covers, from the top: what is behind the rest shows. */
  readonly covers: readonly [width: number, height: number];
  readonly resembles?: string;
}

const STALL_SIZES: Readonly<Record<string, Size>> = {
  table: [1.9, 1.1, 1.2],
  cart: [1.7, 1, 1.7],
  rack: [1.8, 0.8, 1.7],
  cloth: [1.8, 1.3, 0.35],
  tricycle: [1.3, 2.6, 1.5],
  van: [4.4, 1.9, 1.9],
};
const CANOPY_SIZE: Size = [2.7, 2.7, 2.4];
const BODY: Size = [0.55, 0.45, 1.7];
const SITTING: Size = [0.6, 0.6, 1.2];

const VEHICLES: Partial<Record<ActorKind, { readonly class: string; readonly size: Size }>> = {
  'two-wheeler': { class: 'two-wheeler', size: [0.7, 1.8, 1.1] },
  tricycle: { class: 'tricycle', size: [1.2, 2.7, 1.5] },
  car: { class: 'car', size: [1.8, 4.5, 1.5] },
  van: { class: 'car', size: [1.9, 5, 2] },
  bus: { class: 'truck', size: [2.5, 11.5, 3.2] },
  truck: { class: 'truck', size: [2.4, 7.5, 3] },
  'muck-truck': { class: 'muck-truck', size: [2.5, 8.8, 3.3] },
};
const RIDDEN: ReadonlySet<ActorKind> = new Set(['two-wheeler', 'tricycle']);

/** Columns and rows of the raster in which it is counted what hides what. */
const RASTER = { columns: 160, rows: 90 } as const;
/** Smaller boxes, in pixels of the picture, show nothing. */
const LEAST_PX = 4;

/** The boxes of those actors that are in a camera's picture at `t_s`, the nearest first. Pure. */
export function trueBoxes(camera: StageCamera, actors: readonly StageActor[], t_s: number): TrueBox[] {
  const parts = actors.flatMap((actor) => {
    if (t_s < actor.from_s || t_s >= actor.to_s) return [];
    const { x_m, y_m, heading_deg } = poseAt(actor.path, t_s);
    return partsOf(actor, t_s).flatMap((part) => {
      const [width_m, depth_m, height_m] = part.size;
      const block: Block = { at: [x_m, y_m], heading_deg, width_m, depth_m, height_m };
      const box = boxOf(camera, block);
      const away_m = project(camera, block.at, 0)?.depth_m;
      if (box === undefined || away_m === undefined || !isInPicture(box, camera)) return [];
      return [{ actor, part, box, away_m }];
    });
  });
  parts.sort((a, b) => a.away_m - b.away_m || (a.actor.id < b.actor.id ? -1 : 1));
  const taken = new Uint8Array(RASTER.columns * RASTER.rows);
  const found: TrueBox[] = [];
  for (let first = 0; first < parts.length; ) {
    let next = first + 1;
    while (next < parts.length && parts[next]?.actor === parts[first]?.actor) next += 1;
    const one = parts.slice(first, next);
    // The parts of one actor, such as a rider and the machine, hide nothing of each other.
    for (const { actor, part, box } of one)
      found.push({
        id: part.name === undefined ? actor.id : `${actor.id}/${part.name}`,
        class: part.class,
        box: clipped(box),
        visible: visibleShare(box, taken),
        ...(part.resembles === undefined ? {} : { resembles: part.resembles }),
      });
    for (const { part, box } of one) cover(box, part.covers, taken);
    first = next;
  }
  return found;
}

function partsOf(actor: StageActor, t_s: number): Part[] {
  const vehicle = VEHICLES[actor.kind];
  if (vehicle !== undefined) return vehicleParts(actor, vehicle, t_s);
  switch (actor.kind) {
    case 'person':
      return personParts(actor, t_s);
    case 'stall':
      return [{ class: 'stall', size: STALL_SIZES[actor.form ?? ''] ?? [1.8, 1.1, 1.3], covers: [0.9, 0.9] }];
    case 'canopy':
      return [{ class: 'canopy', size: CANOPY_SIZE, covers: [0.9, 0.3] }];
    case 'goods':
      return [{ class: 'goods', size: [1.2, 0.8, 0.8], covers: [0.9, 0.9], resembles: 'stall' }];
    case 'bag':
      return [{ class: 'garbage', size: [0.55, 0.55, 0.5], covers: [0.9, 0.8] }];
    case 'heap':
      return heapParts(actor, t_s);
    case 'bin': {
      const isOver = stateAt(actor, 'fill', t_s) > 1;
      return [
        {
          class: isOver ? 'overflow' : 'garbage_bin',
          size: [0.7, 0.7, isOver ? 1.3 : 1.1],
          covers: [0.9, 1],
        },
      ];
    }
    default:
      return [];
  }
}

function vehicleParts(
  actor: StageActor,
  { class: cls, size }: { readonly class: string; readonly size: Size },
  t_s: number,
): Part[] {
  const isOpen = actor.kind === 'van' && stateAt(actor, 'doors', t_s) > 0.5;
  const machine: Part = {
    class: cls,
    size,
    covers: [0.85, 0.95],
    ...(isOpen ? { resembles: 'stall' } : {}),
  };
  if (!RIDDEN.has(actor.kind)) return [machine];
  return [machine, { name: 'person', class: 'person', size: BODY, covers: [0.7, 0.95] }];
}

function personParts(actor: StageActor, t_s: number): Part[] {
  const isUnder = stateAt(actor, 'umbrella', t_s) > 0.5;
  const size = stateAt(actor, 'posture', t_s) > 1.5 ? SITTING : BODY;
  const carries: Part = {
    name: 'bag',
    class: 'carried',
    size: [0.4, 0.4, 0.5],
    covers: [0, 0],
    resembles: 'garbage',
  };
  const umbrella: Part = {
    name: 'umbrella',
    class: 'umbrella',
    size: [1.1, 1.1, 2.1],
    covers: [0.9, 0.3],
    resembles: 'canopy',
  };
  return [
    { class: 'person', size, covers: [0.7, 0.95] },
    ...(isUnder ? [umbrella] : []),
    ...(actor.form === 'bag' ? [carries] : []),
  ];
}

function heapParts(actor: StageActor, t_s: number): Part[] {
  const scale = Math.cbrt(Math.max(0, stateAt(actor, 'size', t_s, 1)));
  if (scale < 0.3) return [];
  const [width_m, depth_m, height_m] = actor.form === 'bags' ? [1.6, 1.4, 0.7] : [3.4, 3, 1.3];
  return [
    { class: 'garbage', size: [width_m * scale, depth_m * scale, height_m * scale], covers: [0.85, 0.8] },
  ];
}

/** A state at a time, interpolated; before the first one that, where there is none `fallback`. */
function stateAt(
  { states = [] }: Pick<StageActor, 'states'>,
  name: StageState['name'],
  t_s: number,
  fallback = 0,
): number {
  let before: StageState | undefined;
  for (const state of states) {
    if (state.name !== name) continue;
    if (state.t_s > t_s) {
      if (before === undefined) return state.value;
      const share = (t_s - before.t_s) / (state.t_s - before.t_s || 1);
      return before.value + (state.value - before.value) * share;
    }
    before = state;
  }
  return before?.value ?? fallback;
}

function isInPicture([x1, y1, x2, y2]: PictureBox, camera: StageCamera): boolean {
  const width_px = (Math.min(1, x2) - Math.max(0, x1)) * camera.width_px;
  const height_px = (Math.min(1, y2) - Math.max(0, y1)) * camera.height_px;
  return width_px >= LEAST_PX && height_px >= LEAST_PX;
}

function clipped([x1, y1, x2, y2]: PictureBox): PictureBox {
  return [Math.max(0, x1), Math.max(0, y1), Math.min(1, x2), Math.min(1, y2)];
}

function cellsOf([x1, y1, x2, y2]: PictureBox): [left: number, top: number, right: number, bottom: number] {
  const column = (x: number): number => Math.max(0, Math.min(RASTER.columns, Math.round(x * RASTER.columns)));
  const row = (y: number): number => Math.max(0, Math.min(RASTER.rows, Math.round(y * RASTER.rows)));
  return [column(x1), row(y1), Math.max(column(x1) + 1, column(x2)), Math.max(row(y1) + 1, row(y2))];
}

function visibleShare(box: PictureBox, taken: Uint8Array): number {
  const [left, top, right, bottom] = cellsOf(box);
  let free = 0;
  for (let row = top; row < bottom; row += 1)
    for (let column = left; column < right; column += 1)
      if (taken[row * RASTER.columns + column] === 0) free += 1;
  return free / ((right - left) * (bottom - top));
}

function cover(
  [x1, y1, x2, y2]: PictureBox,
  [width, height]: readonly [number, number],
  taken: Uint8Array,
): void {
  const margin = ((x2 - x1) * (1 - width)) / 2;
  if (width === 0 || height === 0) return;
  const [left, top, right, bottom] = cellsOf([x1 + margin, y1, x2 - margin, y1 + (y2 - y1) * height]);
  for (let row = top; row < Math.min(RASTER.rows, bottom); row += 1)
    taken.fill(1, row * RASTER.columns + left, row * RASTER.columns + right);
}
