/** How a detector falls short of the truth; shares are 0..1. */
export interface Imperfection {
  /** Seconds between two frames that are judged. */
  readonly patrol_s: number;
  /** Share of the frames in which something large that nothing hides is found. */
  readonly recall: number;
  /** Standard deviation of that share from one thing to another: some are hard. */
  readonly spread: number;
  /** Runs of misses of one thing: how many an hour, and how long they last on average. */
  readonly runs_per_h: number;
  readonly run_s: number;
  /** Standard deviation of each edge of a box, as a share of the box's size. */
  readonly jitter: number;
  /** Standard deviation of scores. */
  readonly noise: number;
  /** False boxes of a camera an hour, each on one frame. */
  readonly false_per_h: number;
  /** Spots of a camera an hour that look like something for some minutes, in one frame of five. */
  readonly flickers_per_h: number;
  /** Share of the frames in which something is taken for what it resembles: an umbrella for a canopy. */
  readonly confusion: number;
}

/** A decent detector on key frames. */
export const DECENT: Imperfection = {
  patrol_s: 2,
  recall: 0.75,
  spread: 0.1,
  runs_per_h: 4,
  run_s: 20,
  jitter: 0.04,
  noise: 0.08,
  false_per_h: 6,
  flickers_per_h: 1,
  confusion: 0.1,
};

const LIMITS: Readonly<Record<keyof Imperfection, readonly [least: number, most: number]>> = {
  patrol_s: [0.2, 60],
  recall: [0, 1],
  spread: [0, 0.5],
  runs_per_h: [0, 120],
  run_s: [1, 600],
  jitter: [0, 0.3],
  noise: [0, 0.5],
  false_per_h: [0, 1_000],
  flickers_per_h: [0, 60],
  confusion: [0, 1],
};

/** Reads `recall=0.6,jitter=0.05`; what is left out is as in {@link DECENT}. The word `perfect` is a detector without faults. */
export function parseImperfection(
  text: string,
): { readonly ok: true; readonly value: Imperfection } | { readonly ok: false; readonly problem: string } {
  const value: Record<keyof Imperfection, number> = { ...DECENT };
  for (const item of text.split(',').filter((part) => part !== '')) {
    if (item === 'perfect') {
      for (const name of namesOf(LIMITS)) if (name !== 'patrol_s') value[name] = name === 'run_s' ? 1 : 0;
      value.recall = 1;
      continue;
    }
    const [name = '', figure = ''] = item.split('=', 2);
    const known = namesOf(LIMITS).find((one) => one === name);
    if (known === undefined)
      return { ok: false, problem: `${name}: there are ${namesOf(LIMITS).join(', ')}, perfect` };
    const [least, most] = LIMITS[known];
    const number = figure === '' ? Number.NaN : Number(figure);
    if (!(number >= least && number <= most))
      return { ok: false, problem: `${name}: must be a number from ${least} to ${most}` };
    value[known] = number;
  }
  return { ok: true, value };
}

function namesOf<K extends string>(record: Readonly<Record<K, unknown>>): K[] {
  return Object.keys(record) as K[];
}
