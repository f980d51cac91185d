import { type Judging, regionsFor } from '../domain/camera.ts';

/** What of a detector says how large a frame has to be. */
export interface DetectorInput {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

/** Pictures narrower than this show a person little, and tell nothing of how sharp the camera is. */
const WIDTH_MIN_PX = 640;
/** Cameras' usual shape; of another one a detector gets somewhat more or less than it can use. */
const ASPECT = 16 / 9;
/** A detector's input is made of so many more pixels than it has. */
const MARGIN = 1.25;

/** To how many columns a camera's frames may be scaled down without a detector seeing less of any of its regions. */
export function decodeWidth_px(judging: Pick<Judging, 'regions'>, inputs: readonly DetectorInput[]): number {
  let width_px = WIDTH_MIN_PX;
  for (const { name, width, height } of inputs) {
    for (const [x1, y1, x2, y2] of regionsFor(judging, name) ?? [[0, 0, 1, 1]]) {
      // By the side that meets the input's edge first.
      const needed_px = Math.min(width / (x2 - x1), (height * ASPECT) / (y2 - y1));
      width_px = Math.max(width_px, needed_px * MARGIN);
    }
  }
  return 2 * Math.ceil(width_px / 2);
}
