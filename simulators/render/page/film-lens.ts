import type { LensFault, StageScene } from '../../city/stage/stage-scene.ts';
import { jpegOf } from './camera-effects.ts';
import { createLensCover, type LensCover } from './film-lens-cover.ts';
import { createRng, type Rng } from './random.ts';

/** How strongly each fault of the lens shows at a moment, 0 to 1. */
export type LensState = Readonly<Record<LensFault['kind'], number>>;

/** Seconds of the scenario over which a fault comes and goes, where it does not do so at once. */
const EASE_S: Partial<Record<LensFault['kind'], number>> = { defocused: 20, dark: 8, dirty: 120 };

/** Faults at a moment. */
export function lensAt(lens: readonly LensFault[], t_s: number): LensState {
  const state = { obscured: 0, dirty: 0, frozen: 0, dark: 0, defocused: 0, moved: 0 };
  for (const { kind, from_s, to_s } of lens) {
    if (t_s < from_s || t_s >= to_s) continue;
    const ease_s = EASE_S[kind];
    const level = ease_s ? Math.min(1, (t_s - from_s) / ease_s, (to_s - t_s) / ease_s) : 1;
    state[kind] = Math.max(state[kind], level);
  }
  return state;
}

/** The moment that the picture shows: of a frozen camera the one at which it froze. */
export function shownTime_s(lens: readonly LensFault[], t_s: number): number {
  const freeze = lens.find(({ kind, from_s, to_s }) => kind === 'frozen' && t_s >= from_s && t_s < to_s);
  return freeze ? Math.min(t_s, freeze.from_s) : t_s;
}

/** Date and time of the place, as cameras burn them into the picture. */
export function captionAt(scene: StageScene, t_s: number): string {
  const local = new Date(scene.start_ms + t_s * 1000 + scene.utc_offset_h * 3_600_000);
  return local.toISOString().slice(0, 19).replace('T', ' ');
}

/** What the lens and the sensor do to a frame. */
export interface LensMoment {
  /** Frame whose noise shows: of a frozen camera the one at which it froze. */
  readonly shown: number;
  readonly state: LensState;
  readonly caption: string;
  /** 0 by day to 1 by night. */
  readonly night: number;
}

/** Spoils the rendering as the camera would; gives the JPEG as base64. */
export interface Lens {
  readonly develop: (source: HTMLCanvasElement, moment: LensMoment) => string;
  /** Share of a box (in shares of the picture) that nothing in front of the lens hides. */
  readonly clearShare: (box: readonly [number, number, number, number], state: LensState) => number;
}

const NOISE_TILES = 5;
const NOISE_PX = 256;
const JPEG_QUALITY = 0.92;

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const ctx = canvas.getContext('2d', { willReadFrequently: true });
  if (!ctx) throw new Error('no 2d canvas in this browser');
  return ctx;
}

function createCanvas(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/** Grain to be added to the picture; neighbours share part of it, as behind a real sensor's colour filter. */
function noiseTile(rng: Rng, level: number): HTMLCanvasElement {
  const canvas = createCanvas(NOISE_PX, NOISE_PX);
  const ctx = contextOf(canvas);
  const image = ctx.createImageData(NOISE_PX, NOISE_PX);
  let last = 0;
  for (let i = 0; i < image.data.length; i += 4) {
    last = last * 0.45 + (rng.next() + rng.next() - 1) * level;
    for (let c = 0; c < 3; c += 1) image.data[i + c] = level + last + (rng.next() - 0.5) * level * 0.5;
    image.data[i + 3] = 255;
  }
  ctx.putImageData(image, 0, 0);
  return canvas;
}

function vignette(width: number, height: number): HTMLCanvasElement {
  const canvas = createCanvas(width, height);
  const ctx = contextOf(canvas);
  const far = Math.hypot(width, height) / 2;
  const g = ctx.createRadialGradient(width / 2, height / 2, far * 0.45, width / 2, height / 2, far);
  g.addColorStop(0, '#ffffff');
  g.addColorStop(1, '#d2d2d2');
  ctx.fillStyle = g;
  ctx.fillRect(0, 0, width, height);
  return canvas;
}

function drawStreaks(ctx: CanvasRenderingContext2D, width: number, height: number, rng: Rng): void {
  const count = Math.round(width / 11);
  for (let i = 0; i < count; i += 1) {
    const x = rng.range(0, width);
    const y = rng.range(-20, height);
    const length = rng.range(0.02, 0.07) * height;
    ctx.strokeStyle = `rgba(215,222,230,${rng.range(0.08, 0.26)})`;
    ctx.lineWidth = rng.range(0.5, 1.1);
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x - length * 0.14, y + length);
    ctx.stroke();
  }
}

