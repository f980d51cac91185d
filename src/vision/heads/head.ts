import type { Candidates } from '../candidates.ts';
import type { ManifestHead } from '../manifest-schema.ts';

/** What a head must know to read a network's output. */
export interface HeadShape {
  readonly width_px: number;
  readonly height_px: number;
  /**
   * Lowest score of each label that is reported; `Infinity` for labels that no class is mapped to. Its length
   * is the number of labels.
   */
  readonly thresholds: Float32Array;
  readonly head: ManifestHead;
}

/** One output of a graph as a head expects it. */
export interface HeadOutput {
  /** Absent: whichever output has these sizes. */
  readonly name?: string;
  /** A size below 0 may be anything; absent: all may. */
  readonly dims?: readonly number[];
}

/** Reads what a network gives. One frame at a time: heads keep scratch memory. */
export interface Head {
  readonly outputs: readonly HeadOutput[];
  /** The number of labels of a graph whose output has these sizes, where they tell. */
  labelsIn(dims: readonly number[]): number | undefined;
  /** Adds the boxes that reach their labels' thresholds; `values` are in the order of `outputs`. */
  decode(values: readonly Float32Array[], found: Candidates): void;
}

/** Thrown where a network gives something that is no number, or means no label. */
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

/** Cells of a stride: columns and rows of its grid. An input that a stride does not divide has one more. */
export function gridOf(
  { width_px, height_px }: Pick<HeadShape, 'width_px' | 'height_px'>,
  stride: number,
): { readonly columns: number; readonly rows: number } {
  return { columns: Math.ceil(width_px / stride), rows: Math.ceil(height_px / stride) };
}

/** Cells of all strides together. */
export function cellsOf(shape: HeadShape): number {
  return stridesOf(shape).reduce((cells, stride) => {
    const { columns, rows } = gridOf(shape, stride);
    return cells + columns * rows;
  }, 0);
}

/** The strides of a head that has some: the manifest's check sees to it. */
export function stridesOf({ head }: Pick<HeadShape, 'head'>): readonly number[] {
  return head.strides ?? [];
}

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
