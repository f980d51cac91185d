import type { Region } from '../domain/camera.ts';
import type { Detection } from '../domain/observation.ts';
import { Candidates } from './candidates.ts';
import { type NmsMode, suppress } from './nms.ts';
import type { RgbFrame } from './preprocess.ts';

/** The part of a detector that finds boxes in one picture. */
interface PictureDetector {
  readonly manifest: { readonly head: { readonly iou_threshold: number } };
  readonly nms: NmsMode;
  detectAll(frame: RgbFrame): Promise<Detection[]>;
}

/** A box that ends within this share of a part's side from its edge is cut off by the edge. */
const CUT_SHARE = 0.01;

/**
 * Runs a detector on parts of a picture, or on all of it, and gives the boxes as shares of the whole. What two
 * parts both show is reported once; of what one part cuts off, a part that shows it whole tells alone. Weak boxes are
 * among them.
 */
export async function detectRegions(
  detector: PictureDetector,
  picture: RgbFrame,
  regions: readonly Region[] | undefined,
): Promise<Detection[]> {
  if (regions === undefined) return detector.detectAll(picture);
  const found: Detection[] = [];
  for (const region of regions) {
    const { frame, placed } = crop(picture, region);
    for (const detection of await detector.detectAll(frame)) {
      const box = toWhole(detection.box, placed);
      const isToldElsewhere = isCut(box, placed) && regions.some((other) => showsWhole(other, box));
      if (!isToldElsewhere) found.push({ ...detection, box });
    }
  }
  return regions.length === 1 ? found : once(found, detector);
}

/** Cuts whole pixels out of a picture, at least one; `placed` is the part that was really cut. */
export function crop(
  picture: RgbFrame,
  region: Region,
): { readonly frame: RgbFrame; readonly placed: Region } {
  const { data, width_px, height_px } = picture;
  const left = Math.min(width_px - 1, Math.floor(region[0] * width_px));
  const top = Math.min(height_px - 1, Math.floor(region[1] * height_px));
  const right = Math.max(left + 1, Math.min(width_px, Math.ceil(region[2] * width_px)));
  const bottom = Math.max(top + 1, Math.min(height_px, Math.ceil(region[3] * height_px)));
  const row_bytes = (right - left) * 3;
  const cut = new Uint8Array(row_bytes * (bottom - top));
  for (let y = top; y < bottom; y += 1) {
    const start = (y * width_px + left) * 3;
    cut.set(data.subarray(start, start + row_bytes), (y - top) * row_bytes);
  }
  return {
    frame: { data: cut, width_px: right - left, height_px: bottom - top },
    placed: [left / width_px, top / height_px, right / width_px, bottom / height_px],
  };
}

function toWhole(box: Detection['box'], [x1, y1, x2, y2]: Region): Detection['box'] {
  const width = x2 - x1;
  const height = y2 - y1;
  return [x1 + box[0] * width, y1 + box[1] * height, x1 + box[2] * width, y1 + box[3] * height];
}

/** True where the box ends at an edge of the part that is no edge of the picture. */
function isCut(box: Detection['box'], [left, top, right, bottom]: Region): boolean {
  const x = (right - left) * CUT_SHARE;
  const y = (bottom - top) * CUT_SHARE;
  return (
    (left > 0 && box[0] < left + x) ||
    (top > 0 && box[1] < top + y) ||
    (right < 1 && box[2] > right - x) ||
    (bottom < 1 && box[3] > bottom - y)
  );
}

function showsWhole(part: Region, box: Detection['box']): boolean {
  const isInside = box[0] >= part[0] && box[1] >= part[1] && box[2] <= part[2] && box[3] <= part[3];
  return isInside && !isCut(box, part);
}

/** Also where the graph suppresses by itself: it saw each part alone. */
function once(found: readonly Detection[], { manifest, nms }: PictureDetector): Detection[] {
  const labels = [...new Set(found.map(({ label }) => label))];
  const candidates = new Candidates();
  for (const { label, score, box } of found) candidates.add(labels.indexOf(label), score, ...box);
  const mode = nms === 'none' ? 'per-class' : nms;
  return suppress(candidates, manifest.head.iou_threshold, mode).flatMap((place) => found[place] ?? []);
}
