import { PICTURE_CELLS, type PictureStats } from '../domain/picture.ts';
import type { RgbFrame } from './preprocess.ts';

/** A picture's brightness, thinned out to at most {@link PLANE_WIDTH_MAX_PX} columns; rows without gaps. */
export interface LumaPlane {
  readonly data: Uint8Array;
  readonly width_px: number;
  readonly height_px: number;
}

/** Brightness at chosen pixels: what two pictures of a camera are compared by. */
export interface PictureSamples {
  readonly at_ms: number;
  readonly width: number;
  readonly height: number;
  readonly luma: Uint8Array;
}

/** Wide enough to tell a sharp picture from a blurred one, and a millisecond's work. */
const PLANE_WIDTH_MAX_PX = 640;
/** Pixels between which the contrast of an edge is measured, as it would be without blur. */
const EDGE_REACH_PX = 4;
/** The strongest edges tell the sharpness: most of a picture has none. */
const EDGE_QUANTILE = 0.99;
/** Samples along each side of a cell. */
const SAMPLES_A_CELL = 6;
/** A cell that differs by more than this many levels on average shows something else than before. */
const CHANGED_LEVELS = 4;
/** Texture is kept in steps of a quarter of a level. */
const TEXTURE_SCALE = 4;

/** Brightness by ITU-R BT.601 at evenly spaced pixels: not averaged, so that edges and noise stay what they are. */
export function lumaPlane({ data, width_px, height_px }: RgbFrame): LumaPlane {
  const width = Math.min(width_px, PLANE_WIDTH_MAX_PX);
  const height = Math.max(1, Math.round((height_px * width) / width_px));
  const columns = Int32Array.from(
    { length: width },
    (_, x) => Math.floor(((x + 0.5) * width_px) / width) * 3,
  );
  const plane = new Uint8Array(width * height);
  for (let y = 0, to = 0; y < height; y += 1) {
    const row = Math.floor(((y + 0.5) * height_px) / height) * width_px * 3;
    for (let x = 0; x < width; x += 1, to += 1) {
      const at = row + (columns[x] as number);
      plane[to] =
        ((data[at] as number) * 77 + (data[at + 1] as number) * 150 + (data[at + 2] as number) * 29) >> 8;
    }
  }
  return { data: plane, width_px: width, height_px: height };
}

/**
 * What can be said of a picture without knowing what is on it. With the samples of the camera's picture before, also
 * how little has changed since.
 */
export function pictureStats(
  plane: LumaPlane,
  samples: PictureSamples,
  before?: PictureSamples,
): PictureStats {
  const tones = histogramOf(plane.data);
  const edges = edgesOf(plane);
  const { luma_mean, luma_std } = momentsOf(tones, plane.data.length);
  return {
    luma_mean: rounded(luma_mean, 1),
    luma_std: rounded(luma_std, 1),
    luma_p99: quantileOf(tones, 0.99),
    detail: edges.far,
    sharpness: edges.far === 0 ? 0 : rounded(Math.min(1, edges.near / edges.far), 3),
    grid: base64(cellMeans(plane)),
    texture: base64(edges.texture),
    ...(before === undefined ? {} : { since: differenceOf(samples, before) }),
  };
}

/** True of a picture that is worth keeping to show what is wrong with the camera: dark, without edges, blurred or still. */
export function looksBlind({ luma_p99, detail, sharpness, since }: PictureStats): boolean {
  const isStill = since !== undefined && since.noise < 0.3 && since.changed_share <= 0.02;
  return luma_p99 <= 32 || detail < 20 || sharpness < 0.35 || isStill;
}

/** The samples by which the next picture is compared with this one. */
export function samplesOf({ data, width_px, height_px }: LumaPlane, at_ms: number): PictureSamples {
  const width = Math.min(width_px, PICTURE_CELLS.columns * SAMPLES_A_CELL);
  const height = Math.min(height_px, PICTURE_CELLS.rows * SAMPLES_A_CELL);
  const luma = new Uint8Array(width * height);
  for (let y = 0, to = 0; y < height; y += 1) {
    const row = Math.floor(((y + 0.5) * height_px) / height) * width_px;
    for (let x = 0; x < width; x += 1, to += 1) {
      luma[to] = data[row + Math.floor(((x + 0.5) * width_px) / width)] as number;
    }
  }
  return { at_ms, width, height, luma };
}

