import type { Judging } from './camera.ts';

/** A picture in memory: interleaved 8-bit RGB rows without gaps. */
interface Picture {
  readonly data: Uint8Array;
  readonly width_px: number;
  readonly height_px: number;
}

/** Corners of a part of the picture that nobody may see, as shares of its width and height. */
export type MaskPolygon = readonly (readonly [number, number])[];

/** Pictures of so many sizes have their spans kept: what is judged, and what is kept in full size. */
const SIZES_MAX = 4;

/**
 * True where a camera has masks: its stream as it came shows what nobody may see, so it is neither stored nor passed
 * on. Whoever would copy a stream (ring, clip, film, live view) asks this first.
 */
export function hasPrivateStream({ masks }: Pick<Judging, 'masks'>): boolean {
  return masks !== undefined && masks.length > 0;
}

/** So much is added on each side, for what encodes a stream anew works in blocks of pixels. */
const MARGIN_SHARE = 0.005;

/**
 * Left, top, width and height (shares) of rectangles that cover a camera's masks: for what encodes its stream anew and
 * can black out no polygons.
 */
export function hiddenParts({
  masks = [],
}: Pick<Judging, 'masks'>): (readonly [number, number, number, number])[] {
  return masks.map((mask) => {
    const xs = mask.map(([x]) => x);
    const ys = mask.map(([, y]) => y);
    const left = Math.max(0, Math.min(...xs) - MARGIN_SHARE);
    const top = Math.max(0, Math.min(...ys) - MARGIN_SHARE);
    const right = Math.min(1, Math.max(...xs) + MARGIN_SHARE);
    const bottom = Math.min(1, Math.max(...ys) + MARGIN_SHARE);
    return [left, top, right - left, bottom - top] as const;
  });
}

/** Blacks out parts of a camera's pictures. Each pixel that a polygon touches counts to it. */
export class PictureMask {
  readonly #masks: readonly MaskPolygon[];
  /** By size: first and last byte of each run of pixels that is blacked out. */
  readonly #runs = new Map<string, Uint32Array>();

  constructor(masks: readonly MaskPolygon[]) {
    this.#masks = masks;
  }

  /** The mask of a camera that has one. */
  static of(judging: Pick<Judging, 'masks'>): PictureMask | undefined {
    return hasPrivateStream(judging) ? new PictureMask(judging.masks ?? []) : undefined;
  }

  /** Blacks out in place. */
  apply({ data, width_px, height_px }: Picture): void {
    const key = `${width_px}x${height_px}`;
    let runs = this.#runs.get(key);
    if (runs === undefined) {
      if (this.#runs.size >= SIZES_MAX) this.#runs.clear();
      runs = Uint32Array.from(this.#masks.flatMap((mask) => runsOf(mask, width_px, height_px)));
      this.#runs.set(key, runs);
    }
    for (let i = 0; i < runs.length; i += 2) data.fill(0, runs[i], runs[i + 1]);
  }
}

function runsOf(mask: MaskPolygon, width_px: number, height_px: number): number[] {
  const corners = mask.map(([x, y]) => [x * width_px, y * height_px] as const);
  const edges = corners.map((from, index) => [from, corners[(index + 1) % corners.length] ?? from] as const);
  const runs: number[] = [];
  for (let y = 0; y < height_px; y += 1) {
    for (const [x1, x2] of spansOf(edges, y)) {
      const left = Math.max(0, Math.floor(x1));
      const right = Math.min(width_px, Math.ceil(x2));
      if (right > left) runs.push((y * width_px + left) * 3, (y * width_px + right) * 3);
    }
  }
  return runs;
}

type Edge = readonly [readonly [number, number], readonly [number, number]];

/** Where a polygon reaches within the row of pixels from y to y + 1: along its edges, and between them. */
function spansOf(edges: readonly Edge[], y: number): [number, number][] {
  const spans: [number, number][] = [];
  for (const [[x1, y1], [x2, y2]] of edges) {
    if (Math.max(y1, y2) < y || Math.min(y1, y2) > y + 1) continue;
    const at = (row: number): number =>
      y1 === y2
        ? x1
        : x1 + ((Math.min(Math.max(row, Math.min(y1, y2)), Math.max(y1, y2)) - y1) / (y2 - y1)) * (x2 - x1);
    const ends = y1 === y2 ? [x1, x2] : [at(y), at(y + 1)];
    spans.push([Math.min(...ends), Math.max(...ends)]);
  }
  // What lies inside the whole row touches no edge there: its middle tells.
  const middle = y + 0.5;
  const crossings = edges
    .filter(([[, y1], [, y2]]) => y1 > middle !== y2 > middle)
    .map(([[x1, y1], [x2, y2]]) => x1 + ((middle - y1) / (y2 - y1)) * (x2 - x1))
    .sort((a, b) => a - b);
  for (let i = 0; i + 1 < crossings.length; i += 2) {
    spans.push([crossings[i] as number, crossings[i + 1] as number]);
  }
  return spans;
}
