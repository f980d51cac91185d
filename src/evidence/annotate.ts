import sharp from 'sharp';
import type { Detection } from '../domain/observation.ts';
import { type Caption, captionBar, captionHeight_px } from './caption.ts';
import { escapeText, FONTS, fontSize_px, shorten, textWidth_px } from './svg-text.ts';

/** What is drawn over a frame. Boxes and the zone's outline are shares (0..1) of width and height. */
export interface Annotation {
  readonly detections: readonly Detection[];
  readonly zone?: readonly (readonly [number, number])[] | undefined;
  readonly caption: Caption;
}

/** A picture of more pixels is refused rather than unpacked: a small JPEG can claim to be huge. */
const PIXELS_MAX = 64_000_000;
/** Boxes drawn on one picture; more cannot be told apart anyway. */
const BOXES_MAX = 100;
const JPEG_QUALITY = 88;
const COLOURS = ['#ff4d3d', '#ffb020', '#35d07f', '#b48cff', '#4db5ff', '#ff7ac8'] as const;
const ZONE_COLOUR = '#19d3ff';

/**
 * The frame with zone, boxes and, in a bar below so that nothing of the scene is covered, its caption. The
 * result has the frame's width. Rejects where the bytes are not a picture.
 */
export async function annotate(jpeg: Uint8Array, annotation: Annotation): Promise<Buffer> {
  const frame = sharp(jpeg, { limitInputPixels: PIXELS_MAX, failOn: 'error' });
  const { width, height } = await frame.metadata();
  const bar_px = captionHeight_px(width);
  const overlay = overlaySvg(width, height, annotation);
  return frame
    .extend({ bottom: bar_px, background: '#0f151c' })
    .composite([{ input: Buffer.from(overlay), top: 0, left: 0 }])
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer();
}

/** The overlay of a frame of `width` × `height` pixels, as SVG with the caption's bar below the frame. */
export function overlaySvg(width: number, height: number, annotation: Annotation): string {
  const total_px = height + captionHeight_px(width);
  const size: Size = { width, height, stroke: Math.max(2, Math.round(width / 420)) };
  // Lower scores first, so that the surest box lies on top.
  const boxes = [...annotation.detections].sort((a, b) => a.score - b.score).slice(-BOXES_MAX);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total_px}" viewBox="0 0 ${width} ${total_px}">`,
    annotation.zone === undefined ? '' : zoneOutline(annotation.zone, size),
    ...boxes.map((box) => boxFrame(box, size)),
    ...boxes.map((box) => boxLabel(box, size)),
    captionBar(width, height, annotation.caption),
    '</svg>',
  ].join('\n');
}

interface Size {
  readonly width: number;
  readonly height: number;
  readonly stroke: number;
}

function zoneOutline(zone: readonly (readonly [number, number])[], size: Size): string {
  const { width, height, stroke } = size;
  const points = zone.map(([x, y]) => `${round(share(x) * width)},${round(share(y) * height)}`).join(' ');
  const dash = `${stroke * 5} ${stroke * 3}`;
  return `<polygon points="${points}" fill="${ZONE_COLOUR}" fill-opacity="0.07" stroke="#000" stroke-opacity="0.45" stroke-width="${stroke * 1.8}" stroke-linejoin="round"/>
<polygon points="${points}" fill="none" stroke="${ZONE_COLOUR}" stroke-width="${stroke}" stroke-dasharray="${dash}" stroke-linejoin="round"/>`;
}

function boxFrame(detection: Detection, size: Size): string {
  const { x, y, w, h } = pixels(detection, size);
  const { stroke } = size;
  const rect = `x="${x}" y="${y}" width="${w}" height="${h}" fill="none" stroke-linejoin="round"`;
  return `<rect ${rect} stroke="#000" stroke-opacity="0.5" stroke-width="${stroke * 2}"/>
<rect ${rect} stroke="${colourOf(detection.class)}" stroke-width="${stroke}"/>`;
}

/** Class and score on a plate above the box, or inside it where the picture ends. */
function boxLabel(detection: Detection, size: Size): string {
  const { x, y, w } = pixels(detection, size);
  const font_px = fontSize_px(size.width);
  const text = shorten(
    `${detection.class.replaceAll('_', ' ')} ${score(detection.score)}`,
    size.width * 0.6,
    font_px,
  );
  const plateWidth = Math.ceil(textWidth_px(text, font_px) + font_px * 0.8);
  const plateHeight = Math.ceil(font_px * 1.45);
  const left = Math.max(0, Math.min(x - size.stroke / 2, size.width - plateWidth));
  const top = y - plateHeight >= 0 ? y - plateHeight : y;
  const plate = `x="${round(left)}" y="${round(top)}" width="${Math.min(plateWidth, size.width)}" height="${plateHeight}"`;
  return `<rect ${plate} fill="${colourOf(detection.class)}" rx="${Math.min(3, w / 4)}"/>
<text x="${round(left + font_px * 0.4)}" y="${round(top + font_px * 1.08)}" font-family="${FONTS}" font-size="${font_px}" font-weight="bold" fill="#10151c">${escapeText(text)}</text>`;
}

function pixels({ box }: Detection, { width, height }: Size) {
  const [x1, y1, x2, y2] = box.map(share) as [number, number, number, number];
  return {
    x: round(x1 * width),
    y: round(y1 * height),
    w: Math.max(1, round((x2 - x1) * width)),
    h: Math.max(1, round((y2 - y1) * height)),
  };
}

/** The same class has the same colour on every picture. */
function colourOf(className: string): string {
  let sum = 0;
  for (const char of className) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973;
  return COLOURS[sum % COLOURS.length] ?? COLOURS[0];
}

function score(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : '?';
}

function share(value: number): number {
  return Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
