import sharp from 'sharp';
import { areaOf, intersection, isBeside, overlap } from '../domain/box.ts';
import type { FocusAim } from '../domain/focus.ts';
import type { Detection } from '../domain/observation.ts';
import type { RgbFrame } from './preprocess.ts';

/** A frame with what was found on it. */
export interface JudgedFrame extends RgbFrame {
  readonly at_ms: number;
  readonly detections: readonly Detection[];
}

/** A picture to keep, in full size, with the boxes that make it the best one. */
export interface ChosenPicture {
  readonly at_ms: number;
  readonly frame: RgbFrame;
  readonly detections: readonly Detection[];
}

interface Rated extends ChosenPicture {
  readonly rating: number;
}

/** Classes that have a number plate. */
const PLATED: readonly string[] = ['two-wheeler', 'tricycle', 'car', 'van', 'bus', 'truck', 'muck-truck'];
/** Plates are in the lower part of a vehicle: from so far down, and with so much around it. */
const PLATE = { from_share: 0.45, margin_share: 0.12 };
const PLATE_WIDTH_MIN_PX = 24;
/** A box that touches the picture's edge is cut off there. */
const EDGE = 0.005;
const CUT_FACTOR = 0.4;
/** Both in one picture count for more than any size. */
const BOTH_BONUS = 10;
const THING_OVERLAP = 0.1;
/** Pixels at which sharpness is measured along each side of a box. */
const SAMPLES = 64;
/** Levels between neighbours that are as sharp as half of all sharpness. */
const SHARP_LEVELS = 12;

/**
 * Picks, while frames go by, the one that shows most (actor and thing in one picture; the actor large, sharp, whole and
 * with nobody in front of him) and the best view of a vehicle. Holds no more than two frames.
 */
export class FocusPictures {
  readonly #aim: FocusAim;
  #best: Rated | undefined;
  #vehicle: Rated | undefined;

  constructor(aim: FocusAim) {
    this.#aim = aim;
  }

  take(frame: JudgedFrame): void {
    const { at_ms, detections } = frame;
    const aim = this.#aim;
    const beside = detections.filter(
      ({ class: cls, box }) => aim.actors.includes(cls) && isBeside(box, aim.box, aim.reach),
    );
    if (beside.length === 0) return;
    const thing = detections.find((made) => isThing(made, aim));
    for (const actor of beside) {
      const view = viewOf(frame, actor.box, detections);
      const rank = aim.actors.indexOf(actor.class) + 1;
      const rating = rank * view + (thing === undefined ? 0 : BOTH_BONUS * rank);
      const kept = thing === undefined ? [actor] : [actor, thing];
      if (rating > (this.#best?.rating ?? -1)) this.#best = { at_ms, frame, detections: kept, rating };
      if (PLATED.includes(actor.class) && view * rank > (this.#vehicle?.rating ?? -1))
        this.#vehicle = { at_ms, frame, detections: [actor], rating: view * rank };
    }
  }

  /** Undefined where nobody was beside the thing. */
  best(): ChosenPicture | undefined {
    return this.#best;
  }

  /** Undefined where no vehicle was beside the thing. */
  vehicle(): ChosenPicture | undefined {
    return this.#vehicle;
  }
}

/** The part of a vehicle's picture where its plate would be, in all its pixels; undefined where it is too small. */
export async function plateRegion({ frame, detections }: ChosenPicture): Promise<RgbFrame | undefined> {
  const [vehicle] = detections;
  if (vehicle === undefined) return undefined;
  const { width_px, height_px, data } = frame;
  const [x1, y1, x2, y2] = vehicle.box;
  const [across, down] = [(x2 - x1) * PLATE.margin_share, (y2 - y1) * PLATE.margin_share];
  const left = Math.max(0, Math.floor((x1 - across) * width_px));
  const top = Math.max(0, Math.floor((y1 + (y2 - y1) * PLATE.from_share) * height_px));
  const width = Math.min(width_px, Math.ceil((x2 + across) * width_px)) - left;
  const height = Math.min(height_px, Math.ceil((y2 + down) * height_px)) - top;
  if (width < PLATE_WIDTH_MIN_PX || height < PLATE_WIDTH_MIN_PX / 2) return undefined;
  const raw = { width: width_px, height: height_px, channels: 3 as const };
  const cut = await sharp(data, { raw }).extract({ left, top, width, height }).raw().toBuffer();
  return { data: cut, width_px: width, height_px: height };
}

function isThing({ class: cls, box }: Detection, aim: FocusAim): boolean {
  return aim.class.split('+').includes(cls) && overlap(box, aim.box) >= THING_OVERLAP;
}

/** How much of one a picture shows, 0..1: by size, sharpness, and what of him others or the edge hide. */
function viewOf(frame: RgbFrame, box: Detection['box'], all: readonly Detection[]): number {
  const area = areaOf(box);
  const hidden = all.reduce((most, other) => {
    // Whoever stands lower in the picture stands in front.
    const isInFront = other.box !== box && other.box[3] > box[3] && overlap(other.box, box) < 0.8;
    return isInFront ? Math.max(most, intersection(other.box, box) / area) : most;
  }, 0);
  const isCut = box[0] < EDGE || box[1] < EDGE || box[2] > 1 - EDGE || box[3] > 1 - EDGE;
  return Math.sqrt(area) * sharpnessOf(frame, box) * (1 - hidden) * (isCut ? CUT_FACTOR : 1);
}

/** 0..1: how strongly neighbouring pixels in the box differ, on average. */
export function sharpnessOf({ data, width_px, height_px }: RgbFrame, box: Detection['box']): number {
  const [x1, x2] = [Math.floor(box[0] * width_px), Math.min(width_px - 2, Math.floor(box[2] * width_px))];
  const [y1, y2] = [Math.floor(box[1] * height_px), Math.min(height_px - 2, Math.floor(box[3] * height_px))];
  // Odd, so that a regular pattern is not always met at the same phase.
  const step = (pixels: number): number => 2 * Math.floor(Math.max(0, pixels) / SAMPLES / 2) + 1;
  const [stepX, stepY] = [step(x2 - x1), step(y2 - y1)];
  let sum = 0;
  let count = 0;
  for (let y = Math.max(0, y1); y < y2; y += stepY) {
    const row = y * width_px;
    for (let x = Math.max(0, x1); x < x2; x += stepX) {
      // Green is most of the brightness.
      const at = (row + x) * 3 + 1;
      const here = data[at] ?? 0;
      sum += Math.abs(here - (data[at + 3] ?? here)) + Math.abs(here - (data[at + width_px * 3] ?? here));
      count += 2;
    }
  }
  const levels = count === 0 ? 0 : sum / count;
  return levels / (levels + SHARP_LEVELS);
}
