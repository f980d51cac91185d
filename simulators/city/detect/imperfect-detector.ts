import type { Detection } from '../../../src/domain/observation.ts';
import { createRandom, deriveSeed, type Random } from '../../random.ts';
import type { StageWeather } from '../stage/stage-scene.ts';
import type { Imperfection } from './imperfection.ts';
import type { TrueBox } from './true-boxes.ts';

/** The shipped detectors and what each can say. */
export const DETECTORS = {
  street: ['person', 'two-wheeler', 'tricycle', 'car', 'truck', 'muck-truck', 'stall', 'canopy', 'goods'],
  garbage: ['garbage', 'garbage_bin', 'overflow'],
} as const;
export type DetectorName = keyof typeof DETECTORS;

/** What is seen where nothing is. */
const FALSE_CLASSES = ['stall', 'canopy', 'tricycle', 'person', 'garbage', 'garbage', 'overflow'] as const;
const FLICKER_SHARE = 0.2;
const FLICKER_S = [120, 480] as const;

/** Of what is hidden so far nothing is found; of what is hidden less, nearly as much as otherwise. */
const VISIBLE = { least: 0.2, enough: 0.6 } as const;
/** The shorter side of a box in a picture of 640 columns. */
const SIDE_PX = { least: 5, enough: 14 } as const;
/** What rain and fog leave of a detector's recall. */
const WEATHER: Readonly<Record<StageWeather['sky'], number>> = {
  clear: 1,
  overcast: 1,
  rain: 0.92,
  fog: 0.8,
};

interface Memory {
  /** How well this one is found. */
  readonly share: number;
  readonly random: Random;
  /** A run of misses ends then. */
  missesTo_s: number;
  /** Its box lies off like this in every frame. */
  readonly bias: readonly [number, number, number, number];
}

/** A detector that falls short of the truth in the same way whenever it is run with the same seed. */
export interface ImperfectDetector {
  /** Its boxes of one frame; frames come in order. */
  readonly look: (boxes: readonly TrueBox[], t_s: number) => Record<DetectorName, Detection[]>;
}

interface Setting {
  readonly imperfection: Imperfection;
  readonly seed: number;
  readonly cameraId: string;
  readonly sky: StageWeather['sky'];
  readonly duration_s: number;
  readonly size: { readonly width_px: number; readonly height_px: number };
}

/** Makes the detector of one camera. */
export function createImperfectDetector(setting: Setting): ImperfectDetector {
  const { imperfection, seed, cameraId } = setting;
  const memories = new Map<string, Memory>();
  const chance = createRandom(deriveSeed(seed, 'detector', cameraId));
  const flickers = flickersOf(setting);
  const memoryOf = (id: string): Memory => {
    const known = memories.get(id);
    if (known !== undefined) return known;
    const random = createRandom(deriveSeed(seed, 'detected', cameraId, id));
    const share = clamp(imperfection.recall + random.gauss() * imperfection.spread, 0, 1);
    const off = (): number => (random.gauss() * imperfection.jitter) / 2;
    const made = { share, random, missesTo_s: -1, bias: [off(), off(), off(), off()] as const };
    memories.set(id, made);
    return made;
  };
  return {
    look: (boxes, t_s) => {
      const found: Record<DetectorName, Detection[]> = { street: [], garbage: [] };
      const add = (cls: string, box: Detection['box'], score: number): void => {
        for (const name of ['street', 'garbage'] as const)
          if ((DETECTORS[name] as readonly string[]).includes(cls))
            found[name].push({ class: cls, label: cls, score, box });
      };
      for (const one of boxes) {
        const memory = memoryOf(one.id);
        const cls = seenAs(one, memory, t_s, setting);
        if (cls !== undefined)
          add(cls, shaken(one.box, memory, imperfection), scoreOf(one, memory, imperfection));
      }
      if (chance.next() < (imperfection.false_per_h * imperfection.patrol_s) / 3_600)
        add(pick(chance, FALSE_CLASSES), somewhere(chance), rounded(chance.between(0.4, 0.75), 3));
      for (const { from_s, to_s, cls, box } of flickers)
        if (t_s >= from_s && t_s < to_s && chance.next() < FLICKER_SHARE)
          add(cls, box, rounded(chance.between(0.45, 0.7), 3));
      return found;
    },
  };
}

