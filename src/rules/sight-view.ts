import { PICTURE_CELLS } from '../domain/picture.ts';

/** What a view looks like cell by cell: texture and brightness, a byte each. */
export interface View {
  readonly texture: Uint8Array;
  readonly grid: Uint8Array;
}

const { columns: COLUMNS, rows: ROWS } = PICTURE_CELLS;
const CELLS = COLUMNS * ROWS;
/** Cells with less texture than this share of the richest ones (a wall, the sky) can lose nothing. */
const STRUCTURED_SHARE = 0.3;
/** With less than this share of its texture, a cell has lost what was on it. */
const LOST_SHARE = 0.4;
/** So dark is nothing that street lamps light; keeps the logarithm of noise out. */
const GRID_FLOOR = 8;
const SHIFT_COLUMNS = 3;
const SHIFT_ROWS = 3;

/** Reads the cells of a record; of a record with another number of cells, undefined. */
export function viewOf(texture: string, grid: string): View | undefined {
  const view = { texture: bytes(texture), grid: bytes(grid) };
  return view.texture.length === CELLS && view.grid.length === CELLS ? view : undefined;
}

/** The same in a form that JSON can carry. */
export function textOf({ texture, grid }: View): { readonly texture: string; readonly grid: string } {
  return { texture: Buffer.from(texture).toString('base64'), grid: Buffer.from(grid).toString('base64') };
}

/** The view between two, `share` of the way to the second. */
export function blend(a: View, b: View, share: number): View {
  const mix = (x: Uint8Array, y: Uint8Array): Uint8Array =>
    x.map((value, cell) => Math.round(value + ((y[cell] ?? value) - value) * share));
  return { texture: mix(a.texture, b.texture), grid: mix(a.grid, b.grid) };
}

/** Mean texture: how much there is to be seen. */
export function richness({ texture }: View): number {
  return texture.reduce((sum, value) => sum + value, 0) / CELLS;
}

/** Share of the reference's structured cells that have hardly any texture left, 0 where it had none. */
export function lostShare(now: View, reference: View): number {
  const rich = [...reference.texture].sort((a, b) => a - b)[Math.floor(CELLS * 0.9)] ?? 0;
  let structured = 0;
  let lost = 0;
  reference.texture.forEach((value, cell) => {
    if (value === 0 || value < rich * STRUCTURED_SHARE) return;
    structured += 1;
    if ((now.texture[cell] ?? 0) < value * LOST_SHARE) lost += 1;
  });
  return structured === 0 ? 0 : lost / structured;
}

/** How alike the textures are, -1..1: the root, so that one rich cell does not outweigh all. */
export function textureLikeness(now: View, reference: View): number {
  return shiftedLikeness(now, reference, 0, 0);
}

/** The best likeness when the picture is shifted by some cells, other than by none. */
export function bestShiftedLikeness(now: View, reference: View): number {
  let best = -1;
  for (let dy = -SHIFT_ROWS; dy <= SHIFT_ROWS; dy += 1) {
    for (let dx = -SHIFT_COLUMNS; dx <= SHIFT_COLUMNS; dx += 1) {
      if (dx !== 0 || dy !== 0) best = Math.max(best, shiftedLikeness(now, reference, dx, dy));
    }
  }
  return best;
}

/**
 * How alike the changes of brightness from cell to cell are, -1..1. In logarithms, so that a lamp or a cloud which
 * makes all of a part brighter changes little.
 */
export function shapeLikeness(now: View, reference: View): number {
  let product = 0;
  let a2 = 0;
  let b2 = 0;
  const add = (from: number, to: number): void => {
    const a = logOf(now.grid[to]) - logOf(now.grid[from]);
    const b = logOf(reference.grid[to]) - logOf(reference.grid[from]);
    product += a * b;
    a2 += a * a;
    b2 += b * b;
  };
  for (let y = 0; y < ROWS; y += 1) {
    for (let x = 0; x < COLUMNS; x += 1) {
      const cell = y * COLUMNS + x;
      if (x + 1 < COLUMNS) add(cell, cell + 1);
      if (y + 1 < ROWS) add(cell, cell + COLUMNS);
    }
  }
  return a2 === 0 || b2 === 0 ? 0 : product / Math.sqrt(a2 * b2);
}

/** Share of the cells whose brightness differs by `levels` or more. */
export function changedShare(now: View, before: View, levels: number): number {
  let changed = 0;
  now.grid.forEach((value, cell) => {
    if (Math.abs(value - (before.grid[cell] ?? 0)) >= levels) changed += 1;
  });
  return changed / CELLS;
}

/** Pearson's correlation of the part that both show. */
function shiftedLikeness(now: View, reference: View, dx: number, dy: number): number {
  let n = 0;
  let sumA = 0;
  let sumB = 0;
  let sumAA = 0;
  let sumBB = 0;
  let sumAB = 0;
  for (let y = Math.max(0, dy); y < ROWS + Math.min(0, dy); y += 1) {
    for (let x = Math.max(0, dx); x < COLUMNS + Math.min(0, dx); x += 1) {
      const a = Math.sqrt(now.texture[y * COLUMNS + x] ?? 0);
      const b = Math.sqrt(reference.texture[(y - dy) * COLUMNS + x - dx] ?? 0);
      n += 1;
      sumA += a;
      sumB += b;
      sumAA += a * a;
      sumBB += b * b;
      sumAB += a * b;
    }
  }
  const varA = sumAA - (sumA * sumA) / n;
  const varB = sumBB - (sumB * sumB) / n;
  return varA <= 0 || varB <= 0 ? 0 : (sumAB - (sumA * sumB) / n) / Math.sqrt(varA * varB);
}

function logOf(level: number | undefined): number {
  return Math.log((level ?? 0) + GRID_FLOOR);
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
