/** What a head must know to read a network's output. */
export interface HeadShape {
  readonly width_px: number;
  readonly height_px: number;
  readonly strides: readonly number[];
  /**
   * Lowest score of each label that is reported; `Infinity` for labels that no class is mapped to. Its length
   * is the number of labels.
   */
  readonly thresholds: Float32Array;
  /** Whether one cell may report several labels (a bin that is also overflowing); only `yolox` heads can. */
  readonly multi_label?: boolean;
}

/** Thrown where a network gives something that is no number: a broken file or unfit arithmetic. */
export class ModelOutputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ModelOutputError';
  }
}

/** Throws {@link ModelOutputError} unless every value is a finite number. */
export function assertFinite(values: Float32Array): void {
  // Any NaN or infinity times zero is NaN: one pass without a branch, a third of a millisecond for YOLOX-nano.
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += (values[i] as number) * 0;
  if (sum === 0) return;
  const at = values.findIndex((value) => !Number.isFinite(value));
  throw new ModelOutputError(`the network's output holds ${values[at]} at index ${at} of ${values.length}`);
}

/** The lowest threshold of any label: below it nothing needs a closer look. */
export function lowestThreshold(thresholds: Float32Array): number {
  return thresholds.reduce((lowest, value) => Math.min(lowest, value), Number.POSITIVE_INFINITY);
}
