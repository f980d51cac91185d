import type { LumaPlane } from './picture-stats.ts';

/** A part of the picture that counts: the corners of a polygon as shares of width and height. */
export type ZonePolygon = readonly (readonly [number, number])[];

/** How a camera's zones look, in coarse cells: what two frames are compared by. */
export interface ZoneLook {
  readonly columns: number;
  readonly rows: number;
  /** Mean brightness of each cell, 0 to 255; cells outside the zones are not a number. */
  readonly luma: Float32Array;
}

/** Cells across the picture: at 40 one is as wide as a person some 25 metres away. */
const COLUMNS = 40;
const ROWS = 24;
/** Cells beyond a zone's edge that count as well: what stands in a zone reaches up out of it. */
const REACH_CELLS = 2;
/** A cell counts as changed beyond so many times the frame's own noise, and these levels at least. */
const NOISE_FACTOR = 4;
const LEVELS_MIN = 5;
/** So many changed cells that touch each other are a thing; fewer are noise, rain or a leaf ... */
const CELLS_MIN = 2;
/** ... but for one that has changed by this much more. */
const STRONG_FACTOR = 3;

/** Reads the zones' cells of a frame; without zones the whole picture counts. */
export function zoneLook(plane: LumaPlane, zones: readonly ZonePolygon[]): ZoneLook {
  const columns = Math.min(COLUMNS, plane.width_px);
  const rows = Math.min(ROWS, plane.height_px);
  const wanted = cellsOf(zones, columns, rows);
  const sums = new Float64Array(columns * rows);
  const counts = new Uint32Array(columns * rows);
  const cellOf = Int32Array.from({ length: plane.width_px }, (_, x) =>
    Math.floor((x * columns) / plane.width_px),
  );
  // Every other pixel of every other row: a cell's mean is as good by a quarter of its pixels.
  for (let y = 0; y < plane.height_px; y += 2) {
    const row = Math.floor((y * rows) / plane.height_px) * columns;
    const from = y * plane.width_px;
    for (let x = 0; x < plane.width_px; x += 2) {
      const cell = row + (cellOf[x] as number);
      sums[cell] = (sums[cell] as number) + (plane.data[from + x] as number);
      counts[cell] = (counts[cell] as number) + 1;
    }
  }
  const luma = Float32Array.from(sums, (sum, cell) =>
    wanted[cell] === true ? sum / Math.max(1, counts[cell] as number) : Number.NaN,
  );
  return { columns, rows, luma };
}

/**
 * True where something else is to be seen in the zones than before. What changes the light of all of them alike (a
 * cloud, an exposure) is taken out, and what differs is held against how much the cells differ anyway, so that a noisy
 * camera is not always changing.
 */
export function hasChanged(before: ZoneLook, now: ZoneLook): boolean {
  if (before.columns !== now.columns || before.rows !== now.rows) return true;
  const cells: number[] = [];
  for (let cell = 0; cell < now.luma.length; cell += 1) {
    if (!Number.isNaN(now.luma[cell]) && !Number.isNaN(before.luma[cell])) cells.push(cell);
  }
  if (cells.length === 0) return true;
  const gain = gainOf(before, now, cells);
  const differences = new Float32Array(now.luma.length).fill(Number.NaN);
  const sizes: number[] = [];
  for (const cell of cells) {
    const difference = Math.abs((now.luma[cell] as number) - gain * (before.luma[cell] as number));
    differences[cell] = difference;
    sizes.push(difference);
  }
  sizes.sort((a, b) => a - b);
  const limit = Math.max(LEVELS_MIN, NOISE_FACTOR * (sizes[sizes.length >> 1] ?? 0));
  return largestPatch(differences, limit, now.columns) >= Math.min(CELLS_MIN, cells.length);
}

/** By how much the light has changed, as most cells see it: the median of their ratios. */
function gainOf(before: ZoneLook, now: ZoneLook, cells: readonly number[]): number {
  const ratios = cells
    .filter((cell) => (before.luma[cell] as number) > 8)
    .map((cell) => (now.luma[cell] as number) / (before.luma[cell] as number))
    .sort((a, b) => a - b);
  return ratios[ratios.length >> 1] ?? 1;
}

/** Cells of the largest group that touch by a side or a corner and are all beyond the limit; stops at two. */
function largestPatch(differences: Float32Array, limit: number, columns: number): number {
  let largest = 0;
  for (let cell = 0; cell < differences.length; cell += 1) {
    if (!((differences[cell] as number) > limit)) continue;
    largest = Math.max(largest, 1);
    const x = cell % columns;
    const next = [
      ...(x + 1 < columns ? [cell + 1] : []),
      cell + columns,
      ...(x + 1 < columns ? [cell + columns + 1] : []),
      ...(x > 0 ? [cell + columns - 1] : []),
    ];
    if ((differences[cell] as number) > limit * STRONG_FACTOR) return CELLS_MIN;
    if (next.some((other) => (differences[other] ?? 0) > limit)) return CELLS_MIN;
  }
  return largest;
}

function cellsOf(zones: readonly ZonePolygon[], columns: number, rows: number): boolean[] {
  if (zones.length === 0) return Array.from({ length: columns * rows }, () => true);
  const inside = Array.from({ length: columns * rows }, () => false);
  for (const zone of zones) {
    const xs = zone.map(([x]) => x * columns);
    const ys = zone.map(([, y]) => y * rows);
    // The zone's box: a cell too many costs an inference, one too few an incident.
    const left = Math.max(0, Math.floor(Math.min(...xs)) - REACH_CELLS);
    const right = Math.min(columns - 1, Math.ceil(Math.max(...xs)) + REACH_CELLS);
    const top = Math.max(0, Math.floor(Math.min(...ys)) - REACH_CELLS);
    const bottom = Math.min(rows - 1, Math.ceil(Math.max(...ys)) + REACH_CELLS);
    for (let y = top; y <= bottom; y += 1) {
      for (let x = left; x <= right; x += 1) inside[y * columns + x] = true;
    }
  }
  return inside;
}
