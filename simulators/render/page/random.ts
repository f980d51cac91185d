/** Seeded source of chance; everything the renderer decides comes from one of these. */
export interface Rng {
  /** Uniform number in [0, 1). */
  next(): number;
  /** Uniform number in [low, high). */
  range(low: number, high: number): number;
  /** Whole number from low to high, both included. */
  int(low: number, high: number): number;
  /** One element of a list that is not empty. */
  pick<T>(list: readonly T[]): T;
  /** True with the given probability (0 to 1). */
  chance(probability: number): boolean;
  /** Roughly normal value with mean 0 and deviation 1. */
  gauss(): number;
  /** Independent source that does not disturb the order of this one. */
  fork(): Rng;
}

/** Mulberry32: small, fast and good enough for pictures. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Makes a seeded source of chance. */
export function createRng(seed: number): Rng {
  const next = mulberry32(seed);
  return {
    next,
    range: (low, high) => low + (high - low) * next(),
    int: (low, high) => low + Math.floor(next() * (high - low + 1)),
    pick: <T>(list: readonly T[]): T => {
      const item = list[Math.floor(next() * list.length)];
      if (item === undefined) throw new Error('cannot pick from an empty list');
      return item;
    },
    chance: (probability) => next() < probability,
    gauss: () => (next() + next() + next() + next() - 2) * 1.73,
    fork: () => createRng(Math.floor(next() * 4294967296)),
  };
}

/** Seed that depends on a text only, so that a texture is the same in whichever picture it is first needed. */
export function seedOfText(text: string): number {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash >>> 0;
}
