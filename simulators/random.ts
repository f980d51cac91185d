/** A seeded source of chance: the same seed gives the same numbers on every machine. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  between(low: number, high: number): number;
  /** Mean 0, standard deviation 1. */
  gauss(): number;
}

/** A seed of its own for every part of a scenario, so that adding one device leaves the others as they were. */
export function deriveSeed(seed: number, ...labels: readonly (string | number)[]): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const char of labels.join('\u0000')) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return mix(hash);
}

/** The generator mulberry32, good enough for scenery. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    return mix32(state) / 2 ** 32;
  };
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    gauss: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}

/**
 * Smooth noise of time, -1..1: a value for every multiple of `period_ms`, joined by soft curves. It has no
 * state, so any instant can be asked for and two stations agree about one weather.
 */
export function smoothNoise(seed: number, at_ms: number, period_ms: number): number {
  const cell = Math.floor(at_ms / period_ms);
  const share = at_ms / period_ms - cell;
  const soft = share * share * (3 - 2 * share);
  const nodeValue = (index: number): number => (deriveSeed(seed, index) / 2 ** 32) * 2 - 1;
  return nodeValue(cell) * (1 - soft) + nodeValue(cell + 1) * soft;
}

/** {@link smoothNoise} of one seed, for whoever asks for many instants in a row. */
export function createSmoothNoise(seed: number, period_ms: number): (at_ms: number) => number {
  let cell = Number.NaN;
  let [from, to] = [0, 0];
  const nodeValue = (index: number): number => (deriveSeed(seed, index) / 2 ** 32) * 2 - 1;
  return (at_ms) => {
    const now = Math.floor(at_ms / period_ms);
    if (now !== cell) {
      from = now === cell + 1 ? to : nodeValue(now);
      to = nodeValue(now + 1);
      cell = now;
    }
    const share = at_ms / period_ms - now;
    return from + (to - from) * share * share * (3 - 2 * share);
  };
}

/** Autocorrelated noise with standard deviation 1: each step forgets the last with the time constant `tau_s`. */
export function createDrift(random: Random, step_s: number, tau_s: number): () => number {
  const keep = Math.exp(-step_s / tau_s);
  let value = random.gauss();
  return () => {
    value = keep * value + Math.sqrt(1 - keep * keep) * random.gauss();
    return value;
  };
}

function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mix32(state: number): number {
  let value = Math.imul(state ^ (state >>> 15), state | 1);
  value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
  return (value ^ (value >>> 14)) >>> 0;
}
