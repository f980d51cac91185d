import type { HeadShape } from './head.ts';

/**
 * Picks the labels of one place: the best alone, or with `multi_label` each that reaches its threshold. What was
 * picked lies in `labels` and `scores` until the next place.
 */
export class LabelPicker {
  readonly labels: Int32Array;
  readonly scores: Float64Array;
  readonly #thresholds: Float32Array;
  readonly #isMulti: boolean;
  readonly #activate: ((value: number) => number) | undefined;

  /** `activate` makes a share of what the network gives; it must not change which of two values is larger. */
  constructor({ thresholds, head }: HeadShape, activate?: (value: number) => number) {
    this.#thresholds = thresholds;
    this.#isMulti = head.multi_label === true;
    this.#activate = activate;
    this.labels = new Int32Array(thresholds.length);
    this.scores = new Float64Array(thresholds.length);
  }

  /**
   * How many labels the place has whose values begin at `at` and are `step` apart; a score is `factor` times the
   * activated value.
   */
  pick(values: Float32Array, at: number, step: number, factor: number): number {
    if (this.#isMulti) return this.#pickAll(values, at, step, factor);
    const count = this.#thresholds.length;
    let label = 0;
    let best = values[at] as number;
    for (let i = 1, from = at + step; i < count; i += 1, from += step) {
      const value = values[from] as number;
      if (value > best) {
        best = value;
        label = i;
      }
    }
    return this.#take(0, label, factor * this.#active(best)) ? 1 : 0;
  }

  #pickAll(values: Float32Array, at: number, step: number, factor: number): number {
    let picked = 0;
    for (let label = 0, from = at; label < this.#thresholds.length; label += 1, from += step) {
      if (this.#take(picked, label, factor * this.#active(values[from] as number))) picked += 1;
    }
    return picked;
  }

  #active(value: number): number {
    return this.#activate === undefined ? value : this.#activate(value);
  }

  #take(place: number, label: number, score: number): boolean {
    if (!(score >= (this.#thresholds[label] as number))) return false;
    this.labels[place] = label;
    this.scores[place] = score;
    return true;
  }
}