/** Of two pictures of another size nothing can be said but that all has changed. */
function differenceOf(now: PictureSamples, before: PictureSamples): NonNullable<PictureStats['since']> {
  const elapsed_ms = now.at_ms - before.at_ms;
  if (now.width !== before.width || now.height !== before.height) {
    return { elapsed_ms, noise: 255, changed_share: 1 };
  }
  const { columns, rows } = PICTURE_CELLS;
  const sums = new Float64Array(columns * rows);
  const counts = new Float64Array(columns * rows);
  for (let y = 0, at = 0; y < now.height; y += 1) {
    const row = Math.floor((y * rows) / now.height) * columns;
    for (let x = 0; x < now.width; x += 1, at += 1) {
      const cell = row + Math.floor((x * columns) / now.width);
      sums[cell] = (sums[cell] as number) + Math.abs((now.luma[at] as number) - (before.luma[at] as number));
      counts[cell] = (counts[cell] as number) + 1;
    }
  }
  const means = [...sums].map((sum, cell) => sum / Math.max(1, counts[cell] as number)).sort((a, b) => a - b);
  const changed = means.filter((mean) => mean > CHANGED_LEVELS).length;
  return {
    elapsed_ms,
    noise: rounded(means[means.length >> 1] ?? 0, 2),
    changed_share: rounded(changed / means.length, 3),
  };
}

interface Edges {
  /** Contrast of the strongest edges from one pixel to the next, and over some pixels; levels of brightness. */
  readonly near: number;
  readonly far: number;
  /** Mean difference of neighbours in each cell. */
  readonly texture: Uint8Array;
}

function edgesOf({ data, width_px, height_px }: LumaPlane): Edges {
  const near = new Uint32Array(256);
  const far = new Uint32Array(256);
  const { columns, rows } = PICTURE_CELLS;
  const sums = new Float64Array(columns * rows);
  const counts = new Float64Array(columns * rows);
  const cellOf = Int32Array.from({ length: width_px }, (_, x) => Math.floor((x * columns) / width_px));
  const down = EDGE_REACH_PX * width_px;
  for (let y = 0; y < height_px - EDGE_REACH_PX; y += 1) {
    const row = Math.floor((y * rows) / height_px) * columns;
    for (let x = 0, at = y * width_px; x < width_px - EDGE_REACH_PX; x += 1, at += 1) {
      const here = data[at] as number;
      const right = Math.abs((data[at + 1] as number) - here);
      const below = Math.abs((data[at + width_px] as number) - here);
      const farRight = Math.abs((data[at + EDGE_REACH_PX] as number) - here);
      const farBelow = Math.abs((data[at + down] as number) - here);
      const step = right > below ? right : below;
      const reach = farRight > farBelow ? farRight : farBelow;
      near[step] = (near[step] as number) + 1;
      far[reach] = (far[reach] as number) + 1;
      const cell = row + (cellOf[x] as number);
      sums[cell] = (sums[cell] as number) + right + below;
      counts[cell] = (counts[cell] as number) + 2;
    }
  }
  const texture = Uint8Array.from(sums, (sum, cell) =>
    Math.min(255, Math.round((sum / Math.max(1, counts[cell] as number)) * TEXTURE_SCALE)),
  );
  return { near: quantileOf(near, EDGE_QUANTILE), far: quantileOf(far, EDGE_QUANTILE), texture };
}

function cellMeans({ data, width_px, height_px }: LumaPlane): Uint8Array {
  const { columns, rows } = PICTURE_CELLS;
  const sums = new Float64Array(columns * rows);
  const counts = new Float64Array(columns * rows);
  for (let y = 0, at = 0; y < height_px; y += 1) {
    const row = Math.floor((y * rows) / height_px) * columns;
    for (let x = 0; x < width_px; x += 1, at += 1) {
      const cell = row + Math.floor((x * columns) / width_px);
      sums[cell] = (sums[cell] as number) + (data[at] as number);
      counts[cell] = (counts[cell] as number) + 1;
    }
  }
  return Uint8Array.from(sums, (sum, cell) => Math.round(sum / Math.max(1, counts[cell] as number)));
}

function histogramOf(data: Uint8Array): Uint32Array {
  const tones = new Uint32Array(256);
  for (const value of data) tones[value] = (tones[value] as number) + 1;
  return tones;
}

function momentsOf(tones: Uint32Array, count: number): { luma_mean: number; luma_std: number } {
  let sum = 0;
  let squares = 0;
  tones.forEach((times, value) => {
    sum += times * value;
    squares += times * value * value;
  });
  const luma_mean = sum / count;
  return { luma_mean, luma_std: Math.sqrt(Math.max(0, squares / count - luma_mean * luma_mean)) };
}

function quantileOf(histogram: Uint32Array, share: number): number {
  const total = histogram.reduce((sum, times) => sum + times, 0);
  let below = 0;
  for (let value = 0; value < histogram.length; value += 1) {
    below += histogram[value] as number;
    if (below >= total * share) return value;
  }
  return 255;
}

function base64(cells: Uint8Array): string {
  return Buffer.from(cells).toString('base64');
}

function rounded(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}
