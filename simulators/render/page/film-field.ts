import type { StageRoad } from '../../city/stage/stage-scene.ts';

/** Point of the plan in metres: x east, y north. */
export type Spot = readonly [x_m: number, y_m: number];

/** How far apart a point and a line are in metres. */
export function distanceToLine(line: readonly Spot[], x: number, y: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i + 1 < line.length; i += 1) {
    const a = line[i];
    const b = line[i + 1];
    if (!a || !b) continue;
    const dx = b[0] - a[0];
    const dy = b[1] - a[1];
    const squared = dx * dx + dy * dy;
    const share = squared > 0 ? ((x - a[0]) * dx + (y - a[1]) * dy) / squared : 0;
    const s = Math.min(1, Math.max(0, share));
    least = Math.min(least, Math.hypot(x - a[0] - dx * s, y - a[1] - dy * s));
  }
  return least;
}

/** Signed distance over the plan in metres: negative within. */
export type Field = (x: number, y: number) => number;

/** The least of two, with its inner corner rounded over `r` metres. */
function roundMin(a: number, b: number, r: number): number {
  const h = Math.max(0, r - Math.abs(a - b)) / r;
  return Math.min(a, b) - h * h * r * 0.25;
}

/** Radius of the kerb at corners, as metres of rounding. */
const CORNER_M = 6;

/** Distance to the nearest carriageway's kerb; at crossings the kerb runs round the corner. */
export function carriagewayField(roads: readonly StageRoad[]): Field {
  return (x, y) =>
    roads.reduce((least, road) => {
      const d = distanceToLine(road.line, x, y) - road.carriageway_m / 2;
      return least === Number.POSITIVE_INFINITY ? d : roundMin(least, d, CORNER_M);
    }, Number.POSITIVE_INFINITY);
}

/** Distance to the back of the nearest pavement. */
export function pavementField(roads: readonly StageRoad[]): Field {
  return (x, y) =>
    Math.min(
      ...roads.map((road) => distanceToLine(road.line, x, y) - road.carriageway_m / 2 - road.pavement_m),
    );
}

/** Triangles of an area and the stretches of its outline, both in plan metres. */
export interface Area {
  /** Corners, three to a triangle, counterclockwise seen from above. */
  readonly corners: readonly Spot[];
  /** Stretches of the outline; the area lies on the left. */
  readonly edges: readonly (readonly [Spot, Spot])[];
}

/** Rectangle of the plan in metres. */
export interface Extent {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Cuts a cell's square at the zero line of the field: what is left has positive values, and `cut` is its new side. */
function cutCell(
  square: readonly Spot[],
  values: readonly number[],
): { polygon: Spot[]; cut: readonly [Spot, Spot] | undefined } {
  const polygon: Spot[] = [];
  let exit: Spot | undefined;
  let entry: Spot | undefined;
  for (let i = 0; i < 4; i += 1) {
    const a = square[i];
    const b = square[(i + 1) % 4];
    const va = values[i] ?? 0;
    const vb = values[(i + 1) % 4] ?? 0;
    if (!a || !b) continue;
    if (va > 0) polygon.push(a);
    if (va > 0 === vb > 0) continue;
    const share = va / (va - vb);
    const at: Spot = [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
    polygon.push(at);
    if (va > 0) exit = at;
    else entry = at;
  }
  return { polygon, cut: exit && entry ? [exit, entry] : undefined };
}

function fan(polygon: readonly Spot[], into: Spot[]): void {
  const first = polygon[0];
  for (let i = 1; i + 1 < polygon.length; i += 1) {
    const b = polygon[i];
    const c = polygon[i + 1];
    if (first && b && c) into.push(first, b, c);
  }
}

/** Where a field is positive within an extent, traced on a grid of `cell_m` metres. */
export function traceArea(field: Field, extent: Extent, cell_m: number): Area {
  const corners: Spot[] = [];
  const edges: (readonly [Spot, Spot])[] = [];
  const columns = Math.ceil((extent.x2 - extent.x1) / cell_m);
  const rows = Math.ceil((extent.y2 - extent.y1) / cell_m);
  const line = (row: number): number[] =>
    Array.from({ length: columns + 1 }, (_, i) => field(extent.x1 + i * cell_m, extent.y1 + row * cell_m));
  let below = line(0);
  for (let row = 0; row < rows; row += 1) {
    const above = line(row + 1);
    const y1 = extent.y1 + row * cell_m;
    const y2 = y1 + cell_m;
    let run: number | undefined;
    for (let i = 0; i <= columns; i += 1) {
      const x1 = extent.x1 + i * cell_m;
      const values = [below[i] ?? 0, below[i + 1] ?? 0, above[i + 1] ?? 0, above[i] ?? 0];
      const whole = i < columns && values.every((value) => value > 0);
      if (whole) {
        run ??= x1;
        continue;
      }
      // Cells that lie wholly within are joined to one rectangle a row.
      if (run !== undefined)
        fan(
          [
            [run, y1],
            [x1, y1],
            [x1, y2],
            [run, y2],
          ],
          corners,
        );
      run = undefined;
      if (i === columns || values.every((value) => value <= 0)) continue;
      const square: Spot[] = [
        [x1, y1],
        [x1 + cell_m, y1],
        [x1 + cell_m, y2],
        [x1, y2],
      ];
      const { polygon, cut } = cutCell(square, values);
      fan(polygon, corners);
      if (cut) edges.push(cut);
    }
    below = above;
  }
  return { corners, edges };
}