/** As what a thing is found in a frame, if it is. Draws the same numbers whether it is or not. */
function seenAs(one: TrueBox, memory: Memory, t_s: number, setting: Setting): string | undefined {
  const { imperfection, sky, size } = setting;
  const { random } = memory;
  const [found, mistaken, run] = [random.next(), random.next(), random.next()];
  const lasts_s = -Math.log(1 - random.next()) * imperfection.run_s;
  if (run < (imperfection.runs_per_h * imperfection.patrol_s) / 3_600) memory.missesTo_s = t_s + lasts_s;
  const [x1, y1, x2, y2] = one.box;
  const side_px = Math.min((x2 - x1) * size.width_px, (y2 - y1) * size.height_px) * (640 / size.width_px);
  const shows =
    ramp(one.visible, VISIBLE.least, VISIBLE.enough) *
    ramp(side_px, SIDE_PX.least, SIDE_PX.enough) *
    (imperfection.recall === 1 ? 1 : WEATHER[sky]);
  if (t_s < memory.missesTo_s) return undefined;
  if (one.resembles !== undefined) {
    if (mistaken < imperfection.confusion * shows) return one.resembles;
    if (!isKnown(one.class)) return undefined;
  }
  return found < memory.share * shows ? one.class : undefined;
}

function isKnown(cls: string): boolean {
  return [...DETECTORS.street, ...DETECTORS.garbage].some((known) => known === cls);
}

function shaken(
  [x1, y1, x2, y2]: TrueBox['box'],
  { random, bias }: Memory,
  { jitter }: Imperfection,
): Detection['box'] {
  const [width, height] = [x2 - x1, y2 - y1];
  const off = (index: 0 | 1 | 2 | 3): number => bias[index] + random.gauss() * jitter;
  const [left, top, right, bottom] = [off(0), off(1), off(2), off(3)];
  const share = (value: number): number => rounded(clamp(value, 0, 1), 4);
  return [
    share(x1 + left * width),
    share(y1 + top * height),
    share(x2 + right * width),
    share(y2 + bottom * height),
  ];
}

/** Sure of what shows whole, less so of the rest. */
function scoreOf({ visible }: TrueBox, { random }: Memory, { noise }: Imperfection): number {
  return rounded(clamp(0.55 + 0.3 * visible + random.gauss() * noise, 0.3, 0.99), 3);
}

interface Flicker {
  readonly from_s: number;
  readonly to_s: number;
  readonly cls: string;
  readonly box: Detection['box'];
}

function flickersOf({ imperfection, seed, cameraId, duration_s }: Setting): Flicker[] {
  const random = createRandom(deriveSeed(seed, 'flickers', cameraId));
  const flickers: Flicker[] = [];
  for (let t_s = 0; imperfection.flickers_per_h > 0; ) {
    t_s += (-Math.log(1 - random.next()) * 3_600) / imperfection.flickers_per_h;
    if (t_s >= duration_s) break;
    const to_s = t_s + random.between(...FLICKER_S);
    flickers.push({ from_s: t_s, to_s, cls: pick(random, FALSE_CLASSES), box: somewhere(random) });
  }
  return flickers;
}

function somewhere(random: Random): Detection['box'] {
  const [width, height] = [random.between(0.04, 0.15), random.between(0.06, 0.2)];
  const [x, y] = [random.between(0, 1 - width), random.between(0.25, 1 - height)];
  return [rounded(x, 4), rounded(y, 4), rounded(x + width, 4), rounded(y + height, 4)];
}

function pick<T>(random: Random, items: readonly [T, ...T[]]): T {
  return items[Math.floor(random.next() * items.length)] ?? items[0];
}

function ramp(value: number, least: number, enough: number): number {
  return clamp((value - least) / (enough - least), 0, 1);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
