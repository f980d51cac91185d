import type { LensFault } from '../../city/stage/stage-scene.ts';
import type { Rng } from './random.ts';

type Levels = Readonly<Record<LensFault['kind'], number>>;

/** What lies on or hangs in front of the glass. */
export interface LensCover {
  readonly draw: (ctx: CanvasRenderingContext2D, state: Levels, frame: number) => void;
  /** Share of a box, given in shares of the picture, that shows through. */
  readonly clearShare: (box: readonly [number, number, number, number], state: Levels) => number;
}

/** Something that covers part of the picture stays within so many pixels of its place, blown by the wind. */
const SWAY_SHARE = 0.012;

function canvasOf(
  width: number,
  height: number,
): { canvas: HTMLCanvasElement; ctx: CanvasRenderingContext2D } {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const ctx = canvas.getContext('2d', { willReadFrequently: true });
  if (!ctx) throw new Error('no 2d canvas in this browser');
  return { canvas, ctx };
}

/** Leaves of a branch that has grown or blown in front of the lens, far out of focus. */
function paintLeaves(rng: Rng, width: number, height: number): HTMLCanvasElement {
  const { canvas, ctx } = canvasOf(width, height);
  ctx.filter = `blur(${Math.round(width / 70)}px)`;
  for (let i = 0; i < 46; i += 1) {
    const size = width * rng.range(0.09, 0.17);
    ctx.save();
    ctx.translate(rng.range(0, width), height * (0.02 + 0.86 * rng.next() ** 1.15));
    ctx.rotate(rng.range(0, 6.28));
    ctx.fillStyle = `hsl(${rng.int(78, 110)},${rng.int(22, 42)}%,${rng.int(12, 30)}%)`;
    ctx.beginPath();
    ctx.ellipse(0, 0, size, size * 0.42, 0, 0, 7);
    ctx.fill();
    ctx.restore();
  }
  return canvas;
}

/** A plastic bag wrapped round the camera: milky, folded, hardly see-through. */
function paintBag(rng: Rng, width: number, height: number): HTMLCanvasElement {
  const { canvas, ctx } = canvasOf(width, height);
  const red = rng.chance(0.3);
  const tint = red ? '190,70,62' : '206,208,204';
  ctx.fillStyle = `rgba(${tint},0.9)`;
  ctx.fillRect(0, 0, width, height);
  ctx.filter = `blur(${Math.round(width / 90)}px)`;
  for (let i = 0; i < 34; i += 1) {
    const light = rng.chance(0.5);
    ctx.strokeStyle = light
      ? `rgba(255,255,255,${rng.range(0.2, 0.5)})`
      : `rgba(60,55,52,${rng.range(0.12, 0.35)})`;
    ctx.lineWidth = width * rng.range(0.006, 0.04);
    const x = rng.range(-0.1, 1) * width;
    const y = rng.range(-0.1, 1) * height;
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.quadraticCurveTo(
      x + rng.gauss() * width * 0.2,
      y + rng.range(0, 0.4) * height,
      x + rng.gauss() * width * 0.25,
      y + rng.range(0.2, 0.8) * height,
    );
    ctx.stroke();
  }
  return canvas;
}

/** Dust and dried drops on the glass. */
function paintDirt(rng: Rng, width: number, height: number): HTMLCanvasElement {
  const { canvas, ctx } = canvasOf(width, height);
  ctx.fillStyle = 'rgba(150,140,122,0.16)';
  ctx.fillRect(0, 0, width, height);
  for (let i = 0; i < 90; i += 1) {
    const r = width * rng.range(0.006, 0.05) * (rng.chance(0.12) ? 2.4 : 1);
    const [x, y] = [rng.range(0, width), rng.range(0, height)];
    const g = ctx.createRadialGradient(x, y, 0, x, y, r);
    const tone = rng.chance(0.6) ? '96,88,74' : '186,178,160';
    const strength = rng.range(0.12, 0.5);
    g.addColorStop(0, `rgba(${tone},${strength})`);
    g.addColorStop(0.65, `rgba(${tone},${strength * 0.75})`);
    g.addColorStop(1, `rgba(${tone},0)`);
    ctx.fillStyle = g;
    ctx.fillRect(x - r, y - r, 2 * r, 2 * r);
  }
  return canvas;
}

/** Makes what may come before a lens; what it is depends on chance. */
export function createLensCover(rng: Rng, width: number, height: number): LensCover {
  const leaves = rng.chance(0.5);
  const seeds = { cover: rng.fork(), dirt: rng.fork(), sway: rng.range(0, 6.28) };
  const ready = new Map<string, HTMLCanvasElement>();
  const once = (key: string, paint: () => HTMLCanvasElement): HTMLCanvasElement => {
    const known = ready.get(key) ?? paint();
    ready.set(key, known);
    return known;
  };
  const cover = (): HTMLCanvasElement =>
    once('cover', () =>
      leaves ? paintLeaves(seeds.cover, width, height) : paintBag(seeds.cover, width, height),
    );
  const dirt = (): HTMLCanvasElement => once('dirt', () => paintDirt(seeds.dirt, width, height));
  return {
    draw: (ctx, state, frame) => {
      if (state.dirty > 0) {
        ctx.globalAlpha = state.dirty;
        ctx.drawImage(dirt(), 0, 0);
        ctx.globalAlpha = 1;
      }
      if (state.obscured > 0) {
        const sway = SWAY_SHARE * width;
        const dx = Math.sin(frame * 0.31 + seeds.sway) * sway;
        const dy = Math.sin(frame * 0.23 + seeds.sway * 2) * sway * 0.7;
        ctx.drawImage(cover(), dx - sway, dy - sway, width + 2 * sway, height + 2 * sway);
      }
    },
    clearShare: ([x1, y1, x2, y2], state) => {
      if (state.obscured === 0) return 1;
      const ctx = cover().getContext('2d', { willReadFrequently: true });
      if (!ctx) return 1;
      const [left, top] = [Math.floor(x1 * width), Math.floor(y1 * height)];
      const w = Math.max(1, Math.ceil(x2 * width) - left);
      const h = Math.max(1, Math.ceil(y2 * height) - top);
      const { data } = ctx.getImageData(left, top, w, h);
      let covered = 0;
      for (let i = 3; i < data.length; i += 4) covered += data[i] ?? 0;
      return 1 - covered / (255 * w * h);
    },
  };
}