/** Drops on the glass: each shows its surroundings small and upside down. */
function drawDrops(ctx: CanvasRenderingContext2D, source: HTMLCanvasElement, seed: number): void {
  const { width, height } = ctx.canvas;
  const rng = createRng(seed ^ 0x5d0b);
  for (let i = 0; i < 16; i += 1) {
    const [x, y, r] = [rng.range(0, width), rng.range(0, height), rng.range(0.006, 0.022) * width];
    ctx.save();
    ctx.beginPath();
    ctx.ellipse(x, y, r, r * rng.range(1, 1.35), 0, 0, 7);
    ctx.clip();
    ctx.globalAlpha = 0.6;
    ctx.filter = `blur(${r * 0.16}px)`;
    ctx.translate(x, y);
    ctx.scale(1, -1);
    ctx.drawImage(source, x - 4 * r, y - 4 * r, 8 * r, 8 * r, -r * 1.4, -r * 1.4, r * 2.8, r * 2.8);
    ctx.filter = 'none';
    ctx.restore();
  }
}

function drawCaption(ctx: CanvasRenderingContext2D, time: string, name: string): void {
  const { width, height } = ctx.canvas;
  const px = Math.max(8, Math.round(height * 0.036));
  ctx.font = `${px}px 'Noto Sans CJK SC', sans-serif`;
  ctx.lineWidth = Math.max(1, px / 7);
  ctx.strokeStyle = 'rgba(0,0,0,0.55)';
  ctx.fillStyle = 'rgba(250,250,250,0.92)';
  const write = (text: string, x: number, y: number): void => {
    ctx.strokeText(text, x, y);
    ctx.fillText(text, x, y);
  };
  ctx.textAlign = 'left';
  write(time, px * 0.7, px * 1.4);
  ctx.textAlign = 'right';
  write(name, width - px * 0.7, height - px * 0.7);
}

/** Makes the lens of a scene's camera. */
export function createLens(scene: StageScene): Lens {
  const { width_px: width, height_px: height } = scene.camera;
  const rng = createRng(scene.seed ^ 0x1e45);
  const paper = createCanvas(width, height);
  const ctx = contextOf(paper);
  const tiles = [3, 7].map((level) => Array.from({ length: NOISE_TILES }, () => noiseTile(rng, level)));
  const corners = vignette(width, height);
  const cover: LensCover = createLensCover(rng.fork(), width, height);
  const addNoise = (frame: number, night: number): void => {
    const own = createRng(scene.seed + frame * 7919);
    const tile = own.pick(tiles[night > 0.5 ? 1 : 0] ?? []);
    const [dx, dy] = [own.int(0, NOISE_PX - 1), own.int(0, NOISE_PX - 1)];
    ctx.globalCompositeOperation = 'lighter';
    for (let x = -dx; x < width; x += NOISE_PX)
      for (let y = -dy; y < height; y += NOISE_PX) ctx.drawImage(tile, x, y);
    ctx.globalCompositeOperation = 'source-over';
  };
  return {
    develop: (source, { shown, state, caption, night }) => {
      ctx.filter = state.defocused > 0 ? `blur(${(state.defocused * width) / 90}px)` : 'none';
      ctx.drawImage(source, 0, 0, width, height);
      ctx.filter = 'none';
      if (scene.weather.sky === 'rain') {
        drawStreaks(ctx, width, height, createRng(scene.seed + shown * 104_729));
        drawDrops(ctx, source, scene.seed);
      }
      cover.draw(ctx, state, shown);
      ctx.globalCompositeOperation = 'multiply';
      ctx.drawImage(corners, 0, 0);
      if (state.dark > 0) {
        const left = Math.round(255 * (1 - 0.95 * state.dark));
        ctx.fillStyle = `rgb(${left},${left},${left})`;
        ctx.fillRect(0, 0, width, height);
      }
      ctx.globalCompositeOperation = 'source-over';
      addNoise(shown, Math.max(night, state.dark));
      drawCaption(ctx, caption, scene.camera.id);
      return jpegOf(paper, JPEG_QUALITY);
    },
    clearShare: (box, state) => cover.clearShare(box, state),
  };
}
