import { Candidates } from '../../src/vision/candidates.ts';
import type { HeadShape } from '../../src/vision/heads/head.ts';
import { makeHead } from '../../src/vision/heads/make-head.ts';
import type { ManifestHead } from '../../src/vision/manifest-schema.ts';

/** A box that a head found, as tests write it. */
export interface Candidate {
  readonly label: number;
  readonly score: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export function toColumns(boxes: readonly Candidate[]): Candidates {
  const found = new Candidates();
  for (const { label, score, x1, y1, x2, y2 } of boxes) found.add(label, score, x1, y1, x2, y2);
  return found;
}

/** What a head finds in a network's output. */
export function decode(shape: HeadShape, ...outputs: readonly Float32Array[]): Candidate[] {
  const found = new Candidates();
  makeHead(shape).decode(outputs, found);
  return Array.from({ length: found.count }, (_, at) => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = found.box.subarray(at * 4, at * 4 + 4);
    return { label: found.label[at] ?? -1, score: found.score[at] ?? 0, x1, y1, x2, y2 };
  });
}

/** The shape of a head with what all manifests say. */
export function headShape(
  size: { readonly width_px: number; readonly height_px: number },
  thresholds: readonly number[],
  head: Pick<ManifestHead, 'type'> & Partial<ManifestHead>,
): HeadShape {
  return {
    ...size,
    thresholds: Float32Array.from(thresholds),
    head: { iou_threshold: 0.45, score_threshold: 0.3, ...head },
  };
}

/** Corners, rounded so that they can be compared. */
export function corners(box: Candidate | undefined): number[] {
  if (box === undefined) return [];
  return [box.x1, box.y1, box.x2, box.y2].map((value) => Math.round(value * 1e3) / 1e3);
}
