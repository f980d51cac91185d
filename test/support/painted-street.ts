import type { PictureObservation } from '../../src/domain/observation.ts';
import { PictureWatch } from '../../src/vision/picture-watch.ts';
import type { RgbFrame } from '../../src/vision/preprocess.ts';

const WIDTH = 192;
const HEIGHT = 112;
const BLUR_PX = 6;
/** Different grains, after which they come again. */
const GRAINS = 5;

/** What a painted street looks like at a moment. */
export interface StreetMoment {
  /** 1 by day; lamps stay where they are. */
  readonly light?: number;
  /** Pixels by which the camera is turned. */
  readonly turned_px?: number;
  /** Left edge of a bus that fills most of the picture. */
  readonly bus_px?: number;
  readonly cover?: 'bag' | 'black';
  readonly blurred?: boolean;
  /** The sensor's noise; the same number gives the same picture. */
  readonly noise?: number;
}

/** A street of fronts, windows and lamps, with noise: no photograph, but edges, textures and light as one has. */
export function paintStreet(moment: StreetMoment): RgbFrame {
  const { light = 1, turned_px = 0, bus_px, cover, blurred = false, noise = 0 } = moment;
  const grain = randomOf(noise + 1);
  const plain = new Float32Array(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1) {
      const isBus = bus_px !== undefined && x > bus_px && x < bus_px + 170 && y > 10;
      plain[y * WIDTH + x] = isBus ? busAt(x - bus_px, y) * light : streetAt(x + turned_px, y, light);
    }
  }
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let at = 0; at < WIDTH * HEIGHT; at += 1) {
    const level = covered(blurred ? meanAround(plain, at) : (plain[at] ?? 0), at, cover) + grain() * 3 - 1.5;
    data.fill(Math.max(0, Math.min(255, level)), at * 3, at * 3 + 3);
  }
  return { data, width_px: WIDTH, height_px: HEIGHT };
}

/** Records of a painted street's pictures, one every ten seconds from `start_ms` on, as a vision process makes them. */
export function paintedRecords(
  start_ms: number,
  moments: readonly StreetMoment[],
  deviceId = 'cam-1',
): PictureObservation[] {
  const watch = new PictureWatch();
  const painted = new Map<string, RgbFrame>();
  return moments.map((moment, index) => {
    const whole = { noise: index % GRAINS, ...moment };
    const key = JSON.stringify(whole);
    const frame = painted.get(key) ?? paintStreet(whole);
    painted.set(key, frame);
    const made = watch.frame(deviceId, { ...frame, at_ms: start_ms + index * 10_000 });
    if (made === undefined) throw new Error('no record although ten seconds have passed');
    return made;
  });
}

function streetAt(x: number, y: number, light: number): number {
  const house = Math.floor((x + 4000) / 26);
  const hash = (house * 7919 + ((house * house * 31) % 97)) % 101;
  const tone = 50 + hash;
  if ((x + 4000) % 71 < 4 && y > 36 && y < 41) return 235;
  if (y < 12 + ((hash * 3) % 40)) return 190 * light;
  const pitch = 4 + (hash % 7);
  const hasWindow = hash % 3 > 0 && x % pitch > pitch / 2 && y % (pitch + 3) > pitch / 2 && y < 70;
  if (y < 76) return (hasWindow ? 25 : tone) * light;
  const hasMark = hash % 4 === 0 && y > 84 && y < 84 + (hash % 20);
  return (y < 79 ? 200 : hasMark ? 210 : 85 + (hash % 9)) * light;
}

function busAt(x: number, y: number): number {
  return x % 40 > 9 && y > 26 && y < 60 ? 40 : 170;
}

function covered(level: number, at: number, cover: StreetMoment['cover']): number {
  if (cover === undefined) return level;
  return cover === 'black' ? 8 : 170 + Math.sin((at % WIDTH) / 70) * 12 + level * 0.04;
}

function meanAround(plain: Float32Array, at: number): number {
  const x = at % WIDTH;
  const y = Math.floor(at / WIDTH);
  let sum = 0;
  let count = 0;
  for (let dy = -BLUR_PX; dy <= BLUR_PX; dy += 3) {
    for (let dx = -BLUR_PX; dx <= BLUR_PX; dx += 1) {
      const column = Math.max(0, Math.min(WIDTH - 1, x + dx));
      const row = Math.max(0, Math.min(HEIGHT - 1, y + dy));
      sum += plain[row * WIDTH + column] ?? 0;
      count += 1;
    }
  }
  return sum / count;
}

function randomOf(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
