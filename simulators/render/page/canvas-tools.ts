import { tilingNoise } from './noise.ts';
import type { Rng } from './random.ts';

/** A square canvas being painted as a texture. */
export interface Painting {
  readonly canvas: HTMLCanvasElement;
  readonly ctx: CanvasRenderingContext2D;
  readonly size: number;
  readonly rng: Rng;
}

/** Starts a square painting filled with one colour; `size` in pixels. */
export function startPainting(size: number, fill: string, rng: Rng): Painting {
  const canvas = document.createElement('canvas');
  canvas.width = size;
  canvas.height = size;
  const ctx = canvas.getContext('2d', { willReadFrequently: true });
  if (!ctx) throw new Error('no 2d canvas in this browser');
  ctx.fillStyle = fill;
  ctx.fillRect(0, 0, size, size);
  return { canvas, ctx, size, rng };
}

/** Adds cloudy brightness (`cloud`) and pixel grain (`grain`), both in grey levels. */
export function addGrain(p: Painting, cloud: number, grain: number, period = 4): void {
  const noise = tilingNoise(p.rng, period, 5);
  const image = p.ctx.getImageData(0, 0, p.size, p.size);
  const d = image.data;
  for (let y = 0, i = 0; y < p.size; y += 1) {
    for (let x = 0; x < p.size; x += 1, i += 4) {
      const n = noise((x / p.size) * period, (y / p.size) * period);
      const delta = (n - 0.5) * 2 * cloud + (p.rng.next() - 0.5) * 2 * grain;
      d[i] = (d[i] ?? 0) + delta;
      d[i + 1] = (d[i + 1] ?? 0) + delta;
      d[i + 2] = (d[i + 2] ?? 0) + delta;
    }
  }
  p.ctx.putImageData(image, 0, 0);
}

/** Runs a drawing nine times shifted by the size, so that shapes over an edge come back on the other side. */
export function drawWrapped(p: Painting, draw: (ctx: CanvasRenderingContext2D) => void): void {
  for (let dx = -1; dx <= 1; dx += 1) {
    for (let dy = -1; dy <= 1; dy += 1) {
      p.ctx.save();
      p.ctx.translate(dx * p.size, dy * p.size);
      draw(p.ctx);
      p.ctx.restore();
    }
  }
}

/** Soft blotches; `color` is "r,g,b". */
export function addStains(p: Painting, count: number, color: string, alpha: number, radius: number): void {
  for (let i = 0; i < count; i += 1) {
    const x = p.rng.range(0, p.size);
    const y = p.rng.range(0, p.size);
    const r = p.size * radius * p.rng.range(0.3, 1.2);
    const squeeze = p.rng.range(0.5, 1);
    const a = alpha * p.rng.range(0.4, 1);
    drawWrapped(p, (ctx) => {
      ctx.translate(x, y);
      ctx.scale(1, squeeze);
      const g = ctx.createRadialGradient(0, 0, 0, 0, 0, r);
      g.addColorStop(0, `rgba(${color},${a})`);
      g.addColorStop(0.6, `rgba(${color},${a * 0.6})`);
      g.addColorStop(1, `rgba(${color},0)`);
      ctx.fillStyle = g;
      ctx.fillRect(-r, -r, 2 * r, 2 * r);
    });
  }
}

/** Wandering dark lines, as in old asphalt and plaster. */
export function addCracks(p: Painting, count: number, color: string): void {
  for (let i = 0; i < count; i += 1) {
    let x = p.rng.range(0, p.size);
    let y = p.rng.range(0, p.size);
    let heading = p.rng.range(0, Math.PI * 2);
    const points: [number, number][] = [[x, y]];
    const steps = p.rng.int(8, 30);
    for (let s = 0; s < steps; s += 1) {
      heading += p.rng.gauss() * 0.4;
      x += Math.cos(heading) * p.size * 0.025;
      y += Math.sin(heading) * p.size * 0.025;
      points.push([x, y]);
    }
    const width = p.rng.range(0.6, 2);
    drawWrapped(p, (ctx) => {
      ctx.strokeStyle = color;
      ctx.lineWidth = width;
      ctx.beginPath();
      for (const [px, py] of points) ctx.lineTo(px, py);
      ctx.stroke();
    });
  }
}

/** CSS colour out of red, green and blue levels (0 to 255), shifted by one common amount. */
export function rgb(r: number, g: number, b: number, shift = 0): string {
  return `rgb(${Math.round(r + shift)},${Math.round(g + shift)},${Math.round(b + shift)})`;
}
