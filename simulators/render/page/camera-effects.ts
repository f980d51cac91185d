import type { Mood } from './lighting.ts';
import type { Rng } from './random.ts';

/** Faults of a camera. Levels are grey levels (0 to 255) unless said otherwise. */
export interface CameraFaults {
  /** Blur radius in pixels. */
  readonly blur: number;
  readonly noise: number;
  readonly colorNoise: number;
  /** Darkening of the corners, 0 to 1. */
  readonly vignette: number;
  /** Factors on red, green and blue. */
  readonly cast: readonly [number, number, number];
  readonly contrast: number;
  readonly lift: number;
  /** JPEG quality, 0 to 1. */
  readonly quality: number;
  readonly rainStreaks: number;
  readonly caption: string;
}

/** Faults of some camera in some weather. */
export function pickFaults(rng: Rng, mood: Mood): CameraFaults {
  const dark = mood === 'night' || mood === 'dusk';
  const warm = rng.range(-0.07, 0.07);
  const stamp = `2024-${String(rng.int(1, 12)).padStart(2, '0')}-${String(rng.int(1, 28)).padStart(2, '0')} ${rng.int(10, 19)}:${rng.int(10, 59)}:${rng.int(10, 59)}`;
  return {
    blur: rng.chance(0.3) ? rng.range(0.4, 1.1) : 0,
    noise: dark ? rng.range(3, 10) : rng.range(1, 6),
    colorNoise: dark ? rng.range(2, 8) : rng.range(0, 3),
    vignette: rng.range(0, 0.35),
    cast: [1 + warm + rng.range(-0.03, 0.03), 1 + rng.range(-0.03, 0.03), 1 - warm + rng.range(-0.03, 0.03)],
    contrast: rng.range(0.82, 1.12),
    lift: rng.range(-6, 14),
    quality: rng.range(0.42, 0.93),
    rainStreaks: mood === 'rain' ? rng.int(60, 240) : 0,
    caption: rng.chance(0.2) ? stamp : '',
  };
}

function clamp(value: number): number {
  return Math.min(255, Math.max(0, value));
}

function disturbPixels(image: ImageData, f: CameraFaults, rng: Rng): void {
  const { data, width, height } = image;
  const cx = width / 2;
  const cy = height / 2;
  const far = cx * cx + cy * cy;
  // Neighbouring pixels share part of their noise, as after a real sensor's colour filter.
  let last = 0;
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 4) {
      const d = ((x - cx) ** 2 + (y - cy) ** 2) / far;
      const gain = f.contrast * (1 - f.vignette * d);
      last = last * 0.4 + (rng.next() + rng.next() - 1) * f.noise * 2;
      for (let c = 0; c < 3; c += 1) {
        const color = f.colorNoise === 0 ? 0 : (rng.next() - 0.5) * 2 * f.colorNoise;
        const value = ((data[i + c] ?? 0) - 110) * gain + 110 * (1 - f.vignette * d) + f.lift;
        data[i + c] = clamp(value * (f.cast[c] ?? 1) + last + color);
      }
    }
  }
}

function drawRain(
  ctx: CanvasRenderingContext2D,
  width: number,
  height: number,
  count: number,
  rng: Rng,
): void {
  const slant = rng.range(-0.25, 0.25);
  for (let i = 0; i < count; i += 1) {
    const x = rng.range(0, width);
    const y = rng.range(-20, height);
    const length = rng.range(6, 24);
    ctx.strokeStyle = `rgba(220,228,236,${rng.range(0.08, 0.3)})`;
    ctx.lineWidth = rng.range(0.5, 1.2);
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x + slant * length, y + length);
    ctx.stroke();
  }
}

/** Copies the rendering to a canvas of the picture's size and spoils it as a camera would. */
export function photograph(
  source: HTMLCanvasElement,
  into: HTMLCanvasElement,
  f: CameraFaults,
  rng: Rng,
): void {
  const { width, height } = into;
  const ctx = into.getContext('2d', { willReadFrequently: true });
  if (!ctx) throw new Error('no 2d canvas in this browser');
  ctx.imageSmoothingQuality = 'high';
  ctx.filter = f.blur > 0 ? `blur(${f.blur}px)` : 'none';
  ctx.drawImage(source, 0, 0, width, height);
  ctx.filter = 'none';
  if (f.rainStreaks > 0) drawRain(ctx, width, height, f.rainStreaks, rng);
  const image = ctx.getImageData(0, 0, width, height);
  disturbPixels(image, f, rng);
  ctx.putImageData(image, 0, 0);
  if (f.caption) {
    ctx.font = `${Math.round(height * 0.05)}px monospace`;
    ctx.fillStyle = '#ffffff';
    ctx.strokeStyle = 'rgba(0,0,0,0.7)';
    ctx.lineWidth = 2;
    ctx.strokeText(f.caption, 8, height * 0.07);
    ctx.fillText(f.caption, 8, height * 0.07);
  }
}

/** JPEG of a canvas as base64 text. */
export function jpegOf(canvas: HTMLCanvasElement, quality: number): string {
  return canvas.toDataURL('image/jpeg', quality).split(',')[1] ?? '';
}
