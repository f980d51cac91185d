/** More than a network can mean: what comes after is left out. */
const HELD_MAX = 1 << 20;

/**
 * The boxes that a head found in one picture, in pixels of the network's input, as columns that are kept from frame
 * to frame: once they are large enough, nothing is allocated for a frame.
 */
export class Candidates {
  /** How many of the columns' places hold a box. */
  count = 0;
  label = new Int32Array(256);
  score = new Float32Array(256);
  /** Left, top, right, bottom of each. */
  box = new Float64Array(256 * 4);
  #order = new Float64Array(256);
  /** The scores' bits, which are ordered as scores (0 and above) are. */
  #bits = new Int32Array(this.score.buffer);

  clear(): void {
    this.count = 0;
  }

  /** Adds a box; `label` is an index. */
  add(label: number, score: number, x1: number, y1: number, x2: number, y2: number): void {
    if (this.count === this.label.length && !this.#grow()) return;
    const at = this.count;
    this.count += 1;
    this.label[at] = label;
    this.score[at] = score;
    this.box[at * 4] = x1;
    this.box[at * 4 + 1] = y1;
    this.box[at * 4 + 2] = x2;
    this.box[at * 4 + 3] = y2;
  }

  /** Places of the best scored `max`, by falling score; equal scores keep their order. Valid until the next call. */
  ranked(max: number): Float64Array {
    const order = this.#order.subarray(0, this.count);
    // A number that sorts by falling score and then by place: sorting without a comparison function is native.
    for (let i = 0; i < this.count; i += 1) {
      order[i] = (0x7fffffff - (this.#bits[i] as number)) * HELD_MAX + i;
    }
    order.sort();
    const best = order.subarray(0, Math.min(max, this.count));
    for (let i = 0; i < best.length; i += 1) best[i] = (best[i] as number) % HELD_MAX;
    return best;
  }

  #grow(): boolean {
    const size = this.label.length * 2;
    if (size > HELD_MAX) return false;
    this.label = enlarged(this.label, new Int32Array(size));
    this.score = enlarged(this.score, new Float32Array(size));
    this.#bits = new Int32Array(this.score.buffer);
    this.box = enlarged(this.box, new Float64Array(size * 4));
    this.#order = new Float64Array(size);
    return true;
  }
}

function enlarged<T extends Int32Array | Float32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
