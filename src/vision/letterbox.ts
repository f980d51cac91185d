import type { Box } from './boxes.ts';

export type LetterboxMode = 'top-left' | 'center' | 'stretch';

/** Where a frame lies in the network's input: `input = frame * scale + offset`, in pixels. */
export interface Letterbox {
  readonly frameWidth_px: number;
  readonly frameHeight_px: number;
  /** Size of the picture within the input, whole pixels; the rest is padding. */
  readonly width_px: number;
  readonly height_px: number;
  readonly left_px: number;
  readonly top_px: number;
  readonly scaleX: number;
  readonly scaleY: number;
}

/** Fits a frame into an input size: keeping its proportions (padding right and below, or around), or stretched. */
export function letterbox(
  frame: { readonly width_px: number; readonly height_px: number },
  input: { readonly width_px: number; readonly height_px: number },
  mode: LetterboxMode,
): Letterbox {
  const frameSize = { frameWidth_px: frame.width_px, frameHeight_px: frame.height_px };
  if (mode === 'stretch') {
    const scaleX = input.width_px / frame.width_px;
    const scaleY = input.height_px / frame.height_px;
    const { width_px, height_px } = input;
    return { ...frameSize, width_px, height_px, left_px: 0, top_px: 0, scaleX, scaleY };
  }
  const scale = Math.min(input.width_px / frame.width_px, input.height_px / frame.height_px);
  const width_px = Math.max(1, Math.min(input.width_px, Math.round(frame.width_px * scale)));
  const height_px = Math.max(1, Math.min(input.height_px, Math.round(frame.height_px * scale)));
  const centred = mode === 'center';
  return {
    ...frameSize,
    width_px,
    height_px,
    left_px: centred ? Math.floor((input.width_px - width_px) / 2) : 0,
    top_px: centred ? Math.floor((input.height_px - height_px) / 2) : 0,
    // Taken from the whole pixels that were really drawn, so that box and picture agree to the edge.
    scaleX: width_px / frame.width_px,
    scaleY: height_px / frame.height_px,
  };
}

/** A box of the input as shares (0..1) of the frame, cut at its edges. */
export function toShares([x1, y1, x2, y2]: Box, fit: Letterbox): Box {
  return [
    clamp((x1 - fit.left_px) / fit.scaleX / fit.frameWidth_px),
    clamp((y1 - fit.top_px) / fit.scaleY / fit.frameHeight_px),
    clamp((x2 - fit.left_px) / fit.scaleX / fit.frameWidth_px),
    clamp((y2 - fit.top_px) / fit.scaleY / fit.frameHeight_px),
  ];
}

/** The inverse of {@link toShares} for boxes within the frame: shares to pixels of the input. */
export function toInput(box: Box, fit: Letterbox): Box {
  return [
    box[0] * fit.frameWidth_px * fit.scaleX + fit.left_px,
    box[1] * fit.frameHeight_px * fit.scaleY + fit.top_px,
    box[2] * fit.frameWidth_px * fit.scaleX + fit.left_px,
    box[3] * fit.frameHeight_px * fit.scaleY + fit.top_px,
  ];
}

function clamp(share: number): number {
  return Math.min(Math.max(share, 0), 1);
}
