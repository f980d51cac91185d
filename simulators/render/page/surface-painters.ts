import { addCracks, addGrain, addStains, type Painting, rgb, startPainting } from './canvas-tools.ts';
import type { Rng } from './random.ts';

/** Carriageway of a grey level, with stains, cracks and sometimes a mended patch. */
export function asphalt(base: number) {
  return (rng: Rng): HTMLCanvasElement => {
    const p = startPainting(512, rgb(base, base, base + 3), rng);
    addGrain(p, 14, 17, 4);
    addStains(p, 10, '25,25,28', 0.3, 0.12);
    addStains(p, 6, '150,148,140', 0.16, 0.2);
    addCracks(p, 7, 'rgba(20,20,22,0.65)');
    if (rng.chance(0.6)) {
      p.ctx.fillStyle = `rgba(30,30,33,${rng.range(0.25, 0.5)})`;
      p.ctx.fillRect(rng.range(0, 300), rng.range(0, 300), rng.range(60, 190), rng.range(60, 190));
    }
    addGrain(p, 0, 6, 4);
    return p.canvas;
  };
}

/** Concrete slabs of a grey level. */
export function concrete(base: number) {
  return (rng: Rng): HTMLCanvasElement => {
    const p = startPainting(512, rgb(base, base - 3, base - 10), rng);
    addGrain(p, 22, 9, 4);
    addStains(p, 14, '70,62,52', 0.25, 0.14);
    addStains(p, 8, '210,206,196', 0.2, 0.18);
    addCracks(p, 6, 'rgba(60,55,50,0.6)');
    p.ctx.fillStyle = 'rgba(50,48,44,0.7)';
    p.ctx.fillRect(0, 0, 512, 4);
    p.ctx.fillRect(0, 0, 4, 512);
    return p.canvas;
  };
}

/** How rows of tiles look. */
export interface TileLook {
  readonly colors: readonly (readonly [number, number, number])[];
  readonly across: number;
  readonly down: number;
  readonly joint: string;
  readonly shiftRows: boolean;
  readonly dirt: number;
}

/** Rows of tiles or bricks with joints, every tile a little different. */
export function tiles(look: TileLook) {
  return (rng: Rng): HTMLCanvasElement => {
    const p = startPainting(512, look.joint, rng);
    const w = p.size / look.across;
    const h = p.size / look.down;
    const gap = Math.max(1.5, Math.min(w, h) * 0.05);
    for (let row = 0; row < look.down; row += 1) {
      for (let col = -1; col < look.across; col += 1) {
        const [r, g, b] = rng.pick(look.colors);
        p.ctx.fillStyle = rgb(r, g, b, rng.range(-12, 12));
        const x = col * w + (look.shiftRows && row % 2 === 1 ? w / 2 : 0) + (look.shiftRows ? 0 : w);
        p.ctx.fillRect((x % p.size) + gap / 2, row * h + gap / 2, w - gap, h - gap);
      }
    }
    addGrain(p, 12 * look.dirt, 6, 4);
    addStains(p, Math.round(12 * look.dirt), '50,45,40', 0.25 * look.dirt, 0.1);
    addStains(p, Math.round(5 * look.dirt), '30,30,30', 0.4 * look.dirt, 0.03);
    return p.canvas;
  };
}

/** Plastered wall with marks of water. */
export function plaster(r: number, g: number, b: number) {
  return (rng: Rng): HTMLCanvasElement => {
    const p = startPainting(512, rgb(r, g, b), rng);
    addGrain(p, 14, 5, 4);
    addRunMarks(p, 24);
    addStains(p, 8, '90,80,70', 0.2, 0.15);
    addCracks(p, 4, 'rgba(70,60,55,0.5)');
    return p.canvas;
  };
}

/** Vertical marks of running water. */
function addRunMarks(p: Painting, count: number): void {
  for (let i = 0; i < count; i += 1) {
    const x = p.rng.range(0, p.size);
    const length = p.rng.range(60, p.size);
    const width = p.rng.range(2, 14);
    const gradient = p.ctx.createLinearGradient(0, 0, 0, length);
    gradient.addColorStop(0, `rgba(60,55,50,${p.rng.range(0.08, 0.28)})`);
    gradient.addColorStop(1, 'rgba(60,55,50,0)');
    p.ctx.fillStyle = gradient;
    p.ctx.fillRect(x, 0, width, length);
  }
}

/** Corrugated metal or boards. */
export function ridges(r: number, g: number, b: number, count: number, vertical: boolean) {
  return (rng: Rng): HTMLCanvasElement => {
    const p = startPainting(256, rgb(r, g, b), rng);
    const step = p.size / count;
    for (let i = 0; i < count; i += 1) {
      const at = i * step;
      p.ctx.fillStyle = 'rgba(255,255,255,0.25)';
      p.ctx.fillRect(
        vertical ? at : 0,
        vertical ? 0 : at,
        vertical ? step * 0.3 : 256,
        vertical ? 256 : step * 0.3,
      );
      p.ctx.fillStyle = 'rgba(0,0,0,0.3)';
      const low = at + step * 0.7;
      p.ctx.fillRect(
        vertical ? low : 0,
        vertical ? 0 : low,
        vertical ? step * 0.3 : 256,
        vertical ? 256 : step * 0.3,
      );
    }
    addGrain(p, 8, 3, 4);
    addRunMarks(p, 6);
    return p.canvas;
  };
}

/** Soil, grass, rubble or an even coat: grain in grey levels. */
export function soil(r: number, g: number, b: number, grain: number) {
  return (rng: Rng): HTMLCanvasElement => {
    const p = startPainting(256, rgb(r, g, b), rng);
    addGrain(p, 26, grain, 4);
    addStains(p, 10, '60,50,35', 0.3, 0.12);
    return p.canvas;
  };
}

/** Cardboard with tape and print. */
export function cardboard(rng: Rng): HTMLCanvasElement {
  const p = startPainting(256, rgb(176, 134, 88), rng);
  addGrain(p, 14, 6, 4);
  p.ctx.fillStyle = 'rgba(205,180,130,0.8)';
  p.ctx.fillRect(0, 112, 256, 30);
  p.ctx.fillStyle = 'rgba(70,45,30,0.75)';
  p.ctx.font = "bold 34px 'Noto Sans CJK SC', sans-serif";
  p.ctx.fillText(rng.pick(['小心轻放', '新鲜水果', '纯净水', '家用电器']), 30, 70);
  p.ctx.font = '16px sans-serif';
  p.ctx.fillText('No. 20 × 6   12 kg', 40, 200);
  return p.canvas;
}

/** Polished stone with veins. */
export function marble(rng: Rng): HTMLCanvasElement {
  const p = startPainting(512, rgb(205, 198, 186), rng);
  addGrain(p, 24, 3, 3);
  addCracks(p, 12, 'rgba(150,140,125,0.4)');
  p.ctx.strokeStyle = 'rgba(110,105,98,0.8)';
  p.ctx.lineWidth = 3;
  p.ctx.strokeRect(0, 0, 256, 256);
  p.ctx.strokeRect(256, 256, 256, 256);
  return p.canvas;
}
