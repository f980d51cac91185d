import type * as THREE from 'three';
import type { StagePaint, StageRoad } from '../../city/stage/stage-scene.ts';
import { distanceToLine, type Extent, type Spot } from './film-field.ts';
import { type FilmGround, flatMesh } from './film-ground.ts';
import type { Kit } from './library.ts';
import { group } from './shapes.ts';

/** Paint lies so high above the asphalt, in metres: less would flicker far away. */
const PAINT_Y_M = 0.012;
const STEP_M = 1;
const WHITE = 0xeceae2;
const YELLOW = 0xe2b23c;

/** A line along a road: metres to the left of its middle, width, and length of dash and gap (0 for unbroken). */
interface LinePlan {
  readonly offset_m: number;
  readonly width_m: number;
  readonly dash_m: number;
  readonly gap_m: number;
  readonly color: number;
}

function unbroken(offset_m: number, color: number): LinePlan {
  return { offset_m, width_m: 0.15, dash_m: 1, gap_m: 0, color };
}

/** Lines of a road by its class and width. */
function linesOf(road: StageRoad): LinePlan[] {
  const half = road.carriageway_m / 2;
  if (road.class === 'lane') return [];
  const dashes = (offset_m: number, color = WHITE): LinePlan => ({
    offset_m,
    width_m: 0.15,
    dash_m: 3,
    gap_m: 4,
    color,
  });
  if (road.class === 'secondary')
    return [dashes(0, YELLOW), unbroken(half - 0.4, WHITE), unbroken(0.4 - half, WHITE)];
  const lines = [unbroken(0.16, YELLOW), unbroken(-0.16, YELLOW)];
  // The strip at the kerb is for two-wheelers; what is left is shared by lanes of about 3.3 m.
  const strip = half > 8 ? 2.5 : 0.4;
  const lanes = Math.max(1, Math.round((half - strip) / 3.3));
  for (const side of [-1, 1]) {
    for (let i = 1; i < lanes; i += 1) lines.push(dashes((side * ((half - strip) * i)) / lanes));
    lines.push(unbroken(side * (half - strip), WHITE));
  }
  return lines;
}

function strip(a: Spot, b: Spot, width_m: number, into: Spot[]): void {
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
  if (length < 0.01) return;
  const x = (-(b[1] - a[1]) / length) * (width_m / 2);
  const y = ((b[0] - a[0]) / length) * (width_m / 2);
  const [p, q, r, s]: [Spot, Spot, Spot, Spot] = [
    [a[0] - x, a[1] - y],
    [b[0] - x, b[1] - y],
    [b[0] + x, b[1] + y],
    [a[0] + x, a[1] + y],
  ];
  into.push(p, q, r, p, r, s);
}

/** Walks along a line in steps and hands out where each step begins and ends, shifted to the left. */
function walk(
  line: readonly Spot[],
  offset_m: number,
  visit: (a: Spot, b: Spot, at_m: number) => void,
): void {
  let at_m = 0;
  for (let i = 0; i + 1 < line.length; i += 1) {
    const a = line[i];
    const b = line[i + 1];
    if (!a || !b) continue;
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    const steps = Math.min(2_000, Math.ceil(length / STEP_M));
    const x = (-(b[1] - a[1]) / length) * offset_m;
    const y = ((b[0] - a[0]) / length) * offset_m;
    const point = (k: number): Spot => [
      a[0] + ((b[0] - a[0]) * k) / steps + x,
      a[1] + ((b[1] - a[1]) * k) / steps + y,
    ];
    for (let k = 0; k < steps; k += 1) visit(point(k), point(k + 1), at_m + (length * k) / steps);
    at_m += length;
  }
}

function within({ x1, y1, x2, y2 }: Extent, [x, y]: Spot): boolean {
  return x > x1 && x < x2 && y > y1 && y < y2;
}

function roadLines(
  road: StageRoad,
  others: readonly StageRoad[],
  zebras: readonly StagePaint[],
  extent: Extent,
  into: Map<number, Spot[]>,
): void {
  for (const plan of linesOf(road)) {
    const corners = into.get(plan.color) ?? [];
    into.set(plan.color, corners);
    walk(road.line, plan.offset_m, (a, b, at_m) => {
      if (!within(extent, a) || at_m % (plan.dash_m + plan.gap_m) >= plan.dash_m) return;
      const free = others.every(
        (other) => distanceToLine(other.line, b[0], b[1]) > other.carriageway_m / 2 + 2.5,
      );
      if (free && zebras.every(({ outline }) => !contains(outline, a))) strip(a, b, plan.width_m, corners);
    });
  }
}

function contains(outline: readonly Spot[], [x, y]: Spot): boolean {
  let inside = false;
  for (let i = 0, j = outline.length - 1; i < outline.length; j = i, i += 1) {
    const a = outline[i];
    const b = outline[j];
    if (!a || !b || a[1] > y === b[1] > y) continue;
    if (x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) inside = !inside;
  }
  return inside;
}

/** Bars of a crossing: across the longer sides of the outline, as walkers walk. */
function zebraBars(outline: readonly Spot[], into: Spot[]): void {
  const [a, b, c, d] = outline;
  if (!a || !b || !c || !d) return;
  const along = Math.hypot(b[0] - a[0], b[1] - a[1]);
  const across = Math.hypot(c[0] - b[0], c[1] - b[1]);
  const [p, q, r, s] = along > across ? [a, b, d, c] : [b, c, a, d];
  const bars = Math.floor(Math.max(along, across) / 0.95);
  for (let i = 0; i < bars; i += 1) {
    const share = (i + 0.5) / bars;
    const from: Spot = [p[0] + (q[0] - p[0]) * share, p[1] + (q[1] - p[1]) * share];
    const to: Spot = [r[0] + (s[0] - r[0]) * share, r[1] + (s[1] - r[1]) * share];
    strip(from, to, 0.45, into);
  }
}

function outlineLines(outline: readonly Spot[], width_m: number, into: Spot[]): void {
  outline.forEach((a, i) => {
    const b = outline[(i + 1) % outline.length];
    if (b) strip(a, b, width_m, into);
  });
}

/** Hatching of a vending zone: slanting lines two metres apart, within the outline. */
function hatching(outline: readonly Spot[], into: Spot[]): void {
  const xs = outline.map(([x]) => x);
  const ys = outline.map(([, y]) => y);
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  for (let from = left - (high - low); from < right; from += 2) {
    for (let k = 0; k < (high - low) / 0.4; k += 1) {
      const a: Spot = [from + k * 0.4, low + k * 0.4];
      const b: Spot = [a[0] + 0.4, a[1] + 0.4];
      if (contains(outline, a) && contains(outline, b)) strip(a, b, 0.07, into);
    }
  }
}

/** Lane lines, crossings, bays and painted zones. */
export function paintMarkings(
  kit: Kit,
  roads: readonly StageRoad[],
  paint: readonly StagePaint[],
  extent: Extent,
  ground: FilmGround,
): THREE.Group {
  const colors = new Map<number, Spot[]>();
  const zebras = paint.filter(({ kind }) => kind === 'zebra');
  for (const road of roads) {
    const others = roads.filter((other) => other !== road && other.class !== 'lane');
    roadLines(road, road.class === 'lane' ? [] : others, zebras, extent, colors);
  }
  const made = group();
  for (const [color, corners] of colors)
    made.add(flatMesh(corners, PAINT_Y_M, kit.lib.surface('plasterWhite', { tint: color })));
  for (const { kind, outline } of paint) {
    const corners: Spot[] = [];
    if (kind === 'zebra') zebraBars(outline, corners);
    else outlineLines(outline, kind === 'bay' ? 0.12 : 0.16, corners);
    if (kind === 'vending-zone') hatching(outline, corners);
    const first = outline[0] ?? [0, 0];
    const y = ground.heightAt(first[0], first[1]) + PAINT_Y_M;
    const color = kind === 'vending-zone' ? YELLOW : WHITE;
    made.add(flatMesh(corners, y, kit.lib.surface('plasterWhite', { tint: color })));
  }
  return made;
}
